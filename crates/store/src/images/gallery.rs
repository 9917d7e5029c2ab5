//! Images of somebody as pictures: by name and modality, newest first.

use sqlx::{QueryBuilder, Sqlite};

use super::{Image, ImageRow};
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::ImageId;
use crate::page::pattern;
use crate::viewer::Viewer;

/// Which images; what is empty does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GalleryFilter {
    /// What the name holds.
    pub search: String,
    /// Such as `CT`, in any case.
    pub modality: String,
}

impl Store {
    /// Images of somebody, or for an administrator all, newest first, from before `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn gallery(
        &self,
        viewer: Viewer,
        filter: &GalleryFilter,
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
        if !filter.search.is_empty() {
            text.push(" AND LOWER(name) LIKE ")
                .push_bind(pattern(&filter.search))
                .push(" ESCAPE '!'");
        }
        if !filter.modality.is_empty() {
            text.push(" AND UPPER(modality) = ")
                .push_bind(filter.modality.to_uppercase());
        }
        text.push(" ORDER BY id DESC LIMIT ")
            .push_bind(i64::from(most));
        let rows: Vec<ImageRow> = text.build_query_as().fetch_all(self.read()).await?;
        rows.into_iter().map(Image::try_from).collect()
    }
}
