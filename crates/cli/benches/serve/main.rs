//! The server as its users meet it, in numbers: `./dev bench`, or `cargo xtask images && cargo bench -p gantry --bench serve`.
//!
//! A real `gantry serve` on loopback with TLS, the demo algorithm on the demo image, real containers. Each part prints a
//! table, with the memory of the server beside it. A word as an argument runs the parts whose name begins so: `latency`,
//! `rate`, `queue`, `clients`, `upload`; `soak` runs only so, for two hours. With `GANTRY_BENCH_SHORT=1` everything is done a few times only, to see that it
//! works: the figures mean nothing then. What the database alone takes is measured by `cargo bench -p store --bench many`.

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

mod client;
mod clients;
mod docker;
#[path = "../../../container/benches/figures/note.rs"]
mod figures;
mod latency;
mod queue;
mod served;
mod soak;
mod upload;

/// A part by its name.
type Part = (&'static str, fn());

/// The part that takes hours, and runs only when it is asked for.
const SOAK: Part = ("soak", soak::soak);

const PARTS: [Part; 5] = [
    ("latency", latency::latency),
    ("rate", queue::rate),
    ("queue", queue::queue),
    ("clients", clients::clients),
    ("upload", upload::upload),
];

/// A number of the benchmark, or the one that is enough to see that it works.
fn times(usual: usize, short: usize) -> usize {
    match std::env::var_os("GANTRY_BENCH_SHORT") {
        Some(_) => short,
        None => usual,
    }
}

fn main() {
    // Cargo adds `--bench`.
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let is_asked = |name: &str| asked.is_empty() || asked.iter().any(|word| name.starts_with(word));
    for (name, part) in PARTS {
        if is_asked(name) {
            part();
            println!();
        }
    }
    if asked.iter().any(|word| word == SOAK.0) {
        SOAK.1();
    }
    if let Ok(load) = fs_err::read_to_string("/proc/loadavg") {
        println!("Load of the machine at the end: {}", load.trim());
    }
}
