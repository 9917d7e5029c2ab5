//! What the container uses as time goes by: a bounded number of samples, however long it runs.

use std::time::{Duration, Instant};

use super::cgroup::Cgroup;
use crate::sandbox::outcome::{MOST_SAMPLES, Sample};

/// Takes samples, first at every tick, and half as often each time that there are too many.
#[derive(Debug)]
pub(super) struct Sampler {
    started: Instant,
    every: Duration,
    next: Instant,
    samples: Vec<Sample>,
}

impl Sampler {
    /// Nothing is looked at before `every` has gone by, so that no start is slower for it.
    pub(super) fn new(started: Instant, every: Duration) -> Self {
        Self {
            started,
            every,
            next: started + every,
            samples: Vec::new(),
        }
    }

    /// Takes a sample if it is time.
    pub(super) fn look(&mut self, cgroup: &Cgroup, disk_bytes: Option<u64>, now: Instant) {
        if now < self.next {
            return;
        }
        let used = cgroup.used_now();
        self.add(Sample {
            at_seconds: now.duration_since(self.started).as_secs_f64(),
            memory_bytes: used.memory_bytes,
            cpu_seconds: used.cpu_seconds,
            pids: used.pids,
            disk_bytes,
        });
        self.next = now + self.every;
    }

    fn add(&mut self, sample: Sample) {
        if self.samples.len() == MOST_SAMPLES {
            let mut place = 0;
            self.samples.retain(|_| {
                place += 1;
                place % 2 == 0
            });
            self.every *= 2;
        }
        self.samples.push(sample);
    }

    /// The most processes and threads that a sample saw.
    pub(super) fn most_pids(&self) -> Option<u64> {
        self.samples.iter().filter_map(|sample| sample.pids).max()
    }

    pub(super) fn samples(&self) -> Vec<Sample> {
        self.samples.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_has_no_more_samples_than_a_short_one() {
        let mut sampler = Sampler::new(Instant::now(), Duration::from_millis(100));
        for second in 0..10_000 {
            sampler.add(Sample {
                at_seconds: f64::from(second),
                ..Sample::default()
            });
        }
        let samples = sampler.samples();
        assert!(samples.len() <= MOST_SAMPLES && samples.len() > MOST_SAMPLES / 4);
        assert!(samples.is_sorted_by(|a, b| a.at_seconds < b.at_seconds));
        assert_eq!(samples.last().unwrap().at_seconds, 9999.0);
        assert!(sampler.every > Duration::from_secs(1));
    }
}
