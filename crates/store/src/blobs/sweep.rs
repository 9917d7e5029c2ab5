//! Bytes that nothing names any more.
//!
//! First the row goes, in a transaction that sees that nothing names it; then the file, unless somebody has just kept the
//! same bytes again: who keeps bytes holds them until a row names them (`holds`), [`Blobs::keep`] renews the time of a file
//! that is there, and both take one lock. A crash between the two leaves a file without a row, which a later sweep of all
//! takes away.
//!
//! The database notes each blob that loses a name (`0007_unnamed.sql`): what somebody deletes goes with the next
//! [`Store::sweep_unnamed`], which looks at no others. [`Store::sweep_blobs`] looks at all, with [`GRACE`] as a courtesy,
//! since wall clocks jump. Nothing goes while another process reads what a copy of the database names (`stay`).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

use super::holds::Sweeping;
use super::{Blobs, Digest};
use crate::database::Store;
use crate::error::StoreError;
use crate::time::to_text;

/// Bytes stay so long without a name: whoever keeps them names them soon afterwards.
pub const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// Rows looked at in one go.
const BATCH: i64 = 500;

/// What must not be for a blob to go.
macro_rules! unnamed {
    ($start:literal, $end:literal) => {
        concat!(
            $start,
            " NOT EXISTS (SELECT 1 FROM value WHERE value.blob_digest = blob.digest)
              AND NOT EXISTS (SELECT 1 FROM image WHERE image.blob_digest = blob.digest)
              AND NOT EXISTS (SELECT 1 FROM job WHERE job.log_digest = blob.digest)
              AND NOT EXISTS (SELECT 1 FROM upload WHERE upload.blob_digest = blob.digest)
              AND NOT EXISTS (SELECT 1 FROM algorithm_model WHERE algorithm_model.blob_digest = blob.digest)
              AND NOT EXISTS (SELECT 1 FROM algorithm_cases WHERE algorithm_cases.blob_digest = blob.digest)
              AND NOT EXISTS (SELECT 1 FROM algorithm WHERE algorithm.logo_digest = blob.digest)",
            $end
        )
    };
}

/// As [`GRACE`], for bytes that are known to have had a name: none.
const AT_ONCE: Timestamp = Timestamp::MAX;

impl Store {
    /// Takes away bytes that have lost their last name since the last time; how many blobs went.
    ///
    /// # Errors
    /// When the database or the disk fails.
    pub async fn sweep_unnamed(&self) -> Result<u64, StoreError> {
        const LIST: &str = "SELECT digest FROM blob_unnamed ORDER BY digest LIMIT ?";
        let mut swept = 0;
        loop {
            let found: Vec<String> = sqlx::query_scalar(LIST)
                .bind(BATCH)
                .fetch_all(self.read())
                .await?;
            if found.is_empty() {
                return Ok(swept);
            }
            let Some(_alone) = self.blobs().alone().map_err(not_taken)? else {
                return Ok(swept);
            };
            let sweeping = Arc::new(self.blobs().holds.begin_sweep());
            let gone = self.forget(found).await?;
            swept += gone.len() as u64;
            self.remove_files(gone, AT_ONCE, &sweeping).await?;
        }
    }

    /// Takes the rows of those away that nothing names.
    async fn forget(&self, found: Vec<String>) -> Result<Vec<Digest>, StoreError> {
        const DELETE: &str = unnamed!("DELETE FROM blob WHERE digest = ? AND", "");
        let mut change = self.write().await?;
        let mut gone = Vec::new();
        for digest in found {
            let deleted = sqlx::query(DELETE)
                .bind(&digest)
                .execute(&mut *change)
                .await?;
            if deleted.rows_affected() > 0 {
                gone.push(Digest::read("blob.digest", &digest)?);
            }
            sqlx::query("DELETE FROM blob_unnamed WHERE digest = ?")
                .bind(&digest)
                .execute(&mut *change)
                .await?;
        }
        change.commit().await?;
        Ok(gone)
    }

    /// Takes away bytes that nothing names and that are older than [`GRACE`]; how many blobs went.
    ///
    /// # Errors
    /// When the database or the disk fails.
    pub async fn sweep_blobs(&self, now: Timestamp) -> Result<u64, StoreError> {
        const LIST: &str = unnamed!(
            "SELECT digest FROM blob WHERE created_at < ? AND",
            " ORDER BY created_at LIMIT ?"
        );
        let Some(_alone) = self.blobs().alone().map_err(not_taken)? else {
            return Ok(0);
        };
        let before = now.checked_sub(GRACE).unwrap_or(Timestamp::MIN);
        let mut swept = 0;
        let sweeping = Arc::new(self.blobs().holds.begin_sweep());
        loop {
            let found: Vec<String> = sqlx::query_scalar(LIST)
                .bind(to_text(before))
                .bind(BATCH)
                .fetch_all(self.read())
                .await?;
            if found.is_empty() {
                return Ok(swept);
            }
            let gone = self.forget(found).await?;
            if gone.is_empty() {
                return Ok(swept);
            }
            swept += gone.len() as u64;
            self.remove_files(gone, before, &sweeping).await?;
        }
    }

    /// Takes away files that no row knows, which a crash may leave; how many went.
    ///
    /// # Errors
    /// When the database or the disk fails.
    pub async fn sweep_orphans(&self, now: Timestamp) -> Result<u64, StoreError> {
        let Some(_alone) = self.blobs().alone().map_err(not_taken)? else {
            return Ok(0);
        };
        let before = now.checked_sub(GRACE).unwrap_or(Timestamp::MIN);
        let blobs = self.blobs().clone();
        let sweeping = Arc::new(blobs.holds.begin_sweep());
        let old = blocking(move || blobs.old_files(before)).await?;
        let mut orphans = Vec::new();
        for digest in old {
            let row: Option<i64> = sqlx::query_scalar("SELECT 1 FROM blob WHERE digest = ?")
                .bind(digest.as_str())
                .fetch_optional(self.read())
                .await?;
            if row.is_none() {
                orphans.push(digest);
            }
        }
        self.remove_files(orphans, before, &sweeping).await
    }

    /// How many went.
    async fn remove_files(
        &self,
        gone: Vec<Digest>,
        before: Timestamp,
        sweeping: &Arc<Sweeping>,
    ) -> Result<u64, StoreError> {
        let (blobs, sweeping) = (self.blobs().clone(), sweeping.clone());
        blocking(move || {
            let mut count = 0;
            for digest in &gone {
                count += u64::from(blobs.remove_old(digest, before, &sweeping)?);
            }
            Ok(count)
        })
        .await
    }
}

impl Blobs {
    /// Removes a file unless it was kept again after `before`, or a row may name it by now. Whether it did.
    fn remove_old(
        &self,
        digest: &Digest,
        before: Timestamp,
        sweeping: &Sweeping,
    ) -> std::io::Result<bool> {
        let _alone = self
            .lock
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if sweeping.may_be_named(digest) {
            return Ok(false);
        }
        let path = self.path(digest);
        match fs_err::metadata(&path) {
            Ok(file) if is_older(&file.modified()?, before) => {
                fs_err::remove_file(&path).map(|()| true)
            }
            Ok(_) => Ok(false),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whole blobs that were last kept before a time.
    fn old_files(&self, before: Timestamp) -> std::io::Result<Vec<Digest>> {
        let mut found = Vec::new();
        for folder in self.folder.read_dir_utf8()? {
            let folder = folder?;
            if folder.file_name().len() != 2 || !folder.file_type()?.is_dir() {
                continue;
            }
            for file in folder.path().read_dir_utf8()? {
                let file = file?;
                let name = format!("{}{}", folder.file_name(), file.file_name());
                let digest = Digest::parse(&name);
                if is_older(&file.metadata()?.modified()?, before) {
                    found.extend(digest);
                }
            }
        }
        Ok(found)
    }
}

fn is_older(modified: &SystemTime, before: Timestamp) -> bool {
    let since = modified
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    i128::try_from(since.as_nanos()).is_ok_and(|since| since < before.as_nanosecond())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.unwrap_or_else(|problem| Err(std::io::Error::other(problem)));
    done.map_err(not_taken)
}

fn not_taken(source: std::io::Error) -> StoreError {
    StoreError::Blob(super::BlobError::Disk {
        what: "taken away",
        source,
    })
}
