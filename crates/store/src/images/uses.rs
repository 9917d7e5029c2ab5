//! The jobs that got an image, and the one that gave it.

use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{ImageId, JobId};
use crate::viewer::Viewer;

/// How a job has to do with an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageUse {
    /// The job.
    pub job: JobId,
    /// It gave the image; else it got it.
    pub is_output: bool,
}

impl Store {
    /// The jobs that somebody may see and that got or gave an image, newest first, at most `most`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn image_uses(
        &self,
        viewer: Viewer,
        image: ImageId,
        most: u32,
    ) -> Result<Vec<ImageUse>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT DISTINCT job.id, direction FROM value JOIN job_value ON job_value.value_id = value.id
                 JOIN job ON job.id = job_value.job_id
             WHERE value.image_id = ? AND (? OR job.creator_id = ? OR job.is_public
                 OR EXISTS (SELECT 1 FROM job_viewer WHERE job_viewer.job_id = job.id AND account_id = ?))
             ORDER BY job.id DESC LIMIT ?",
        )
        .bind(image.to_string())
        .bind(viewer.is_administrator)
        .bind(viewer.column())
        .bind(viewer.column())
        .bind(most)
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|(job, direction)| {
                Ok(ImageUse {
                    job: JobId::read(&job)?,
                    is_output: direction == "output",
                })
            })
            .collect()
    }
}
