//! Uploaded files that become images together, in the background.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, QueryBuilder, Sqlite, Transaction};

use crate::archives::{insert_item, put_values};
use crate::database::Store;
use crate::error::{StoreError, corrupt, from_json, to_json};
use crate::ids::{
    AccountId, ArchiveId, ArchiveItemId, ImageId, ImageImportId, JobId, SocketId, UploadId,
};
use crate::images::{NewImage, insert_image};
use crate::page::{Listed, Page};
use crate::tally::{self, ALL, Change};
use crate::time::{from_optional, from_text, to_text};
use crate::values::NewContent;
use crate::viewer::Viewer;

mod recent;

pub use recent::{ImportOfArchive, RecentImport};

/// The list of imports in the table of numbers.
const IMPORTS: &str = "image_import";

/// Uploaded files that become images together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageImport {
    /// Its id.
    pub id: ImageImportId,
    /// Who uploaded them.
    pub account: Option<AccountId>,
    /// How far it is.
    pub state: ImageImportState,
    /// What was refused, file by file.
    pub problem: String,
    /// Where the image goes.
    pub target: ImportTarget,
    /// The files.
    pub uploads: Vec<UploadId>,
    /// What came out.
    pub images: Vec<ImageId>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageImportState {
    /// Nobody has begun.
    Queued,
    /// Somebody works on it.
    Started,
    /// The images are there.
    Succeeded,
    /// There are none.
    Failed,
}

/// Where an imported image goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ImportTarget {
    /// It becomes the input of a job that waits for it.
    Job {
        /// Which job.
        job: JobId,
        /// Which input.
        socket: SocketId,
    },
    /// It becomes a value of an item of an archive.
    ArchiveItem {
        /// Which item.
        archive_item: ArchiveItemId,
        /// Which socket.
        socket: SocketId,
    },
    /// Each image becomes a new item of an archive.
    Archive {
        /// Which archive.
        archive: ArchiveId,
        /// Which socket of the items.
        socket: SocketId,
    },
    /// It stays by itself.
    Nowhere {},
}

impl ImageImportState {
    /// The word in the database and in our own API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Started => "started",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    fn read(word: &str) -> Result<Self, StoreError> {
        [Self::Queued, Self::Started, Self::Succeeded, Self::Failed]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| {
                corrupt(
                    "image_import.state",
                    word,
                    &"expected the state of an import",
                )
            })
    }
}

#[derive(FromRow)]
struct ImportRow {
    id: String,
    account_id: Option<String>,
    state: String,
    problem: String,
    target: String,
    created_at: String,
    finished_at: Option<String>,
}

impl ImportRow {
    fn with(self, uploads: &[String], images: &[String]) -> Result<ImageImport, StoreError> {
        let account = self.account_id.as_deref().map(AccountId::read);
        let uploads: Result<Vec<UploadId>, StoreError> =
            uploads.iter().map(|id| UploadId::read(id)).collect();
        let images: Result<Vec<ImageId>, StoreError> =
            images.iter().map(|id| ImageId::read(id)).collect();
        Ok(ImageImport {
            id: ImageImportId::read(&self.id)?,
            account: account.transpose()?,
            state: ImageImportState::read(&self.state)?,
            problem: self.problem,
            target: from_json("image_import.target", &self.target)?,
            uploads: uploads?,
            images: images?,
            created_at: from_text("image_import.created_at", &self.created_at)?,
            finished_at: from_optional("image_import.finished_at", self.finished_at.as_deref())?,
        })
    }
}

impl Store {
    /// Notes files that are to become images. The id may be made before ([`ImageImportId::new`]), so that a job can name
    /// the import that it waits for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_image_import(
        &self,
        (id, account): (ImageImportId, Option<AccountId>),
        uploads: &[UploadId],
        target: ImportTarget,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        sqlx::query(
            "INSERT INTO image_import (id, account_id, state, target, created_at) VALUES (?, ?, 'queued', ?, ?)",
        )
        .bind(id.to_string())
        .bind(account.map(|id| id.to_string()))
        .bind(to_json(&target))
        .bind(to_text(now))
        .execute(&mut *change)
        .await?;
        count_import(&mut change, account, now).await?;
        for upload in uploads {
            sqlx::query(
                "INSERT INTO image_import_upload (image_import_id, upload_id) VALUES (?, ?)
                 ON CONFLICT (image_import_id, upload_id) DO NOTHING",
            )
            .bind(id.to_string())
            .bind(upload.to_string())
            .execute(&mut *change)
            .await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// The import has begun, perhaps again. `false`: it had ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start_image_import(&self, id: ImageImportId) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let changed = sqlx::query(
            "UPDATE image_import SET state = 'started' WHERE id = ? AND state IN ('queued', 'started')",
        )
        .bind(id.to_string())
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(changed.rows_affected() > 0)
    }

    /// The import gave these images; one of them goes to the item of an archive that waits for it, or each to a new item,
    /// in the same transaction. A job is told by [`Store::input_arrived`], which may be repeated. `None`: it had ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish_image_import(
        &self,
        id: ImageImportId,
        (images, problem): (&[NewImage], &str),
        now: Timestamp,
    ) -> Result<Option<Vec<ImageId>>, StoreError> {
        let mut change = self.write().await?;
        let Some(target) =
            end(&mut change, (id, ImageImportState::Succeeded), problem, now).await?
        else {
            return Ok(None);
        };
        let mut ids = Vec::new();
        for image in images {
            ids.push(insert_image(&mut change, image, now).await?);
        }
        match target {
            ImportTarget::ArchiveItem {
                archive_item,
                socket,
            } => {
                if let Some(image) = ids.first() {
                    let values = [(socket, NewContent::Image(*image))];
                    put_values(&mut change, archive_item, &values, now).await?;
                }
            }
            ImportTarget::Archive { archive, socket } => {
                for (image, id) in images.iter().zip(&ids) {
                    let item = insert_item(&mut change, archive, &image.name, now).await?;
                    let values = [(socket, NewContent::Image(*id))];
                    put_values(&mut change, item, &values, now).await?;
                }
            }
            ImportTarget::Job { .. } | ImportTarget::Nowhere {} => {}
        }
        change.commit().await?;
        Ok(Some(ids))
    }

    /// The import gave nothing, and why. `false`: it had ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fail_image_import(
        &self,
        id: ImageImportId,
        problem: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let found = end(&mut change, (id, ImageImportState::Failed), problem, now).await?;
        change.commit().await?;
        Ok(found.is_some())
    }

    /// The import with this id, whoever asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn image_import(&self, id: ImageImportId) -> Result<Option<ImageImport>, StoreError> {
        let row: Option<ImportRow> = sqlx::query_as("SELECT * FROM image_import WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(self.read())
            .await?;
        match row {
            Some(row) => Ok(Some(self.whole_import(row).await?)),
            None => Ok(None),
        }
    }

    /// Those that somebody asked for, oldest first; administrators see all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn image_imports(
        &self,
        viewer: Viewer,
        page: Page,
    ) -> Result<Listed<ImageImport>, StoreError> {
        let account = viewer.column();
        let whose: &[&str] = match viewer.is_administrator {
            true => &[ALL],
            false => &[&account],
        };
        let count = self.tally(IMPORTS, whose).await?;
        let start = self.start_of(IMPORTS, whose, page).await?;
        let mut text = QueryBuilder::new("SELECT * FROM image_import WHERE created_at >= ");
        text.push_bind(start.hour);
        if !viewer.is_administrator {
            text.push(" AND account_id = ").push_bind(account);
        }
        text.push(" ORDER BY created_at, id LIMIT ")
            .push_bind(page.columns().0)
            .push(" OFFSET ")
            .push_bind(i64::try_from(start.skip).unwrap_or(i64::MAX));
        let rows: Vec<ImportRow> = text.build_query_as().fetch_all(self.read()).await?;
        let mut items = Vec::new();
        for row in rows {
            items.push(self.whole_import(row).await?);
        }
        Ok(Listed { count, items })
    }

    /// Imports that have not ended, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn image_imports_to_do(&self) -> Result<Vec<ImageImport>, StoreError> {
        let rows: Vec<ImportRow> = sqlx::query_as(
            "SELECT * FROM image_import WHERE state IN ('queued', 'started') ORDER BY created_at, id LIMIT 1000",
        )
        .fetch_all(self.read())
        .await?;
        let mut imports = Vec::new();
        for row in rows {
            imports.push(self.whole_import(row).await?);
        }
        Ok(imports)
    }

    async fn whole_import(&self, row: ImportRow) -> Result<ImageImport, StoreError> {
        let uploads: Vec<String> = sqlx::query_scalar(
            "SELECT upload_id FROM image_import_upload WHERE image_import_id = ? ORDER BY upload_id",
        )
        .bind(&row.id)
        .fetch_all(self.read())
        .await?;
        let images: Vec<String> =
            sqlx::query_scalar("SELECT id FROM image WHERE image_import_id = ? ORDER BY id")
                .bind(&row.id)
                .fetch_all(self.read())
                .await?;
        row.with(&uploads, &images)
    }
}

/// Notes a new import for the list of somebody and that of all.
async fn count_import(
    change: &mut Transaction<'static, Sqlite>,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let account = account.map(|id| id.to_string());
    let whose = [Some(ALL.to_owned()), account];
    let rows: Vec<Change> = whose
        .into_iter()
        .flatten()
        .map(|whose| Change {
            list: IMPORTS.to_owned(),
            whose,
            hour: tally::hour(&to_text(now)),
            by: 1,
        })
        .collect();
    tally::note(change, &rows).await
}

/// Writes the final state; `None` when there is one already.
async fn end(
    change: &mut Transaction<'static, Sqlite>,
    (id, state): (ImageImportId, ImageImportState),
    problem: &str,
    now: Timestamp,
) -> Result<Option<ImportTarget>, StoreError> {
    let target: Option<String> = sqlx::query_scalar(
        "UPDATE image_import SET state = ?, problem = ?, finished_at = ?
         WHERE id = ? AND state IN ('queued', 'started') RETURNING target",
    )
    .bind(state.word())
    .bind(problem)
    .bind(to_text(now))
    .bind(id.to_string())
    .fetch_optional(&mut **change)
    .await?;
    target
        .map(|text| from_json("image_import.target", &text))
        .transpose()
}
