//! What a program wrote, in parts: the end of it on the job's page, all of it on a page of its own, with search.
//!
//! A log can have a hundred thousand lines; a page has a few hundred of them.

use std::collections::VecDeque;
use std::io;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use camino::Utf8Path;
use serde::Deserialize;
use store::ids::JobId;
use store::jobs::StoredJob;

use crate::error::ApiError;
use crate::own::jobs::log::log_path;
use crate::own::jobs::visible;
use crate::path::Id;
use crate::state::AppState;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::visitor::Visitor;
use crate::worker::{LogLine, LogLines};

/// Lines on the page of a job.
pub(super) const ON_JOB: usize = 500;
/// Lines on a page of the log.
const ON_PAGE: usize = 1000;
/// Characters of a line; the download has all of them.
const MOST_LETTERS: usize = 4000;

/// Which lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// Those that hold this text, in any case.
    pub(super) search: String,
    /// Only those of stderr.
    pub(super) only_stderr: bool,
    /// The last ones before this number; else the last ones of all.
    pub(super) before: Option<u64>,
    /// The first ones after this number, instead.
    pub(super) after: Option<u64>,
    /// At most how many.
    pub(super) most: usize,
}

/// Some lines of a log.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Part {
    pub(super) lines: Vec<LogLine>,
    /// Lines in all.
    pub(super) total: u64,
    /// Lines of stderr in all.
    pub(super) stderr: u64,
    /// Lines that were asked for and come before these.
    pub(super) has_earlier: bool,
    /// And after.
    pub(super) has_later: bool,
}

impl Part {
    pub(super) fn first(&self) -> u64 {
        self.lines.first().map_or(0, |line| line.number)
    }

    /// `3 lines`.
    pub(super) fn counted(&self) -> String {
        crate::ui::quantity::counted(self.total, "line", "lines")
    }

    pub(super) fn last(&self) -> u64 {
        self.lines.last().map_or(0, |line| line.number)
    }
}

/// Reads what is wanted of a log, front to back, with no more in memory than is shown.
fn read(path: &Utf8Path, wanted: &Wanted) -> io::Result<Part> {
    let search = wanted.search.to_lowercase();
    let mut part = Part::default();
    let mut kept: VecDeque<LogLine> = VecDeque::new();
    for line in LogLines::after(path, 0)? {
        let mut line = line?;
        part.total += 1;
        part.stderr += u64::from(line.is_stderr);
        let is_wanted = (line.is_stderr || !wanted.only_stderr)
            && (search.is_empty() || line.text.to_lowercase().contains(&search));
        if !is_wanted {
            continue;
        }
        if wanted.after.is_some_and(|after| line.number <= after) {
            part.has_earlier = true;
            continue;
        }
        let is_full = kept.len() == wanted.most;
        if wanted.before.is_some_and(|before| line.number >= before)
            || (wanted.after.is_some() && is_full)
        {
            part.has_later = true;
            continue;
        }
        if is_full {
            kept.pop_front();
            part.has_earlier = true;
        }
        if line.text.len() > MOST_LETTERS {
            line.text = line.text.chars().take(MOST_LETTERS).chain(['…']).collect();
        }
        kept.push_back(line);
    }
    part.lines = kept.into();
    Ok(part)
}

/// Lines of the log of a job.
pub(super) async fn part(
    state: &AppState,
    job: &StoredJob,
    wanted: Wanted,
) -> Result<Part, ApiError> {
    let Some(path) = log_path(state, job).await? else {
        return Ok(Part::default());
    };
    let reading = tokio::task::spawn_blocking(move || read(&path, &wanted));
    let read = reading
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    // A program that has not begun has written nothing.
    Ok(read.unwrap_or_default())
}

/// What is asked for on the page of the log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    stderr: String,
    before: Option<u64>,
    after: Option<u64>,
}

/// The log of a job, page by page.
#[derive(Template)]
#[template(path = "job_log.html")]
struct JobLogPage {
    frame: Frame,
    id: String,
    title: String,
    search: String,
    only_stderr: bool,
    part: Part,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Id(id): Id<JobId>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let job = visible(&state, &visitor.caller, id).await?;
    let algorithm = state.store().algorithm(job.algorithm).await?;
    let wanted = Wanted {
        search: asked.search.clone(),
        only_stderr: !asked.stderr.is_empty(),
        before: asked.before,
        after: asked.after.filter(|_| asked.before.is_none()),
        most: ON_PAGE,
    };
    let title = algorithm.map_or_else(String::new, |found| found.title);
    page::show(&JobLogPage {
        frame: Frame::new(&visitor, Section::Jobs, format!("Log · {title}")),
        id: id.to_string(),
        title,
        search: asked.search,
        only_stderr: wanted.only_stderr,
        part: part(&state, &job, wanted).await?,
    })
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;

    use super::*;

    fn log(count: u64) -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("log.jsonl")).unwrap();
        let mut text = String::new();
        for number in 1..=count {
            let line = LogLine {
                number,
                is_stderr: number % 10 == 0,
                seconds: 0.5,
                text: format!("Line {number}"),
            };
            text += &serde_json::to_string(&line).unwrap();
            text.push('\n');
        }
        fs_err::write(&path, text).unwrap();
        (folder, path)
    }

    fn numbers(path: &Utf8Path, wanted: &Wanted) -> (Vec<u64>, bool, bool) {
        let part = read(path, wanted).unwrap();
        assert_eq!((part.total, part.stderr), (100, 10));
        let numbers = part.lines.iter().map(|line| line.number).collect();
        (numbers, part.has_earlier, part.has_later)
    }

    #[test]
    fn a_log_is_read_in_parts() {
        let (_folder, path) = log(100);
        let wanted = Wanted {
            most: 3,
            ..Wanted::default()
        };
        assert_eq!(numbers(&path, &wanted), (vec![98, 99, 100], true, false));
        let earlier = Wanted {
            before: Some(98),
            ..wanted.clone()
        };
        assert_eq!(numbers(&path, &earlier), (vec![95, 96, 97], true, true));
        let first = Wanted {
            after: Some(0),
            ..wanted.clone()
        };
        assert_eq!(numbers(&path, &first), (vec![1, 2, 3], false, true));
        let stderr = Wanted {
            only_stderr: true,
            before: Some(40),
            ..wanted.clone()
        };
        assert_eq!(numbers(&path, &stderr), (vec![10, 20, 30], false, true));
        let search = Wanted {
            search: "LINE 9".into(),
            most: 50,
            ..wanted
        };
        assert_eq!(
            numbers(&path, &search).0,
            [9, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99]
        );
    }
}
