//! Short names that stand in URLs, files and commands.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Lower-case letters and digits in groups joined by single hyphens: `ct-image`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// A text that is no slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is no slug, expected lower-case letters and digits joined by single hyphens, such as `ct-image`"
)]
pub struct InvalidSlug {
    found: String,
}

const MAX_LENGTH: usize = 255;

impl Slug {
    /// A slug from text.
    ///
    /// # Errors
    /// When it is none, or is longer than 255 bytes.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidSlug> {
        let text = text.into();
        let group = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'))
        };
        if text.len() <= MAX_LENGTH && text.split('-').all(group) {
            Ok(Self(text))
        } else {
            Err(InvalidSlug { found: text })
        }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = InvalidSlug;

    fn try_from(text: String) -> Result<Self, InvalidSlug> {
        Self::new(text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

#[cfg(test)]
mod tests {
    use super::Slug;

    #[test]
    fn slugs_are_strict() {
        for good in ["a", "ct-image", "2d-box", "x1-y2-z3"] {
            assert_eq!(Slug::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "", "-a", "a-", "a--b", "A", "a b", "a_b", "ä", "a/b", "../a",
        ] {
            assert!(Slug::new(bad).is_err(), "{bad}");
        }
    }
}
