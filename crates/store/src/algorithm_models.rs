//! Versions of the weights of algorithms: tarballs that jobs find unpacked at `/opt/ml/model`.

use jiff::Timestamp;
use sqlx::FromRow;

use crate::algorithm_images::{ImportState, NewVersion};
use crate::blobs::{self, Blob, Digest};
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{AccountId, AlgorithmId, AlgorithmModelId, UploadId};
use crate::page::{Listed, Page};
use crate::time::{from_text, to_text};
use crate::viewer::Viewer;

/// Weights of an algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmModel {
    /// Its id.
    pub id: AlgorithmModelId,
    /// Of what.
    pub algorithm: AlgorithmId,
    /// Who uploaded it.
    pub creator: Option<AccountId>,
    /// The tarball on its way in; `None` once it is imported.
    pub upload: Option<UploadId>,
    /// The tarball; `None` until it is imported.
    pub blob: Option<Digest>,
    /// How far the import is.
    pub import_state: ImportState,
    /// Why the import failed; empty unless it did.
    pub problem: String,
    /// The uploader's.
    pub comment: String,
    /// Whether jobs use it; at most one of an algorithm.
    pub is_active: bool,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// What an import gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedModel {
    /// The tarball, which the store has.
    pub blob: Blob,
    /// Whether jobs use it from now on.
    pub activate: bool,
}

#[derive(FromRow)]
struct AlgorithmModelRow {
    id: String,
    algorithm_id: String,
    creator_id: Option<String>,
    upload_id: Option<String>,
    blob_digest: Option<String>,
    import_state: String,
    problem: String,
    comment: String,
    is_active: bool,
    created_at: String,
}

impl TryFrom<AlgorithmModelRow> for AlgorithmModel {
    type Error = StoreError;

    fn try_from(row: AlgorithmModelRow) -> Result<AlgorithmModel, StoreError> {
        let creator = row.creator_id.as_deref().map(AccountId::read);
        let upload = row.upload_id.as_deref().map(UploadId::read);
        let blob = row.blob_digest.as_deref();
        let blob = blob.map(|text| Digest::read("algorithm_model.blob_digest", text));
        Ok(AlgorithmModel {
            id: AlgorithmModelId::read(&row.id)?,
            algorithm: AlgorithmId::read(&row.algorithm_id)?,
            creator: creator.transpose()?,
            upload: upload.transpose()?,
            blob: blob.transpose()?,
            import_state: ImportState::read("algorithm_model.import_state", &row.import_state)?,
            problem: row.problem,
            comment: row.comment,
            is_active: row.is_active,
            created_at: from_text("algorithm_model.created_at", &row.created_at)?,
        })
    }
}

/// What weights must be to be listed: editors see them.
macro_rules! visible_versions {
    ($start:literal, $end:literal) => {
        concat!(
            $start,
            " FROM algorithm_model WHERE (? OR EXISTS (SELECT 1 FROM algorithm_role
                 WHERE algorithm_role.algorithm_id = algorithm_model.algorithm_id AND account_id = ? AND role = 'editor'))
               AND (? IS NULL OR algorithm_id = ?)",
            $end
        )
    };
}

impl Store {
    /// Notes weights that have been uploaded; they wait for their import.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_algorithm_model(
        &self,
        new: &NewVersion,
        now: Timestamp,
    ) -> Result<AlgorithmModelId, StoreError> {
        let id = AlgorithmModelId::new();
        let mut change = self.write().await?;
        sqlx::query(
            "INSERT INTO algorithm_model (id, algorithm_id, creator_id, upload_id, import_state, comment, created_at)
             VALUES (?, ?, ?, ?, 'queued', ?, ?)",
        )
        .bind(id.to_string())
        .bind(new.algorithm.to_string())
        .bind(new.creator.map(|id| id.to_string()))
        .bind(new.upload.map(|id| id.to_string()))
        .bind(&new.comment)
        .bind(to_text(now))
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(id)
    }

    /// The import has begun, perhaps again. `false`: it had ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start_algorithm_model(&self, id: AlgorithmModelId) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let changed = sqlx::query(
            "UPDATE algorithm_model SET import_state = 'started'
             WHERE id = ? AND import_state IN ('queued', 'started')",
        )
        .bind(id.to_string())
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(changed.rows_affected() > 0)
    }

    /// The weights can be used.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn complete_algorithm_model(
        &self,
        id: AlgorithmModelId,
        imported: &ImportedModel,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        blobs::note(&mut change, &imported.blob, now).await?;
        sqlx::query(
            "UPDATE algorithm_model SET import_state = 'completed', problem = '', upload_id = NULL, blob_digest = ?
             WHERE id = ?",
        )
        .bind(imported.blob.digest.as_str())
        .bind(id.to_string())
        .execute(&mut *change)
        .await?;
        if imported.activate {
            activate(&mut change, id).await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// The weights cannot be used, and why.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fail_algorithm_model(
        &self,
        id: AlgorithmModelId,
        problem: &str,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        sqlx::query(
            "UPDATE algorithm_model SET import_state = 'failed', problem = ?, upload_id = NULL, is_active = FALSE
             WHERE id = ?",
        )
        .bind(problem)
        .bind(id.to_string())
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(())
    }

    /// Jobs use these weights from now on. `false`: there are none of this id, or they are not imported.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn activate_algorithm_model(&self, id: AlgorithmModelId) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let is_active = activate(&mut change, id).await?;
        change.commit().await?;
        Ok(is_active)
    }

    /// Jobs of an algorithm run without weights from now on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deactivate_algorithm_models(
        &self,
        algorithm: AlgorithmId,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        sqlx::query(
            "UPDATE algorithm_model SET is_active = FALSE WHERE algorithm_id = ? AND is_active",
        )
        .bind(algorithm.to_string())
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(())
    }

    /// The weights with this id, whoever asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithm_model(
        &self,
        id: AlgorithmModelId,
    ) -> Result<Option<AlgorithmModel>, StoreError> {
        let row: Option<AlgorithmModelRow> =
            sqlx::query_as("SELECT * FROM algorithm_model WHERE id = ?")
                .bind(id.to_string())
                .fetch_optional(self.read())
                .await?;
        row.map(AlgorithmModel::try_from).transpose()
    }

    /// Those of the algorithms that somebody may change, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithm_models(
        &self,
        viewer: Viewer,
        algorithm: Option<AlgorithmId>,
        page: Page,
    ) -> Result<Listed<AlgorithmModel>, StoreError> {
        const COUNT: &str = visible_versions!("SELECT COUNT(*)", "");
        const LIST: &str = visible_versions!("SELECT *", " ORDER BY id LIMIT ? OFFSET ?");
        let algorithm = algorithm.map(|id| id.to_string());
        let count: i64 = sqlx::query_scalar(COUNT)
            .bind(viewer.is_administrator)
            .bind(viewer.column())
            .bind(&algorithm)
            .bind(&algorithm)
            .fetch_one(self.read())
            .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<AlgorithmModelRow> = sqlx::query_as(LIST)
            .bind(viewer.is_administrator)
            .bind(viewer.column())
            .bind(&algorithm)
            .bind(&algorithm)
            .bind(limit)
            .bind(offset)
            .fetch_all(self.read())
            .await?;
        let items: Result<Vec<AlgorithmModel>, StoreError> =
            rows.into_iter().map(AlgorithmModel::try_from).collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }

    /// The weights that the jobs of an algorithm use.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn active_algorithm_model(
        &self,
        algorithm: AlgorithmId,
    ) -> Result<Option<AlgorithmModel>, StoreError> {
        let row: Option<AlgorithmModelRow> = sqlx::query_as(
            "SELECT * FROM algorithm_model WHERE algorithm_id = ? AND is_active AND import_state = 'completed'",
        )
        .bind(algorithm.to_string())
        .fetch_optional(self.read())
        .await?;
        row.map(AlgorithmModel::try_from).transpose()
    }

    /// Weights whose import has not ended, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithm_models_to_import(&self) -> Result<Vec<AlgorithmModel>, StoreError> {
        let rows: Vec<AlgorithmModelRow> = sqlx::query_as(
            "SELECT * FROM algorithm_model WHERE import_state IN ('queued', 'started') ORDER BY id LIMIT 1000",
        )
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(AlgorithmModel::try_from).collect()
    }
}

/// The heart of [`Store::activate_algorithm_model`].
async fn activate(
    change: &mut sqlx::Transaction<'static, sqlx::Sqlite>,
    id: AlgorithmModelId,
) -> Result<bool, StoreError> {
    let algorithm: Option<String> = sqlx::query_scalar(
        "UPDATE algorithm_model SET is_active = TRUE WHERE id = ? AND import_state = 'completed'
         RETURNING algorithm_id",
    )
    .bind(id.to_string())
    .fetch_optional(&mut **change)
    .await?;
    let Some(algorithm) = algorithm else {
        return Ok(false);
    };
    sqlx::query(
        "UPDATE algorithm_model SET is_active = FALSE WHERE algorithm_id = ? AND id <> ? AND is_active",
    )
    .bind(algorithm)
    .bind(id.to_string())
    .execute(&mut **change)
    .await?;
    Ok(true)
}
