//! What a new data folder needs before anybody can use it: secrets and an administrator.

use std::io::{self, Write as _};

use camino::Utf8Path;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use jiff::Timestamp;
use rand::RngExt as _;
use store::accounts::{CreateAccountError, NewAccount, Role};
use store::{Store, StoreError};

use crate::passwords;
use crate::state::SigningKey;

/// Name of the first administrator.
const ADMINISTRATOR: &str = "admin";
/// Letters and digits that nobody mistakes for one another.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";

/// The first administrator could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FirstStartError {
    /// The password could not be hashed.
    #[error("the administrator's password cannot be hashed: {0}")]
    Password(String),
    /// The account could not be made.
    #[error(transparent)]
    Account(#[from] CreateAccountError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the administrator where there is no account at all; returns name and password, which nobody keeps.
///
/// # Errors
/// When the database or the system fails.
pub async fn administrator(store: &Store) -> Result<Option<(String, String)>, FirstStartError> {
    if store.count_accounts().await? > 0 {
        return Ok(None);
    }
    let password = new_password();
    let hash = passwords::hash(&password);
    let account = NewAccount {
        username: ADMINISTRATOR.to_owned(),
        email: String::new(),
        password_hash: hash.map_err(|error| FirstStartError::Password(error.to_string()))?,
        role: Role::Administrator,
    };
    let made = store.create_account(&account, Timestamp::now()).await?;
    // It has been on a screen, and perhaps in a log.
    store.demand_new_password(made.id).await?;
    Ok(Some((account.username, password)))
}

/// Twenty letters and digits, 115 bits.
#[must_use]
pub fn new_password() -> String {
    let mut random = rand::rng();
    (0..20)
        .map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())]))
        .collect()
}

/// The secret of signed addresses: read, or made at the first start.
///
/// # Errors
/// When the file cannot be read or written, or holds something else.
pub fn signing_key(home: &Utf8Path) -> io::Result<SigningKey> {
    let path = home.join("signing.key");
    match fs_err::read(&path) {
        Ok(bytes) => {
            let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| {
                io::Error::other(format!("`{path}` has {} bytes, expected 32", bytes.len()))
            })?;
            Ok(SigningKey(key))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key: [u8; 32] = rand::rng().random();
            write_secret(&path, &key)?;
            Ok(SigningKey(key))
        }
        Err(error) => Err(error),
    }
}

/// Writes a file that only its owner reads: whole or not at all.
pub(crate) fn write_secret(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    let new = Utf8Path::new(path).with_extension("new");
    let mut file = fs_err::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs_err::rename(&new, path)
}
