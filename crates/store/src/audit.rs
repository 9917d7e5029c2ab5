//! Who did what. Only ever added to.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::{FromRow, QueryBuilder, Sqlite};

use crate::database::Store;
use crate::error::{StoreError, from_json, to_json};
use crate::ids::{AccountId, AuditId};
use crate::page::{Listed, Page};
use crate::tally::{self, ALL, Change};
use crate::time::{from_text, to_text};

mod search;

pub use search::{AuditLine, AuditSearch};

/// The audit log in the table of numbers.
const AUDIT: &str = "audit";

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

impl AuditFilter {
    /// Adds what must hold, each by an index of its own.
    fn push(&self, text: &mut QueryBuilder<Sqlite>) {
        if let Some(account) = self.account {
            text.push(" AND account_id = ")
                .push_bind(account.to_string());
        }
        if let Some(action) = &self.action {
            text.push(" AND action = ").push_bind(action.clone());
        }
        if let Some(object) = &self.object {
            text.push(" AND object = ").push_bind(object.clone());
        }
    }
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
        let one = Change {
            list: AUDIT.to_owned(),
            whose: ALL.to_owned(),
            hour: tally::hour(&to_text(now)),
            by: 1,
        };
        tally::note(&mut change, &[one]).await?;
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
        let count = if *filter == AuditFilter::default() {
            self.tally(AUDIT, &[ALL]).await?
        } else {
            let mut counting = QueryBuilder::new("SELECT COUNT(*) FROM audit WHERE TRUE");
            filter.push(&mut counting);
            let count: i64 = counting.build_query_scalar().fetch_one(self.read()).await?;
            count.unsigned_abs()
        };
        let (limit, offset) = page.columns();
        let mut text = QueryBuilder::new("SELECT * FROM audit WHERE TRUE");
        filter.push(&mut text);
        text.push(" ORDER BY at DESC, id DESC LIMIT ")
            .push_bind(limit)
            .push(" OFFSET ")
            .push_bind(offset);
        let rows: Vec<AuditRow> = text.build_query_as().fetch_all(self.read()).await?;
        let items: Result<Vec<AuditRecord>, StoreError> =
            rows.into_iter().map(AuditRecord::try_from).collect();
        Ok(Listed {
            count,
            items: items?,
        })
    }
}
