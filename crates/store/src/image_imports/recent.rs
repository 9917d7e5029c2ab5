//! Imports as whoever uploaded wants to see them: newest first, what came out, what was refused.

use jiff::Timestamp;
use sqlx::FromRow;

use super::{ImageImportState, ImportTarget};
use crate::database::Store;
use crate::error::{StoreError, from_json};
use crate::ids::{AccountId, ArchiveId, ArchiveItemId, ImageImportId, SocketId};
use crate::time::from_text;

/// An import, as a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentImport {
    /// Which.
    pub id: ImageImportId,
    /// How far it is.
    pub state: ImageImportState,
    /// What was refused, one line for each file.
    pub problem: String,
    /// How many images it gave.
    pub images: u64,
    /// Names of its files, the first few; once the files are used up, of the images that they gave.
    pub filenames: Vec<String>,
    /// How many names there are in all.
    pub files: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// An import that fills an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOfArchive {
    /// The import.
    pub import: RecentImport,
    /// The item that waits for it, and its title; `None` when each image becomes an item.
    pub item: Option<(ArchiveItemId, String)>,
    /// The socket that it fills.
    pub socket: SocketId,
}

#[derive(FromRow)]
struct Row {
    id: String,
    state: String,
    problem: String,
    target: String,
    created_at: String,
    images: i64,
    files: i64,
}

/// Names that are told of one import.
const NAMES: i64 = 3;

macro_rules! recent {
    ($end:literal) => {
        concat!(
            "SELECT id, state, problem, target, created_at,
                 (SELECT COUNT(*) FROM image WHERE image_import_id = image_import.id) AS images,
                 (SELECT COUNT(*) FROM image_import_upload WHERE image_import_id = image_import.id) AS files
             FROM image_import ",
            $end
        )
    };
}

impl Store {
    /// The last imports of somebody whose images stay by themselves, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recent_imports(
        &self,
        account: AccountId,
        most: u32,
    ) -> Result<Vec<RecentImport>, StoreError> {
        const TEXT: &str = recent!(
            "WHERE account_id = ? AND target = '{}' ORDER BY created_at DESC, id DESC LIMIT ?"
        );
        let rows: Vec<Row> = sqlx::query_as(TEXT)
            .bind(account.to_string())
            .bind(i64::from(most))
            .fetch_all(self.read())
            .await?;
        let mut imports = Vec::with_capacity(rows.len());
        for row in rows {
            imports.push(self.recent(row).await?);
        }
        Ok(imports)
    }

    /// Imports that fill an archive, newest first: those that have not ended, and the last of those that were refused
    /// wholly or in part and whose place is still empty.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn imports_of_archive(
        &self,
        archive: ArchiveId,
        most: u32,
    ) -> Result<Vec<ImportOfArchive>, StoreError> {
        // Targets are written by `ImportTarget` alone, so the ids stand where they stand.
        const TEXT: &str = recent!(
            "WHERE (state IN ('queued', 'started', 'failed') OR (state = 'succeeded' AND problem <> ''))
               AND (target LIKE ? OR SUBSTR(target, 18, 36) IN (SELECT id FROM archive_item WHERE archive_id = ?))
             ORDER BY created_at DESC, id DESC LIMIT ?"
        );
        let rows: Vec<Row> = sqlx::query_as(TEXT)
            .bind(format!("{{\"archive\":\"{archive}\"%"))
            .bind(archive.to_string())
            .bind(i64::from(most))
            .fetch_all(self.read())
            .await?;
        let mut imports = Vec::with_capacity(rows.len());
        for row in rows {
            let target: ImportTarget = from_json("image_import.target", &row.target)?;
            let import = self.recent(row).await?;
            match target {
                ImportTarget::Archive { socket, .. } => imports.push(ImportOfArchive {
                    import,
                    item: None,
                    socket,
                }),
                ImportTarget::ArchiveItem {
                    archive_item,
                    socket,
                } => {
                    let item = self.archive_item(archive_item).await?;
                    let item = item.filter(|item| {
                        let mut values = item.values.iter();
                        !values.any(|value| value.socket.id == socket)
                            || import.state != ImageImportState::Failed
                    });
                    imports.extend(item.map(|item| ImportOfArchive {
                        import,
                        item: Some((item.id, item.title)),
                        socket,
                    }));
                }
                ImportTarget::Job { .. } | ImportTarget::Nowhere {} => {}
            }
        }
        Ok(imports)
    }

    async fn recent(&self, row: Row) -> Result<RecentImport, StoreError> {
        let mut filenames: Vec<String> = sqlx::query_scalar(
            "SELECT filename FROM image_import_upload JOIN upload ON upload.id = upload_id
             WHERE image_import_id = ? ORDER BY filename LIMIT ?",
        )
        .bind(&row.id)
        .bind(NAMES)
        .fetch_all(self.read())
        .await?;
        let is_used_up = filenames.is_empty();
        if is_used_up {
            filenames = sqlx::query_scalar(
                "SELECT name FROM image WHERE image_import_id = ? ORDER BY id LIMIT ?",
            )
            .bind(&row.id)
            .bind(NAMES)
            .fetch_all(self.read())
            .await?;
        }
        let all = if is_used_up { row.images } else { row.files };
        Ok(RecentImport {
            id: ImageImportId::read(&row.id)?,
            state: ImageImportState::read(&row.state)?,
            problem: row.problem,
            images: row.images.unsigned_abs(),
            filenames,
            files: all.unsigned_abs(),
            created_at: from_text("image_import.created_at", &row.created_at)?,
        })
    }
}
