//! Archives: data sets whose items each hold one set of values.

use domain::Slug;
use jiff::Timestamp;
use sqlx::FromRow;

use crate::database::Store;
use crate::error::{StoreError, is_taken};
use crate::ids::{AccountId, ArchiveId};
use crate::page::{Listed, Page, pattern};
use crate::sockets::read_slug;
use crate::time::{from_text, to_text};
use crate::viewer::Viewer;

mod items;
mod list;
mod roles;
mod runs;

pub use items::{ArchiveItem, CreateItemError};
pub(crate) use items::{insert_item, put_values};
pub use roles::ArchiveRole;
pub use runs::{ArchiveRun, RunJob, SkippedItem};

/// A data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Its id.
    pub id: ArchiveId,
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// What is in it.
    pub description: String,
    /// Whether everybody sees it.
    pub is_public: bool,
    /// Who made it.
    pub creator: Option<AccountId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What people say of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArchive {
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// What is in it.
    pub description: String,
    /// Whether everybody sees it.
    pub is_public: bool,
}

/// An archive could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateArchiveError {
    /// Its name is another one's.
    #[error("there is an archive `{0}` already")]
    SlugTaken(Slug),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(FromRow)]
struct ArchiveRow {
    id: String,
    slug: String,
    title: String,
    description: String,
    is_public: bool,
    creator_id: Option<String>,
    created_at: String,
}

impl TryFrom<ArchiveRow> for Archive {
    type Error = StoreError;

    fn try_from(row: ArchiveRow) -> Result<Archive, StoreError> {
        let creator = row.creator_id.as_deref().map(AccountId::read);
        Ok(Archive {
            id: ArchiveId::read(&row.id)?,
            slug: read_slug("archive.slug", &row.slug)?,
            title: row.title,
            description: row.description,
            is_public: row.is_public,
            creator: creator.transpose()?,
            created_at: from_text("archive.created_at", &row.created_at)?,
        })
    }
}

macro_rules! visible_archives {
    ($start:literal, $end:literal) => {
        concat!(
            $start,
            " FROM archive WHERE (? OR is_public OR EXISTS
                 (SELECT 1 FROM archive_role WHERE archive_id = archive.id AND account_id = ?))
               AND (? IS NULL OR slug = ?)
               AND (? IS NULL OR LOWER(title) LIKE ? ESCAPE '!' OR LOWER(description) LIKE ? ESCAPE '!')",
            $end
        )
    };
}

impl Store {
    /// Makes an archive; its creator becomes its editor.
    ///
    /// # Errors
    /// When its name is taken.
    pub async fn create_archive(
        &self,
        new: &NewArchive,
        creator: Option<AccountId>,
        now: Timestamp,
    ) -> Result<ArchiveId, CreateArchiveError> {
        let id = ArchiveId::new();
        let mut change = self.write().await?;
        sqlx::query(
            "INSERT INTO archive (id, slug, title, description, is_public, creator_id, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(id.to_string())
        .bind(new.slug.as_str())
        .bind(&new.title)
        .bind(&new.description)
        .bind(new.is_public)
        .bind(creator.map(|id| id.to_string()))
        .bind(to_text(now))
        .execute(&mut *change)
        .await
        .map_err(|error| slug_taken(error, new))?;
        if let Some(creator) = creator {
            roles::set_role_in(&mut change, id, creator, ArchiveRole::Editor).await?;
        }
        change.commit().await.map_err(StoreError::from)?;
        Ok(id)
    }

    /// Changes what people say of an archive. `false`: there is no such archive.
    ///
    /// # Errors
    /// When its new name is taken.
    pub async fn update_archive(
        &self,
        id: ArchiveId,
        new: &NewArchive,
    ) -> Result<bool, CreateArchiveError> {
        let mut change = self.write().await?;
        let changed = sqlx::query(
            "UPDATE archive SET slug = ?, title = ?, description = ?, is_public = ? WHERE id = ?",
        )
        .bind(new.slug.as_str())
        .bind(&new.title)
        .bind(&new.description)
        .bind(new.is_public)
        .bind(id.to_string())
        .execute(&mut *change)
        .await
        .map_err(|error| slug_taken(error, new))?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(changed.rows_affected() > 0)
    }

    /// The archive with this id, whoever asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn archive(&self, id: ArchiveId) -> Result<Option<Archive>, StoreError> {
        let row: Option<ArchiveRow> = sqlx::query_as("SELECT * FROM archive WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(self.read())
            .await?;
        row.map(Archive::try_from).transpose()
    }

    /// The archive with this name, whoever asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn archive_by_slug(&self, slug: &Slug) -> Result<Option<Archive>, StoreError> {
        let row: Option<ArchiveRow> = sqlx::query_as("SELECT * FROM archive WHERE slug = ?")
            .bind(slug.as_str())
            .fetch_optional(self.read())
            .await?;
        row.map(Archive::try_from).transpose()
    }

    /// Those that somebody may see, oldest first, or the one of this name; any text may be asked for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn archives(
        &self,
        viewer: Viewer,
        slug: Option<&str>,
        page: Page,
    ) -> Result<Listed<Archive>, StoreError> {
        self.search_archives(viewer, (slug, None), page).await
    }

    /// [`Store::archives`], with a text in title or description.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn search_archives(
        &self,
        viewer: Viewer,
        (slug, search): (Option<&str>, Option<&str>),
        page: Page,
    ) -> Result<Listed<Archive>, StoreError> {
        let search = search.map(pattern);
        const COUNT: &str = visible_archives!("SELECT COUNT(*)", "");
        const LIST: &str = visible_archives!("SELECT *", " ORDER BY id LIMIT ? OFFSET ?");
        let count: i64 = sqlx::query_scalar(COUNT)
            .bind(viewer.is_administrator)
            .bind(viewer.column())
            .bind(slug)
            .bind(slug)
            .bind(&search)
            .bind(&search)
            .bind(&search)
            .fetch_one(self.read())
            .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<ArchiveRow> = sqlx::query_as(LIST)
            .bind(viewer.is_administrator)
            .bind(viewer.column())
            .bind(slug)
            .bind(slug)
            .bind(&search)
            .bind(&search)
            .bind(&search)
            .bind(limit)
            .bind(offset)
            .fetch_all(self.read())
            .await?;
        let items: Result<Vec<Archive>, StoreError> =
            rows.into_iter().map(Archive::try_from).collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }
}

fn slug_taken(error: sqlx::Error, new: &NewArchive) -> CreateArchiveError {
    if is_taken(&error) {
        CreateArchiveError::SlugTaken(new.slug.clone())
    } else {
        StoreError::from(error).into()
    }
}
