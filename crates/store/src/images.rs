//! Medical images: uploaded ones and those that jobs gave.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::{FromRow, Sqlite, Transaction};

use crate::blobs::{self, Blob, Digest};
use crate::database::Store;
use crate::error::{StoreError, corrupt, from_json, to_json};
use crate::ids::{AccountId, ImageId, ImageImportId};
use crate::time::{from_text, to_text};

mod all;
mod gallery;
mod list;
mod own;
mod uses;

pub(crate) use all::count_image;
pub use gallery::GalleryFilter;
pub use list::ImageFilter;
pub use own::DeleteImageError;
pub use uses::ImageUse;

/// What an image is before it has an id.
#[derive(Debug, Clone, PartialEq)]
pub struct NewImage {
    /// Of the uploaded file, or of the output.
    pub name: String,
    /// The format of its one file.
    pub extension: ImageExtension,
    /// Its one file, which the store has.
    pub blob: Blob,
    /// What the reader of images says of it.
    pub summary: Value,
    /// Such as `CT`; may be empty.
    pub modality: String,
    /// The import that it came from.
    pub import: Option<ImageImportId>,
    /// Whose it is: who uploaded it, or ran the job that gave it.
    pub account: Option<AccountId>,
}

/// A medical image.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Its id; also the name of the file that containers see.
    pub id: ImageId,
    /// Of the uploaded file, or of the output.
    pub name: String,
    /// The format of its one file.
    pub extension: ImageExtension,
    /// Where the bytes of its file lie.
    pub blob: Digest,
    /// How many they are.
    pub size: u64,
    /// What the reader of images says of it.
    pub summary: Value,
    /// Such as `CT`; may be empty.
    pub modality: String,
    /// When it came.
    pub created_at: Timestamp,
    /// The import that it came from; `None` for the output of a job.
    pub import: Option<ImageImportId>,
    /// Whose it is: who uploaded it, or ran the job that gave it.
    pub account: Option<AccountId>,
}

/// The two formats in which images are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageExtension {
    /// MetaImage with header and samples in one file.
    Mha,
    /// TIFF, also of slides.
    Tif,
}

impl ImageExtension {
    /// Without the dot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mha => "mha",
            Self::Tif => "tif",
        }
    }

    /// From the end of a file name, without the dot.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "mha" => Some(Self::Mha),
            "tif" | "tiff" => Some(Self::Tif),
            _ => None,
        }
    }
}

#[derive(FromRow)]
struct ImageRow {
    id: String,
    name: String,
    image_import_id: Option<String>,
    account_id: Option<String>,
    blob_digest: String,
    size: i64,
    extension: String,
    summary: String,
    modality: String,
    created_at: String,
}

impl TryFrom<ImageRow> for Image {
    type Error = StoreError;

    fn try_from(row: ImageRow) -> Result<Image, StoreError> {
        let import = row.image_import_id.as_deref().map(ImageImportId::read);
        let account = row.account_id.as_deref().map(AccountId::read);
        Ok(Image {
            id: ImageId::read(&row.id)?,
            name: row.name,
            extension: ImageExtension::parse(&row.extension).ok_or_else(|| {
                corrupt("image.extension", &row.extension, &"expected mha or tif")
            })?,
            blob: Digest::read("image.blob_digest", &row.blob_digest)?,
            size: row.size.unsigned_abs(),
            summary: from_json("image.summary", &row.summary)?,
            modality: row.modality,
            created_at: from_text("image.created_at", &row.created_at)?,
            import: import.transpose()?,
            account: account.transpose()?,
        })
    }
}

impl Store {
    /// Keeps an image.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_image(
        &self,
        image: &NewImage,
        now: Timestamp,
    ) -> Result<ImageId, StoreError> {
        let mut change = self.write().await?;
        let id = insert_image(&mut change, image, now).await?;
        change.commit().await?;
        Ok(id)
    }

    /// The image with this id, whoever asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn image(&self, image: ImageId) -> Result<Option<Image>, StoreError> {
        let row: Option<ImageRow> = sqlx::query_as(
            "SELECT image.*, size FROM image JOIN blob ON digest = blob_digest WHERE id = ?",
        )
        .bind(image.to_string())
        .fetch_optional(self.read())
        .await?;
        row.map(Image::try_from).transpose()
    }
}

/// Writes an image; its bytes are in the store.
pub(crate) async fn insert_image(
    change: &mut Transaction<'static, Sqlite>,
    image: &NewImage,
    now: Timestamp,
) -> Result<ImageId, StoreError> {
    blobs::note(change, &image.blob, now).await?;
    let id = ImageId::new();
    sqlx::query(
        "INSERT INTO image (id, name, image_import_id, account_id, blob_digest, extension, summary, modality, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id.to_string())
    .bind(&image.name)
    .bind(image.import.map(|id| id.to_string()))
    .bind(image.account.map(|id| id.to_string()))
    .bind(image.blob.digest.as_str())
    .bind(image.extension.as_str())
    .bind(to_json(&image.summary))
    .bind(&image.modality)
    .bind(to_text(now))
    .execute(&mut **change)
    .await?;
    let account = image.account.map(|id| id.to_string());
    all::count_image(change, account.as_deref(), (&to_text(now), 1)).await?;
    Ok(id)
}
