//! Jobs for clients that walk through pages by number: oldest first, with the number of all of them.
//!
//! What somebody may see is the union of three walks (their own jobs, public ones, those shared with them), each along an
//! index from the hour in which the page begins. How many there are is kept (`tally`). So a page costs what it shows and
//! what was submitted in one hour, however many jobs there are. Only the jobs of one image are counted one by one.

use sqlx::{QueryBuilder, Sqlite};

use super::shown::{list_of, seen_by};
use super::{JobRow, StoredJob};
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{AlgorithmId, ImageId};
use crate::page::{Listed, Page};
use crate::tally::Start;
use crate::viewer::Viewer;

/// Which jobs; all that are given must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct JobFilter {
    /// Of an algorithm.
    pub algorithm: Option<AlgorithmId>,
    /// With an input image.
    pub input_image: Option<ImageId>,
    /// That gave an image.
    pub output_image: Option<ImageId>,
}

impl JobFilter {
    /// The images that a job must have, and as what.
    fn images(&self) -> impl Iterator<Item = (&'static str, ImageId)> {
        let input = self.input_image.map(|id| ("input", id));
        let output = self.output_image.map(|id| ("output", id));
        input.into_iter().chain(output)
    }
}

impl Store {
    /// Those that somebody may see, as submitted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn jobs(
        &self,
        viewer: Viewer,
        filter: &JobFilter,
        page: Page,
    ) -> Result<Listed<StoredJob>, StoreError> {
        let (count, mut text) = if filter.images().next().is_some() {
            let mut counting = QueryBuilder::new("SELECT COUNT(*) FROM ");
            with_images(&mut counting, viewer, filter);
            let count: i64 = counting.build_query_scalar().fetch_one(self.read()).await?;
            let mut text = QueryBuilder::new("SELECT job.* FROM ");
            with_images(&mut text, viewer, filter);
            skip(&mut text, page, page.offset);
            (count.unsigned_abs(), text)
        } else {
            let list = list_of(filter.algorithm);
            let whose = seen_by(viewer);
            let start = self.start_of(&list, &whose, page).await?;
            let count = self.tally(&list, &whose).await?;
            (count, walks(viewer, filter, (page, &start)))
        };
        let rows: Vec<JobRow> = text.build_query_as().fetch_all(self.read()).await?;
        let items: Result<Vec<StoredJob>, StoreError> =
            rows.into_iter().map(StoredJob::try_from).collect();
        Ok(Listed {
            count,
            items: items?,
        })
    }
}

/// The statement for jobs of all or of one algorithm.
fn walks(
    viewer: Viewer,
    filter: &JobFilter,
    (page, start): (Page, &Start),
) -> QueryBuilder<Sqlite> {
    let mut text = QueryBuilder::new("SELECT job.* FROM ");
    if viewer.is_administrator {
        text.push("job WHERE TRUE");
        from_there(&mut text, filter, start);
        skip(&mut text, page, start.skip);
        return text;
    }
    let account = viewer.column();
    let most = i64::try_from(start.skip.saturating_add(page.limit)).unwrap_or(i64::MAX);
    text.push("(SELECT id FROM (SELECT id FROM job WHERE is_public");
    from_there(&mut text, filter, start);
    in_order(&mut text, most);
    text.push(") AS open");
    if viewer.account.is_some() {
        text.push(" UNION SELECT id FROM (SELECT id FROM job WHERE creator_id = ")
            .push_bind(account.clone());
        from_there(&mut text, filter, start);
        in_order(&mut text, most);
        text.push(
            ") AS own UNION SELECT id FROM (SELECT job.id FROM job_viewer CROSS JOIN job
                 WHERE job.id = job_viewer.job_id AND job_viewer.account_id = ",
        )
        .push_bind(account);
        from_there(&mut text, filter, start);
        in_order(&mut text, most);
        text.push(") AS shared");
    }
    text.push(") AS found CROSS JOIN job WHERE job.id = found.id");
    skip(&mut text, page, start.skip);
    text
}

/// What of a walk belongs to the list.
fn from_there(text: &mut QueryBuilder<Sqlite>, filter: &JobFilter, start: &Start) {
    if let Some(algorithm) = filter.algorithm {
        text.push(" AND algorithm_id = ")
            .push_bind(algorithm.to_string());
    }
    if !start.hour.is_empty() {
        text.push(" AND created_at >= ")
            .push_bind(start.hour.clone());
    }
}

fn in_order(text: &mut QueryBuilder<Sqlite>, most: i64) {
    text.push(" ORDER BY created_at, job.id LIMIT ")
        .push_bind(most);
}

fn skip(text: &mut QueryBuilder<Sqlite>, page: Page, skipped: u64) {
    let (limit, _) = page.columns();
    in_order(text, limit);
    text.push(" OFFSET ")
        .push_bind(i64::try_from(skipped).unwrap_or(i64::MAX));
}

/// The jobs that have the images that are asked for, as far as somebody may see them.
fn with_images(text: &mut QueryBuilder<Sqlite>, viewer: Viewer, filter: &JobFilter) {
    for (place, (direction, image)) in filter.images().enumerate() {
        text.push("(SELECT DISTINCT job_value.job_id FROM value CROSS JOIN job_value WHERE value.image_id = ")
            .push_bind(image.to_string())
            .push(" AND job_value.value_id = value.id AND job_value.direction = ")
            .push_bind(direction)
            .push(format!(") AS with{place} CROSS JOIN "));
    }
    text.push("job WHERE TRUE");
    for place in 0..filter.images().count() {
        text.push(format!(" AND job.id = with{place}.job_id"));
    }
    if let Some(algorithm) = filter.algorithm {
        text.push(" AND job.algorithm_id = ")
            .push_bind(algorithm.to_string());
    }
    if !viewer.is_administrator {
        text.push(" AND (job.is_public OR job.creator_id = ")
            .push_bind(viewer.column())
            .push(" OR EXISTS (SELECT 1 FROM job_viewer WHERE job_viewer.job_id = job.id AND job_viewer.account_id = ")
            .push_bind(viewer.column())
            .push("))");
    }
}
