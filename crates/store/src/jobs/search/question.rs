//! The statement behind a part of a list of jobs.

use sqlx::{QueryBuilder, Sqlite};

use super::mark::Key;
use super::{JobMark, JobSearch, JobSort};
use crate::database::Store;
use crate::error::StoreError;
use crate::jobs::words::{after_all, words_of};
use crate::viewer::Viewer;

/// How a search by text is done.
#[derive(Default)]
pub(super) struct Words {
    /// The beginning of an id.
    id: Option<String>,
    /// A word that few jobs have: they are looked at one by one.
    lead: Option<String>,
    /// Words for which each job is asked.
    others: Vec<String>,
}

/// Which of the jobs that somebody may see.
#[derive(Clone, Copy)]
enum Walk<'a> {
    All,
    Own(&'a str),
    Public,
    Shared(&'a str),
}

/// One statement in the making.
pub(super) struct Question<'a> {
    pub(super) search: &'a JobSearch,
    pub(super) words: &'a Words,
    pub(super) after: Option<&'a JobMark>,
    pub(super) most: i64,
}

impl Question<'_> {
    /// `SELECT id` of the jobs of one walk, at most `most`.
    fn walk(&self, text: &mut QueryBuilder<Sqlite>, walk: Walk<'_>, is_ordered: bool) {
        text.push("SELECT job.id AS id FROM ");
        let is_shared = matches!(walk, Walk::Shared(_));
        let lead = self.words.lead.as_ref().filter(|_| !is_shared);
        if let Some(word) = lead {
            text.push("(SELECT DISTINCT job_id FROM job_word WHERE word >= ")
                .push_bind(word.clone())
                .push(" AND word < ")
                .push_bind(after_all(word))
                .push(") AS hit CROSS JOIN ");
        }
        if is_shared {
            text.push("job_viewer CROSS JOIN ");
        }
        text.push("job WHERE ");
        match walk {
            Walk::All => text.push("TRUE"),
            Walk::Own(account) => text.push("job.creator_id = ").push_bind(account.to_owned()),
            Walk::Public => text.push("job.is_public"),
            Walk::Shared(account) => text
                .push("job.id = job_viewer.job_id AND job_viewer.account_id = ")
                .push_bind(account.to_owned()),
        };
        if lead.is_some() {
            text.push(" AND job.id = hit.job_id");
        }
        let is_few = matches!(walk, Walk::Public | Walk::Shared(_));
        self.filters(text, is_few);
        for word in self.words.lead.iter().filter(|_| is_shared) {
            has_word(text, word);
        }
        let keys = if is_few {
            self.search.sort.hidden_keys()
        } else {
            self.search.sort.keys()
        };
        if let Some(mark) = self.after {
            after(text, keys, mark);
        }
        if is_ordered {
            text.push(JobSort::order(keys));
        }
        text.push(" LIMIT ").push_bind(self.most);
    }

    /// Public and shared jobs are few among many: their own index is walked, so the filters must not offer another one.
    fn filters(&self, text: &mut QueryBuilder<Sqlite>, is_few: bool) {
        let hide = if is_few { " || ''" } else { "" };
        let search = self.search;
        let equal = [
            ("algorithm_id", search.algorithm.map(|id| id.to_string())),
            ("creator_id", search.creator.map(|id| id.to_string())),
            (
                "archive_run_id",
                search.archive_run.map(|id| id.to_string()),
            ),
            ("state", search.state.map(str::to_owned)),
        ];
        for (column, wanted) in equal {
            if let Some(wanted) = wanted {
                text.push(format!(" AND job.{column}{hide} = "))
                    .push_bind(wanted);
            }
        }
        if let Some(id) = &self.words.id {
            text.push(" AND job.id >= ")
                .push_bind(id.clone())
                .push(" AND job.id < ")
                .push_bind(after_all(id));
        }
        for word in &self.words.others {
            has_word(text, word);
        }
    }

    /// The ids of everything that somebody may see, from all walks.
    pub(super) fn visible(
        &self,
        text: &mut QueryBuilder<Sqlite>,
        viewer: Viewer,
        is_ordered: bool,
    ) {
        let account = viewer.column();
        let walks = match (viewer.is_administrator, viewer.account) {
            (true, _) => vec![Walk::All],
            (false, None) => vec![Walk::Public],
            (false, Some(_)) => vec![Walk::Own(&account), Walk::Public, Walk::Shared(&account)],
        };
        for (place, walk) in walks.into_iter().enumerate() {
            text.push(if place == 0 {
                "SELECT id FROM ("
            } else {
                " UNION SELECT id FROM ("
            });
            self.walk(text, walk, is_ordered);
            text.push(format!(") AS walk{place}"));
        }
    }
}

fn has_word(text: &mut QueryBuilder<Sqlite>, word: &str) {
    text.push(" AND EXISTS (SELECT 1 FROM job_word WHERE job_word.job_id = job.id AND word >= ")
        .push_bind(word.to_owned())
        .push(" AND word < ")
        .push_bind(after_all(word))
        .push(")");
}

fn after(text: &mut QueryBuilder<Sqlite>, keys: &[&str], mark: &JobMark) {
    // For the index; the comparison of all keys says the rest.
    if let (Some(key), Some(value)) = (keys.first(), mark.keys.first()) {
        text.push(format!(" AND {key} <= "));
        bind(text, value);
    }
    text.push(format!(" AND ({}, job.id) < (", keys.join(", ")));
    for value in &mark.keys {
        bind(text, value);
        text.push(", ");
    }
    text.push_bind(mark.id.clone()).push(")");
}

fn bind(text: &mut QueryBuilder<Sqlite>, key: &Key) {
    match key {
        Key::Text(key) => text.push_bind(key.clone()),
        Key::Seconds(seconds) => text.push_bind(*seconds),
    };
}

impl Store {
    /// How to look for a text: by id where one begins so, else by the rarest word first.
    pub(super) async fn plan_words(&self, text: &str) -> Result<Words, StoreError> {
        /// A word that more jobs have is common: walking the list finds one soon.
        const COMMON: i64 = 3000;
        let text = text.trim().to_lowercase();
        let is_id = |letter: char| letter.is_ascii_hexdigit() || letter == '-';
        if text.len() >= 8 && text.chars().all(is_id) {
            let found: Option<i64> =
                sqlx::query_scalar("SELECT 1 FROM job WHERE id >= ? AND id < ? LIMIT 1")
                    .bind(&text)
                    .bind(after_all(&text))
                    .fetch_optional(self.read())
                    .await?;
            if found.is_some() {
                return Ok(Words {
                    id: Some(text),
                    ..Words::default()
                });
            }
        }
        let mut counted = Vec::new();
        for word in words_of(&text).into_iter().take(8) {
            let count: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM (SELECT 1 FROM job_word WHERE word >= ? AND word < ? LIMIT ?) AS some",
            )
            .bind(&word)
            .bind(after_all(&word))
            .bind(COMMON)
            .fetch_one(self.read())
            .await?;
            counted.push((count, word));
        }
        counted.sort();
        let mut words = counted.into_iter();
        let first = words.next();
        let (lead, common) = match first {
            Some((count, word)) if count < COMMON => (Some(word), None),
            Some((_, word)) => (None, Some(word)),
            None => (None, None),
        };
        let others = common.into_iter().chain(words.map(|(_, word)| word));
        Ok(Words {
            id: None,
            lead,
            others: others.collect(),
        })
    }
}
