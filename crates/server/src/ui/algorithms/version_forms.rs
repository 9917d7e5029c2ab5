//! What versions of container images and of weights have in common on their pages: rows, and the form that adds one.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use store::algorithm_images::{ImportState, NewVersion};
use store::algorithms::StoredAlgorithm;
use store::ids::AccountId;

use super::cases::{CasesView, VersionCases};
use super::head::Head;
use crate::error::ApiError;
use crate::own::versions::checked;
use crate::state::AppState;
use crate::ui::files::FilesForm;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::Moment;
use crate::ui::visitor::Visitor;

/// Container images or weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Images,
    Models,
}

/// A version in the list.
pub(super) struct VersionRow {
    pub(super) id: String,
    pub(super) state: ImportState,
    pub(super) problem: String,
    pub(super) digest: Option<String>,
    pub(super) size: Option<String>,
    pub(super) comment: String,
    pub(super) is_active: bool,
    pub(super) creator: Option<String>,
    pub(super) made: Moment,
    pub(super) download: Option<String>,
    /// Of a container image; with what it still has to pass before jobs can run it.
    pub(super) cases: Option<VersionCases>,
}

impl VersionRow {
    /// Its import has not ended.
    pub(super) fn is_coming(&self) -> bool {
        matches!(self.state, ImportState::Queued | ImportState::Started)
    }

    /// Something about it is still to come: its import, or its test cases.
    pub(super) fn is_moving(&self) -> bool {
        self.is_coming() || self.cases.as_ref().is_some_and(VersionCases::are_coming)
    }

    /// Its algorithm requires that it passes the test cases first.
    pub(super) fn must_pass(&self) -> bool {
        let cases = self.cases.as_ref();
        !self.is_active && self.is_usable() && cases.is_some_and(|cases| cases.must_pass)
    }

    /// Jobs can use it.
    pub(super) fn is_usable(&self) -> bool {
        self.state == ImportState::Completed
    }

    /// It cannot be used.
    pub(super) fn is_refused(&self) -> bool {
        self.state == ImportState::Failed
    }

    /// The digest, shortened for people.
    pub(super) fn short_digest(&self) -> Option<&str> {
        let digest = self.digest.as_deref()?;
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
        hex.get(..12)
    }
}

#[derive(Template)]
#[template(path = "algorithm/versions.html")]
struct VersionsPage {
    frame: Frame,
    head: Head,
    sort: Sort,
    /// Newest first.
    rows: Vec<VersionRow>,
    /// Some of them are still being imported, or held against test cases.
    are_coming: bool,
    /// The test cases of the algorithm.
    cases: Option<CasesView>,
    allow_root: bool,
    /// What was typed.
    comment: String,
    problems: Problems,
}

impl VersionsPage {
    fn are_images(&self) -> bool {
        self.sort == Sort::Images
    }

    /// `versions` or `models`, as in paths.
    fn word(&self) -> &'static str {
        match self.sort {
            Sort::Images => "versions",
            Sort::Models => "models",
        }
    }
}

/// What a page of versions shows besides its rows.
pub(super) struct Shown {
    pub(super) head: Head,
    pub(super) sort: Sort,
    /// The test cases of the algorithm.
    pub(super) cases: Option<CasesView>,
    pub(super) comment: String,
    pub(super) problems: Problems,
}

/// The page.
pub(super) fn draw(
    state: &AppState,
    visitor: &Visitor,
    shown: Shown,
    rows: Vec<VersionRow>,
) -> Result<Response, PageError> {
    let what = match shown.sort {
        Sort::Images => "versions",
        Sort::Models => "models",
    };
    let title = format!("{}: {what}", shown.head.title);
    let status = shown.problems.status();
    let drawn = VersionsPage {
        frame: Frame::new(visitor, Section::Algorithms, title),
        are_coming: rows.iter().any(VersionRow::is_moving),
        cases: shown.cases,
        allow_root: state.config().jobs.allow_root,
        head: shown.head,
        sort: shown.sort,
        rows,
        comment: shown.comment,
        problems: shown.problems,
    };
    Ok(page::draw(status, &drawn)?)
}

/// Names of those who have uploaded versions.
pub(super) async fn names(
    state: &AppState,
    ids: Vec<Option<AccountId>>,
) -> Result<BTreeMap<AccountId, String>, ApiError> {
    let mut names = BTreeMap::new();
    for id in ids.into_iter().flatten() {
        if names.contains_key(&id) {
            continue;
        }
        if let Some(account) = state.store().account(id).await? {
            names.insert(id, account.username);
        }
    }
    Ok(names)
}

/// The version that a form brings.
///
/// # Errors
/// With what is wrong with the form.
pub(super) fn brought(
    form: &FilesForm,
    algorithm: &StoredAlgorithm,
) -> Result<NewVersion, Problems> {
    let mut problems = Problems::default();
    let comment = form.get("comment").trim();
    if let Err(refused) = checked(comment) {
        for (field, problem) in refused.by_field() {
            problems.add(&field, problem);
        }
    }
    let file = form.files("file").first().map(|file| file.upload);
    if file.is_none() {
        problems.add("file", "No file was chosen.");
    }
    if problems.any() {
        return Err(problems);
    }
    Ok(NewVersion {
        algorithm: algorithm.id,
        creator: form
            .visitor
            .caller
            .account
            .as_ref()
            .map(|account| account.id),
        upload: file,
        comment: comment.to_owned(),
    })
}
