//! A run's report for people: the parts that say what came out on stdout, the failure on stderr.

mod failure;
mod isolation;
mod outputs;
mod usage;

use std::fmt::Write;

use domain::{RunReport, RunStatus};

use crate::images::short_digest;
use crate::quantity;
use crate::terminal::{ERROR, FAINT, GOOD, HEADING, Table, WARNING, visible};

pub(crate) use failure::failure;

/// What came out, from the outputs to where the files are: several lines with styles, ended by a newline. A run that was
/// refused has nothing to show. `columns` is how long lines may be.
pub(crate) fn report(report: &RunReport, columns: Option<usize>) -> String {
    if report.status == RunStatus::Refused {
        return String::new();
    }
    let parts = [
        headline(report),
        outputs::outputs(report, columns),
        result(report),
        warnings(report),
        usage::timings(&report.timings),
        report
            .resources
            .as_ref()
            .map(|used| usage::resources(used, columns))
            .unwrap_or_default(),
        report
            .isolation
            .as_ref()
            .map(|isolation| isolation::isolation(isolation, columns))
            .unwrap_or_default(),
        files(report, columns),
    ];
    let said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    said.join("\n")
}

fn headline(report: &RunReport) -> String {
    let (style, word) = match report.status {
        RunStatus::Succeeded => (GOOD, "succeeded"),
        RunStatus::Failed => (ERROR, "failed"),
        RunStatus::Cancelled => (WARNING, "cancelled"),
        RunStatus::Refused => (ERROR, "refused"),
    };
    format!(
        "{HEADING}{}{HEADING:#} {style}{word}{style:#} in {}{FAINT} (image {}){FAINT:#}\n",
        visible(&report.algorithm),
        quantity::seconds(report.timings.total),
        short_digest(&report.image_digest),
    )
}

fn result(report: &RunReport) -> String {
    let Some(result) = &report.result else {
        return String::new();
    };
    let mut text = heading("Result");
    for line in visible(result.text.trim_end()).lines() {
        let _ = writeln!(text, "{}", format!("  {line}").trim_end());
    }
    text
}

fn warnings(report: &RunReport) -> String {
    if report.warnings.is_empty() {
        return String::new();
    }
    let mut text = heading("Warnings");
    for warning in &report.warnings {
        let _ = writeln!(
            text,
            "  {WARNING}!{WARNING:#} {}",
            visible(warning).replace('\n', "\n    ")
        );
    }
    text
}

fn files(report: &RunReport, columns: Option<usize>) -> String {
    if report.files.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["", ""]);
    for (name, path) in &report.files {
        table.row([name.into(), path.into()]);
    }
    heading("Files") + &table.render(2, columns)
}

/// The first line of a part.
fn heading(name: &str) -> String {
    format!("{HEADING}{name}{HEADING:#}\n")
}

#[cfg(test)]
mod tests {
    use domain::{
        Failure, FailureReason, GeometryRecord, Guarantee, GuaranteeRecord, IsolationReport,
        OutputValue, Problem, ResourceRecord, Timings, Verdict,
    };
    use serde_json::json;

    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn image_output() -> OutputValue {
        OutputValue {
            socket: "bone-mask".to_owned(),
            kind: Some("Segmentation".to_owned()),
            relative_path: "images/bone-mask/mask.mha".to_owned(),
            path: "/out/images/bone-mask/mask.mha".to_owned(),
            bytes: 123_456,
            sha256: "ab".repeat(32),
            value: None,
            image: Some(json!({
                "format": "metaimage", "size": [256, 256, 30], "component_type": "uint8", "channels": 1,
                "geometry": { "spacing": [0.5, 0.5, 3.0] }, "segments": [0, 1],
            })),
            geometry: Some(GeometryRecord {
                compared_with: "ct".to_owned(),
                aligned: false,
                message: "the origin differs by 3 mm".to_owned(),
                mistake: Some("origin_lost".to_owned()),
                worst_corner_mm: Some(3.0),
                fix: Some("output.CopyInformation(input)".to_owned()),
            }),
        }
    }

    fn value_output() -> OutputValue {
        OutputValue {
            socket: "score".to_owned(),
            kind: None,
            relative_path: "score.json".to_owned(),
            path: "/out/score.json".to_owned(),
            bytes: 5,
            sha256: "cd".repeat(32),
            value: Some(json!(0.75)),
            image: None,
            geometry: None,
        }
    }

    fn succeeded() -> RunReport {
        RunReport {
            status: RunStatus::Succeeded,
            failure: None,
            exit_code: Some(0),
            outputs: vec![image_output(), value_output()],
            extra_files: Vec::new(),
            warnings: vec!["the program wrote to stderr".to_owned()],
            result: None,
            isolation: Some(IsolationReport {
                runtime: "native".to_owned(),
                guarantees: vec![GuaranteeRecord {
                    guarantee: Guarantee::SwapOff,
                    asked: "0 bytes".to_owned(),
                    in_force: "no limit".to_owned(),
                    verdict: Verdict::Waived,
                    source: "cgroup files".to_owned(),
                }],
                facts: json!({}),
                gpu: None,
            }),
            resources: Some(ResourceRecord {
                wall_seconds: 1.0,
                cpu_seconds: 0.5,
                peak_memory_bytes: Some(12_000_000),
                ..ResourceRecord::default()
            }),
            timings: Timings {
                run: 1.0,
                total: 1.25,
                ..Timings::default()
            },
            image_digest: "sha256:0123".to_owned(),
            algorithm: "bones".to_owned(),
            interface: None,
            files: [("outputs".to_owned(), "/out".to_owned())].into(),
        }
    }

    #[test]
    fn a_run_that_went_well() {
        insta::assert_snapshot!(plain(&report(&succeeded(), None)));
    }

    #[test]
    fn a_failure_says_all_there_is() {
        let told = Failure {
            limit: Some("4.0 GB".to_owned()),
            peak: Some("4.1 GB".to_owned()),
            at_seconds: Some(2.5),
            exit_code: Some(1),
            log_tail: vec!["loading\u{1b}[2J".to_owned(), "Killed".to_owned()],
            hint: Some("use less".to_owned()),
            problems: vec![Problem {
                code: FailureReason::OutputMissing,
                socket: Some("score".to_owned()),
                path: Some("score.json".to_owned()),
                message: "there is no such file".to_owned(),
            }],
            ..Failure::new(FailureReason::MemoryLimit, "the memory limit was exceeded")
        };
        insta::assert_snapshot!(plain(&failure(&told)));
    }
}
