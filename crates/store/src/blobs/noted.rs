//! What the database knows of blobs.

use super::Digest;
use crate::database::Store;
use crate::error::StoreError;

impl Store {
    /// Bytes of a blob that is noted; `None`: it is not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let size: Option<i64> = sqlx::query_scalar("SELECT size FROM blob WHERE digest = ?")
            .bind(digest.as_str())
            .fetch_optional(self.read())
            .await?;
        Ok(size.map(i64::unsigned_abs))
    }
}
