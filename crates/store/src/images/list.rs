//! Finding images, and who may see them.
//!
//! Without a filter, how many there are and where a page begins is kept (`tally`) for all images and for those of each
//! person; only what others let somebody see is counted. With filters there is one statement for each leading filter, so
//! that each walks an index from the start and none walks all images because of a filter that was not given.

use sqlx::sqlite::SqliteArguments;

use super::{Image, ImageRow};
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{ArchiveId, ImageId, ImageImportId, JobId};
use crate::page::{Listed, Page};
use crate::viewer::Viewer;

/// Which images; all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageFilter {
    /// With this name.
    pub name: Option<String>,
    /// Inputs of a job.
    pub job_input: Option<JobId>,
    /// Outputs of a job.
    pub job_output: Option<JobId>,
    /// In an archive.
    pub archive: Option<ArchiveId>,
    /// From an import.
    pub origin: Option<ImageImportId>,
}

/// Whether somebody may see an image: whoever brought it, and whoever may see a job or an archive that has it.
macro_rules! visible {
    () => {
        " AND (? OR account_id = ?
             OR EXISTS (SELECT 1 FROM value JOIN job_value ON job_value.value_id = value.id
                 JOIN job ON job.id = job_value.job_id
                 WHERE value.image_id = image.id AND (job.creator_id = ? OR job.is_public OR EXISTS
                     (SELECT 1 FROM job_viewer WHERE job_viewer.job_id = job.id AND job_viewer.account_id = ?)))
             OR EXISTS (SELECT 1 FROM value JOIN archive_item_value ON archive_item_value.value_id = value.id
                 JOIN archive_item ON archive_item.id = archive_item_value.archive_item_id
                 JOIN archive ON archive.id = archive_item.archive_id
                 WHERE value.image_id = image.id AND (archive.is_public OR EXISTS (SELECT 1 FROM archive_role
                     WHERE archive_role.archive_id = archive.id AND archive_role.account_id = ?))))"
    };
}

macro_rules! of_job {
    ($direction:literal) => {
        concat!(
            "image.id IN (SELECT value.image_id FROM job_value JOIN value ON value.id = job_value.value_id
                 WHERE job_value.direction = '",
            $direction,
            "' AND job_value.job_id = ?)"
        )
    };
}

macro_rules! of_archive {
    () => {
        "image.id IN (SELECT value.image_id FROM archive_item
             JOIN archive_item_value ON archive_item_value.archive_item_id = archive_item.id
             JOIN value ON value.id = archive_item_value.value_id WHERE archive_item.archive_id = ?)"
    };
}

/// The two statements, count and page, for one leading filter.
macro_rules! statements {
    ($lead:expr) => {
        (
            statements!("SELECT COUNT(*) FROM image WHERE ", $lead, ""),
            statements!(
                "SELECT image.*, (SELECT size FROM blob WHERE digest = image.blob_digest) AS size FROM image WHERE ",
                $lead,
                " ORDER BY image.id LIMIT ? OFFSET ?"
            ),
        )
    };
    ($start:literal, $lead:expr, $end:literal) => {
        concat!(
            $start,
            $lead,
            " AND (? IS NULL OR image.name = ?) AND (? IS NULL OR ",
            of_job!("input"),
            ") AND (? IS NULL OR ",
            of_job!("output"),
            ") AND (? IS NULL OR ",
            of_archive!(),
            ") AND (? IS NULL OR image.image_import_id = ?)",
            visible!(),
            $end
        )
    };
}

impl ImageFilter {
    /// The statements whose leading filter is the one that leaves least, and what that filter asks for; `None` when nothing
    /// is asked for.
    fn lead(&self) -> Option<((&'static str, &'static str), String)> {
        if let Some(job) = self.job_input {
            return Some((statements!(of_job!("input")), job.to_string()));
        }
        if let Some(job) = self.job_output {
            return Some((statements!(of_job!("output")), job.to_string()));
        }
        if let Some(import) = self.origin {
            return Some((statements!("image.image_import_id = ?"), import.to_string()));
        }
        if let Some(name) = &self.name {
            return Some((statements!("image.name = ?"), name.clone()));
        }
        if let Some(archive) = self.archive {
            return Some((statements!(of_archive!()), archive.to_string()));
        }
        None
    }
}

/// The arguments of a statement but for the page.
fn arguments(
    viewer: Viewer,
    filter: &ImageFilter,
    lead: String,
) -> Result<SqliteArguments, StoreError> {
    use sqlx::Arguments as _;
    let mut all = SqliteArguments::default();
    let job_input = filter.job_input.map(|id| id.to_string());
    let job_output = filter.job_output.map(|id| id.to_string());
    let archive = filter.archive.map(|id| id.to_string());
    let origin = filter.origin.map(|id| id.to_string());
    let add = || -> Result<(), sqlx::error::BoxDynError> {
        all.add(lead)?;
        for filter in [filter.name.clone(), job_input, job_output, archive, origin] {
            all.add(filter.clone())?;
            all.add(filter)?;
        }
        all.add(viewer.is_administrator)?;
        for _ in 0..4 {
            all.add(viewer.column())?;
        }
        Ok(())
    };
    add().map_err(sqlx::Error::Encode)?;
    Ok(all)
}

impl Store {
    /// Those that somebody may see, in a lasting order; all of them oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn images(
        &self,
        viewer: Viewer,
        filter: &ImageFilter,
        page: Page,
    ) -> Result<Listed<Image>, StoreError> {
        let Some(((count, list), lead)) = filter.lead() else {
            return self.all_images(viewer, page).await;
        };
        let of_count = arguments(viewer, filter, lead.clone())?;
        let count: i64 = sqlx::query_scalar_with(count, of_count)
            .fetch_one(self.read())
            .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<ImageRow> = sqlx::query_as_with(list, arguments(viewer, filter, lead)?)
            .bind(limit)
            .bind(offset)
            .fetch_all(self.read())
            .await?;
        let items: Result<Vec<Image>, StoreError> = rows.into_iter().map(Image::try_from).collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }

    /// Whether somebody may see an image: whoever brought it, and whoever may see a job or an archive that has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_view_image(&self, viewer: Viewer, image: ImageId) -> Result<bool, StoreError> {
        const TEXT: &str = concat!("SELECT COUNT(*) FROM image WHERE image.id = ?", visible!());
        let found: i64 = sqlx::query_scalar(TEXT)
            .bind(image.to_string())
            .bind(viewer.is_administrator)
            .bind(viewer.column())
            .bind(viewer.column())
            .bind(viewer.column())
            .bind(viewer.column())
            .fetch_one(self.read())
            .await?;
        Ok(found > 0)
    }
}
