//! `cargo xtask figures FILE`: the figures that benchmarks wrote down, as one table on stdout and as a plot in
//! `docs/pictures/benchmarks.svg`: how much longer everything beside ours takes.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use camino::Utf8Path;
use serde_json::Value;

/// Where the plot goes, below the root of the repository.
const PLOT: &str = "docs/pictures/benchmarks.svg";
/// Pixels.
const ROW: usize = 22;
const NAMES: usize = 400;
const BARS: usize = 420;
const NUMBERS: usize = 110;

/// One figure of ours.
struct Figure {
    what: String,
    ms: f64,
    beside: Vec<Beside>,
}

/// What it is compared with.
struct Beside {
    name: String,
    ms: f64,
    goal: Option<f64>,
    is_limit: bool,
}

/// Prints the table and writes the plot.
pub(crate) fn run(root: &Utf8Path, path: &Utf8Path) -> Result<()> {
    let text = fs_err::read_to_string(path)?;
    let figures = text.lines().map(figure).collect::<Result<Vec<_>>>()?;
    println!("{}", table(&figures));
    fs_err::write(root.join(PLOT), plot(&figures))?;
    Ok(())
}

fn figure(line: &str) -> Result<Figure> {
    let read: Value = serde_json::from_str(line).context("a line of figures")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let number = |value: &Value| value.as_f64().context("a figure without a number");
    let beside = read["beside"].as_array().cloned().unwrap_or_default();
    Ok(Figure {
        what: text(&read["what"]),
        ms: number(&read["ms"])?,
        beside: beside
            .iter()
            .map(|one| {
                Ok(Beside {
                    name: text(&one["name"]),
                    ms: number(&one["ms"])?,
                    goal: one["goal"].as_f64(),
                    is_limit: one["is_limit"].as_bool().unwrap_or_default(),
                })
            })
            .collect::<Result<_>>()?,
    })
}

fn time(ms: f64) -> String {
    match ms {
        ms if ms >= 1000.0 => format!("{:.2} s", ms / 1000.0),
        ms if ms >= 100.0 => format!("{ms:.0} ms"),
        ms => format!("{ms:.1} ms"),
    }
}

fn table(figures: &[Figure]) -> String {
    let mut text = "| what | Gantry | beside it | takes | Gantry takes of it | goal |\n|---|---|---|---|---|---|\n".to_owned();
    for figure in figures {
        for one in &figure.beside {
            let ratio = figure.ms / one.ms;
            let goal = match (one.goal, one.is_limit) {
                (Some(goal), _) if ratio <= goal => format!("{goal:.3}: met"),
                (Some(goal), _) => format!("{goal:.3}: missed"),
                (None, true) => "the machine's own".to_owned(),
                (None, false) => String::new(),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {ratio:.3} | {goal} |",
                figure.what,
                time(figure.ms),
                one.name,
                time(one.ms)
            );
        }
    }
    text
}

/// Bars on a logarithmic scale, ours as long in every group.
fn plot(figures: &[Figure]) -> String {
    let ratios = figures
        .iter()
        .flat_map(|figure| figure.beside.iter().map(|one| one.ms / figure.ms));
    let (low, high) = ratios.fold((1.0, 1.0), |(low, high): (f64, f64), ratio| {
        (low.min(ratio), high.max(ratio))
    });
    let (low, high) = (low / 1.5, high * 1.5);
    let length = |ratio: f64| BARS as f64 * (ratio / low).ln() / (high / low).ln();
    let mut rows = String::new();
    let mut y = 8;
    let mut row = |class: &str, name: &str, ms: f64, ratio: f64| {
        let _ = writeln!(
            rows,
            r#"<text x="{}" y="{}" text-anchor="end">{}</text><rect class="{class}" x="{NAMES}" y="{}" width="{:.1}" height="{}"/><text x="{:.1}" y="{}">{}</text>"#,
            NAMES - 8,
            y + 15,
            escaped(name),
            y + 2,
            length(ratio),
            ROW - 4,
            NAMES as f64 + length(ratio) + 6.0,
            y + 15,
            time(ms)
        );
        y += ROW;
    };
    for figure in figures {
        row("ours", &figure.what.replace('`', ""), figure.ms, 1.0);
        for one in &figure.beside {
            let class = if one.is_limit { "limit" } else { "peer" };
            row(
                class,
                &one.name.replace('`', ""),
                one.ms,
                one.ms / figure.ms,
            );
        }
    }
    let (width, height) = (NAMES + BARS + NUMBERS, y + 8);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="sans-serif" font-size="13">
<title>How long Gantry takes, others take, and the machine itself takes for a part of the work; logarithmic, ours as long in every group</title>
<style>.ours {{ fill: #0b6e99 }} .peer {{ fill: #b0b7c3 }} .limit {{ fill: #6c9a3b }} rect + text {{ fill: #333 }}</style>
<rect width="{width}" height="{height}" fill="#fff"/>
{rows}</svg>
"##
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_beside_its_peers_and_its_bound() {
        let line = r#"{"what":"a `x`","ms":10,"beside":[{"name":"a < b","ms":60,"goal":0.25,"is_limit":false},{"name":"c","ms":2,"goal":null,"is_limit":true}]}"#;
        let figures = [figure(line).unwrap()];
        let table = table(&figures);
        assert!(
            table.contains("| a `x` | 10.0 ms | a < b | 60.0 ms | 0.167 | 0.250: met |"),
            "{table}"
        );
        assert!(table.contains("| 5.000 | the machine's own |"), "{table}");
        let plot = plot(&figures);
        assert!(
            plot.contains("a &lt; b") && plot.matches("<rect class").count() == 3,
            "{plot}"
        );
    }
}
