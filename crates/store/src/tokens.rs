//! Secrets with which programs call the API. Only their SHA-256 is kept.

use jiff::{SignedDuration, Timestamp};
use sqlx::FromRow;

use crate::accounts::{Account, AccountRow};
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{AccountId, TokenId};
use crate::time::{from_optional, from_text, to_text};

/// Noting it may take this long.
const NOTED_WITHIN: std::time::Duration = std::time::Duration::from_millis(250);
/// The use of a token is noted at most this often, so that most requests only read.
const NOTED_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// A token before it has an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Who calls with it.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// When it ends; `None`: never.
    pub expires_at: Option<Timestamp>,
}

/// A token, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Who calls with it.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// Its first characters, to recognise it by.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute; `None`: never.
    pub last_used_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct TokenRow {
    id: String,
    account_id: String,
    name: String,
    prefix: String,
    created_at: String,
    expires_at: Option<String>,
    last_used_at: Option<String>,
}

impl TryFrom<TokenRow> for Token {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Token, StoreError> {
        Ok(Token {
            id: TokenId::read(&row.id)?,
            account: AccountId::read(&row.account_id)?,
            name: row.name,
            prefix: row.prefix,
            created_at: from_text("token.created_at", &row.created_at)?,
            expires_at: from_optional("token.expires_at", row.expires_at.as_deref())?,
            last_used_at: from_optional("token.last_used_at", row.last_used_at.as_deref())?,
        })
    }
}

/// An account beside the token that led to it.
#[derive(FromRow)]
struct BearerRow {
    token_id: String,
    last_used_at: Option<String>,
    #[sqlx(flatten)]
    account: AccountRow,
}

impl Store {
    /// Makes a token; `digest` is the SHA-256 of the secret in hexadecimal digits, `prefix` its first characters.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_token(
        &self,
        token: &NewToken,
        digest: &str,
        prefix: &str,
        now: Timestamp,
    ) -> Result<Token, StoreError> {
        let mut change = self.write().await?;
        let row: TokenRow = sqlx::query_as(
            "INSERT INTO token (id, account_id, name, prefix, digest, created_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
        )
        .bind(TokenId::new().to_string())
        .bind(token.account.to_string())
        .bind(&token.name)
        .bind(prefix)
        .bind(digest)
        .bind(to_text(now))
        .bind(token.expires_at.map(to_text))
        .fetch_one(&mut *change)
        .await?;
        change.commit().await?;
        row.try_into()
    }

    /// Who calls with the token of this digest: nobody if it is unknown, has ended, or is that of a locked account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_of_token(
        &self,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<(Account, TokenId)>, StoreError> {
        let row: Option<BearerRow> = sqlx::query_as(
            "SELECT account.*, token.id AS token_id, token.last_used_at
             FROM token JOIN account ON account.id = token.account_id
             WHERE token.digest = ? AND account.is_active
               AND (token.expires_at IS NULL OR token.expires_at > ?)",
        )
        .bind(digest)
        .bind(to_text(now))
        .fetch_optional(self.read())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let token = TokenId::read(&row.token_id)?;
        let last_used = from_optional("token.last_used_at", row.last_used_at.as_deref())?;
        if last_used.is_none_or(|last| now.duration_since(last) >= NOTED_EVERY) {
            // Who asks must not wait for whoever holds the database, nor be refused because its disk is full.
            match tokio::time::timeout(NOTED_WITHIN, self.note_use(token, now)).await {
                Ok(Err(problem)) if problem.failing().is_none() => return Err(problem),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(Some((row.account.try_into()?, token)))
    }

    async fn note_use(&self, token: TokenId, now: Timestamp) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        sqlx::query("UPDATE token SET last_used_at = ? WHERE id = ?")
            .bind(to_text(now))
            .bind(token.to_string())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(())
    }

    /// The tokens of somebody, the oldest first; at most 1000.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tokens_of(&self, account: AccountId) -> Result<Vec<Token>, StoreError> {
        let rows: Vec<TokenRow> = sqlx::query_as(
            "SELECT * FROM token WHERE account_id = ? ORDER BY created_at, id LIMIT 1000",
        )
        .bind(account.to_string())
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(Token::try_from).collect()
    }

    /// Takes a token of somebody away. `false`: they have no such token.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_token(
        &self,
        account: AccountId,
        token: TokenId,
    ) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let done = sqlx::query("DELETE FROM token WHERE id = ? AND account_id = ?")
            .bind(token.to_string())
            .bind(account.to_string())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}
