//! Items of archives: cases with one value for each socket.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction};

use super::list::count_item;
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{ArchiveId, ArchiveItemId, SocketId, ValueId};
use crate::time::{from_text, to_text};
use crate::values::{NewContent, StoredValue, drop_values, insert_value};

/// A case.
#[derive(Debug, Clone, PartialEq)]
pub struct ArchiveItem {
    /// Its id.
    pub id: ArchiveItemId,
    /// Where it is.
    pub archive: ArchiveId,
    /// Its name for people; unique in the archive unless it is empty.
    pub title: String,
    /// What it holds, by the number of the socket.
    pub values: Vec<StoredValue>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An item could not be made or renamed.
#[derive(Debug, thiserror::Error)]
pub enum CreateItemError {
    /// Another item of the archive has this title.
    #[error("the archive has an item `{0}` already")]
    TitleTaken(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(FromRow)]
pub(super) struct ItemRow {
    id: String,
    archive_id: String,
    title: String,
    created_at: String,
}

impl Store {
    /// Makes an item that holds nothing yet.
    ///
    /// # Errors
    /// When the title is taken.
    pub async fn create_archive_item(
        &self,
        archive: ArchiveId,
        title: &str,
        now: Timestamp,
    ) -> Result<ArchiveItemId, CreateItemError> {
        let id = ArchiveItemId::new();
        let mut change = self.write().await?;
        check_title(&mut change, (archive, id), title).await?;
        write_item(&mut change, (archive, id), title, now).await?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(id)
    }

    /// Gives an item of an archive another title; an empty one takes it away.
    ///
    /// # Errors
    /// When the title is taken.
    pub async fn set_archive_item_title(
        &self,
        (archive, item): (ArchiveId, ArchiveItemId),
        title: &str,
    ) -> Result<(), CreateItemError> {
        let mut change = self.write().await?;
        check_title(&mut change, (archive, item), title).await?;
        sqlx::query("UPDATE archive_item SET title = ? WHERE id = ? AND archive_id = ?")
            .bind(title)
            .bind(item.to_string())
            .bind(archive.to_string())
            .execute(&mut *change)
            .await
            .map_err(StoreError::from)?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Puts values into an item, in place of those that fill the same sockets; the others stay.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn merge_values(
        &self,
        item: ArchiveItemId,
        values: &[(SocketId, NewContent)],
        now: Timestamp,
    ) -> Result<Vec<ValueId>, StoreError> {
        let mut change = self.write().await?;
        let ids = put_values(&mut change, item, values, now).await?;
        change.commit().await?;
        Ok(ids)
    }

    /// Puts values into an item and takes away the values of all sockets but these and those in `kept`, whose values are
    /// still on their way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replace_values(
        &self,
        item: ArchiveItemId,
        (values, kept): (&[(SocketId, NewContent)], &[SocketId]),
        now: Timestamp,
    ) -> Result<Vec<ValueId>, StoreError> {
        let mut change = self.write().await?;
        let there: Vec<i64> = sqlx::query_scalar(
            "SELECT socket_id FROM archive_item_value WHERE archive_item_id = ? ORDER BY socket_id",
        )
        .bind(item.to_string())
        .fetch_all(&mut *change)
        .await?;
        let stays = |socket: i64| kept.contains(&SocketId(socket));
        for socket in there.into_iter().filter(|socket| !stays(*socket)) {
            sqlx::query(
                "DELETE FROM archive_item_value WHERE archive_item_id = ? AND socket_id = ?",
            )
            .bind(item.to_string())
            .bind(socket)
            .execute(&mut *change)
            .await?;
        }
        let ids = put_values(&mut change, item, values, now).await?;
        change.commit().await?;
        Ok(ids)
    }

    /// Takes an item away, with those of its values that nothing else uses; images stay with whoever brought them. `false`:
    /// there is no such item.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_archive_item(&self, item: ArchiveItemId) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        hide_images(&mut change, item).await?;
        let values: Vec<i64> = sqlx::query_scalar(
            "DELETE FROM archive_item_value WHERE archive_item_id = ? RETURNING value_id",
        )
        .bind(item.to_string())
        .fetch_all(&mut *change)
        .await?;
        let gone: Option<(String, String)> = sqlx::query_as(
            "DELETE FROM archive_item WHERE id = ? RETURNING archive_id, created_at",
        )
        .bind(item.to_string())
        .fetch_optional(&mut *change)
        .await?;
        if let Some((archive, created_at)) = &gone {
            count_item(&mut change, archive, (created_at, -1)).await?;
        }
        drop_values(&mut change, &values, false).await?;
        change.commit().await?;
        Ok(gone.is_some())
    }

    /// The item with this id, whoever asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn archive_item(
        &self,
        item: ArchiveItemId,
    ) -> Result<Option<ArchiveItem>, StoreError> {
        let row: Option<ItemRow> = sqlx::query_as("SELECT * FROM archive_item WHERE id = ?")
            .bind(item.to_string())
            .fetch_optional(self.read())
            .await?;
        let rows: Vec<ItemRow> = row.into_iter().collect();
        Ok(self.whole_items(rows).await?.pop())
    }

    pub(super) async fn whole_items(
        &self,
        rows: Vec<ItemRow>,
    ) -> Result<Vec<ArchiveItem>, StoreError> {
        let mut ids: Vec<Vec<ValueId>> = Vec::new();
        for row in &rows {
            let found: Vec<i64> = sqlx::query_scalar(
                "SELECT value_id FROM archive_item_value WHERE archive_item_id = ? ORDER BY socket_id",
            )
            .bind(&row.id)
            .fetch_all(self.read())
            .await?;
            ids.push(found.into_iter().map(ValueId).collect());
        }
        let all = self.values_of(&ids.concat()).await?;
        let values: BTreeMap<ValueId, StoredValue> =
            all.into_iter().map(|value| (value.id, value)).collect();
        rows.into_iter()
            .zip(ids)
            .map(|(row, ids)| {
                let values = ids.iter().filter_map(|id| values.get(id).cloned());
                Ok(ArchiveItem {
                    id: ArchiveItemId::read(&row.id)?,
                    archive: ArchiveId::read(&row.archive_id)?,
                    title: row.title,
                    values: values.collect(),
                    created_at: from_text("archive_item.created_at", &row.created_at)?,
                })
            })
            .collect()
    }
}

/// Makes an item that is called like something, with a number behind it where another item has that name.
pub(crate) async fn insert_item(
    change: &mut Transaction<'static, Sqlite>,
    archive: ArchiveId,
    name: &str,
    now: Timestamp,
) -> Result<ArchiveItemId, StoreError> {
    let id = ArchiveItemId::new();
    let short: String = name.chars().take(LONGEST_NAME).collect();
    let mut title = short.clone();
    for number in 2.. {
        match check_title(change, (archive, id), &title).await {
            Ok(()) => break,
            Err(CreateItemError::TitleTaken(_)) => title = format!("{short} ({number})"),
            Err(CreateItemError::Store(error)) => return Err(error),
        }
    }
    write_item(change, (archive, id), &title, now).await?;
    Ok(id)
}

async fn write_item(
    change: &mut Transaction<'static, Sqlite>,
    (archive, id): (ArchiveId, ArchiveItemId),
    title: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO archive_item (id, archive_id, title, created_at) VALUES (?, ?, ?, ?)")
        .bind(id.to_string())
        .bind(archive.to_string())
        .bind(title)
        .bind(to_text(now))
        .execute(&mut **change)
        .await?;
    count_item(change, &archive.to_string(), (&to_text(now), 1)).await
}

/// Characters of a title that is made from a name; a number fits behind it.
const LONGEST_NAME: usize = 240;

async fn check_title(
    change: &mut Transaction<'static, Sqlite>,
    (archive, item): (ArchiveId, ArchiveItemId),
    title: &str,
) -> Result<(), CreateItemError> {
    let others: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM archive_item WHERE archive_id = ? AND title = ? AND title <> '' AND id <> ?",
    )
    .bind(archive.to_string())
    .bind(title)
    .bind(item.to_string())
    .fetch_one(&mut **change)
    .await
    .map_err(StoreError::from)?;
    if others > 0 {
        return Err(CreateItemError::TitleTaken(title.to_owned()));
    }
    Ok(())
}

/// The heart of [`Store::merge_values`].
pub(crate) async fn put_values(
    change: &mut Transaction<'static, Sqlite>,
    item: ArchiveItemId,
    values: &[(SocketId, NewContent)],
    now: Timestamp,
) -> Result<Vec<ValueId>, StoreError> {
    let mut ids = Vec::new();
    for (socket, content) in values {
        let value = insert_value(change, *socket, content, now).await?;
        sqlx::query(
            "INSERT INTO archive_item_value (archive_item_id, socket_id, value_id) VALUES (?, ?, ?)
             ON CONFLICT (archive_item_id, socket_id) DO UPDATE SET value_id = excluded.value_id",
        )
        .bind(item.to_string())
        .bind(socket.0)
        .bind(value.0)
        .execute(&mut **change)
        .await?;
        ids.push(value);
    }
    show_images(change, item).await?;
    Ok(ids)
}

/// Whoever sees an archive sees the images of its items.
async fn show_images(
    change: &mut Transaction<'static, Sqlite>,
    item: ArchiveItemId,
) -> Result<(), StoreError> {
    hide_images(change, item).await?;
    sqlx::query(
        "INSERT INTO image_shown (whose, image_id, via)
         SELECT DISTINCT archive_item.archive_id, value.image_id, archive_item.id FROM archive_item
             JOIN archive_item_value ON archive_item_value.archive_item_id = archive_item.id
             JOIN value ON value.id = archive_item_value.value_id
         WHERE archive_item.id = ? AND value.image_id IS NOT NULL",
    )
    .bind(item.to_string())
    .execute(&mut **change)
    .await?;
    Ok(())
}

async fn hide_images(
    change: &mut Transaction<'static, Sqlite>,
    item: ArchiveItemId,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM image_shown WHERE via = ?")
        .bind(item.to_string())
        .execute(&mut **change)
        .await?;
    Ok(())
}
