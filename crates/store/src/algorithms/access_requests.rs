//! Requests to use an algorithm.

use jiff::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction};

use super::AlgorithmRole;
use crate::database::Store;
use crate::error::{StoreError, corrupt};
use crate::ids::{AccessRequestId, AccountId, AlgorithmId};
use crate::page::{Listed, Page};
use crate::time::{from_text, to_text};

/// Somebody asks to use an algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequest {
    /// Its id.
    pub id: AccessRequestId,
    /// What they want to use.
    pub algorithm: AlgorithmId,
    /// Who asks.
    pub account: AccountId,
    /// As typed at the login.
    pub username: String,
    /// What became of it.
    pub state: AccessState,
    /// Why it was rejected.
    pub answer: String,
    /// When they asked.
    pub created_at: Timestamp,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessState {
    /// Nobody has answered.
    Pending,
    /// They may use it.
    Accepted,
    /// They may not.
    Rejected,
}

/// An editor's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessAnswer {
    /// They may use it.
    Accept,
    /// They may not, and this is why.
    Reject(String),
}

impl AccessState {
    /// The word in the database and in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    fn read(word: &str) -> Result<Self, StoreError> {
        [Self::Pending, Self::Accepted, Self::Rejected]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| corrupt("access_request.state", word, &"expected another word"))
    }
}

#[derive(FromRow)]
struct RequestRow {
    id: String,
    algorithm_id: String,
    account_id: String,
    username: String,
    state: String,
    answer: String,
    created_at: String,
}

impl TryFrom<RequestRow> for AccessRequest {
    type Error = StoreError;

    fn try_from(row: RequestRow) -> Result<AccessRequest, StoreError> {
        Ok(AccessRequest {
            id: AccessRequestId::read(&row.id)?,
            algorithm: AlgorithmId::read(&row.algorithm_id)?,
            account: AccountId::read(&row.account_id)?,
            username: row.username,
            state: AccessState::read(&row.state)?,
            answer: row.answer,
            created_at: from_text("access_request.created_at", &row.created_at)?,
        })
    }
}

impl Store {
    /// Asks to use an algorithm; accepted at once where the algorithm says so. Whoever asks again gets their first
    /// request. `None`: there is no such algorithm.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_access(
        &self,
        algorithm: AlgorithmId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<AccessRequest>, StoreError> {
        let mut change = self.write().await?;
        let rule: Option<String> =
            sqlx::query_scalar("SELECT access_requests FROM algorithm WHERE id = ?")
                .bind(algorithm.to_string())
                .fetch_optional(&mut *change)
                .await?;
        let Some(rule) = rule else {
            return Ok(None);
        };
        let state = if rule == "accept_all" {
            AccessState::Accepted
        } else {
            AccessState::Pending
        };
        let made = sqlx::query(
            "INSERT INTO access_request (id, algorithm_id, account_id, state, created_at) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (algorithm_id, account_id) DO NOTHING",
        )
        .bind(AccessRequestId::new().to_string())
        .bind(algorithm.to_string())
        .bind(account.to_string())
        .bind(state.word())
        .bind(to_text(now))
        .execute(&mut *change)
        .await?;
        if made.rows_affected() > 0 && state == AccessState::Accepted {
            let pair = (algorithm.to_string(), account.to_string());
            make_user(&mut change, &pair).await?;
        }
        let row: RequestRow = sqlx::query_as(
            "SELECT access_request.*, username FROM access_request JOIN account ON account.id = account_id
             WHERE algorithm_id = ? AND account_id = ?",
        )
        .bind(algorithm.to_string())
        .bind(account.to_string())
        .fetch_one(&mut *change)
        .await?;
        change.commit().await?;
        AccessRequest::try_from(row).map(Some)
    }

    /// Answers a request of an algorithm; an answer may be changed. `None`: there is no such request.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answer_access(
        &self,
        algorithm: AlgorithmId,
        request: AccessRequestId,
        answer: &AccessAnswer,
    ) -> Result<Option<AccessRequest>, StoreError> {
        let (state, why) = match answer {
            AccessAnswer::Accept => (AccessState::Accepted, ""),
            AccessAnswer::Reject(why) => (AccessState::Rejected, why.as_str()),
        };
        let mut change = self.write().await?;
        let row: Option<RequestRow> = sqlx::query_as(
            "UPDATE access_request SET state = ?, answer = ? WHERE id = ? AND algorithm_id = ?
             RETURNING *, (SELECT username FROM account WHERE account.id = account_id) AS username",
        )
        .bind(state.word())
        .bind(why)
        .bind(request.to_string())
        .bind(algorithm.to_string())
        .fetch_optional(&mut *change)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let pair = (row.algorithm_id.clone(), row.account_id.clone());
        if state == AccessState::Accepted {
            make_user(&mut change, &pair).await?;
        } else {
            sqlx::query(
                "DELETE FROM algorithm_role WHERE algorithm_id = ? AND account_id = ? AND role = 'user'",
            )
            .bind(&pair.0)
            .bind(&pair.1)
            .execute(&mut *change)
            .await?;
        }
        change.commit().await?;
        AccessRequest::try_from(row).map(Some)
    }

    /// What somebody has asked of an algorithm, if they have.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn access_request_of(
        &self,
        algorithm: AlgorithmId,
        account: AccountId,
    ) -> Result<Option<AccessRequest>, StoreError> {
        let row: Option<RequestRow> = sqlx::query_as(
            "SELECT access_request.*, username FROM access_request JOIN account ON account.id = account_id
             WHERE algorithm_id = ? AND account_id = ?",
        )
        .bind(algorithm.to_string())
        .bind(account.to_string())
        .fetch_optional(self.read())
        .await?;
        row.map(AccessRequest::try_from).transpose()
    }

    /// How many requests of an algorithm nobody has answered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_pending_access_requests(
        &self,
        algorithm: AlgorithmId,
    ) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM access_request WHERE algorithm_id = ? AND state = 'pending'",
        )
        .bind(algorithm.to_string())
        .fetch_one(self.read())
        .await?;
        Ok(count.unsigned_abs())
    }

    /// The requests of an algorithm, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn access_requests(
        &self,
        algorithm: AlgorithmId,
        page: Page,
    ) -> Result<Listed<AccessRequest>, StoreError> {
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM access_request WHERE algorithm_id = ?")
                .bind(algorithm.to_string())
                .fetch_one(self.read())
                .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<RequestRow> = sqlx::query_as(
            "SELECT access_request.*, username FROM access_request JOIN account ON account.id = account_id
             WHERE algorithm_id = ? ORDER BY access_request.id LIMIT ? OFFSET ?",
        )
        .bind(algorithm.to_string())
        .bind(limit)
        .bind(offset)
        .fetch_all(self.read())
        .await?;
        let items: Result<Vec<AccessRequest>, StoreError> =
            rows.into_iter().map(AccessRequest::try_from).collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }
}

/// Makes somebody a user; an editor stays one.
async fn make_user(
    change: &mut Transaction<'static, Sqlite>,
    (algorithm, account): &(String, String),
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO algorithm_role (algorithm_id, account_id, role) VALUES (?, ?, ?)
         ON CONFLICT (algorithm_id, account_id) DO NOTHING",
    )
    .bind(algorithm)
    .bind(account)
    .bind(AlgorithmRole::User.word())
    .execute(&mut **change)
    .await?;
    Ok(())
}
