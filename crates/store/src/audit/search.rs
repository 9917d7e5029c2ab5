//! Finding what was done: newest first, from where the last part ended.

use jiff::Timestamp;
use sqlx::{FromRow, QueryBuilder, Sqlite};

use super::{AuditRecord, AuditRow};
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{AccountId, AuditId};
use crate::time::to_text;

/// Which records; what is `None` or empty does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditSearch {
    /// By whom.
    pub account: Option<AccountId>,
    /// How the verb begins, such as `account.` or `job.cancel`.
    pub action: String,
    /// What the object holds, such as an id.
    pub object: String,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// A record, and the name of whoever did it.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditLine {
    /// What was done.
    pub record: AuditRecord,
    /// By whom; `None`: the server itself, or nobody who is known.
    pub username: Option<String>,
}

#[derive(FromRow)]
struct LineRow {
    #[sqlx(flatten)]
    record: AuditRow,
    username: Option<String>,
}

impl Store {
    /// What was done, the latest first, from before the record `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn search_audit(
        &self,
        search: &AuditSearch,
        (before, most): (Option<AuditId>, u32),
    ) -> Result<Vec<AuditLine>, StoreError> {
        let mut text: QueryBuilder<Sqlite> = QueryBuilder::new(
            "SELECT audit.*, username FROM audit LEFT JOIN account ON account.id = audit.account_id WHERE TRUE",
        );
        if let Some(account) = search.account {
            text.push(" AND audit.account_id = ")
                .push_bind(account.to_string());
        }
        if !search.action.is_empty() {
            // Not LIKE, whose `_` means something.
            let length = i64::try_from(search.action.chars().count()).unwrap_or(i64::MAX);
            text.push(" AND SUBSTR(action, 1, ").push_bind(length);
            text.push(") = ").push_bind(search.action.clone());
        }
        if !search.object.is_empty() {
            let object = search
                .object
                .replace('!', "!!")
                .replace('%', "!%")
                .replace('_', "!_");
            text.push(" AND object LIKE ")
                .push_bind(format!("%{object}%"));
            text.push(" ESCAPE '!'");
        }
        if let Some(from) = search.from {
            text.push(" AND at >= ").push_bind(to_text(from));
        }
        if let Some(until) = search.until {
            text.push(" AND at < ").push_bind(to_text(until));
        }
        if let Some(before) = before {
            let id = before.to_string();
            text.push(" AND (at, audit.id) < (SELECT at, id FROM audit WHERE id = ")
                .push_bind(id)
                .push(")");
        }
        text.push(" ORDER BY at DESC, audit.id DESC LIMIT ")
            .push_bind(i64::from(most));
        let rows: Vec<LineRow> = text.build_query_as().fetch_all(self.read()).await?;
        rows.into_iter()
            .map(|row| {
                Ok(AuditLine {
                    record: row.record.try_into()?,
                    username: row.username,
                })
            })
            .collect()
    }
}
