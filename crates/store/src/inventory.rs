//! What the database says must be there, for checks and backups.

use serde::Serialize;
use sqlx::FromRow;

use crate::blobs::{Blob, Digest};
use crate::database::Store;
use crate::error::StoreError;

/// Something that needs a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlobUser {
    /// Table and column, such as `image.blob_digest`.
    pub place: String,
    /// Id or number of the row.
    pub id: String,
}

/// A container image that an algorithm has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedImage {
    /// Of the image, `sha256:…`.
    pub digest: String,
    /// Slug of the algorithm.
    pub algorithm: String,
    /// Whether new jobs use it.
    pub is_active: bool,
}

#[derive(FromRow)]
struct ImageRow {
    digest: String,
    slug: String,
    is_active: bool,
}

/// Every place that may name a blob. A column that is added must be added here: a test compares this with the tables.
const PLACES: &str = "
    SELECT 'image.blob_digest' AS place, id FROM image WHERE blob_digest = ?
    UNION ALL SELECT 'value.blob_digest', CAST(id AS TEXT) FROM value WHERE blob_digest = ?
    UNION ALL SELECT 'upload.blob_digest', id FROM upload WHERE blob_digest = ?
    UNION ALL SELECT 'job.log_digest', id FROM job WHERE log_digest = ?
    UNION ALL SELECT 'algorithm_model.blob_digest', id FROM algorithm_model WHERE blob_digest = ?
    UNION ALL SELECT 'algorithm_cases.blob_digest', algorithm_id FROM algorithm_cases WHERE blob_digest = ?
    UNION ALL SELECT 'algorithm.logo_digest', id FROM algorithm WHERE logo_digest = ?
    LIMIT 100";

impl Store {
    /// Blobs that the database knows, in the order of digests, after one of them; at most `most`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_blobs(
        &self,
        after: Option<&Digest>,
        most: u32,
    ) -> Result<Vec<Blob>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT digest, size FROM blob WHERE digest > ? ORDER BY digest LIMIT ?",
        )
        .bind(after.map_or("", Digest::as_str))
        .bind(i64::from(most))
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|(digest, size)| {
                let digest = Digest::read("blob.digest", &digest)?;
                Ok(Blob::named(digest, size.unsigned_abs()))
            })
            .collect()
    }

    /// Whether the database knows a blob.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn knows_blob(&self, digest: &Digest) -> Result<bool, StoreError> {
        let found: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM blob WHERE digest = ?")
            .bind(digest.as_str())
            .fetch_one(self.read())
            .await?;
        Ok(found > 0)
    }

    /// What needs a blob; of more than a hundred, a hundred.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blob_users(&self, digest: &Digest) -> Result<Vec<BlobUser>, StoreError> {
        let text = digest.as_str();
        let rows: Vec<(String, String)> = sqlx::query_as(PLACES)
            .bind(text)
            .bind(text)
            .bind(text)
            .bind(text)
            .bind(text)
            .bind(text)
            .bind(text)
            .fetch_all(self.read())
            .await?;
        let user = |(place, id)| BlobUser { place, id };
        Ok(rows.into_iter().map(user).collect())
    }

    /// How many blobs there are, and their bytes together.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blob_totals(&self) -> Result<(u64, u64), StoreError> {
        let (count, bytes): (i64, i64) =
            sqlx::query_as("SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM blob")
                .fetch_one(self.read())
                .await?;
        Ok((count.unsigned_abs(), bytes.unsigned_abs()))
    }

    /// Every container image that an algorithm has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn named_images(&self) -> Result<Vec<NamedImage>, StoreError> {
        let rows: Vec<ImageRow> = sqlx::query_as(
            "SELECT digest, slug, is_active FROM algorithm_image JOIN algorithm ON algorithm.id = algorithm_id
             WHERE digest IS NOT NULL AND import_state = 'completed' ORDER BY slug, algorithm_image.created_at",
        )
        .fetch_all(self.read())
        .await?;
        let named = |row: ImageRow| NamedImage {
            digest: row.digest,
            algorithm: row.slug,
            is_active: row.is_active,
        };
        Ok(rows.into_iter().map(named).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_column_that_names_a_blob_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let home = camino::Utf8Path::from_path(folder.path()).unwrap();
        let store = Store::open(home).await.unwrap();
        let tables: Vec<(String, String)> = sqlx::query_as(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE '%blob (digest)%'",
        )
        .fetch_all(store.read())
        .await
        .unwrap();
        let mut count = 0;
        for (table, sql) in tables {
            for line in sql.lines().filter(|line| line.contains("REFERENCES blob")) {
                let column = line.split_whitespace().next().unwrap();
                assert!(
                    PLACES.contains(&format!("'{table}.{column}'")),
                    "{table}.{column}"
                );
                count += 1;
            }
        }
        assert_eq!(count, PLACES.matches(" = ?").count());
    }
}
