//! The wall clock beside one that never jumps.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// What the clocks may part by between two looks without anybody caring.
const DRIFT: SignedDuration = SignedDuration::from_secs(2);

/// Notices when the wall clock jumps: it is set by hand, by the network, or the machine slept.
#[derive(Debug)]
pub(super) struct Clocks {
    wall: Timestamp,
    steady: Instant,
}

impl Clocks {
    pub(super) fn new(wall: Timestamp, steady: Instant) -> Clocks {
        Clocks { wall, steady }
    }

    /// How far the wall clock has jumped since the last look, if it has.
    pub(super) fn look(&mut self, wall: Timestamp, steady: Instant) -> Option<SignedDuration> {
        let by_wall = wall.duration_since(self.wall);
        let by_steady = SignedDuration::try_from(steady.duration_since(self.steady)).ok()?;
        (self.wall, self.steady) = (wall, steady);
        let jump = by_wall.saturating_sub(by_steady);
        (jump.abs() > DRIFT).then_some(jump)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn jumps_are_told_both_ways_and_drift_is_not() {
        let (wall, steady) = (
            Timestamp::from_second(1_800_000_000).unwrap(),
            Instant::now(),
        );
        let mut clocks = Clocks::new(wall, steady);
        let after = |seconds: i64, steadily: u64| {
            (
                wall + SignedDuration::from_secs(seconds),
                steady + Duration::from_secs(steadily),
            )
        };
        for ((wall, steady), expected) in [
            (after(5, 5), None),
            (after(11, 10), None),
            (after(3615, 15), Some(3599)),
            (after(3620, 20), None),
            (after(25, 25), Some(-3600)),
        ] {
            let found = clocks.look(wall, steady).map(|jump| jump.as_secs());
            assert_eq!(found, expected);
        }
    }
}
