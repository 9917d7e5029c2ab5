//! Finding algorithms, and who may do what with them.

use domain::Slug;

use super::{AlgorithmRow, StoredAlgorithm};
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::AlgorithmId;
use crate::page::{Listed, Page, pattern};
use crate::viewer::Viewer;

/// Which algorithms; all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlgorithmFilter {
    /// With this name.
    pub slug: Option<String>,
    /// With this text in title or description.
    pub search: Option<String>,
    /// For this modality.
    pub modality: Option<String>,
}

macro_rules! visible_algorithms {
    ($start:literal, $end:literal) => {
        concat!(
            $start,
            " FROM algorithm WHERE (? OR is_public OR EXISTS
                 (SELECT 1 FROM algorithm_role WHERE algorithm_id = algorithm.id AND account_id = ?))
               AND (? IS NULL OR slug = ?) AND (? IS NULL OR modality = ?)
               AND (? IS NULL OR LOWER(title) LIKE ? ESCAPE '!' OR LOWER(description) LIKE ? ESCAPE '!')",
            $end
        )
    };
}

macro_rules! bound {
    ($query:expr, $viewer:expr, $filter:expr) => {{
        let search = $filter.search.as_deref().map(pattern);
        $query
            .bind($viewer.is_administrator)
            .bind($viewer.column())
            .bind($filter.slug.clone())
            .bind($filter.slug.clone())
            .bind($filter.modality.clone())
            .bind($filter.modality.clone())
            .bind(search.clone())
            .bind(search.clone())
            .bind(search)
    }};
}

impl Store {
    /// The algorithm with this id, whoever asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithm(&self, id: AlgorithmId) -> Result<Option<StoredAlgorithm>, StoreError> {
        let row: Option<AlgorithmRow> = sqlx::query_as("SELECT * FROM algorithm WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(self.read())
            .await?;
        match row {
            Some(row) => Ok(Some(self.whole_algorithm(row).await?)),
            None => Ok(None),
        }
    }

    /// The algorithm with this name, whoever asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithm_by_slug(
        &self,
        slug: &Slug,
    ) -> Result<Option<StoredAlgorithm>, StoreError> {
        let row: Option<AlgorithmRow> = sqlx::query_as("SELECT * FROM algorithm WHERE slug = ?")
            .bind(slug.as_str())
            .fetch_optional(self.read())
            .await?;
        match row {
            Some(row) => Ok(Some(self.whole_algorithm(row).await?)),
            None => Ok(None),
        }
    }

    /// Those that somebody may see, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithms(
        &self,
        viewer: Viewer,
        filter: &AlgorithmFilter,
        page: Page,
    ) -> Result<Listed<StoredAlgorithm>, StoreError> {
        const COUNT: &str = visible_algorithms!("SELECT COUNT(*)", "");
        const LIST: &str = visible_algorithms!("SELECT *", " ORDER BY id LIMIT ? OFFSET ?");
        let count: i64 = bound!(sqlx::query_scalar(COUNT), viewer, filter)
            .fetch_one(self.read())
            .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<AlgorithmRow> = bound!(sqlx::query_as(LIST), viewer, filter)
            .bind(limit)
            .bind(offset)
            .fetch_all(self.read())
            .await?;
        let mut items = Vec::new();
        for row in rows {
            items.push(self.whole_algorithm(row).await?);
        }
        Ok(Listed {
            count: count.unsigned_abs(),
            items,
        })
    }

    /// Whether somebody may see an algorithm: everybody if it is public, else its editors and users.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_view_algorithm(
        &self,
        viewer: Viewer,
        id: AlgorithmId,
    ) -> Result<bool, StoreError> {
        self.allowed(
            "SELECT COUNT(*) FROM algorithm WHERE id = ? AND (? OR is_public OR EXISTS
                 (SELECT 1 FROM algorithm_role WHERE algorithm_id = algorithm.id AND account_id = ?))",
            viewer,
            id,
        )
        .await
    }

    /// Whether somebody may submit jobs: editors and users. That it is public is not enough.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_run_algorithm(
        &self,
        viewer: Viewer,
        id: AlgorithmId,
    ) -> Result<bool, StoreError> {
        self.allowed(
            "SELECT COUNT(*) FROM algorithm WHERE id = ? AND (? OR EXISTS
                 (SELECT 1 FROM algorithm_role WHERE algorithm_id = algorithm.id AND account_id = ?))",
            viewer,
            id,
        )
        .await
    }

    /// Whether somebody may change an algorithm: its editors.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_change_algorithm(
        &self,
        viewer: Viewer,
        id: AlgorithmId,
    ) -> Result<bool, StoreError> {
        self.allowed(
            "SELECT COUNT(*) FROM algorithm WHERE id = ? AND (? OR EXISTS (SELECT 1 FROM algorithm_role
                 WHERE algorithm_id = algorithm.id AND account_id = ? AND role = 'editor'))",
            viewer,
            id,
        )
        .await
    }

    async fn allowed(
        &self,
        text: &'static str,
        viewer: Viewer,
        id: AlgorithmId,
    ) -> Result<bool, StoreError> {
        let found: i64 = sqlx::query_scalar(text)
            .bind(id.to_string())
            .bind(viewer.is_administrator)
            .bind(viewer.column())
            .fetch_one(self.read())
            .await?;
        Ok(found > 0)
    }
}
