//! Where a reader of events stands.

use std::fmt;

/// The last state and the last log line that a reader has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Number of the state.
    pub(super) states: u64,
    /// The attempt whose log is read; 0 before the first.
    pub(super) attempt: u32,
    /// Number of the line.
    pub(super) lines: u64,
}

impl Cursor {
    /// From the id of an event.
    pub(super) fn read(text: &str) -> Option<Cursor> {
        let mut parts = text.split('.');
        let cursor = Cursor {
            states: parts.next()?.parse().ok()?,
            attempt: parts.next()?.parse().ok()?,
            lines: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(cursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.states, self.attempt, self.lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back() {
        let cursor = Cursor {
            states: 3,
            attempt: 1,
            lines: 27,
        };
        assert_eq!(Cursor::read(&cursor.to_string()), Some(cursor));
        for wrong in ["3", "3.1", "3.1.2.4.5", "a.1.2", "-1.0.0", "3.1."] {
            assert_eq!(Cursor::read(wrong), None, "{wrong}");
        }
    }
}
