//! Words by which jobs are found: of comments and of the names of input images.
//!
//! An index of words, not a search through all rows, so that a search costs what it finds and both databases can do it.

use std::collections::BTreeSet;

use sqlx::{Sqlite, Transaction};

use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{ImageId, JobId, ValueId};

/// Words of one text that are kept.
const MOST: usize = 100;
/// Letters of a word that are kept.
const LONGEST: usize = 64;
/// The counter that says that jobs of the first version have their words.
const DONE: &str = "job_word is filled";

/// Runs of letters and digits, lower case.
pub(super) fn words_of(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let runs = lower.split(|letter: char| !letter.is_alphanumeric());
    runs.filter(|run| !run.is_empty())
        .take(MOST)
        .map(|run| run.chars().take(LONGEST).collect())
        .collect()
}

/// The least text that is greater than every text that begins with `word`.
pub(super) fn after_all(word: &str) -> String {
    format!("{word}\u{10ffff}")
}

/// Notes the words of a comment in place of those of an earlier one.
pub(super) async fn note_comment(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    comment: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM job_word WHERE job_id = ? AND source = 'comment'")
        .bind(job.to_string())
        .execute(&mut **change)
        .await?;
    insert(change, job, "comment", comment).await
}

/// Notes the words of the name of an input image.
pub(super) async fn note_image(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    (value, image): (ValueId, ImageId),
) -> Result<(), StoreError> {
    let name: Option<String> = sqlx::query_scalar("SELECT name FROM image WHERE id = ?")
        .bind(image.to_string())
        .fetch_optional(&mut **change)
        .await?;
    let name = name.unwrap_or_default();
    insert(change, job, &value.0.to_string(), &name).await
}

async fn insert(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    source: &str,
    text: &str,
) -> Result<(), StoreError> {
    for word in words_of(text) {
        sqlx::query(
            "INSERT INTO job_word (job_id, word, source) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(job.to_string())
        .bind(word)
        .bind(source)
        .execute(&mut **change)
        .await?;
    }
    Ok(())
}

impl Store {
    /// Gives the jobs of a database of the first version their words; once.
    pub(crate) async fn fill_job_words(&self) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        let done: Option<i64> = sqlx::query_scalar("SELECT number FROM counter WHERE name = ?")
            .bind(DONE)
            .fetch_optional(&mut *change)
            .await?;
        if done.is_some() {
            return Ok(());
        }
        let comments: Vec<(String, String)> =
            sqlx::query_as("SELECT id, comment FROM job WHERE comment <> ''")
                .fetch_all(&mut *change)
                .await?;
        for (job, comment) in comments {
            note_comment(&mut change, JobId::read(&job)?, &comment).await?;
        }
        let images: Vec<(String, i64, String)> = sqlx::query_as(
            "SELECT job_id, value_id, image_id FROM job_value JOIN value ON value.id = value_id
             WHERE direction = 'input' AND image_id IS NOT NULL",
        )
        .fetch_all(&mut *change)
        .await?;
        for (job, value, image) in images {
            let pair = (ValueId(value), ImageId::read(&image)?);
            note_image(&mut change, JobId::read(&job)?, pair).await?;
        }
        sqlx::query("INSERT INTO counter (name, number) VALUES (?, 1)")
            .bind(DONE)
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_letters_and_digits_in_lower_case() {
        let words: Vec<String> = words_of("Head-MR_2024 Ötzi.mha").into_iter().collect();
        assert_eq!(words, ["2024", "head", "mha", "mr", "ötzi"]);
        assert!(words_of(" -- ").is_empty());
        assert!("headache" < after_all("head").as_str() && after_all("head").as_str() < "heae");
    }
}
