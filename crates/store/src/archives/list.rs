//! Items of archives for clients that walk through pages by number: archive by archive, oldest first.
//!
//! How many there are is kept for each archive (`tally`), and a page is looked up in the archive and the hour in which it
//! begins.

use sqlx::{QueryBuilder, Sqlite, Transaction};

use super::items::{ArchiveItem, ItemRow};
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::ArchiveId;
use crate::page::{Listed, Page};
use crate::tally::{self, ALL, Change};
use crate::viewer::Viewer;

/// The list of items in the table of numbers.
const ITEMS: &str = "archive_item";

/// Notes that an item has come (1) or gone (-1).
pub(super) async fn count_item(
    change: &mut Transaction<'static, Sqlite>,
    archive: &str,
    (created_at, by): (&str, i64),
) -> Result<(), StoreError> {
    let rows = [ALL, archive].map(|whose| Change {
        list: ITEMS.to_owned(),
        whose: whose.to_owned(),
        hour: tally::hour(created_at),
        by,
    });
    tally::note(change, &rows).await
}

impl Store {
    /// Those of the archives, or the archive, that somebody may see: archive by archive, as they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn archive_items(
        &self,
        viewer: Viewer,
        archive: Option<ArchiveId>,
        page: Page,
    ) -> Result<Listed<ArchiveItem>, StoreError> {
        let archives = self.visible_tallies(viewer, archive).await?;
        let count = archives.iter().map(|(_, items)| items).sum();
        let mut offset = page.offset;
        let mut rows: Vec<ItemRow> = Vec::new();
        let (limit, _) = page.columns();
        for (archive, items) in archives {
            let left = limit - i64::try_from(rows.len()).unwrap_or(limit);
            if left <= 0 {
                break;
            }
            if offset >= items {
                offset -= items;
                continue;
            }
            let start = self
                .start_of(ITEMS, &[&archive], Page { offset, ..page })
                .await?;
            offset = 0;
            let found: Vec<ItemRow> = sqlx::query_as(
                "SELECT * FROM archive_item WHERE archive_id = ? AND created_at >= ?
                 ORDER BY created_at, id LIMIT ? OFFSET ?",
            )
            .bind(archive)
            .bind(start.hour)
            .bind(left)
            .bind(i64::try_from(start.skip).unwrap_or(i64::MAX))
            .fetch_all(self.read())
            .await?;
            rows.extend(found);
        }
        Ok(Listed {
            count,
            items: self.whole_items(rows).await?,
        })
    }

    /// The archives with items that somebody may see, the oldest first, and how many items each has.
    async fn visible_tallies(
        &self,
        viewer: Viewer,
        archive: Option<ArchiveId>,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let mut text = QueryBuilder::<Sqlite>::new(
            "SELECT archive.id, tally.rows FROM archive CROSS JOIN tally
             WHERE tally.list = 'archive_item' AND tally.whose = archive.id AND tally.hour = '' AND tally.rows > 0",
        );
        if let Some(archive) = archive {
            text.push(" AND archive.id = ")
                .push_bind(archive.to_string());
        }
        if !viewer.is_administrator {
            text.push(
                " AND (archive.is_public OR EXISTS (SELECT 1 FROM archive_role
                     WHERE archive_role.archive_id = archive.id AND archive_role.account_id = ",
            )
            .push_bind(viewer.column())
            .push("))");
        }
        text.push(" ORDER BY archive.id");
        let found: Vec<(String, i64)> = text.build_query_as().fetch_all(self.read()).await?;
        let found = found.into_iter();
        Ok(found
            .map(|(archive, items)| (archive, items.unsigned_abs()))
            .collect())
    }
}
