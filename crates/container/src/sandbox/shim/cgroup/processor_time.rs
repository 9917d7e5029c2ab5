//! Processor time of processes, where no cgroup counts it.

/// Processes that are looked at: a sample must stay cheap.
const MOST: usize = 256;
/// Of a second; what the kernel shows processes is the same on x86 and ARM, whatever it counts in itself (`USER_HZ`).
const TICKS: f64 = 100.0;

/// Seconds of user and system time of these processes (ids, one a line) and of their children that have ended.
pub(super) fn of(members: &str) -> f64 {
    let ticks: u64 = members.lines().take(MOST).filter_map(ticks_of).sum();
    ticks as f64 / TICKS
}

fn ticks_of(process: &str) -> Option<u64> {
    let stat = fs_err::read_to_string(format!("/proc/{}/stat", process.trim())).ok()?;
    parse(&stat)
}

/// Fields 14 to 17 of `/proc/PID/stat` (proc(5)); a name may hold anything, so they are counted from its last bracket.
fn parse(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<u64> = rest
        .split_ascii_whitespace()
        .skip(11)
        .take(4)
        .filter_map(|field| field.parse().ok())
        .collect();
    (fields.len() == 4).then(|| fields.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 10 20 3 4 20 0 1 0 5 6 7";
        assert_eq!(parse(stat), Some(37));
        assert_eq!(parse("7 (x"), None);
        assert!(of(&std::process::id().to_string()) >= 0.0);
        assert_eq!(of("not a number"), 0.0);
    }
}
