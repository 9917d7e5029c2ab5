//! Bytes that nothing names any more.
//!
//! First the row goes, in a transaction that sees that nothing names it; then the file, unless somebody has just kept the
//! same bytes again: who keeps bytes holds them until a row names them (`holds`), [`Blobs::keep`] renews the time of a file
//! that is there, and both take one lock. A crash between the two leaves a file without a row, which the next start takes
//! away. [`GRACE`] is only a courtesy beside that, since wall clocks jump.

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

impl Store {
    /// Takes away bytes that nothing names and that are older than [`GRACE`]; how many blobs went.
    ///
    /// # Errors
    /// When the database or the disk fails.
    pub async fn sweep_blobs(&self, now: Timestamp) -> Result<u64, StoreError> {
        const LIST: &str = unnamed!(
            "SELECT digest FROM blob WHERE created_at < ? AND",
            " ORDER BY created_at LIMIT ?"
        );
        const DELETE: &str = unnamed!("DELETE FROM blob WHERE digest = ? AND", "");
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
            }
            change.commit().await?;
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
    done.map_err(|source| {
        StoreError::Blob(super::BlobError::Disk {
            what: "taken away",
            source,
        })
    })
}
