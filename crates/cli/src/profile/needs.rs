//! From what was used to limits that would do, with some room.

use domain::ResourceRecord;

const MB: u64 = 1_000_000;

/// Keys of `[limits]` with their values; what was not measured is left out.
pub(super) fn needs(used: &ResourceRecord) -> Vec<(&'static str, String)> {
    let bytes =
        |peak: u64, least: u64| format!("\"{}MB\"", with_room(peak).max(least).div_ceil(MB));
    let mut needs = Vec::new();
    needs.extend(
        used.peak_memory_bytes
            .map(|peak| ("memory", bytes(peak, 16 * MB))),
    );
    needs.push(("time", format!("\"{}s\"", seconds(used.wall_seconds))));
    needs.extend(
        used.peak_pids
            .map(|peak| ("pids", (peak * 2).max(16).to_string())),
    );
    needs.extend(
        used.bytes_written
            .map(|peak| ("disk", bytes(peak, 64 * MB))),
    );
    needs
}

/// A quarter more, in steps of a tenth of its size.
fn with_room(peak: u64) -> u64 {
    let wanted = peak.saturating_add(peak / 4);
    let step = 10_u64
        .saturating_pow(wanted.max(1).ilog10().saturating_sub(1))
        .max(1);
    wanted.div_ceil(step).saturating_mul(step)
}

/// Twice as long, at least ten seconds: a machine that does other things is slower.
fn seconds(wall: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds of a run are few and not negative"
    )]
    let twice = (wall * 2.0).ceil() as u64;
    twice.max(10)
}
