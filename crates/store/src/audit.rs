//! Who did what. Only ever added to.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::FromRow;

use crate::database::Store;
use crate::error::{StoreError, from_json, to_json};
use crate::ids::{AccountId, AuditId};
use crate::page::{Listed, Page};
use crate::time::{from_text, to_text};

mod search;

pub use search::{AuditLine, AuditSearch};

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who; `None`: the server itself, or nobody who is known.
    pub account: Option<AccountId>,
    /// A dotted verb, such as `token.create`.
    pub action: String,
    /// What it was done to: table and id, such as `job/0190…`.
    pub object: String,
    /// More, without secrets.
    pub detail: Value,
}

/// Which records; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By whom.
    pub account: Option<AccountId>,
    /// The verb.
    pub action: Option<String>,
    /// To what.
    pub object: Option<String>,
}

#[derive(FromRow)]
struct AuditRow {
    id: String,
    at: String,
    account_id: Option<String>,
    action: String,
    object: String,
    detail: String,
}

impl TryFrom<AuditRow> for AuditRecord {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<AuditRecord, StoreError> {
        let account = row.account_id.as_deref().map(AccountId::read);
        Ok(AuditRecord {
            id: AuditId::read(&row.id)?,
            at: from_text("audit.at", &row.at)?,
            account: account.transpose()?,
            action: row.action,
            object: row.object,
            detail: from_json("audit.detail", &row.detail)?,
        })
    }
}

/// Something that is to be noted.
#[derive(Debug, Clone, Copy)]
pub struct NewAudit<'a> {
    /// Who; `None`: the server itself, or nobody who is known.
    pub account: Option<AccountId>,
    /// A dotted verb, such as `token.create`.
    pub action: &'a str,
    /// Table and id of what it was done to; may be empty.
    pub object: &'a str,
    /// More, without secrets.
    pub detail: &'a Value,
}

impl Store {
    /// Notes that something was done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_audit(&self, record: NewAudit<'_>, now: Timestamp) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        sqlx::query(
            "INSERT INTO audit (id, at, account_id, action, object, detail) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(AuditId::new().to_string())
        .bind(to_text(now))
        .bind(record.account.map(|id| id.to_string()))
        .bind(record.action)
        .bind(record.object)
        .bind(to_json(record.detail))
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(())
    }

    /// What was done, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_log(
        &self,
        filter: &AuditFilter,
        page: Page,
    ) -> Result<Listed<AuditRecord>, StoreError> {
        let account = filter.account.map(|id| id.to_string());
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM audit WHERE (? IS NULL OR account_id = ?)
               AND (? IS NULL OR action = ?) AND (? IS NULL OR object = ?)",
        )
        .bind(&account)
        .bind(&account)
        .bind(&filter.action)
        .bind(&filter.action)
        .bind(&filter.object)
        .bind(&filter.object)
        .fetch_one(self.read())
        .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<AuditRow> = sqlx::query_as(
            "SELECT * FROM audit WHERE (? IS NULL OR account_id = ?)
               AND (? IS NULL OR action = ?) AND (? IS NULL OR object = ?)
             ORDER BY at DESC, id DESC LIMIT ? OFFSET ?",
        )
        .bind(&account)
        .bind(&account)
        .bind(&filter.action)
        .bind(&filter.action)
        .bind(&filter.object)
        .bind(&filter.object)
        .bind(limit)
        .bind(offset)
        .fetch_all(self.read())
        .await?;
        let items: Result<Vec<AuditRecord>, StoreError> =
            rows.into_iter().map(AuditRecord::try_from).collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }
}
