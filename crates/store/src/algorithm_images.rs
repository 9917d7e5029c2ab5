//! Versions of the container images of algorithms.

use jiff::Timestamp;
use sqlx::FromRow;

use crate::cases::CasesState;
use crate::database::Store;
use crate::error::{StoreError, corrupt};
use crate::ids::{AccountId, AlgorithmId, AlgorithmImageId, UploadId};
use crate::page::{Listed, Page};
use crate::time::{from_text, to_text};
use crate::viewer::Viewer;

/// A container image of an algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmImage {
    /// Its id.
    pub id: AlgorithmImageId,
    /// Of what.
    pub algorithm: AlgorithmId,
    /// Who uploaded it.
    pub creator: Option<AccountId>,
    /// The archive on its way in; `None` once it is imported.
    pub upload: Option<UploadId>,
    /// Of the imported image, `sha256:…`; `None` until it is imported.
    pub digest: Option<String>,
    /// How far the import is.
    pub import_state: ImportState,
    /// Why the import failed; empty unless it did.
    pub problem: String,
    /// The uploader's.
    pub comment: String,
    /// Whether jobs use it; at most one of an algorithm.
    pub is_active: bool,
    /// Of the unpacked layers, bytes.
    pub size: u64,
    /// What is known of it and the cases of its algorithm.
    pub cases: CasesState,
    /// Why the cases could not be run; empty unless they could not.
    pub cases_problem: String,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// What became of the wish that jobs use an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// They do.
    Done,
    /// There is no such image, or it is not imported.
    NotImported,
    /// The algorithm requires that its cases are passed, and this is not known of the image.
    NotPassed(CasesState),
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// Nobody has begun.
    Queued,
    /// Somebody works on it.
    Started,
    /// It can be used.
    Completed,
    /// It cannot be used.
    Failed,
    /// Somebody took it away; jobs that ran it still name it.
    Removed,
}

/// A version of something that an algorithm uses, on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// Of what.
    pub algorithm: AlgorithmId,
    /// Who uploaded it.
    pub creator: Option<AccountId>,
    /// The file.
    pub upload: Option<UploadId>,
    /// The uploader's.
    pub comment: String,
}

/// What an import gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedImage {
    /// `sha256:…`.
    pub digest: String,
    /// Of the unpacked layers, bytes.
    pub size: u64,
    /// Whether jobs use it from now on.
    pub activate: bool,
}

impl ImportState {
    /// The word in the database and in our own API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Started => "started",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Removed => "removed",
        }
    }

    pub(crate) fn read(place: &'static str, word: &str) -> Result<Self, StoreError> {
        let states = [
            Self::Queued,
            Self::Started,
            Self::Completed,
            Self::Failed,
            Self::Removed,
        ];
        let found = states.into_iter().find(|state| state.word() == word);
        found.ok_or_else(|| corrupt(place, word, &"expected the state of an import"))
    }
}

#[derive(FromRow)]
struct AlgorithmImageRow {
    id: String,
    algorithm_id: String,
    creator_id: Option<String>,
    upload_id: Option<String>,
    digest: Option<String>,
    import_state: String,
    problem: String,
    comment: String,
    is_active: bool,
    size: i64,
    cases_state: String,
    cases_problem: String,
    created_at: String,
}

impl TryFrom<AlgorithmImageRow> for AlgorithmImage {
    type Error = StoreError;

    fn try_from(row: AlgorithmImageRow) -> Result<AlgorithmImage, StoreError> {
        let creator = row.creator_id.as_deref().map(AccountId::read);
        let upload = row.upload_id.as_deref().map(UploadId::read);
        Ok(AlgorithmImage {
            id: AlgorithmImageId::read(&row.id)?,
            algorithm: AlgorithmId::read(&row.algorithm_id)?,
            creator: creator.transpose()?,
            upload: upload.transpose()?,
            digest: row.digest,
            import_state: ImportState::read("algorithm_image.import_state", &row.import_state)?,
            problem: row.problem,
            comment: row.comment,
            is_active: row.is_active,
            size: row.size.unsigned_abs(),
            cases: CasesState::read(&row.cases_state)?,
            cases_problem: row.cases_problem,
            created_at: from_text("algorithm_image.created_at", &row.created_at)?,
        })
    }
}

/// What an image must be to be listed: editors see them.
macro_rules! visible_versions {
    ($start:literal, $end:literal) => {
        concat!(
            $start,
            " FROM algorithm_image WHERE (? OR EXISTS (SELECT 1 FROM algorithm_role
                 WHERE algorithm_role.algorithm_id = algorithm_image.algorithm_id AND account_id = ? AND role = 'editor'))
               AND (? IS NULL OR algorithm_id = ?)",
            $end
        )
    };
}

impl Store {
    /// Notes an image whose archive has been uploaded; it waits for its import.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_algorithm_image(
        &self,
        new: &NewVersion,
        now: Timestamp,
    ) -> Result<AlgorithmImageId, StoreError> {
        let id = AlgorithmImageId::new();
        let mut change = self.write().await?;
        sqlx::query(
            "INSERT INTO algorithm_image (id, algorithm_id, creator_id, upload_id, import_state, comment, created_at)
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
    pub async fn start_algorithm_image(&self, id: AlgorithmImageId) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let changed = sqlx::query(
            "UPDATE algorithm_image SET import_state = 'started'
             WHERE id = ? AND import_state IN ('queued', 'started')",
        )
        .bind(id.to_string())
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(changed.rows_affected() > 0)
    }

    /// The image can be used. Where its algorithm has cases, it is held against them next; where it must pass them first,
    /// it becomes active after that.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn complete_algorithm_image(
        &self,
        id: AlgorithmImageId,
        imported: &ImportedImage,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        sqlx::query(
            "UPDATE algorithm_image SET import_state = 'completed', problem = '', upload_id = NULL, digest = ?, size = ?
             WHERE id = ?",
        )
        .bind(&imported.digest)
        .bind(i64::try_from(imported.size).unwrap_or(i64::MAX))
        .bind(id.to_string())
        .execute(&mut *change)
        .await?;
        sqlx::query(
            "UPDATE algorithm_image SET cases_state = 'queued' WHERE id = ? AND EXISTS
               (SELECT 1 FROM algorithm_cases WHERE algorithm_cases.algorithm_id = algorithm_image.algorithm_id)",
        )
        .bind(id.to_string())
        .execute(&mut *change)
        .await?;
        if imported.activate {
            let activation = activate(&mut change, id).await?;
            sqlx::query("UPDATE algorithm_image SET waits_for_cases = ? WHERE id = ?")
                .bind(matches!(activation, Activation::NotPassed(_)))
                .bind(id.to_string())
                .execute(&mut *change)
                .await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// The image cannot be used, and why.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fail_algorithm_image(
        &self,
        id: AlgorithmImageId,
        problem: &str,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        sqlx::query(
            "UPDATE algorithm_image SET import_state = 'failed', problem = ?, upload_id = NULL, is_active = FALSE
             WHERE id = ?",
        )
        .bind(problem)
        .bind(id.to_string())
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(())
    }

    /// Jobs use this image from now on, if they can and may.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn activate_algorithm_image(
        &self,
        id: AlgorithmImageId,
    ) -> Result<Activation, StoreError> {
        let mut change = self.write().await?;
        let activation = activate(&mut change, id).await?;
        change.commit().await?;
        Ok(activation)
    }

    /// The image with this id, whoever asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithm_image(
        &self,
        id: AlgorithmImageId,
    ) -> Result<Option<AlgorithmImage>, StoreError> {
        let row: Option<AlgorithmImageRow> =
            sqlx::query_as("SELECT * FROM algorithm_image WHERE id = ?")
                .bind(id.to_string())
                .fetch_optional(self.read())
                .await?;
        row.map(AlgorithmImage::try_from).transpose()
    }

    /// Those of the algorithms that somebody may change, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithm_images(
        &self,
        viewer: Viewer,
        algorithm: Option<AlgorithmId>,
        page: Page,
    ) -> Result<Listed<AlgorithmImage>, StoreError> {
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
        let rows: Vec<AlgorithmImageRow> = sqlx::query_as(LIST)
            .bind(viewer.is_administrator)
            .bind(viewer.column())
            .bind(&algorithm)
            .bind(&algorithm)
            .bind(limit)
            .bind(offset)
            .fetch_all(self.read())
            .await?;
        let items: Result<Vec<AlgorithmImage>, StoreError> =
            rows.into_iter().map(AlgorithmImage::try_from).collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }

    /// The image that the jobs of an algorithm use.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn active_algorithm_image(
        &self,
        algorithm: AlgorithmId,
    ) -> Result<Option<AlgorithmImage>, StoreError> {
        let row: Option<AlgorithmImageRow> = sqlx::query_as(
            "SELECT * FROM algorithm_image WHERE algorithm_id = ? AND is_active AND import_state = 'completed'",
        )
        .bind(algorithm.to_string())
        .fetch_optional(self.read())
        .await?;
        row.map(AlgorithmImage::try_from).transpose()
    }

    /// Images whose import has not ended, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithm_images_to_import(&self) -> Result<Vec<AlgorithmImage>, StoreError> {
        let rows: Vec<AlgorithmImageRow> = sqlx::query_as(
            "SELECT * FROM algorithm_image WHERE import_state IN ('queued', 'started') ORDER BY id LIMIT 1000",
        )
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(AlgorithmImage::try_from).collect()
    }

    /// Images that are to be held against the cases of their algorithms, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithm_images_to_try(&self) -> Result<Vec<AlgorithmImage>, StoreError> {
        let rows: Vec<AlgorithmImageRow> = sqlx::query_as(
            "SELECT * FROM algorithm_image WHERE cases_state IN ('queued', 'running') ORDER BY id LIMIT 1000",
        )
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(AlgorithmImage::try_from).collect()
    }
}

/// The heart of [`Store::activate_algorithm_image`]. What an editor activates, nothing that waited replaces later.
pub(crate) async fn activate(
    change: &mut sqlx::Transaction<'static, sqlx::Sqlite>,
    id: AlgorithmImageId,
) -> Result<Activation, StoreError> {
    let found: Option<(String, String, bool)> = sqlx::query_as(
        "SELECT algorithm_id, cases_state, EXISTS (SELECT 1 FROM algorithm_cases
             WHERE algorithm_cases.algorithm_id = algorithm_image.algorithm_id AND is_required)
         FROM algorithm_image WHERE id = ? AND import_state = 'completed'",
    )
    .bind(id.to_string())
    .fetch_optional(&mut **change)
    .await?;
    let Some((algorithm, state, is_required)) = found else {
        return Ok(Activation::NotImported);
    };
    let state = CasesState::read(&state)?;
    if is_required && state != CasesState::Passed {
        return Ok(Activation::NotPassed(state));
    }
    sqlx::query(
        "UPDATE algorithm_image SET is_active = (id = ?), waits_for_cases = FALSE
         WHERE algorithm_id = ? AND (is_active OR waits_for_cases OR id = ?)",
    )
    .bind(id.to_string())
    .bind(algorithm)
    .bind(id.to_string())
    .execute(&mut **change)
    .await?;
    Ok(Activation::Done)
}
