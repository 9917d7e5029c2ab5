//! How long a run took and what it used.

use domain::{ResourceRecord, Timings};

use super::heading;
use crate::quantity;
use crate::terminal::Table;

/// Seconds per phase on one line.
pub(super) fn timings(timings: &Timings) -> String {
    let phases = [
        ("check", timings.check),
        ("provision", timings.provision),
        ("start", timings.start),
        ("run", timings.run),
        ("collect", timings.collect),
        ("total", timings.total),
    ];
    let told: Vec<String> = phases
        .iter()
        .map(|(name, seconds)| format!("{name} {}", quantity::seconds(*seconds)))
        .collect();
    format!("{}  {}\n", heading("Timings"), told.join(" · "))
}

/// What was measured; what could not be measured is left out.
pub(super) fn resources(used: &ResourceRecord, columns: Option<usize>) -> String {
    let measured = [
        ("wall time", Some(quantity::seconds(used.wall_seconds))),
        ("processor time", Some(quantity::seconds(used.cpu_seconds))),
        ("peak memory", used.peak_memory_bytes.map(quantity::bytes)),
        (
            "peak processes",
            used.peak_pids.map(|pids| pids.to_string()),
        ),
        ("written to disk", used.bytes_written.map(quantity::bytes)),
        (
            "held back by the processor limit",
            used.throttled_seconds
                .filter(|seconds| *seconds > 0.0)
                .map(quantity::seconds),
        ),
        (
            "out-of-memory kills",
            (used.out_of_memory_kills > 0).then(|| used.out_of_memory_kills.to_string()),
        ),
        (
            "log",
            Some(quantity::bytes(used.stdout_bytes + used.stderr_bytes)),
        ),
        (
            "log not kept",
            (used.log_bytes_dropped > 0).then(|| quantity::bytes(used.log_bytes_dropped)),
        ),
    ];
    let mut table = Table::new(&["", ""]);
    for (name, value) in measured {
        if let Some(value) = value {
            table.row([name.into(), value.into()]);
        }
    }
    heading("Resources") + &table.render(2, columns)
}
