//! What a run used: peaks against limits, and curves over time as SVG.

use std::fmt::Write as _;

use domain::{Limits, ResourceRecord, ResourceSample};

use crate::ui::quantity::{bytes, seconds};

/// Width and height of a curve's drawing, in units of its own.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;

/// What a run used.
pub(super) struct Resources {
    pub(super) peaks: Vec<Peak>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) curves: Vec<Curve>,
    /// The end of the curves.
    pub(super) wall: String,
}

/// A peak against its limit.
pub(super) struct Peak {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) limit_text: String,
    pub(super) value: f64,
    pub(super) limit: f64,
}

/// A curve over the time of the program.
pub(super) struct Curve {
    pub(super) name: &'static str,
    /// Points of an SVG polyline.
    pub(super) points: String,
    /// What the upper edge is.
    pub(super) top: String,
    /// In words.
    pub(super) said: String,
}

impl Resources {
    pub(super) fn of(used: &ResourceRecord, limits: &Limits) -> Resources {
        Resources {
            peaks: peaks(used, limits),
            facts: facts(used),
            curves: curves(used),
            wall: seconds(used.wall_seconds),
        }
    }
}

fn peaks(used: &ResourceRecord, limits: &Limits) -> Vec<Peak> {
    let limit_seconds = limits.wall_time_ms as f64 / 1000.0;
    let size = |name, peak: Option<u64>, limit: u64| {
        peak.map(|peak| Peak {
            name,
            text: bytes(peak),
            limit_text: bytes(limit),
            value: peak as f64,
            limit: limit as f64,
        })
    };
    let peaks = [
        size("Memory", used.peak_memory_bytes, limits.memory_bytes),
        Some(Peak {
            name: "Time",
            text: seconds(used.wall_seconds),
            limit_text: seconds(limit_seconds),
            value: used.wall_seconds,
            limit: limit_seconds,
        }),
        size("Disk", used.bytes_written, limits.disk_bytes),
        used.peak_pids.map(|peak| Peak {
            name: "Processes and threads",
            text: peak.to_string(),
            limit_text: limits.pids.to_string(),
            value: peak as f64,
            limit: f64::from(limits.pids),
        }),
    ];
    peaks.into_iter().flatten().collect()
}

fn facts(used: &ResourceRecord) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Processor time", seconds(used.cpu_seconds))];
    if used.wall_seconds > 0.0 {
        let share = used.cpu_seconds / used.wall_seconds * 100.0;
        facts.push(("Processors in use", format!("{share:.0} % of one")));
    }
    if let Some(held_back) = used.throttled_seconds.filter(|held| *held > 0.0) {
        facts.push(("Held back by the processor limit", seconds(held_back)));
    }
    facts.push((
        "Log",
        format!(
            "{} to stdout, {} to stderr",
            bytes(used.stdout_bytes),
            bytes(used.stderr_bytes)
        ),
    ));
    if used.log_bytes_dropped > 0 {
        facts.push(("Log that was not kept", bytes(used.log_bytes_dropped)));
    }
    if used.out_of_memory_kills > 0 {
        let kills = used.out_of_memory_kills.to_string();
        facts.push(("Processes killed for lack of memory", kills));
    }
    if used.pids_refusals > 0 {
        facts.push(("New processes refused", used.pids_refusals.to_string()));
    }
    facts
}

fn curves(used: &ResourceRecord) -> Vec<Curve> {
    let samples = &used.samples;
    if samples.len() < 3 {
        return Vec::new();
    }
    let memory = series(samples, |sample| sample.memory_bytes.map(|it| it as f64));
    let pids = series(samples, |sample| sample.pids.map(|it| it as f64));
    let made = [
        curve("Memory", &memory, used.wall_seconds, |top| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a size that was a whole number before"
            )]
            bytes(top as u64)
        }),
        curve(
            "Processors",
            &processors(samples),
            used.wall_seconds,
            |top| format!("{:.0} %", top * 100.0),
        ),
        curve("Processes and threads", &pids, used.wall_seconds, |top| {
            format!("{top:.0}")
        }),
    ];
    made.into_iter().flatten().collect()
}

fn series(
    samples: &[ResourceSample],
    value: impl Fn(&ResourceSample) -> Option<f64>,
) -> Vec<(f64, f64)> {
    let points = samples.iter();
    points
        .filter_map(|sample| Some((sample.at_seconds, value(sample)?)))
        .collect()
}

/// Processors in use between one sample and the next.
fn processors(samples: &[ResourceSample]) -> Vec<(f64, f64)> {
    let times = series(samples, |sample| sample.cpu_seconds);
    let pairs = times.windows(2);
    pairs
        .filter(|pair| pair[1].0 > pair[0].0)
        .map(|pair| {
            let used = (pair[1].1 - pair[0].1).max(0.0);
            (pair[1].0, used / (pair[1].0 - pair[0].0))
        })
        .collect()
}

fn curve(
    name: &'static str,
    series: &[(f64, f64)],
    wall: f64,
    text: impl Fn(f64) -> String,
) -> Option<Curve> {
    let top = series.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let end = series.last()?.0.max(wall);
    if series.len() < 2 || top <= 0.0 || end <= 0.0 {
        return None;
    }
    let mut points = String::new();
    for (at, value) in series {
        let (x, y) = (at / end * WIDTH, HEIGHT - value / top * HEIGHT);
        // Writing into a text cannot fail.
        let _ = write!(points, "{x:.1},{y:.1} ");
    }
    let mean = series.iter().map(|(_, value)| *value).sum::<f64>() / series.len() as f64;
    Some(Curve {
        name,
        points: points.trim_end().to_owned(),
        top: text(top),
        said: format!("{name}: at most {}, {} on average", text(top), text(mean)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_seconds: f64, memory: u64, cpu: f64) -> ResourceSample {
        ResourceSample {
            at_seconds,
            memory_bytes: Some(memory),
            cpu_seconds: Some(cpu),
            ..ResourceSample::default()
        }
    }

    #[test]
    fn curves_are_drawn_where_there_are_samples() {
        let used = ResourceRecord {
            wall_seconds: 4.0,
            peak_memory_bytes: Some(2_000_000),
            samples: vec![
                sample(1.0, 1_000_000, 0.5),
                sample(2.0, 2_000_000, 1.5),
                sample(3.0, 500_000, 1.5),
            ],
            ..ResourceRecord::default()
        };
        let shown = Resources::of(&used, &Limits::default());
        let names: Vec<&str> = shown.curves.iter().map(|curve| curve.name).collect();
        assert_eq!(
            names,
            ["Memory", "Processors"],
            "nothing is known of processes"
        );
        assert_eq!(shown.curves[0].points, "150.0,60.0 300.0,0.0 450.0,90.0");
        assert_eq!(shown.curves[0].top, "2.0 MB");
        assert_eq!(
            shown.curves[1].said,
            "Processors: at most 100 %, 50 % on average"
        );
        assert_eq!(shown.peaks[0].limit, 24e9);
        let short = ResourceRecord::default();
        assert!(Resources::of(&short, &Limits::default()).curves.is_empty());
    }
}
