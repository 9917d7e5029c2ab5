//! What a run used as time went by: curves for the terminal and as SVG, and the limits that it would need.

mod curve;
mod needs;
mod svg;

use std::fmt::Write;

use domain::{Limits, ResourceRecord};

use crate::quantity;
use crate::terminal::{FAINT, HEADING};
use curve::{Curve, Unit};

/// Characters of a curve in the terminal.
const WIDTH: usize = 60;
/// From empty to full.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The curves of one run.
pub(crate) struct Profile {
    curves: Vec<Curve>,
    wall_seconds: f64,
    needs: Vec<(&'static str, String)>,
}

impl Profile {
    /// Of what was measured, beside the limits that held.
    #[expect(clippy::cast_precision_loss, reason = "drawn with a few digits")]
    pub(crate) fn of(used: &ResourceRecord, limits: &Limits) -> Self {
        let curve = |name, unit, limit: f64, peak: Option<u64>, points| Curve {
            name,
            unit,
            limit,
            peak: peak.map(|peak| peak as f64),
            points,
        };
        let samples = &used.samples;
        let each = |value: fn(&domain::ResourceSample) -> Option<u64>| -> Vec<(f64, f64)> {
            let points = samples
                .iter()
                .filter_map(|sample| Some((sample.at_seconds, value(sample)? as f64)));
            points.collect()
        };
        let processor = curve::per_cent(samples);
        Self {
            curves: vec![
                curve(
                    "memory",
                    Unit::Bytes,
                    limits.memory_bytes as f64,
                    used.peak_memory_bytes,
                    each(|sample| sample.memory_bytes),
                ),
                curve(
                    "processor",
                    Unit::PerCent,
                    f64::from(limits.cpu_percent),
                    None,
                    processor,
                ),
                curve(
                    "disk",
                    Unit::Bytes,
                    limits.disk_bytes as f64,
                    used.bytes_written,
                    each(|sample| sample.disk_bytes),
                ),
                curve(
                    "processes",
                    Unit::Count,
                    f64::from(limits.pids),
                    used.peak_pids,
                    each(|sample| sample.pids),
                ),
            ],
            wall_seconds: used.wall_seconds,
            needs: needs::needs(used),
        }
    }

    /// Lines for the terminal, ended by a newline.
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "\n{HEADING}Profile{HEADING:#} ({})\n",
            quantity::seconds(self.wall_seconds)
        );
        for curve in &self.curves {
            let _ = writeln!(
                text,
                "  {:<9}  {:<WIDTH$}  {} of {}",
                curve.name,
                line(curve, self.wall_seconds),
                curve
                    .highest()
                    .map_or_else(|| "-".to_owned(), |peak| curve.unit.told(peak)),
                curve.unit.told(curve.limit)
            );
        }
        if self.curves.iter().all(|curve| curve.points.is_empty()) {
            let _ = writeln!(
                text,
                "  {FAINT}it ended before the first sample, after 0.1 s: only peaks are known{FAINT:#}"
            );
        }
        let _ = writeln!(
            text,
            "\n{HEADING}Limits that would do{HEADING:#} {FAINT}(with some room; other inputs may need more){FAINT:#}"
        );
        text += "  [limits]\n";
        for (key, value) in &self.needs {
            let _ = writeln!(text, "  {key} = {value}");
        }
        text
    }

    /// The same as a picture that stands alone.
    pub(crate) fn svg(&self, title: &str) -> String {
        svg::draw(title, &self.curves, self.wall_seconds)
    }
}

/// A curve in blocks: the highest value of each stretch of time.
fn line(curve: &Curve, wall_seconds: f64) -> String {
    let highest = curve.highest().unwrap_or(0.0);
    if curve.points.is_empty() || highest <= 0.0 || wall_seconds <= 0.0 {
        return String::new();
    }
    let mut columns = [0.0_f64; WIDTH];
    let mut last = 0;
    for (at, value) in &curve.points {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of sixty columns, bounded below"
        )]
        let column = ((at / wall_seconds * WIDTH as f64) as usize).min(WIDTH - 1);
        // A stretch without a sample is as the one before it was.
        let carried = columns[last];
        for gap in columns.iter_mut().take(column).skip(last + 1) {
            *gap = carried;
        }
        columns[column] = columns[column].max(*value);
        last = column;
    }
    columns
        .iter()
        .take(last + 1)
        .map(|value| block(*value / highest))
        .collect()
}

fn block(share: f64) -> char {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share from 0 to 1 of eight blocks"
    )]
    let index = (share.clamp(0.0, 1.0) * 7.0).round() as usize;
    BLOCKS[index.min(7)]
}

#[cfg(test)]
mod tests {
    use domain::ResourceSample;

    use super::*;

    fn used() -> ResourceRecord {
        let sample = |at_seconds: f64, memory: u64, cpu: f64| ResourceSample {
            at_seconds,
            memory_bytes: Some(memory),
            cpu_seconds: Some(cpu),
            pids: Some(3),
            disk_bytes: Some(1000),
        };
        ResourceRecord {
            wall_seconds: 4.0,
            cpu_seconds: 5.0,
            peak_memory_bytes: Some(410_000_000),
            peak_pids: Some(3),
            bytes_written: Some(1_200_000),
            samples: vec![
                sample(1.0, 100_000_000, 0.5),
                sample(2.0, 400_000_000, 2.5),
                sample(3.0, 200_000_000, 3.0),
            ],
            ..ResourceRecord::default()
        }
    }

    #[test]
    fn curves_needs_and_limits_are_told() {
        let profile = Profile::of(&used(), &Limits::default());
        let text = anstream::adapter::strip_str(&profile.text()).to_string();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn the_picture_is_well_formed() {
        let profile = Profile::of(&used(), &Limits::default());
        let svg = profile.svg("a < b & c");
        assert!(svg.contains("a &lt; b &amp; c"), "{svg}");
        assert_eq!(svg.matches("<polyline").count(), 4, "{svg}");
        let short = ResourceRecord {
            samples: Vec::new(),
            ..used()
        };
        let nothing = Profile::of(&short, &Limits::default());
        assert!(nothing.svg("x").contains("410 MB"), "{}", nothing.svg("x"));
        assert!(nothing.text().contains("before the first sample"));
    }
}
