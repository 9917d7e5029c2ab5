//! Long lists of jobs, for people: filtered, searched, in a chosen order, part by part.
//!
//! A part begins where the last one ended (a mark, not a number of rows to skip), and what somebody may see is the union of
//! three short walks (their own jobs, public ones, those shared with them), each along an index in the order of the list.
//! So a part costs what it shows, however many jobs there are.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{FromRow, QueryBuilder};

use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{AccountId, AlgorithmId, ArchiveItemId, ArchiveRunId, JobId};
use crate::time::{from_optional, from_text};
use crate::viewer::Viewer;

mod mark;
mod question;

pub use mark::JobMark;

use super::shown::{list_of, seen_by};
use question::{Question, Words};

/// Which jobs, in which order; all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobSearch {
    /// Of an algorithm.
    pub algorithm: Option<AlgorithmId>,
    /// Of somebody.
    pub creator: Option<AccountId>,
    /// Of a run over an archive.
    pub archive_run: Option<ArchiveRunId>,
    /// In a state, by its word.
    pub state: Option<&'static str>,
    /// Words, of which each begins a word of the comment or of the name of an input image; or the beginning of the id.
    pub text: String,
    /// In which order.
    pub sort: JobSort,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum JobSort {
    /// Newest first.
    #[default]
    Newest,
    /// State by state, newest first in each.
    State,
    /// Longest run first, those that have not run last.
    Duration,
}

/// A job in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct JobLine {
    /// Its id.
    pub id: JobId,
    /// Short name of the algorithm.
    pub algorithm: String,
    /// Name of the algorithm.
    pub algorithm_title: String,
    /// Name of the account whose it is.
    pub creator: Option<String>,
    /// The state's word.
    pub state: String,
    /// Code of the reason of a failure.
    pub failure_code: Option<String>,
    /// It succeeded, but somebody should look.
    pub has_warnings: bool,
    /// Its owner's note.
    pub comment: String,
    /// Whether everybody sees it.
    pub is_public: bool,
    /// The run over an archive that it belongs to.
    pub archive_run: Option<ArchiveRunId>,
    /// The item of the archive.
    pub archive_item: Option<ArchiveItemId>,
    /// The item's title when the run was asked for.
    pub archive_item_title: String,
    /// Names of input images and files.
    pub inputs: Vec<String>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When it was claimed last.
    pub started_at: Option<Timestamp>,
    /// When it came to its final state.
    pub completed_at: Option<Timestamp>,
    /// How long the program took, seconds.
    pub run_seconds: Option<f64>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct JobLines {
    /// The jobs.
    pub lines: Vec<JobLine>,
    /// Where the next part begins; `None` after the last one.
    pub next: Option<JobMark>,
    /// How many there are in all; `None` for more than [`JobLines::COUNTED`].
    pub count: Option<u64>,
}

impl JobLines {
    /// Beyond so many, jobs are not counted.
    pub const COUNTED: u64 = 1000;
}

#[derive(FromRow)]
struct LineRow {
    id: String,
    slug: String,
    title: String,
    username: Option<String>,
    state: String,
    failure_code: Option<String>,
    has_warnings: bool,
    comment: String,
    is_public: bool,
    archive_run_id: Option<String>,
    archive_item_id: Option<String>,
    archive_item_title: String,
    created_at: String,
    started_at: Option<String>,
    completed_at: Option<String>,
    run_seconds: Option<f64>,
}

impl LineRow {
    fn line(self, inputs: Vec<String>) -> Result<JobLine, StoreError> {
        let run = self.archive_run_id.as_deref().map(ArchiveRunId::read);
        let item = self.archive_item_id.as_deref().map(ArchiveItemId::read);
        Ok(JobLine {
            id: JobId::read(&self.id)?,
            algorithm: self.slug,
            algorithm_title: self.title,
            creator: self.username,
            state: self.state,
            failure_code: self.failure_code,
            has_warnings: self.has_warnings,
            comment: self.comment,
            is_public: self.is_public,
            archive_run: run.transpose()?,
            archive_item: item.transpose()?,
            archive_item_title: self.archive_item_title,
            inputs,
            created_at: from_text("job.created_at", &self.created_at)?,
            started_at: from_optional("job.started_at", self.started_at.as_deref())?,
            completed_at: from_optional("job.completed_at", self.completed_at.as_deref())?,
            run_seconds: self.run_seconds,
        })
    }
}

impl Store {
    /// A part of the jobs that somebody may see.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_jobs(
        &self,
        viewer: Viewer,
        search: &JobSearch,
        (after, most): (Option<&JobMark>, u32),
    ) -> Result<JobLines, StoreError> {
        let words = self.plan_words(&search.text).await?;
        let most = most.clamp(1, 1000);
        let question = Question {
            search,
            words: &words,
            after,
            most: i64::from(most) + 1,
        };
        let mut text = QueryBuilder::new(
            "SELECT job.id, slug, title, username, state, failure_code, has_warnings, comment, job.is_public,
                 archive_run_id, archive_item_id, archive_item_title, job.created_at, started_at, completed_at, run_seconds
             FROM (",
        );
        question.visible(&mut text, viewer, true);
        text.push(
            ") AS found CROSS JOIN job JOIN algorithm ON algorithm.id = algorithm_id
             LEFT JOIN account ON account.id = job.creator_id WHERE job.id = found.id",
        );
        text.push(JobSort::order(search.sort.keys()));
        text.push(" LIMIT ").push_bind(i64::from(most) + 1);
        let mut rows: Vec<LineRow> = text.build_query_as().fetch_all(self.read()).await?;
        let has_more = rows.len() > most as usize;
        rows.truncate(most as usize);
        let next = rows.last().filter(|_| has_more);
        let next = next.map(|row| search.sort.mark(row));
        let mut names = self.input_names(&rows).await?;
        let lines: Result<Vec<JobLine>, StoreError> = rows
            .into_iter()
            .map(|row| {
                let inputs = names.remove(&row.id).unwrap_or_default();
                row.line(inputs)
            })
            .collect();
        Ok(JobLines {
            lines: lines?,
            next,
            count: self.count_found(viewer, search, &words).await?,
        })
    }

    async fn count_found(
        &self,
        viewer: Viewer,
        search: &JobSearch,
        words: &Words,
    ) -> Result<Option<u64>, StoreError> {
        let is_kept = *search
            == JobSearch {
                algorithm: search.algorithm,
                sort: search.sort,
                ..JobSearch::default()
            };
        if is_kept {
            let list = list_of(search.algorithm);
            let count = self.tally(&list, &seen_by(viewer)).await?;
            return Ok((count <= JobLines::COUNTED).then_some(count));
        }
        let question = Question {
            search,
            words,
            after: None,
            most: i64::try_from(JobLines::COUNTED).unwrap_or(i64::MAX) + 1,
        };
        let mut text = QueryBuilder::new("SELECT COUNT(*) FROM (");
        question.visible(&mut text, viewer, false);
        text.push(") AS found");
        let count: i64 = text.build_query_scalar().fetch_one(self.read()).await?;
        let count = count.unsigned_abs();
        Ok((count <= JobLines::COUNTED).then_some(count))
    }

    /// Names of input images and files, by job.
    async fn input_names(
        &self,
        rows: &[LineRow],
    ) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        if rows.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut text = QueryBuilder::new(
            "SELECT job_id, COALESCE(image.name, value.filename) FROM job_value
                 JOIN value ON value.id = job_value.value_id LEFT JOIN image ON image.id = value.image_id
             WHERE direction = 'input' AND (value.image_id IS NOT NULL OR value.blob_digest IS NOT NULL) AND job_id IN (",
        );
        let mut ids = text.separated(", ");
        for row in rows {
            ids.push_bind(row.id.clone());
        }
        text.push(") ORDER BY value.id");
        let found: Vec<(String, String)> = text.build_query_as().fetch_all(self.read()).await?;
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (job, name) in found {
            names.entry(job).or_default().push(name);
        }
        Ok(names)
    }
}
