//! Addresses that say themselves that they may be used: for one part of one upload, until a time.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, ToSpan};
use sha2::Sha256;
use store::ids::UploadId;

use crate::auth::hex;
use crate::state::SigningKey;

/// For how long an address may be used, hours: a slow line needs long for one part.
const HOURS: i64 = 12;

/// Signs and checks addresses of parts.
pub struct Signer<'a> {
    key: &'a SigningKey,
}

impl<'a> Signer<'a> {
    /// With the server's key.
    #[must_use]
    pub fn new(key: &'a SigningKey) -> Signer<'a> {
        Signer { key }
    }

    /// Path and query of a part's address.
    #[must_use]
    pub fn sign(&self, upload: UploadId, number: u32, now: Timestamp) -> String {
        let expires = (now + HOURS.hours()).as_second();
        let signature = hex(&self.mac(upload, number, expires).finalize().into_bytes());
        format!("/uploads/{upload}/parts/{number}?expires={expires}&signature={signature}")
    }

    /// Whether somebody has signed this, and it has not ended.
    #[must_use]
    pub fn verifies(
        &self,
        (upload, number): (UploadId, u32),
        (expires, signature): (i64, &str),
        now: Timestamp,
    ) -> bool {
        let Some(bytes) = unhex(signature) else {
            return false;
        };
        // Compares in constant time.
        let is_signed = self
            .mac(upload, number, expires)
            .verify_slice(&bytes)
            .is_ok();
        is_signed && now.as_second() < expires
    }

    fn mac(&self, upload: UploadId, number: u32, expires: i64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key.0).expect("any length will do");
        mac.update(format!("PUT upload {upload} part {number} until {expires}").as_bytes());
        mac
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pairs = digits.chunks_exact(2);
    if digits.len() != 64 {
        return None;
    }
    pairs
        .map(|pair| {
            let text = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(text, 16).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_is_good_and_only_for_a_while() {
        let key = SigningKey([7; 32]);
        let signer = Signer::new(&key);
        let (upload, now) = (
            UploadId::new(),
            Timestamp::from_second(1_800_000_000).unwrap(),
        );
        let path = signer.sign(upload, 3, now);
        let query = path.split_once("?expires=").unwrap().1;
        let (expires, signature) = query.split_once("&signature=").unwrap();
        let expires: i64 = expires.parse().unwrap();
        let good = |part, expires, signature: &str, now| {
            signer.verifies((upload, part), (expires, signature), now)
        };
        assert!(good(3, expires, signature, now));
        assert!(!good(4, expires, signature, now));
        assert!(!good(3, expires + 1, signature, now));
        assert!(!good(
            3,
            expires,
            &signature.replace(&signature[..1], "x"),
            now
        ));
        assert!(!good(3, expires, "", now));
        assert!(!good(3, expires, signature, now + 13.hours()));
        let other = SigningKey([8; 32]);
        assert!(!Signer::new(&other).verifies((upload, 3), (expires, signature), now));
    }
}
