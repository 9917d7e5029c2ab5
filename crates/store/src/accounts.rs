//! People who may log in.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::database::{Store, next_number};
use crate::error::{StoreError, corrupt, is_taken};
use crate::ids::AccountId;
use crate::page::{Listed, Page};
use crate::time::{from_text, to_text};
use crate::viewer::Viewer;

/// What somebody may do beyond what an algorithm or an archive grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Uses what others have made.
    User,
    /// Also makes algorithms, sockets and archives.
    Creator,
    /// Sees and changes everything.
    Administrator,
}

impl Role {
    /// Every role, the weakest first.
    pub const ALL: [Role; 3] = [Role::User, Role::Creator, Role::Administrator];

    /// The word in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Creator => "creator",
            Role::Administrator => "administrator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no role.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no role, expected `user`, `creator` or `administrator`")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Role, UnknownRole> {
        let mut roles = Role::ALL.into_iter();
        roles
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// A small number, for clients that expect one.
    pub number: i64,
    /// As typed at the login, lower case.
    pub username: String,
    /// May be empty.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// `false`: every login and token is refused.
    pub is_active: bool,
    /// Somebody else knows the password: its owner is to choose another one at the next login in a browser.
    pub must_change_password: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Account {
    /// Whether they see and change everything.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.role == Role::Administrator
    }

    /// Whether they may make algorithms, sockets and archives.
    #[must_use]
    pub fn may_create(&self) -> bool {
        self.role >= Role::Creator
    }

    /// Them, as one who asks for lists.
    #[must_use]
    pub fn viewer(&self) -> Viewer {
        Viewer {
            account: Some(self.id),
            is_administrator: self.is_administrator(),
        }
    }
}

/// An account before it has an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// 1 to 64 lower-case letters, digits and `.`, `_`, `-`, `+`, `@`; the first one a letter or a digit.
    pub username: String,
    /// May be empty.
    pub email: String,
    /// Argon2id, as a PHC string; empty: no login with a password.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
}

/// An account could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateAccountError {
    /// Somebody has the name.
    #[error("the user name `{0}` is taken")]
    UsernameTaken(String),
    /// It is no name.
    #[error(
        "`{0}` is no user name, expected 1 to 64 lower-case letters, digits and `.`, `_`, `-`, `+`, `@`, starting with a letter or a digit"
    )]
    InvalidUsername(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The columns of [`Account`].
#[derive(FromRow)]
pub(crate) struct AccountRow {
    id: String,
    number: i64,
    username: String,
    email: String,
    password_hash: String,
    role: String,
    is_active: bool,
    must_change_password: bool,
    created_at: String,
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Account, StoreError> {
        Ok(Account {
            id: AccountId::read(&row.id)?,
            number: row.number,
            username: row.username,
            email: row.email,
            role: row
                .role
                .parse()
                .map_err(|error| corrupt("account.role", &row.role, &error))?,
            is_active: row.is_active,
            must_change_password: row.must_change_password,
            created_at: from_text("account.created_at", &row.created_at)?,
        })
    }
}

fn is_username(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    (1..=64).contains(&text.len())
        && text.bytes().next().is_some_and(is_plain)
        && text
            .bytes()
            .all(|byte| is_plain(byte) || b"._-+@".contains(&byte))
}

impl Store {
    /// Makes an account.
    ///
    /// # Errors
    /// When the name is taken or is none, or the database fails.
    pub async fn create_account(
        &self,
        account: &NewAccount,
        now: Timestamp,
    ) -> Result<Account, CreateAccountError> {
        if !is_username(&account.username) {
            return Err(CreateAccountError::InvalidUsername(
                account.username.clone(),
            ));
        }
        let mut change = self.write().await?;
        let number = next_number(&mut change, "account").await?;
        let row: AccountRow = sqlx::query_as(
            "INSERT INTO account (id, number, username, email, password_hash, role, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
        )
        .bind(AccountId::new().to_string())
        .bind(number)
        .bind(&account.username)
        .bind(&account.email)
        .bind(&account.password_hash)
        .bind(account.role.as_str())
        .bind(to_text(now))
        .fetch_one(&mut *change)
        .await
        .map_err(|error| match is_taken(&error) {
            true => CreateAccountError::UsernameTaken(account.username.clone()),
            false => StoreError::from(error).into(),
        })?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(Account::try_from(row)?)
    }

    /// The account with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account(&self, account: AccountId) -> Result<Option<Account>, StoreError> {
        let row: Option<AccountRow> = sqlx::query_as("SELECT * FROM account WHERE id = ?")
            .bind(account.to_string())
            .fetch_optional(self.read())
            .await?;
        row.map(Account::try_from).transpose()
    }

    /// The account with this name, and the hash of its password.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_by_name(
        &self,
        username: &str,
    ) -> Result<Option<(Account, String)>, StoreError> {
        let row: Option<AccountRow> = sqlx::query_as("SELECT * FROM account WHERE username = ?")
            .bind(username.to_ascii_lowercase())
            .fetch_optional(self.read())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let hash = row.password_hash.clone();
        Ok(Some((Account::try_from(row)?, hash)))
    }

    /// Accounts whose name holds `search`, by name; all of them when it is empty.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts(&self, search: &str, page: Page) -> Result<Listed<Account>, StoreError> {
        let pattern = like_pattern(search);
        let count: i64 = sqlx::query_scalar(
            r"SELECT COUNT(*) FROM account WHERE (? = '' OR username LIKE ? ESCAPE '\')",
        )
        .bind(search)
        .bind(&pattern)
        .fetch_one(self.read())
        .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<AccountRow> = sqlx::query_as(
            r"SELECT * FROM account WHERE (? = '' OR username LIKE ? ESCAPE '\')
              ORDER BY username LIMIT ? OFFSET ?",
        )
        .bind(search)
        .bind(&pattern)
        .bind(limit)
        .bind(offset)
        .fetch_all(self.read())
        .await?;
        let items: Result<Vec<Account>, StoreError> =
            rows.into_iter().map(Account::try_from).collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }

    /// How many accounts there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_accounts(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM account")
            .fetch_one(self.read())
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Sets a password, which its owner may keep, and ends all logins with the old one. `false`: there is no such account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password_hash(
        &self,
        account: AccountId,
        hash: &str,
    ) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let done = sqlx::query(
            "UPDATE account SET password_hash = ?, must_change_password = FALSE WHERE id = ?",
        )
        .bind(hash)
        .bind(account.to_string())
        .execute(&mut *change)
        .await?;
        sqlx::query("DELETE FROM session WHERE account_id = ?")
            .bind(account.to_string())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// The owner is to choose another password at the next login in a browser. `false`: there is no such account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn demand_new_password(&self, account: AccountId) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let done = sqlx::query("UPDATE account SET must_change_password = TRUE WHERE id = ?")
            .bind(account.to_string())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives somebody another role. `false`: there is no such account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_role(&self, account: AccountId, role: Role) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let done = sqlx::query("UPDATE account SET role = ? WHERE id = ?")
            .bind(role.as_str())
            .bind(account.to_string())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Locks somebody out, or lets them in again. `false`: there is no such account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_active(
        &self,
        account: AccountId,
        is_active: bool,
    ) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        let done = sqlx::query("UPDATE account SET is_active = ? WHERE id = ?")
            .bind(is_active)
            .bind(account.to_string())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

/// Finds `text` anywhere; what means something to `LIKE` means itself.
fn like_pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_start_plainly() {
        for good in ["a", "7", "ann", "ann.lee+x@example.org", "a_b-c"] {
            assert!(is_username(good), "{good}");
        }
        let long = "a".repeat(65);
        for bad in ["", "Ann", ".ann", "a b", "a/b", "ä", &long] {
            assert!(!is_username(bad), "{bad}");
        }
    }

    #[test]
    fn roles_grow() {
        assert!(Role::User < Role::Creator && Role::Creator < Role::Administrator);
        assert_eq!("creator".parse::<Role>().unwrap(), Role::Creator);
        assert!("root".parse::<Role>().is_err());
    }
}
