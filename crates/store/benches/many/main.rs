//! The database with many jobs: `./dev bench`, or `cargo bench -p store --bench many`.
//!
//! Ten thousand that wait: the time of a claim from the first to the last. A million jobs, images and items of archives: the
//! lists of the compatible API with the number of all rows, first and deep pages, for a user who sees a part and an
//! administrator, with filters; and the lists for people. Prints milliseconds.
//!
//! `GANTRY_BENCH_ROWS` and `GANTRY_BENCH_QUEUED` say other numbers.

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

mod claims;
mod fill;
mod lists;

use std::time::Duration;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let home = camino::Utf8Path::from_path(folder.path()).expect("UTF-8");
    let clinic = fill::Clinic::open(home).await;
    claims::claims(&clinic).await;
    println!();
    lists::lists(&clinic).await;
    if let Ok(load) = fs_err::read_to_string("/proc/loadavg") {
        println!("\nLoad of the machine at the end: {}", load.trim());
    }
}

/// Median, and the times within which nine of ten and ninety-nine of a hundred lie.
fn row(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let within = |hundredths: usize| {
        let at = (times.len() * hundredths / 100).min(times.len() - 1);
        times[at].as_secs_f64() * 1e3
    };
    println!(
        "| {name} | {:.2} | {:.2} | {:.2} |",
        within(50),
        within(90),
        within(99)
    );
}
