//! All images that somebody may see, oldest first, and how many they are.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Sqlite, Transaction};

use super::{Image, ImageRow};
use crate::database::Store;
use crate::error::StoreError;
use crate::page::{Listed, Page};
use crate::tally::{self, ALL, Change, Start};
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
            true => BTreeMap::new(),
            false => self.images_of_others(&account).await?,
        };
        let count = own + others.values().sum::<u64>();
        let mut text = QueryBuilder::new(COLUMNS);
        let skipped = if others.is_empty() {
            let start = self.start_of(IMAGES, whose, page).await?;
            text.push("image WHERE created_at >= ")
                .push_bind(start.hour);
            if !viewer.is_administrator {
                text.push(" AND account_id = ").push_bind(account);
            }
            start.skip
        } else {
            let start = self.start_beside(IMAGES, whose, others, page).await?;
            own_and_others(&mut text, &account, (page, &start));
            start.skip
        };
        in_order(&mut text, page.columns().0);
        text.push(" OFFSET ")
            .push_bind(i64::try_from(skipped).unwrap_or(i64::MAX));
        let rows: Vec<ImageRow> = text.build_query_as().fetch_all(self.read()).await?;
        let items: Result<Vec<Image>, StoreError> = rows.into_iter().map(Image::try_from).collect();
        Ok(Listed {
            count,
            items: items?,
        })
    }

    /// How many others let somebody see, by the hour in which they came.
    async fn images_of_others(&self, account: &str) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut text = QueryBuilder::new(
            "SELECT SUBSTR(created_at, 1, 13) AS hour, COUNT(*) FROM (SELECT image.created_at AS created_at ",
        );
        of_others(&mut text, account);
        text.push(") AS others GROUP BY SUBSTR(created_at, 1, 13)");
        let hours: Vec<(String, i64)> = text.build_query_as().fetch_all(self.read()).await?;
        Ok(hours
            .into_iter()
            .map(|(hour, rows)| (hour, rows.unsigned_abs()))
            .collect())
    }
}

/// One's own images and those of others, from the hour in which a page begins.
fn own_and_others(text: &mut QueryBuilder<Sqlite>, account: &str, (page, start): (Page, &Start)) {
    let most = i64::try_from(start.skip.saturating_add(page.limit)).unwrap_or(i64::MAX);
    text.push("(SELECT id FROM (SELECT id FROM image WHERE account_id = ")
        .push_bind(account.to_owned())
        .push(" AND created_at >= ")
        .push_bind(start.hour.clone());
    in_order(text, most);
    text.push(") AS own UNION SELECT id FROM (SELECT image.id AS id ");
    of_others(text, account);
    text.push(" AND image.created_at >= ")
        .push_bind(start.hour.clone());
    in_order(text, most);
    text.push(") AS others) AS found CROSS JOIN image WHERE image.id = found.id");
}

fn in_order(text: &mut QueryBuilder<Sqlite>, most: i64) {
    text.push(" ORDER BY created_at, image.id LIMIT ")
        .push_bind(most);
}

/// `FROM` and `WHERE` of the images that others let somebody see: for their jobs, by public and shared jobs, in archives.
fn of_others(text: &mut QueryBuilder<Sqlite>, account: &str) {
    text.push("FROM (SELECT image_id FROM image_shown WHERE whose = ")
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
