//! The isolation report: what was asked of the sandbox and what the kernel said.

use domain::{IsolationReport, Verdict};

use super::heading;
use crate::terminal::{ERROR, GOOD, Table, WARNING, visible};

/// One row per guarantee; those that were not kept are named above the table, where nobody overlooks them.
pub(super) fn isolation(report: &IsolationReport, columns: Option<usize>) -> String {
    let mut table = Table::new(&["guarantee", "verdict", "asked", "in force", "source"]);
    let mut odd = String::new();
    for record in &report.guarantees {
        let name = record.guarantee.name();
        let (verdict, style) = match record.verdict {
            Verdict::Kept => ("kept", GOOD),
            Verdict::Waived => ("waived", WARNING),
            Verdict::Broken => ("BROKEN", ERROR),
        };
        if record.verdict != Verdict::Kept {
            odd.push_str(&format!("  {style}{verdict}:{style:#} {name}\n"));
        }
        table.row([
            name.into(),
            verdict.into(),
            (&record.asked).into(),
            (&record.in_force).into(),
            (&record.source).into(),
        ]);
    }
    let kept = report
        .guarantees
        .iter()
        .filter(|record| record.verdict == Verdict::Kept)
        .count();
    let title = format!(
        "Isolation ({} of {} guarantees kept, runtime {})",
        kept,
        report.guarantees.len(),
        visible(&report.runtime)
    );
    heading(&title) + &odd + &table.render(2, columns) + &gpu(report, columns)
}

/// The GPU of the container, where it had one.
fn gpu(report: &IsolationReport, columns: Option<usize>) -> String {
    let Some(gpu) = &report.gpu else {
        return String::new();
    };
    let mut table = Table::new(&["", ""]);
    table.row(["device".into(), (&gpu.device).into()]);
    if !gpu.nodes.is_empty() {
        table.row(["nodes".into(), gpu.nodes.join(" ").into()]);
    }
    if !gpu.driver_files.is_empty() {
        let files = format!("{} of the driver, read-only", gpu.driver_files.len());
        table.row(["files".into(), files.into()]);
    }
    for part in &gpu.left_out {
        table.row(["left out".into(), part.into()]);
    }
    heading("GPU") + &table.render(2, columns)
}
