//! Where a list of jobs goes on, and in which order it is.

use super::{JobSort, LineRow};
use crate::ids::JobId;

/// A place in a list of jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct JobMark {
    /// State and time, or time, or seconds: as the order has it.
    pub(super) keys: Vec<Key>,
    pub(super) id: String,
}

/// What a list is sorted by.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Key {
    Text(String),
    Seconds(f64),
}

impl JobMark {
    /// What a client sends back.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for key in &self.keys {
            match key {
                Key::Text(key) => text += key,
                Key::Seconds(seconds) => text += &seconds.to_string(),
            }
            text.push('~');
        }
        text + &self.id
    }

    /// The inverse, for the same order. `None`: no mark of such a list.
    #[must_use]
    pub fn read(text: &str, sort: JobSort) -> Option<JobMark> {
        let mut parts: Vec<&str> = text.split('~').collect();
        let id = parts.pop()?.parse::<JobId>().ok()?.to_string();
        let keys = match (sort, parts.as_slice()) {
            (JobSort::Newest, [time]) => vec![Key::Text((*time).to_owned())],
            (JobSort::State, [state, time]) => {
                vec![
                    Key::Text((*state).to_owned()),
                    Key::Text((*time).to_owned()),
                ]
            }
            (JobSort::Duration, [seconds]) => {
                let seconds: f64 = seconds.parse().ok()?;
                vec![Key::Seconds(Some(seconds).filter(|it| it.is_finite())?)]
            }
            (JobSort::Newest | JobSort::State | JobSort::Duration, _) => return None,
        };
        Some(JobMark { keys, id })
    }
}

impl JobSort {
    /// What the list is sorted by before the id; all descending.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            JobSort::Newest => &["job.created_at"],
            JobSort::State => &["job.state", "job.created_at"],
            JobSort::Duration => &["COALESCE(job.run_seconds, -1)"],
        }
    }

    /// The same for a walk over few jobs among many: in words that no index knows, so that none over all jobs is walked.
    pub(super) fn hidden_keys(self) -> &'static [&'static str] {
        match self {
            JobSort::Newest => &["job.created_at"],
            JobSort::State => &["job.state || ''", "job.created_at"],
            JobSort::Duration => &["COALESCE(job.run_seconds, -1) + 0"],
        }
    }

    pub(super) fn order(keys: &[&str]) -> String {
        let keys: Vec<String> = keys.iter().map(|key| format!("{key} DESC")).collect();
        format!(" ORDER BY {}, job.id DESC", keys.join(", "))
    }

    pub(super) fn mark(self, row: &LineRow) -> JobMark {
        let text = |text: &String| Key::Text(text.clone());
        JobMark {
            keys: match self {
                JobSort::Newest => vec![text(&row.created_at)],
                JobSort::State => vec![text(&row.state), text(&row.created_at)],
                JobSort::Duration => vec![Key::Seconds(row.run_seconds.unwrap_or(-1.0))],
            },
            id: row.id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_back() {
        let id = JobId::new().to_string();
        for (sort, text) in [
            (JobSort::Newest, format!("2026-01-01T00:00:00.000000Z~{id}")),
            (
                JobSort::State,
                format!("failed~2026-01-01T00:00:00.000000Z~{id}"),
            ),
            (JobSort::Duration, format!("12.25~{id}")),
        ] {
            let mark = JobMark::read(&text, sort).unwrap();
            assert_eq!(mark.to_text(), text);
        }
        for wrong in ["", "x", "~", "NaN~x", &format!("NaN~{id}"), &id] {
            assert_eq!(JobMark::read(wrong, JobSort::Duration), None, "{wrong}");
        }
    }
}
