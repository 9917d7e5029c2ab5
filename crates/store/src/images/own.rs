//! Images of somebody: what they uploaded and what their jobs gave, newest first.

use sqlx::{QueryBuilder, Sqlite};

use super::all::count_image;
use super::{Image, ImageRow};
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::ImageId;
use crate::page::pattern;
use crate::viewer::Viewer;

/// An image could not be taken away.
#[derive(Debug, thiserror::Error)]
pub enum DeleteImageError {
    /// There is no such image.
    #[error("there is no image `{0}`")]
    Gone(ImageId),
    /// A job or an archive has it.
    #[error("a job or an archive uses the image `{0}`: delete that first")]
    InUse(ImageId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Images of somebody, or for an administrator all, with a text in their names: newest first, from before `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn own_images(
        &self,
        viewer: Viewer,
        search: &str,
        (before, most): (Option<ImageId>, u32),
    ) -> Result<Vec<Image>, StoreError> {
        let mut text: QueryBuilder<Sqlite> = QueryBuilder::new(
            "SELECT image.*, (SELECT size FROM blob WHERE digest = image.blob_digest) AS size FROM image WHERE ",
        );
        if viewer.is_administrator {
            text.push("TRUE");
        } else {
            text.push("account_id = ").push_bind(viewer.column());
        }
        if let Some(before) = before {
            text.push(" AND id < ").push_bind(before.to_string());
        }
        if !search.is_empty() {
            text.push(" AND LOWER(name) LIKE ")
                .push_bind(pattern(search))
                .push(" ESCAPE '!'");
        }
        text.push(" ORDER BY id DESC LIMIT ")
            .push_bind(i64::from(most));
        let rows: Vec<ImageRow> = text.build_query_as().fetch_all(self.read()).await?;
        rows.into_iter().map(Image::try_from).collect()
    }

    /// Takes an image away that no job and no archive uses.
    ///
    /// # Errors
    /// When one does, or the database fails.
    pub async fn delete_image(&self, image: ImageId) -> Result<(), DeleteImageError> {
        let mut change = self.write().await?;
        let used: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM value WHERE image_id = ?")
            .bind(image.to_string())
            .fetch_one(&mut *change)
            .await
            .map_err(StoreError::from)?;
        if used > 0 {
            return Err(DeleteImageError::InUse(image));
        }
        let gone: Option<(Option<String>, String)> =
            sqlx::query_as("DELETE FROM image WHERE id = ? RETURNING account_id, created_at")
                .bind(image.to_string())
                .fetch_optional(&mut *change)
                .await
                .map_err(StoreError::from)?;
        let Some((account, created_at)) = gone else {
            return Err(DeleteImageError::Gone(image));
        };
        count_image(&mut change, account.as_deref(), (&created_at, -1)).await?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}
