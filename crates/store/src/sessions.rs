//! Logins of browsers, and failed logins for the rate limit.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::accounts::{Account, AccountRow};
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::AccountId;
use crate::time::{from_text, to_text};

/// A login that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// SHA-256 of the cookie, hexadecimal.
    pub digest: String,
    /// Who logs in.
    pub account: AccountId,
    /// What forms must send back.
    pub csrf: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who is logged in.
    pub account: Account,
    /// What forms must send back.
    pub csrf: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Failed logins since some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginFailures {
    /// Under one name, wherever from.
    pub by_username: u64,
    /// From one address, whatever the name.
    pub by_address: u64,
}

#[derive(FromRow)]
struct SessionRow {
    csrf: String,
    expires_at: String,
    #[sqlx(flatten)]
    account: AccountRow,
}

impl Store {
    /// Begins a login.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_session(
        &self,
        session: &NewSession,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        sqlx::query(
            "INSERT INTO session (digest, account_id, csrf, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(&session.digest)
        .bind(session.account.to_string())
        .bind(&session.csrf)
        .bind(to_text(now))
        .bind(to_text(session.expires_at))
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(())
    }

    /// The login of a cookie, unless it has ended or the account is locked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(
        &self,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let row: Option<SessionRow> = sqlx::query_as(
            "SELECT account.*, csrf, expires_at FROM session JOIN account ON account.id = session.account_id
             WHERE digest = ? AND expires_at > ? AND is_active",
        )
        .bind(digest)
        .bind(to_text(now))
        .fetch_optional(self.read())
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Session {
            account: row.account.try_into()?,
            csrf: row.csrf,
            expires_at: from_text("session.expires_at", &row.expires_at)?,
        }))
    }

    /// Ends a login. `false`: there was none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_session(&self, digest: &str) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let done = sqlx::query("DELETE FROM session WHERE digest = ?")
            .bind(digest)
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// How many logins somebody has besides that of `digest`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_other_sessions(
        &self,
        account: AccountId,
        digest: &str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM session WHERE account_id = ? AND digest <> ? AND expires_at > ?",
        )
        .bind(account.to_string())
        .bind(digest)
        .bind(to_text(now))
        .fetch_one(self.read())
        .await?;
        Ok(count.unsigned_abs())
    }

    /// Ends the logins of somebody but that of `digest`; how many they were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_other_sessions(
        &self,
        account: AccountId,
        digest: &str,
    ) -> Result<u64, StoreError> {
        let mut change = self.write().await?;
        let done = sqlx::query("DELETE FROM session WHERE account_id = ? AND digest <> ?")
            .bind(account.to_string())
            .bind(digest)
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(done.rows_affected())
    }

    /// Forgets logins that have ended; how many they were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_expired_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut change = self.write().await?;
        let done = sqlx::query("DELETE FROM session WHERE expires_at <= ?")
            .bind(to_text(now))
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(done.rows_affected())
    }

    /// Notes a failed login.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_login_failure(
        &self,
        username: &str,
        address: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        sqlx::query("INSERT INTO login_failure (id, username, address, at) VALUES (?, ?, ?, ?)")
            .bind(Uuid::now_v7().to_string())
            .bind(username.to_lowercase())
            .bind(address)
            .bind(to_text(now))
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(())
    }

    /// How many logins have failed since `since`, under this name and from this address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn login_failures(
        &self,
        username: &str,
        address: &str,
        since: Timestamp,
    ) -> Result<LoginFailures, StoreError> {
        let by_username: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM login_failure WHERE username = ? AND at > ?")
                .bind(username.to_lowercase())
                .bind(to_text(since))
                .fetch_one(self.read())
                .await?;
        let by_address: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM login_failure WHERE address = ? AND at > ?")
                .bind(address)
                .bind(to_text(since))
                .fetch_one(self.read())
                .await?;
        Ok(LoginFailures {
            by_username: by_username.unsigned_abs(),
            by_address: by_address.unsigned_abs(),
        })
    }

    /// Forgets the failed logins under a name, because one has succeeded.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clear_login_failures(&self, username: &str) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        sqlx::query("DELETE FROM login_failure WHERE username = ?")
            .bind(username.to_lowercase())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(())
    }

    /// Forgets failed logins before `before`; how many they were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_old_login_failures(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut change = self.write().await?;
        let done = sqlx::query("DELETE FROM login_failure WHERE at < ?")
            .bind(to_text(before))
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(done.rows_affected())
    }
}
