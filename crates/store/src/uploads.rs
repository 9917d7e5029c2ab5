//! Files on their way in, part by part.
//!
//! An upload is `initialized` until it is completed or aborted, and stays what it then is. The bytes of its parts lie in
//! [`PartFiles`] while it is open, and in one blob once it is completed.

use std::fmt;

use jiff::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction};
use uuid::Uuid;

use crate::blobs::{self, Blob, Digest};
use crate::database::Store;
use crate::error::{StoreError, corrupt};
use crate::ids::{AccountId, UploadId};
use crate::page::{Listed, Page};
use crate::time::{from_text, to_text};

mod parts;

pub use parts::{JoinPartsError, PartFiles, WrittenPart};

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadState {
    /// Takes parts.
    Initialized,
    /// Is one blob.
    Completed,
    /// Was given up.
    Aborted,
}

/// A file on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// Who uploads, and alone may use it.
    pub account: AccountId,
    /// Without folders.
    pub filename: String,
    /// Opaque; names the parts together with the id.
    pub multipart_id: String,
    /// Where it stands.
    pub state: UploadState,
    /// Bytes of its parts.
    pub size: u64,
    /// All bytes, once it is completed.
    pub blob: Option<Digest>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is taken away.
    pub expires_at: Timestamp,
}

/// A part that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadPart {
    /// From 1.
    pub number: u32,
    /// SHA-256 of its bytes, hexadecimal.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// When it arrived.
    pub modified_at: Timestamp,
}

/// An upload could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeUploadError {
    /// There is no such upload.
    #[error("there is no upload `{0}`")]
    Gone(UploadId),
    /// It has been completed or aborted.
    #[error("the upload is `{0}`, expected `initialized`")]
    NotOpen(UploadState),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UploadState {
    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            UploadState::Initialized => "initialized",
            UploadState::Completed => "completed",
            UploadState::Aborted => "aborted",
        }
    }

    fn read(text: &str) -> Result<UploadState, StoreError> {
        match text {
            "initialized" => Ok(UploadState::Initialized),
            "completed" => Ok(UploadState::Completed),
            "aborted" => Ok(UploadState::Aborted),
            other => Err(corrupt("upload.state", other, &"no state of an upload")),
        }
    }
}

impl fmt::Display for UploadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(FromRow)]
struct UploadRow {
    id: String,
    account_id: String,
    filename: String,
    multipart_id: String,
    state: String,
    size: i64,
    blob_digest: Option<String>,
    created_at: String,
    expires_at: String,
}

#[derive(FromRow)]
struct PartRow {
    number: i64,
    etag: String,
    size: i64,
    modified_at: String,
}

impl TryFrom<UploadRow> for Upload {
    type Error = StoreError;

    fn try_from(row: UploadRow) -> Result<Upload, StoreError> {
        let digest = row.blob_digest.as_deref();
        let digest = digest.map(|text| Digest::read("upload.blob_digest", text));
        Ok(Upload {
            id: UploadId::read(&row.id)?,
            account: AccountId::read(&row.account_id)?,
            filename: row.filename,
            multipart_id: row.multipart_id,
            state: UploadState::read(&row.state)?,
            size: row.size.unsigned_abs(),
            blob: digest.transpose()?,
            created_at: from_text("upload.created_at", &row.created_at)?,
            expires_at: from_text("upload.expires_at", &row.expires_at)?,
        })
    }
}

impl TryFrom<PartRow> for UploadPart {
    type Error = StoreError;

    fn try_from(row: PartRow) -> Result<UploadPart, StoreError> {
        Ok(UploadPart {
            number: u32::try_from(row.number)
                .map_err(|error| corrupt("upload_part.number", &row.number.to_string(), &error))?,
            etag: row.etag,
            size: row.size.unsigned_abs(),
            modified_at: from_text("upload_part.modified_at", &row.modified_at)?,
        })
    }
}

impl Store {
    /// Begins an upload; `filename` is without folders.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_upload(
        &self,
        account: AccountId,
        filename: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Upload, StoreError> {
        let mut change = self.write().await?;
        let row: UploadRow = sqlx::query_as(
            "INSERT INTO upload (id, account_id, filename, multipart_id, state, created_at, expires_at)
             VALUES (?, ?, ?, ?, 'initialized', ?, ?) RETURNING *",
        )
        .bind(UploadId::new().to_string())
        .bind(account.to_string())
        .bind(filename)
        .bind(Uuid::new_v4().simple().to_string())
        .bind(to_text(now))
        .bind(to_text(expires_at))
        .fetch_one(&mut *change)
        .await?;
        change.commit().await?;
        row.try_into()
    }

    /// The upload with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn upload(&self, upload: UploadId) -> Result<Option<Upload>, StoreError> {
        let row: Option<UploadRow> = sqlx::query_as("SELECT * FROM upload WHERE id = ?")
            .bind(upload.to_string())
            .fetch_optional(self.read())
            .await?;
        row.map(Upload::try_from).transpose()
    }

    /// The uploads of somebody, as they began.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn uploads_of(
        &self,
        account: AccountId,
        page: Page,
    ) -> Result<Listed<Upload>, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM upload WHERE account_id = ?")
            .bind(account.to_string())
            .fetch_one(self.read())
            .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<UploadRow> = sqlx::query_as(
            "SELECT * FROM upload WHERE account_id = ? ORDER BY created_at, id LIMIT ? OFFSET ?",
        )
        .bind(account.to_string())
        .bind(limit)
        .bind(offset)
        .fetch_all(self.read())
        .await?;
        listed(count, rows)
    }

    /// How many uploads of somebody are neither completed nor aborted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_open_uploads(&self, account: AccountId) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM upload WHERE account_id = ? AND state = 'initialized'",
        )
        .bind(account.to_string())
        .fetch_one(self.read())
        .await?;
        Ok(count.unsigned_abs())
    }

    /// Notes a part whose bytes lie in [`PartFiles`]; one that came again replaces the first.
    ///
    /// # Errors
    /// When the upload takes no parts any more: remove its [`PartFiles`] then.
    pub async fn put_part(
        &self,
        upload: UploadId,
        number: u32,
        part: &WrittenPart,
        now: Timestamp,
    ) -> Result<Upload, ChangeUploadError> {
        let mut change = self.write().await?;
        // Waits until nobody else changes the upload, and finds it open or does nothing.
        let touched =
            sqlx::query("UPDATE upload SET size = size WHERE id = ? AND state = 'initialized'")
                .bind(upload.to_string())
                .execute(&mut *change)
                .await
                .map_err(StoreError::from)?;
        if touched.rows_affected() == 0 {
            return Err(why_not(&mut change, upload).await?);
        }
        sqlx::query(
            "INSERT INTO upload_part (upload_id, number, etag, size, modified_at) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (upload_id, number) DO UPDATE
             SET etag = excluded.etag, size = excluded.size, modified_at = excluded.modified_at",
        )
        .bind(upload.to_string())
        .bind(i64::from(number))
        .bind(&part.etag)
        .bind(i64::try_from(part.size).unwrap_or(i64::MAX))
        .bind(to_text(now))
        .execute(&mut *change)
        .await
        .map_err(StoreError::from)?;
        let row: UploadRow = sqlx::query_as(
            "UPDATE upload SET size = (SELECT CAST(SUM(size) AS BIGINT) FROM upload_part WHERE upload_id = upload.id)
             WHERE id = ? RETURNING *",
        )
        .bind(upload.to_string())
        .fetch_one(&mut *change)
        .await
        .map_err(StoreError::from)?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(row.try_into()?)
    }

    /// The parts that have arrived, by number; at most 10 000.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parts(&self, upload: UploadId) -> Result<Vec<UploadPart>, StoreError> {
        let rows: Vec<PartRow> = sqlx::query_as(
            "SELECT number, etag, size, modified_at FROM upload_part WHERE upload_id = ? ORDER BY number LIMIT 10000",
        )
        .bind(upload.to_string())
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(UploadPart::try_from).collect()
    }

    /// Notes that all parts have become one blob. Remove the [`PartFiles`] afterwards.
    ///
    /// # Errors
    /// When the upload has been completed or aborted meanwhile, or the database fails.
    pub async fn complete_upload(
        &self,
        upload: UploadId,
        blob: &Blob,
        now: Timestamp,
    ) -> Result<Upload, ChangeUploadError> {
        let mut change = self.write().await?;
        blobs::note(&mut change, blob, now).await?;
        let row: Option<UploadRow> = sqlx::query_as(
            "UPDATE upload SET state = 'completed', blob_digest = ?, size = ?
             WHERE id = ? AND state = 'initialized' RETURNING *",
        )
        .bind(blob.digest.as_str())
        .bind(i64::try_from(blob.size).unwrap_or(i64::MAX))
        .bind(upload.to_string())
        .fetch_optional(&mut *change)
        .await
        .map_err(StoreError::from)?;
        closed(change, upload, row).await
    }

    /// Gives an upload up. Remove its [`PartFiles`] afterwards.
    ///
    /// # Errors
    /// When the upload has been completed or aborted, or the database fails.
    pub async fn abort_upload(&self, upload: UploadId) -> Result<Upload, ChangeUploadError> {
        let mut change = self.write().await?;
        let row: Option<UploadRow> = sqlx::query_as(
            "UPDATE upload SET state = 'aborted', size = 0
             WHERE id = ? AND state = 'initialized' RETURNING *",
        )
        .bind(upload.to_string())
        .fetch_optional(&mut *change)
        .await
        .map_err(StoreError::from)?;
        closed(change, upload, row).await
    }

    /// Forgets an upload, because something else holds its bytes now or nobody wants them. `false`: there was none.
    /// Remove its [`PartFiles`] afterwards unless it was completed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn consume_upload(&self, upload: UploadId) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        delete_parts(&mut change, upload).await?;
        sqlx::query("DELETE FROM image_import_upload WHERE upload_id = ?")
            .bind(upload.to_string())
            .execute(&mut *change)
            .await?;
        let done = sqlx::query("DELETE FROM upload WHERE id = ?")
            .bind(upload.to_string())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Uploads whose time is over and which no import waits for or works on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn expired_uploads(
        &self,
        now: Timestamp,
        page: Page,
    ) -> Result<Vec<Upload>, StoreError> {
        let (limit, offset) = page.columns();
        let rows: Vec<UploadRow> = sqlx::query_as(
            "SELECT * FROM upload WHERE expires_at <= ?
               AND NOT EXISTS (SELECT 1 FROM image_import_upload
                   JOIN image_import ON image_import.id = image_import_id
                   WHERE upload_id = upload.id AND image_import.state IN ('queued', 'started'))
               AND NOT EXISTS (SELECT 1 FROM algorithm_image
                   WHERE upload_id = upload.id AND import_state IN ('queued', 'started'))
               AND NOT EXISTS (SELECT 1 FROM algorithm_model
                   WHERE upload_id = upload.id AND import_state IN ('queued', 'started'))
             ORDER BY expires_at, id LIMIT ? OFFSET ?",
        )
        .bind(to_text(now))
        .bind(limit)
        .bind(offset)
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(Upload::try_from).collect()
    }
}

fn listed(count: i64, rows: Vec<UploadRow>) -> Result<Listed<Upload>, StoreError> {
    let items: Result<Vec<Upload>, StoreError> = rows.into_iter().map(Upload::try_from).collect();
    Ok(Listed {
        count: count.unsigned_abs(),
        items: items?,
    })
}

/// Ends a change that has closed an upload if `row` is there.
async fn closed(
    mut change: Transaction<'static, Sqlite>,
    upload: UploadId,
    row: Option<UploadRow>,
) -> Result<Upload, ChangeUploadError> {
    let Some(row) = row else {
        return Err(why_not(&mut change, upload).await?);
    };
    delete_parts(&mut change, upload).await?;
    change.commit().await.map_err(StoreError::from)?;
    Ok(row.try_into()?)
}

async fn delete_parts(
    change: &mut Transaction<'static, Sqlite>,
    upload: UploadId,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM upload_part WHERE upload_id = ?")
        .bind(upload.to_string())
        .execute(&mut **change)
        .await?;
    Ok(())
}

/// Why an upload was not found open.
async fn why_not(
    change: &mut Transaction<'static, Sqlite>,
    upload: UploadId,
) -> Result<ChangeUploadError, StoreError> {
    let state: Option<String> = sqlx::query_scalar("SELECT state FROM upload WHERE id = ?")
        .bind(upload.to_string())
        .fetch_optional(&mut **change)
        .await?;
    Ok(match state {
        Some(state) => ChangeUploadError::NotOpen(UploadState::read(&state)?),
        None => ChangeUploadError::Gone(upload),
    })
}
