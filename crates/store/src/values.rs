//! Values: what fills sockets. Never changed once they are written.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;
use sqlx::{FromRow, Sqlite, Transaction};

use crate::blobs::{self, Blob, Digest};
use crate::database::{Store, next_number};
use crate::error::{StoreError, corrupt, from_json, to_json};
use crate::ids::{ImageId, SocketId, ValueId};
use crate::images::count_image;
use crate::sockets::StoredSocket;
use crate::time::{from_text, to_text};
use crate::viewer::Viewer;

/// What fills a socket, before it has a number.
#[derive(Debug, Clone, PartialEq)]
pub enum NewContent {
    /// JSON, kept in the database.
    Json(Value),
    /// A file.
    File {
        /// Its bytes, which the store has.
        blob: Blob,
        /// Its name.
        filename: String,
    },
    /// An image that there is.
    Image(ImageId),
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredValue {
    /// Its number.
    pub id: ValueId,
    /// What it fills.
    pub socket: StoredSocket,
    /// With what.
    pub content: Content,
    /// When it was written.
    pub created_at: Timestamp,
}

/// What fills a socket.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// JSON.
    Json(Value),
    /// A file.
    File {
        /// Where its bytes lie.
        blob: Digest,
        /// Its name.
        filename: String,
        /// Its size, bytes.
        size: u64,
    },
    /// An image, and its name.
    Image(ImageId, String),
}

#[derive(FromRow)]
struct ValueRow {
    id: i64,
    socket_id: i64,
    json: Option<String>,
    blob_digest: Option<String>,
    filename: String,
    size: Option<i64>,
    image_id: Option<String>,
    name: Option<String>,
    created_at: String,
}

impl ValueRow {
    fn content(&self) -> Result<Content, StoreError> {
        match (&self.json, &self.blob_digest, &self.image_id) {
            (Some(json), None, None) => Ok(Content::Json(from_json("value.json", json)?)),
            (None, Some(digest), None) => Ok(Content::File {
                blob: Digest::read("value.blob_digest", digest)?,
                filename: self.filename.clone(),
                size: self.size.unwrap_or(0).unsigned_abs(),
            }),
            (None, None, Some(image)) => {
                let name = self.name.clone().unwrap_or_default();
                Ok(Content::Image(ImageId::read(image)?, name))
            }
            (None, None, None) | (Some(_), ..) | (_, Some(_), _) => Err(corrupt(
                "value.id",
                &self.id.to_string(),
                &"expected exactly one of JSON, a file and an image",
            )),
        }
    }
}

impl Store {
    /// The value with this number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn value(&self, value: ValueId) -> Result<Option<StoredValue>, StoreError> {
        Ok(self.values_of(&[value]).await?.pop())
    }

    /// Those of these values that there are, in the order of `ids`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn values_of(&self, ids: &[ValueId]) -> Result<Vec<StoredValue>, StoreError> {
        let mut rows: BTreeMap<ValueId, ValueRow> = BTreeMap::new();
        for chunk in ids.chunks(8) {
            let id = |place: usize| chunk.get(place).map(|id| id.0);
            let found: Vec<ValueRow> = sqlx::query_as(
                "SELECT value.id, socket_id, json, value.blob_digest, filename, size, image_id, name, value.created_at
                 FROM value LEFT JOIN blob ON blob.digest = value.blob_digest LEFT JOIN image ON image.id = image_id
                 WHERE value.id IN (?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(id(0))
            .bind(id(1))
            .bind(id(2))
            .bind(id(3))
            .bind(id(4))
            .bind(id(5))
            .bind(id(6))
            .bind(id(7))
            .fetch_all(self.read())
            .await?;
            rows.extend(found.into_iter().map(|row| (ValueId(row.id), row)));
        }
        let sockets: BTreeSet<SocketId> =
            rows.values().map(|row| SocketId(row.socket_id)).collect();
        let sockets = self.sockets_of(&sockets).await?;
        let found = ids.iter().filter_map(|id| rows.get(id));
        found
            .map(|row| {
                let socket = sockets.get(&SocketId(row.socket_id)).ok_or_else(|| {
                    let number = row.socket_id.to_string();
                    corrupt("value.socket_id", &number, &"there is no such socket")
                })?;
                Ok(StoredValue {
                    id: ValueId(row.id),
                    socket: socket.clone(),
                    content: row.content()?,
                    created_at: from_text("value.created_at", &row.created_at)?,
                })
            })
            .collect()
    }

    /// Whether somebody may see a value: it belongs to a job or an archive that they may see.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_view_value(&self, viewer: Viewer, value: ValueId) -> Result<bool, StoreError> {
        let account = viewer.column();
        let found: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM value WHERE id = ? AND (?
                 OR EXISTS (SELECT 1 FROM job_value JOIN job ON job.id = job_value.job_id
                     WHERE value_id = value.id AND (job.creator_id = ? OR job.is_public OR EXISTS
                         (SELECT 1 FROM job_viewer WHERE job_viewer.job_id = job.id AND account_id = ?)))
                 OR EXISTS (SELECT 1 FROM archive_item_value
                     JOIN archive_item ON archive_item.id = archive_item_id
                     JOIN archive ON archive.id = archive_item.archive_id
                     WHERE value_id = value.id AND (archive.is_public OR EXISTS (SELECT 1 FROM archive_role
                         WHERE archive_role.archive_id = archive.id AND account_id = ?))))",
        )
        .bind(value.0)
        .bind(viewer.is_administrator)
        .bind(&account)
        .bind(&account)
        .bind(&account)
        .fetch_one(self.read())
        .await?;
        Ok(found > 0)
    }
}

/// Takes values away that nothing uses any more; with `images` also images that only they name and nobody uploaded.
pub(crate) async fn drop_values(
    change: &mut Transaction<'static, Sqlite>,
    values: &[i64],
    images: bool,
) -> Result<(), StoreError> {
    for value in values {
        let gone: Option<Option<String>> = sqlx::query_scalar(
            "DELETE FROM value WHERE id = ?
               AND NOT EXISTS (SELECT 1 FROM job_value WHERE job_value.value_id = value.id)
               AND NOT EXISTS (SELECT 1 FROM archive_item_value WHERE archive_item_value.value_id = value.id)
             RETURNING image_id",
        )
        .bind(value)
        .fetch_optional(&mut **change)
        .await?;
        if let Some(image) = gone.flatten().filter(|_| images) {
            let gone: Option<(Option<String>, String)> = sqlx::query_as(
                "DELETE FROM image WHERE id = ? AND image_import_id IS NULL
                   AND NOT EXISTS (SELECT 1 FROM value WHERE value.image_id = image.id)
                 RETURNING account_id, created_at",
            )
            .bind(image)
            .fetch_optional(&mut **change)
            .await?;
            if let Some((account, created_at)) = gone {
                count_image(change, account.as_deref(), (&created_at, -1)).await?;
            }
        }
    }
    Ok(())
}

/// Writes a value.
pub(crate) async fn insert_value(
    change: &mut Transaction<'static, Sqlite>,
    socket: SocketId,
    content: &NewContent,
    now: Timestamp,
) -> Result<ValueId, StoreError> {
    let (json, blob, filename, image) = match content {
        NewContent::Json(value) => (Some(to_json(value)), None, "", None),
        NewContent::File { blob, filename } => (None, Some(blob), filename.as_str(), None),
        NewContent::Image(image) => (None, None, "", Some(image.to_string())),
    };
    if let Some(blob) = blob {
        blobs::note(change, blob, now).await?;
    }
    let id = next_number(change, "value").await?;
    sqlx::query(
        "INSERT INTO value (id, socket_id, json, blob_digest, filename, image_id, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(socket.0)
    .bind(json)
    .bind(blob.map(|blob| blob.digest.as_str()))
    .bind(filename)
    .bind(image)
    .bind(to_text(now))
    .execute(&mut **change)
    .await?;
    Ok(ValueId(id))
}
