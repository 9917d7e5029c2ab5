//! Times as the database keeps them: text that sorts.

use jiff::Timestamp;

use crate::error::{StoreError, corrupt};

/// RFC 3339 in UTC with exactly six decimals.
#[must_use]
pub fn to_text(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// The inverse of [`to_text`].
///
/// # Errors
/// When `text` is no time; `place` is the table and column that holds it.
pub fn from_text(place: &'static str, text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|error| corrupt(place, text, &error))
}

/// [`from_text`] for a column that may be null.
pub(crate) fn from_optional(
    place: &'static str,
    text: Option<&str>,
) -> Result<Option<Timestamp>, StoreError> {
    text.map(|text| from_text(place, text)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_text() {
        let early = Timestamp::from_microsecond(1_700_000_000_000_000).unwrap();
        let late = Timestamp::from_microsecond(1_700_000_000_000_010).unwrap();
        assert_eq!(to_text(early), "2023-11-14T22:13:20.000000Z");
        assert!(to_text(early) < to_text(late));
        assert_eq!(from_text("a.b", &to_text(late)).unwrap(), late);
        assert!(from_text("a.b", "yesterday").is_err());
    }
}
