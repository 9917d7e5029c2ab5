//! Test cases on the tab of container images: the card that gives them, and what each version made of them.

use axum::extract::{Path, State};
use axum::response::Response;
use store::algorithm_images::AlgorithmImage;
use store::cases::{CaseRun, CaseVerdict, CasesState};
use store::ids::AlgorithmId;

use super::versions::{back, found, list};
use crate::error::ApiError;
use crate::own::algorithms::changeable;
use crate::own::cases::{NOTHING_TO_RUN, ask, demand, drop_cases, take};
use crate::state::AppState;
use crate::ui::files::FilesForm;
use crate::ui::form::Form;
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::{Moment, bytes, counted, seconds};

/// The cases that there are.
pub(super) struct CasesView {
    pub(super) filename: String,
    pub(super) count: String,
    pub(super) size: String,
    pub(super) is_required: bool,
    pub(super) made: Moment,
}

/// What a version made of the cases.
pub(super) struct VersionCases {
    state: CasesState,
    /// They are required, and it has not passed them.
    pub(super) must_pass: bool,
    pub(super) problem: String,
    pub(super) runs: Vec<CaseRow>,
}

/// One case of a version.
pub(super) struct CaseRow {
    pub(super) name: String,
    verdict: CaseVerdict,
    pub(super) differences: Vec<String>,
    pub(super) time: Option<String>,
    pub(super) memory: Option<String>,
}

impl CaseRow {
    /// Class and word of its badge.
    pub(super) fn badge(&self) -> (&'static str, &'static str) {
        match self.verdict {
            CaseVerdict::Passed => ("good", "Passed"),
            CaseVerdict::NotRecorded => ("plain", "Nothing recorded"),
            CaseVerdict::Failed => ("bad", "Failed"),
        }
    }
}

impl VersionCases {
    /// They will be run or are being run.
    pub(super) fn are_coming(&self) -> bool {
        matches!(self.state, CasesState::Queued | CasesState::Running)
    }

    /// Class and words of the badge; none when nothing is known.
    pub(super) fn badge(&self) -> Option<(&'static str, String)> {
        let well = self.runs.iter();
        let well = well
            .filter(|run| run.verdict != CaseVerdict::Failed)
            .count();
        let count = self.runs.len();
        match self.state {
            CasesState::None => None,
            CasesState::Queued => Some(("busy", "Test cases wait".to_owned())),
            CasesState::Running => Some(("busy", format!("Test cases run: {count} done"))),
            CasesState::Passed => Some(("good", format!("Test cases: {well} of {count} passed"))),
            CasesState::Failed => Some(("bad", format!("Test cases: {well} of {count} passed"))),
            CasesState::Stuck => Some(("bad", "Test cases could not run".to_owned())),
        }
    }

    /// They can be run again.
    pub(super) fn can_run(&self) -> bool {
        self.state != CasesState::Running && self.state != CasesState::Queued
    }
}

/// The cases of an algorithm for its page.
pub(super) async fn view(
    state: &AppState,
    algorithm: AlgorithmId,
) -> Result<Option<CasesView>, ApiError> {
    let cases = state.store().algorithm_cases(algorithm).await?;
    Ok(cases.map(|cases| CasesView {
        filename: cases.filename,
        count: counted(cases.count, "test case", "test cases"),
        size: bytes(cases.blob.size),
        is_required: cases.is_required,
        made: cases.created_at.into(),
    }))
}

/// What a version made of them.
pub(super) async fn of_version(
    state: &AppState,
    version: &AlgorithmImage,
    are_required: bool,
) -> Result<VersionCases, ApiError> {
    let runs = match version.cases {
        CasesState::None => Vec::new(),
        CasesState::Queued
        | CasesState::Running
        | CasesState::Passed
        | CasesState::Failed
        | CasesState::Stuck => state.store().case_runs(version.id).await?,
    };
    let row = |run: CaseRun| CaseRow {
        name: run.name,
        verdict: run.verdict,
        differences: run.differences,
        time: run.wall_seconds.map(seconds),
        memory: run.peak_memory.map(bytes),
    };
    Ok(VersionCases {
        state: version.cases,
        must_pass: are_required && version.cases != CasesState::Passed,
        problem: version.cases_problem.clone(),
        runs: runs.into_iter().map(row).collect(),
    })
}

/// Gives the algorithm cases instead of those that it had.
pub(super) async fn give(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: FilesForm,
) -> Result<Response, PageError> {
    let algorithm = changeable(&state, &form.visitor.caller, &slug).await?;
    let by = form.visitor.require()?.id;
    let mut problems = Problems::default();
    match form.files("cases").first().map(|file| file.upload) {
        None => problems.add("cases", "No file was chosen."),
        Some(upload) => {
            let is_required = form.is_ticked("required");
            if let Err(problem) = take(&state, &algorithm, (by, upload), is_required).await? {
                problems.add("cases", problem);
            }
        }
    }
    if problems.any() {
        return list(&state, &form.visitor, &slug, (String::new(), problems)).await;
    }
    Ok(back(
        &slug,
        "The test cases are here. The active version is held against them now, every new one after its import.",
    ))
}

/// Says whether versions must pass them.
pub(super) async fn require(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let algorithm = changeable(&state, &form.visitor.caller, &slug).await?;
    let by = form.visitor.require()?.id;
    let is_required = form.is_ticked("required");
    demand(&state, &algorithm, by, is_required).await?;
    let said = if is_required {
        "A version must pass the test cases before jobs run it."
    } else {
        "Versions are held against the test cases, and may be activated however that ends."
    };
    Ok(back(&slug, said))
}

/// Takes them away.
pub(super) async fn remove(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let algorithm = changeable(&state, &form.visitor.caller, &slug).await?;
    let by = form.visitor.require()?.id;
    drop_cases(&state, &algorithm, by).await?;
    Ok(back(&slug, "The test cases are gone."))
}

/// Runs them with a version, perhaps again.
pub(super) async fn run(
    State(state): State<AppState>,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let version = found(&state, &form, (&slug, &id)).await?;
    let by = form.visitor.require()?.id;
    let said = if ask(&state, version.id, by).await? {
        "The test cases are run with this version."
    } else {
        NOTHING_TO_RUN
    };
    Ok(back(&slug, said))
}
