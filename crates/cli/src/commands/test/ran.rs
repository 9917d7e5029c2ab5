//! A case that was run, and how it is judged.

use domain::RunReport;
use executor::cases::{self, Blessed, Case, Difference};

/// A case with all that is known about it now.
pub(super) struct Ran {
    pub(super) case: Case,
    pub(super) report: RunReport,
    /// What is not as it should be; empty when it passed.
    pub(super) differences: Vec<Difference>,
    /// What `--bless` recorded.
    pub(super) blessed: Option<Blessed>,
    /// Keeps the outputs until all is said.
    pub(super) _outputs: tempfile::TempDir,
}

/// In one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All is as recorded.
    Passed,
    /// It went well; nothing is recorded to compare with.
    NotRecorded,
    /// Its outputs are what is recorded from now on.
    Recorded,
    /// It did not go well, or something differs.
    Failed,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::NotRecorded => "not recorded",
            Self::Recorded => "recorded",
            Self::Failed => "failed",
        }
    }
}

impl Ran {
    /// Whether `--bless` may record it: it ran well, and only outputs differ, if anything.
    pub(super) fn may_be_recorded(&self) -> bool {
        self.case.expectation.failure.is_none()
            && self.report.failure.is_none()
            && self
                .differences
                .iter()
                .all(|difference| difference.socket.is_some())
    }

    pub(super) fn verdict(&self, bless: bool) -> Verdict {
        if bless && self.blessed.is_some() {
            return Verdict::Recorded;
        }
        match self.case.verdict(&self.differences) {
            cases::Verdict::Passed => Verdict::Passed,
            cases::Verdict::NotRecorded => Verdict::NotRecorded,
            cases::Verdict::Failed => Verdict::Failed,
        }
    }

    /// Whether nothing is wrong.
    pub(super) fn passed(&self, bless: bool) -> bool {
        self.verdict(bless) != Verdict::Failed
    }
}
