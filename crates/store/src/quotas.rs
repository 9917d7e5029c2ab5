//! What one person may take of a server, and what they have taken.

use std::collections::HashMap;

use sqlx::FromRow;

use crate::database::Store;
use crate::error::StoreError;
use crate::ids::AccountId;

/// What one person may take; `None`: what the server gives everybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Jobs that run at the same time.
    pub running: Option<u64>,
    /// Jobs that have not ended, those of runs over archives too.
    pub unfinished: Option<u64>,
    /// Bytes that are kept.
    pub bytes: Option<u64>,
}

#[derive(FromRow)]
struct QuotaRow {
    most_running: Option<i64>,
    most_unfinished: Option<i64>,
    most_bytes: Option<i64>,
}

impl From<QuotaRow> for Quota {
    fn from(row: QuotaRow) -> Quota {
        Quota {
            running: row.most_running.map(i64::unsigned_abs),
            unfinished: row.most_unfinished.map(i64::unsigned_abs),
            bytes: row.most_bytes.map(i64::unsigned_abs),
        }
    }
}

fn column(number: Option<u64>) -> Option<i64> {
    number.map(|number| i64::try_from(number).unwrap_or(i64::MAX))
}

impl Store {
    /// What somebody may take.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn quota(&self, account: AccountId) -> Result<Quota, StoreError> {
        let row: Option<QuotaRow> = sqlx::query_as(
            "SELECT most_running, most_unfinished, most_bytes FROM quota WHERE account_id = ?",
        )
        .bind(account.to_string())
        .fetch_optional(self.read())
        .await?;
        Ok(row.map(Quota::from).unwrap_or_default())
    }

    /// Says what somebody may take from now on.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn set_quota(&self, account: AccountId, quota: &Quota) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        sqlx::query(
            "INSERT INTO quota (account_id, most_running, most_unfinished, most_bytes) VALUES (?, ?, ?, ?)
             ON CONFLICT (account_id) DO UPDATE SET most_running = excluded.most_running,
                 most_unfinished = excluded.most_unfinished, most_bytes = excluded.most_bytes",
        )
        .bind(account.to_string())
        .bind(column(quota.running))
        .bind(column(quota.unfinished))
        .bind(column(quota.bytes))
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(())
    }

    /// How many jobs may run at the same time, of those people for whom it was said.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn running_quotas(&self) -> Result<HashMap<AccountId, u64>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT account_id, most_running FROM quota WHERE most_running IS NOT NULL",
        )
        .fetch_all(self.read())
        .await?;
        let read = |(id, most): (String, i64)| Ok((AccountId::read(&id)?, most.unsigned_abs()));
        rows.into_iter().map(read).collect()
    }

    /// How many jobs of somebody run, and how many have not ended, those of runs over archives too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_taken_jobs(&self, creator: AccountId) -> Result<(u64, u64), StoreError> {
        let (running, unfinished): (i64, i64) = sqlx::query_as(
            "SELECT COALESCE(SUM(state IN ('provisioning', 'executing', 'parsing')), 0), COUNT(*) FROM job
             WHERE creator_id = ? AND state IN ('validating', 'queued', 'provisioning', 'executing', 'parsing')",
        )
        .bind(creator.to_string())
        .fetch_one(self.read())
        .await?;
        Ok((running.unsigned_abs(), unfinished.unsigned_abs()))
    }

    /// Bytes that are kept for somebody: images that they brought or that their jobs gave, files of their jobs, uploads,
    /// weights, and unpacked container images. Files in archives belong to the archive; the same bytes count once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_bytes(&self, account: AccountId) -> Result<u64, StoreError> {
        let sum: i64 = sqlx::query_scalar(
            "SELECT (SELECT COALESCE(SUM(size), 0) FROM blob WHERE digest IN (
                 SELECT blob_digest FROM image WHERE account_id = ?1
                 UNION SELECT blob_digest FROM upload WHERE account_id = ?1 AND state = 'completed'
                 UNION SELECT blob_digest FROM algorithm_model WHERE creator_id = ?1
                 UNION SELECT value.blob_digest FROM job
                     JOIN job_value ON job_value.job_id = job.id JOIN value ON value.id = job_value.value_id
                     WHERE job.creator_id = ?1 AND value.blob_digest IS NOT NULL
                         AND NOT EXISTS (SELECT 1 FROM archive_item_value AS kept WHERE kept.value_id = value.id)))
             + (SELECT COALESCE(SUM(size), 0) FROM upload WHERE account_id = ?1 AND state = 'initialized')
             + (SELECT COALESCE(SUM(size), 0) FROM algorithm_image WHERE creator_id = ?1)",
        )
        .bind(account.to_string())
        .fetch_one(self.read())
        .await?;
        Ok(sum.unsigned_abs())
    }
}
