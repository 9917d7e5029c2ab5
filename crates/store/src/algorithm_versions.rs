//! What versions of container images and of weights have in common: a note, and their end.

use sqlx::{Sqlite, Transaction};

use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{AlgorithmImageId, AlgorithmModelId};

/// A version could not be taken away.
#[derive(Debug, thiserror::Error)]
pub enum RemoveVersionError {
    /// There is none of this id, or it is gone already.
    #[error("there is no such version")]
    Gone,
    /// New jobs use it.
    #[error("the version is active: activate another one first")]
    Active,
    /// It is still being imported.
    #[error("the version is being imported: wait for the end of that")]
    Importing,
    /// Jobs that have not ended use it.
    #[error("{0} jobs that have not ended use the version: wait for them, or cancel them")]
    InUse(u64),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What must be known before a version goes.
async fn check(
    change: &mut Transaction<'static, Sqlite>,
    (version, jobs): (&'static str, &'static str),
    id: &str,
) -> Result<(), RemoveVersionError> {
    let found: Option<(String, bool)> = sqlx::query_as(version)
        .bind(id)
        .fetch_optional(&mut **change)
        .await
        .map_err(StoreError::from)?;
    match found {
        None => return Err(RemoveVersionError::Gone),
        Some((state, _)) if state == "removed" => return Err(RemoveVersionError::Gone),
        Some((_, true)) => return Err(RemoveVersionError::Active),
        Some((state, false)) if state == "queued" || state == "started" => {
            return Err(RemoveVersionError::Importing);
        }
        Some((_, false)) => {}
    }
    let active: i64 = sqlx::query_scalar(jobs)
        .bind(id)
        .fetch_one(&mut **change)
        .await
        .map_err(StoreError::from)?;
    if active > 0 {
        return Err(RemoveVersionError::InUse(active.unsigned_abs()));
    }
    Ok(())
}

impl Store {
    /// Changes the note of a container image. `false`: there is none of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_algorithm_image_comment(
        &self,
        id: AlgorithmImageId,
        comment: &str,
    ) -> Result<bool, StoreError> {
        self.set_comment(
            "UPDATE algorithm_image SET comment = ? WHERE id = ?",
            &id.to_string(),
            comment,
        )
        .await
    }

    /// Changes the note of weights. `false`: there are none of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_algorithm_model_comment(
        &self,
        id: AlgorithmModelId,
        comment: &str,
    ) -> Result<bool, StoreError> {
        self.set_comment(
            "UPDATE algorithm_model SET comment = ? WHERE id = ?",
            &id.to_string(),
            comment,
        )
        .await
    }

    async fn set_comment(
        &self,
        statement: &'static str,
        id: &str,
        comment: &str,
    ) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let changed = sqlx::query(statement)
            .bind(comment)
            .bind(id)
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(changed.rows_affected() > 0)
    }

    /// Takes a container image away; jobs that ran it still name it. Gives its digest if no other version has it: then its
    /// layers can go too.
    ///
    /// # Errors
    /// When jobs use it, or will.
    pub async fn remove_algorithm_image(
        &self,
        id: AlgorithmImageId,
    ) -> Result<Option<String>, RemoveVersionError> {
        let mut change = self.write().await?;
        let questions = (
            "SELECT import_state, is_active FROM algorithm_image WHERE id = ?",
            "SELECT COUNT(*) FROM job WHERE state IN ('validating', 'queued', 'provisioning', 'executing', 'parsing')
               AND algorithm_image_id = ?",
        );
        check(&mut change, questions, &id.to_string()).await?;
        let digest: Option<String> = sqlx::query_scalar(
            "UPDATE algorithm_image SET import_state = 'removed' WHERE id = ? RETURNING digest",
        )
        .bind(id.to_string())
        .fetch_one(&mut *change)
        .await
        .map_err(StoreError::from)?;
        let others: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM algorithm_image WHERE digest = ? AND import_state = 'completed'",
        )
        .bind(&digest)
        .fetch_one(&mut *change)
        .await
        .map_err(StoreError::from)?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(digest.filter(|_| others == 0))
    }

    /// Takes weights away; jobs that used them still name them. Their bytes go with the next [`Store::sweep_unnamed`].
    ///
    /// # Errors
    /// When jobs use them, or will.
    pub async fn remove_algorithm_model(
        &self,
        id: AlgorithmModelId,
    ) -> Result<(), RemoveVersionError> {
        let mut change = self.write().await?;
        let questions = (
            "SELECT import_state, is_active FROM algorithm_model WHERE id = ?",
            "SELECT COUNT(*) FROM job WHERE state IN ('validating', 'queued', 'provisioning', 'executing', 'parsing')
               AND algorithm_model_id = ?",
        );
        check(&mut change, questions, &id.to_string()).await?;
        sqlx::query(
            "UPDATE algorithm_model SET import_state = 'removed', blob_digest = NULL WHERE id = ?",
        )
        .bind(id.to_string())
        .execute(&mut *change)
        .await
        .map_err(StoreError::from)?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}
