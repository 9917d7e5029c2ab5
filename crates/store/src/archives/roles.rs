//! Who edits, fills and uses an archive.

use sqlx::{Sqlite, Transaction};

use crate::algorithms::Member;
use crate::database::Store;
use crate::error::{StoreError, corrupt};
use crate::ids::{AccountId, ArchiveId};
use crate::page::{Listed, Page};
use crate::viewer::Viewer;

/// What somebody may do with an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveRole {
    /// Change it, fill it and see it.
    Editor,
    /// Fill it and see it.
    Uploader,
    /// See it.
    User,
}

impl ArchiveRole {
    /// The word in the database and in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Editor => "editor",
            Self::Uploader => "uploader",
            Self::User => "user",
        }
    }

    /// The inverse of [`ArchiveRole::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Editor, Self::Uploader, Self::User]
            .into_iter()
            .find(|role| role.word() == word)
    }
}

impl Store {
    /// Gives somebody a role, in place of the one they had.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_archive_role(
        &self,
        archive: ArchiveId,
        account: AccountId,
        role: ArchiveRole,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        set_role_in(&mut change, archive, account, role).await?;
        change.commit().await?;
        Ok(())
    }

    /// Takes somebody's role away. `false`: they had none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_archive_role(
        &self,
        archive: ArchiveId,
        account: AccountId,
    ) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let removed =
            sqlx::query("DELETE FROM archive_role WHERE archive_id = ? AND account_id = ?")
                .bind(archive.to_string())
                .bind(account.to_string())
                .execute(&mut *change)
                .await?;
        change.commit().await?;
        Ok(removed.rows_affected() > 0)
    }

    /// Who has a role in an archive.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn archive_members(
        &self,
        archive: ArchiveId,
        page: Page,
    ) -> Result<Listed<Member<ArchiveRole>>, StoreError> {
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM archive_role WHERE archive_id = ?")
                .bind(archive.to_string())
                .fetch_one(self.read())
                .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT account_id, username, archive_role.role FROM archive_role
                 JOIN account ON account.id = account_id
             WHERE archive_id = ? ORDER BY account_id LIMIT ? OFFSET ?",
        )
        .bind(archive.to_string())
        .bind(limit)
        .bind(offset)
        .fetch_all(self.read())
        .await?;
        let items: Result<Vec<Member<ArchiveRole>>, StoreError> = rows
            .into_iter()
            .map(|(account, username, role)| {
                Ok(Member {
                    account: AccountId::read(&account)?,
                    username,
                    role: ArchiveRole::parse(&role).ok_or_else(|| {
                        corrupt("archive_role.role", &role, &"expected another word")
                    })?,
                })
            })
            .collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }

    /// Whether somebody may see an archive: everybody if it is public, else those with a role.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_view_archive(
        &self,
        viewer: Viewer,
        archive: ArchiveId,
    ) -> Result<bool, StoreError> {
        self.archive_allows(
            "SELECT COUNT(*) FROM archive WHERE id = ? AND (? OR is_public OR EXISTS
                 (SELECT 1 FROM archive_role WHERE archive_id = archive.id AND account_id = ?))",
            viewer,
            archive,
        )
        .await
    }

    /// Whether somebody may add and change items: editors and uploaders.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_fill_archive(
        &self,
        viewer: Viewer,
        archive: ArchiveId,
    ) -> Result<bool, StoreError> {
        self.archive_allows(
            "SELECT COUNT(*) FROM archive WHERE id = ? AND (? OR EXISTS (SELECT 1 FROM archive_role
                 WHERE archive_id = archive.id AND account_id = ? AND role IN ('editor', 'uploader')))",
            viewer,
            archive,
        )
        .await
    }

    /// Whether somebody may change an archive: its editors.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_change_archive(
        &self,
        viewer: Viewer,
        archive: ArchiveId,
    ) -> Result<bool, StoreError> {
        self.archive_allows(
            "SELECT COUNT(*) FROM archive WHERE id = ? AND (? OR EXISTS (SELECT 1 FROM archive_role
                 WHERE archive_id = archive.id AND account_id = ? AND role = 'editor'))",
            viewer,
            archive,
        )
        .await
    }

    async fn archive_allows(
        &self,
        text: &'static str,
        viewer: Viewer,
        archive: ArchiveId,
    ) -> Result<bool, StoreError> {
        let found: i64 = sqlx::query_scalar(text)
            .bind(archive.to_string())
            .bind(viewer.is_administrator)
            .bind(viewer.column())
            .fetch_one(self.read())
            .await?;
        Ok(found > 0)
    }
}

/// The heart of [`Store::set_archive_role`].
pub(super) async fn set_role_in(
    change: &mut Transaction<'static, Sqlite>,
    archive: ArchiveId,
    account: AccountId,
    role: ArchiveRole,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO archive_role (archive_id, account_id, role) VALUES (?, ?, ?)
         ON CONFLICT (archive_id, account_id) DO UPDATE SET role = excluded.role",
    )
    .bind(archive.to_string())
    .bind(account.to_string())
    .bind(role.word())
    .execute(&mut **change)
    .await?;
    Ok(())
}
