//! `gantry compare`: does an output lie where its input lies?

use std::fmt::Write;

use camino::Utf8PathBuf;
use imaging::geometry::GeometryVerdict;
use imaging::{CheckLimits, ImageSummary, annotations, compare_images};
use serde_json::{Value, json};

use super::{print, print_json, upload};
use crate::arguments::CompareArguments;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::terminal::{GOOD, HINT, WARNING, visible};

/// Prints the verdict; the exit status says whether the output is drawn in a wrong place.
pub(crate) fn compare(arguments: &CompareArguments) -> Result<ExitStatus, Problem> {
    let limits = CheckLimits::default();
    let input = summary(&arguments.input, &limits)?;
    if arguments.output.extension() == Some("json") {
        return annotation(arguments, &input);
    }
    let output = summary(&arguments.output, &limits)?;
    let verdict = compare_images(&output, &input);
    if arguments.json {
        print_json(&verdict)?;
    } else {
        print(&described(&verdict))?;
    }
    Ok(status(!verdict.is_wrong()))
}

fn status(is_good: bool) -> ExitStatus {
    if is_good {
        ExitStatus::Succeeded
    } else {
        ExitStatus::IMAGE_NOT_GOOD
    }
}

fn summary(path: &Utf8PathBuf, limits: &CheckLimits) -> Result<ImageSummary, Problem> {
    let image = upload::only(path, limits)?;
    image.inspect(limits).map_err(Problem::unreadable)
}

fn described(verdict: &GeometryVerdict) -> String {
    let mark = if verdict.aligned { GOOD } else { WARNING };
    let sign = if verdict.aligned { '=' } else { '!' };
    let mut text = format!("{mark}{sign}{mark:#} {}\n", visible(&verdict.message));
    if let Some(fix) = &verdict.fix {
        let _ = writeln!(text, "{HINT}fix:{HINT:#} {}", visible(fix));
    }
    text
}

/// Points of an annotation against the image that they are drawn over.
fn annotation(arguments: &CompareArguments, input: &ImageSummary) -> Result<ExitStatus, Problem> {
    let path = &arguments.output;
    let refused = |why: String| {
        Problem::new(ExitStatus::IMAGE_NOT_GOOD, format!("`{path}`: {why}"))
            .hint("an annotation is a JSON file with points of three numbers, mm in patient space")
    };
    let text = fs_err::read(path).map_err(Problem::internal)?;
    let value: Value = serde_json::from_slice(&text).map_err(|error| refused(error.to_string()))?;
    let mut points = Vec::new();
    gather_points(&value, &mut points);
    if points.is_empty() {
        return Err(refused("holds no point of three numbers".to_owned()));
    }
    let problems = annotations::check(&points, &input.geometry);
    let fix = annotations::looks_like_pixels(&points, &input.geometry)
        .map(|_| annotations::fix_for_pixels(&input.geometry));
    if arguments.json {
        print_json(&json!({
            "aligned": problems.is_empty(),
            "points": points.len(),
            "problems": problems,
            "fix": fix,
        }))?;
    } else if problems.is_empty() {
        let points = match points.len() {
            1 => "one point, on the image".to_owned(),
            count => format!("{count} points, all of them on the image"),
        };
        print(&format!("{GOOD}={GOOD:#} {points}\n"))?;
    } else {
        for problem in &problems {
            print(&format!("{WARNING}!{WARNING:#} {}\n", visible(problem)))?;
        }
        if let Some(fix) = &fix {
            print(&format!("{HINT}fix:{HINT:#} {}\n", visible(fix)))?;
        }
    }
    Ok(status(problems.is_empty()))
}

/// Every list of three numbers, wherever it is.
fn gather_points(value: &Value, points: &mut Vec<[f64; 3]>) {
    match value {
        Value::Array(items) => {
            let numbers: Option<Vec<f64>> = items.iter().map(Value::as_f64).collect();
            match numbers.as_deref() {
                Some([x, y, z]) => points.push([*x, *y, *z]),
                Some(_) | None => items.iter().for_each(|item| gather_points(item, points)),
            }
        }
        Value::Object(fields) => fields
            .values()
            .for_each(|field| gather_points(field, points)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
