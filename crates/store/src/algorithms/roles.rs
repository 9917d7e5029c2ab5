//! Who edits and who uses an algorithm.

use sqlx::{Sqlite, Transaction};

use crate::database::Store;
use crate::error::{StoreError, corrupt};
use crate::ids::{AccountId, AlgorithmId};
use crate::page::{Listed, Page};

/// What somebody may do with an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlgorithmRole {
    /// Change it, and run it.
    Editor,
    /// Run it.
    User,
}

/// Somebody with a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<R> {
    /// Who.
    pub account: AccountId,
    /// As typed at the login.
    pub username: String,
    /// What they may do.
    pub role: R,
}

impl AlgorithmRole {
    /// The word in the database and in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Editor => "editor",
            Self::User => "user",
        }
    }

    /// The inverse of [`AlgorithmRole::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Editor, Self::User]
            .into_iter()
            .find(|role| role.word() == word)
    }
}

impl Store {
    /// Gives somebody a role, in place of the one they had.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_algorithm_role(
        &self,
        algorithm: AlgorithmId,
        account: AccountId,
        role: AlgorithmRole,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        set_role_in(&mut change, algorithm, account, role).await?;
        change.commit().await?;
        Ok(())
    }

    /// Takes somebody's role away. `false`: they had none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_algorithm_role(
        &self,
        algorithm: AlgorithmId,
        account: AccountId,
    ) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let removed =
            sqlx::query("DELETE FROM algorithm_role WHERE algorithm_id = ? AND account_id = ?")
                .bind(algorithm.to_string())
                .bind(account.to_string())
                .execute(&mut *change)
                .await?;
        change.commit().await?;
        Ok(removed.rows_affected() > 0)
    }

    /// Who has a role in an algorithm.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn algorithm_members(
        &self,
        algorithm: AlgorithmId,
        page: Page,
    ) -> Result<Listed<Member<AlgorithmRole>>, StoreError> {
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM algorithm_role WHERE algorithm_id = ?")
                .bind(algorithm.to_string())
                .fetch_one(self.read())
                .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT account_id, username, algorithm_role.role FROM algorithm_role
                 JOIN account ON account.id = account_id
             WHERE algorithm_id = ? ORDER BY account_id LIMIT ? OFFSET ?",
        )
        .bind(algorithm.to_string())
        .bind(limit)
        .bind(offset)
        .fetch_all(self.read())
        .await?;
        let items: Result<Vec<Member<AlgorithmRole>>, StoreError> = rows
            .into_iter()
            .map(|(account, username, role)| {
                Ok(Member {
                    account: AccountId::read(&account)?,
                    username,
                    role: AlgorithmRole::parse(&role).ok_or_else(|| {
                        corrupt("algorithm_role.role", &role, &"expected editor or user")
                    })?,
                })
            })
            .collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }
}

/// The heart of [`Store::set_algorithm_role`].
pub(super) async fn set_role_in(
    change: &mut Transaction<'static, Sqlite>,
    algorithm: AlgorithmId,
    account: AccountId,
    role: AlgorithmRole,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO algorithm_role (algorithm_id, account_id, role) VALUES (?, ?, ?)
         ON CONFLICT (algorithm_id, account_id) DO UPDATE SET role = excluded.role",
    )
    .bind(algorithm.to_string())
    .bind(account.to_string())
    .bind(role.word())
    .execute(&mut **change)
    .await?;
    Ok(())
}
