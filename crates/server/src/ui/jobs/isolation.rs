//! What a container was promised, and whether the promise was kept: the report as a table.

use domain::{IsolationReport, Verdict};

use super::live::Badge;
use crate::ui::quantity::counted;

/// The report as a table.
pub(super) struct Isolation {
    /// `22 of 22 kept`.
    pub(super) summary: String,
    pub(super) badge: Badge,
    pub(super) runtime: String,
    /// The GPU that it had for itself, and how it came in.
    pub(super) gpu: Option<String>,
    pub(super) rows: Vec<Row>,
}

/// One promise.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) verdict: Badge,
    pub(super) asked: String,
    pub(super) in_force: String,
    pub(super) source: String,
}

impl Isolation {
    pub(super) fn of(report: &IsolationReport) -> Isolation {
        let count = |verdict: Verdict| {
            let records = report.guarantees.iter();
            records.filter(|record| record.verdict == verdict).count()
        };
        let (kept, waived, broken) = (
            count(Verdict::Kept),
            count(Verdict::Waived),
            count(Verdict::Broken),
        );
        let mut summary = format!("{kept} of {} kept", report.guarantees.len());
        if waived > 0 {
            summary += &format!(", {waived} waived by the operator");
        }
        if broken > 0 {
            let broken = counted(broken as u64, "is broken", "are broken");
            summary += &format!(", {broken}");
        }
        let class = match (waived, broken) {
            (0, 0) => "good",
            (_, 0) => "warning",
            _ => "bad",
        };
        Isolation {
            summary,
            badge: Badge { class, text: "" },
            runtime: report.runtime.clone(),
            gpu: report.gpu.as_ref().map(gpu),
            rows: report.guarantees.iter().map(row).collect(),
        }
    }
}

fn gpu(gpu: &domain::GpuRecord) -> String {
    let mut text = gpu.device.clone();
    if !gpu.nodes.is_empty() {
        text += &format!(" ({})", gpu.nodes.join(", "));
    }
    if !gpu.driver_files.is_empty() {
        let files = counted(gpu.driver_files.len() as u64, "file", "files");
        text += &format!(", {files} of the driver, read-only");
    }
    text
}

fn row(record: &domain::GuaranteeRecord) -> Row {
    let (class, text) = match record.verdict {
        Verdict::Kept => ("good", "Kept"),
        Verdict::Waived => ("warning", "Waived"),
        Verdict::Broken => ("bad", "Broken"),
    };
    Row {
        name: super::failure::sentence(&record.guarantee.name().replace('_', " "))
            .trim_end_matches('.')
            .to_owned(),
        verdict: Badge { class, text },
        asked: record.asked.clone(),
        in_force: record.in_force.clone(),
        source: record.source.clone(),
    }
}
