//! All images that somebody may see, oldest first, and how many they are.

use sqlx::{QueryBuilder, Sqlite, Transaction};

use super::{Image, ImageRow};
use crate::database::Store;
use crate::error::StoreError;
use crate::page::{Listed, Page};
use crate::tally::{self, ALL, Change};
use crate::viewer::Viewer;

/// The list of images in the table of numbers.
const IMAGES: &str = "image";
const COLUMNS: &str =
    "SELECT image.*, (SELECT size FROM blob WHERE digest = image.blob_digest) AS size FROM ";

/// Notes that an image of somebody has come (1) or gone (-1).
pub(crate) async fn count_image(
    change: &mut Transaction<'static, Sqlite>,
    account: Option<&str>,
    (created_at, by): (&str, i64),
) -> Result<(), StoreError> {
    let whose = [Some(ALL), account];
    let rows: Vec<Change> = whose
        .into_iter()
        .flatten()
        .map(|whose| Change {
            list: IMAGES.to_owned(),
            whose: whose.to_owned(),
            hour: tally::hour(created_at),
            by,
        })
        .collect();
    tally::note(change, &rows).await
}

impl Store {
    /// [`Store::images`] without a filter.
    pub(super) async fn all_images(
        &self,
        viewer: Viewer,
        page: Page,
    ) -> Result<Listed<Image>, StoreError> {
        let account = viewer.column();
        let whose: &[&str] = match viewer.is_administrator {
            true => &[ALL],
            false => &[&account],
        };
        let own = self.tally(IMAGES, whose).await?;
        let others = match viewer.is_administrator {
            true => 0,
            false => self.count_images_of_others(&account).await?,
        };
        let (limit, offset) = page.columns();
        let mut text = QueryBuilder::new(COLUMNS);
        if others == 0 {
            let start = self.start_of(IMAGES, whose, page).await?;
            text.push("image WHERE created_at >= ")
                .push_bind(start.hour);
            if !viewer.is_administrator {
                text.push(" AND account_id = ").push_bind(account);
            }
            text.push(" ORDER BY created_at, id LIMIT ")
                .push_bind(limit)
                .push(" OFFSET ")
                .push_bind(i64::try_from(start.skip).unwrap_or(i64::MAX));
        } else {
            text.push("(SELECT id FROM (SELECT id FROM image WHERE account_id = ")
                .push_bind(account.clone())
                .push(" ORDER BY created_at, id LIMIT ")
                .push_bind(limit.saturating_add(offset))
                .push(") AS own UNION SELECT id FROM (");
            of_others(&mut text, &account);
            text.push(") AS others) AS found CROSS JOIN image WHERE image.id = found.id ORDER BY created_at, image.id LIMIT ")
                .push_bind(limit)
                .push(" OFFSET ")
                .push_bind(offset);
        }
        let rows: Vec<ImageRow> = text.build_query_as().fetch_all(self.read()).await?;
        let items: Result<Vec<Image>, StoreError> = rows.into_iter().map(Image::try_from).collect();
        Ok(Listed {
            count: own + others,
            items: items?,
        })
    }

    async fn count_images_of_others(&self, account: &str) -> Result<u64, StoreError> {
        let mut text = QueryBuilder::new("SELECT COUNT(*) FROM (");
        of_others(&mut text, account);
        text.push(") AS others");
        let count: i64 = text.build_query_scalar().fetch_one(self.read()).await?;
        Ok(count.unsigned_abs())
    }
}

/// `SELECT id` of the images that others let somebody see: for their jobs, by public and shared jobs, in archives.
fn of_others(text: &mut QueryBuilder<Sqlite>, account: &str) {
    text.push("SELECT image.id AS id FROM (SELECT image_id FROM image_shown WHERE whose = ")
        .push_bind(account.to_owned())
        .push(
            " UNION SELECT value.image_id FROM job CROSS JOIN job_value CROSS JOIN value
                 WHERE job.is_public AND job_value.job_id = job.id AND value.id = job_value.value_id
             UNION SELECT value.image_id FROM job_viewer CROSS JOIN job_value CROSS JOIN value
                 WHERE job_value.job_id = job_viewer.job_id AND value.id = job_value.value_id AND job_viewer.account_id = ",
        )
        .push_bind(account.to_owned())
        .push(
            " UNION SELECT image_shown.image_id FROM archive CROSS JOIN image_shown
                 WHERE image_shown.whose = archive.id AND (archive.is_public OR EXISTS (SELECT 1 FROM archive_role
                       WHERE archive_role.archive_id = archive.id AND archive_role.account_id = ",
        )
        .push_bind(account.to_owned())
        .push(
            "))) AS shown CROSS JOIN image
             WHERE image.id = shown.image_id AND (image.account_id IS NULL OR image.account_id <> ",
        )
        .push_bind(account.to_owned())
        .push(")");
}
