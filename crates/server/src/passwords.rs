//! Passwords: Argon2id, never in the clear.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

/// What is kept of a password, as a PHC string. Takes some tens of milliseconds and 19 MiB: away from async threads.
///
/// # Errors
/// When the system has no randomness.
pub fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    let hash = Argon2::default().hash_password(password.as_bytes())?;
    Ok(hash.to_string())
}

/// Whether a password is the one that was hashed. Costs the same when there is no hash, so that time tells nobody which
/// names exist.
#[must_use]
pub fn is_right(password: &str, hash: Option<&str>) -> bool {
    let known = hash.and_then(|hash| PasswordHash::new(hash).ok());
    match known {
        Some(known) => Argon2::default()
            .verify_password(password.as_bytes(), &known)
            .is_ok(),
        None => {
            // The result is of no interest, its cost is.
            let _ = self::hash(password);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_is_right() {
        let kept = hash("correct horse").unwrap();
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        assert!(is_right("correct horse", Some(&kept)));
        assert!(!is_right("correct cow", Some(&kept)));
        assert!(!is_right("", Some("")));
        assert!(!is_right("correct horse", None));
    }
}
