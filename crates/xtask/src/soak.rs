//! `cargo xtask soak FILE`: what a server took over hours under load, as curves in `docs/pictures/soak.svg`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use camino::Utf8Path;
use serde_json::Value;

/// Where the plot goes, below the root of the repository.
const PLOT: &str = "docs/pictures/soak.svg";
/// Pixels.
const WIDTH: usize = 860;
const CHART: usize = 110;
const LEFT: usize = 60;
const TOP: usize = 24;
/// Where logarithmic charts begin.
const LEAST: f64 = 1.0;
/// Curves of one chart.
const COLOURS: [&str; 3] = ["#0b6e99", "#c05a1c", "#6c9a3b"];

/// One chart: its title, and its curves as (minute, value).
struct Chart {
    title: String,
    scale: Scale,
    curves: Vec<(String, Vec<(f64, f64)>)>,
}

/// What a step up the chart means.
#[derive(Clone, Copy, PartialEq)]
enum Scale {
    /// So much more.
    Linear,
    /// Ten times as much, from [`LEAST`] on.
    Logarithmic,
}

impl Scale {
    /// How high a value is, between 0 and 1 for one up to `most`.
    fn height(self, value: f64, most: f64) -> f64 {
        match self {
            Self::Linear => value / most,
            Self::Logarithmic => (value / LEAST).max(1.0).log10() / (most / LEAST).log10(),
        }
    }

    /// Values that are told at the side.
    fn marks(self, most: f64) -> Vec<f64> {
        match self {
            Self::Linear => vec![0.0, most / 2.2, most / 1.1],
            Self::Logarithmic => {
                let tens = std::iter::successors(Some(LEAST), |mark| Some(mark * 10.0));
                tens.take_while(|mark| *mark < most).collect()
            }
        }
    }
}

/// Writes the plot.
pub(crate) fn run(root: &Utf8Path, path: &Utf8Path) -> Result<()> {
    let text = fs_err::read_to_string(path)?;
    let samples = text.lines().map(serde_json::from_str::<Value>);
    let samples = samples
        .collect::<Result<Vec<_>, _>>()
        .context("a line of figures")?;
    if samples.len() < 2 {
        bail!(
            "`{path}` has {} samples, expected at least 2",
            samples.len()
        );
    }
    fs_err::write(root.join(PLOT), plot(&charts(&samples)))?;
    Ok(())
}

fn charts(samples: &[Value]) -> Vec<Chart> {
    let of = |key: &str, factor: f64| -> Vec<(f64, f64)> {
        let point = |sample: &Value| Some((minute(sample)?, sample[key].as_f64()? * factor));
        samples.iter().filter_map(point).collect()
    };
    let one = |title: &str, key: &str, factor: f64| Chart {
        title: title.to_owned(),
        scale: Scale::Linear,
        curves: vec![(String::new(), of(key, factor))],
    };
    let times = |key: &str| -> Vec<(String, Vec<(f64, f64)>)> {
        let mut curves: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for sample in samples {
            for visit in sample["visits"].as_array().into_iter().flatten() {
                let name = visit["what"].as_str().unwrap_or_default();
                let point = minute(sample).zip(visit[key].as_f64());
                curves.entry(name.to_owned()).or_default().extend(point);
            }
        }
        curves.into_iter().collect()
    };
    vec![
        one("memory of the server, MB", "memory_mb", 1.0),
        one("open files, sockets and pipes of the server", "files", 1.0),
        Chart {
            title: "data folder, MB".to_owned(),
            scale: Scale::Linear,
            curves: vec![
                ("files".to_owned(), of("disk_mb", 1.0)),
                ("database".to_owned(), of("database_mb", 1.0)),
            ],
        },
        one("processors at work, %", "busy", 100.0),
        Chart {
            title:
                "time of a visit, median of ten seconds, ms; each line is ten times the one below"
                    .to_owned(),
            scale: Scale::Logarithmic,
            curves: times("median_ms"),
        },
    ]
}

fn minute(sample: &Value) -> Option<f64> {
    Some(sample["at_s"].as_f64()? / 60.0)
}

fn plot(charts: &[Chart]) -> String {
    let mut parts = String::new();
    for (number, chart) in charts.iter().enumerate() {
        let top = TOP + number * (CHART + 2 * TOP);
        draw(&mut parts, chart, top);
    }
    let height = charts.len() * (CHART + 2 * TOP) + TOP;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">
<title>A server under load for hours: memory, open files, disk, processors, and how long visits take</title>
<style>text {{ fill: #333 }} polyline {{ fill: none; stroke-width: 1.2 }} .frame {{ fill: none; stroke: #b0b7c3 }}</style>
<rect width="{WIDTH}" height="{height}" fill="#fff"/>
{parts}</svg>
"##
    )
}

/// One chart, up to a tenth above the highest value.
fn draw(parts: &mut String, chart: &Chart, top: usize) {
    let points = || chart.curves.iter().flat_map(|(_, points)| points);
    let end = points().map(|point| point.0).fold(1.0, f64::max);
    let most = points().map(|point| point.1).fold(1e-9, f64::max) * 1.1;
    let width = WIDTH - LEFT - 30;
    let x = |minute: f64| LEFT as f64 + width as f64 * minute / end;
    let y = |value: f64| (top + CHART) as f64 - CHART as f64 * chart.scale.height(value, most);
    for value in chart.scale.marks(most) {
        if chart.scale == Scale::Logarithmic {
            let (at, end) = (y(value), LEFT + width);
            let _ = writeln!(
                parts,
                r##"<path stroke="#d8dce3" d="M{LEFT} {at:.1}H{end}"/>"##
            );
        }
        let _ = writeln!(
            parts,
            r#"<text x="{}" y="{:.1}" text-anchor="end">{value:.0}</text>"#,
            LEFT - 6,
            y(value) + 4.0
        );
    }
    let mut legend = String::new();
    for ((name, points), colour) in chart.curves.iter().zip(COLOURS) {
        let path: Vec<String> = points
            .iter()
            .map(|(at, value)| format!("{:.1},{:.1}", x(*at), y(*value)))
            .collect();
        let _ = writeln!(
            parts,
            r#"<polyline stroke="{colour}" points="{}"/>"#,
            path.join(" ")
        );
        if !name.is_empty() {
            let _ = write!(legend, r#"<tspan fill="{colour}">  ■ {name}</tspan>"#);
        }
    }
    let _ = writeln!(
        parts,
        r#"<rect class="frame" x="{LEFT}" y="{top}" width="{width}" height="{CHART}"/><text x="{LEFT}" y="{}">{}{legend}</text>"#,
        top - 6,
        chart.title
    );
    for at in [0.0, end / 2.0, end] {
        let _ = writeln!(
            parts,
            r#"<text x="{:.1}" y="{}" text-anchor="middle">{at:.0} min</text>"#,
            x(at),
            top + CHART + 14
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_go_from_left_to_right_and_stay_inside() {
        let sample = |at: u32, ms: u32| {
            serde_json::json!({
                "at_s": at, "memory_mb": 80.0, "files": 40, "disk_mb": 9.5, "database_mb": 2.5, "busy": 0.8,
                "visits": [{"what": "a job", "median_ms": ms, "p99_ms": 2 * ms, "count": 7}],
            })
        };
        let charts = charts(&[sample(0, 100), sample(600, 50)]);
        let times = &charts.last().unwrap().curves;
        assert_eq!(times[0].1, [(0.0, 100.0), (10.0, 50.0)]);
        let plot = plot(&charts);
        assert_eq!(plot.matches("<polyline").count(), 6);
        assert!(
            plot.contains("10 min") && plot.contains("■ a job"),
            "{plot}"
        );
        assert!(plot.contains(&format!("{LEFT}.0,")), "{plot}");
    }
}
