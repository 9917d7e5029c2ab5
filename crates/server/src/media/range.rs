//! Which bytes of a file are wanted: the header `Range`, as far as RFC 9110, 14.2, has one range.

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// These bytes; all of them where nothing, or nothing that is understood, is asked.
    Part {
        /// The first one.
        first: u64,
        /// How many.
        length: u64,
    },
    /// Bytes that are not there.
    Beyond,
}

impl Range {
    pub(super) fn read(header: Option<&str>, size: u64) -> Range {
        let all = Range::Part {
            first: 0,
            length: size,
        };
        let Some((first, last)) = header
            .and_then(|header| header.strip_prefix("bytes="))
            .filter(|ranges| !ranges.contains(','))
            .and_then(|range| range.split_once('-'))
        else {
            return all;
        };
        let (first, last) = (first.trim(), last.trim());
        let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => (first, last.min(size.saturating_sub(1))),
            (Ok(first), Err(_)) if last.is_empty() => (first, size.saturating_sub(1)),
            (Err(_), Ok(0)) if first.is_empty() => return Range::Beyond,
            (Err(_), Ok(count)) if first.is_empty() => {
                (size.saturating_sub(count), size.saturating_sub(1))
            }
            (Ok(_) | Err(_), Ok(_) | Err(_)) => return all,
        };
        if first >= size {
            return Range::Beyond;
        }
        Range::Part {
            first,
            length: last - first + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood() {
        let part = |first, length| Range::Part { first, length };
        for (header, expected) in [
            (None, part(0, 10)),
            (Some("bytes=0-3"), part(0, 4)),
            (Some("bytes=4-"), part(4, 6)),
            (Some("bytes=-3"), part(7, 3)),
            (Some("bytes=-30"), part(0, 10)),
            (Some("bytes=8-99"), part(8, 2)),
            (Some("bytes=10-"), Range::Beyond),
            (Some("bytes=-0"), Range::Beyond),
            (Some("bytes=5-4"), part(0, 10)),
            (Some("bytes=0-1,3-4"), part(0, 10)),
            (Some("lines=1-2"), part(0, 10)),
        ] {
            assert_eq!(Range::read(header, 10), expected, "{header:?}");
        }
        assert_eq!(Range::read(None, 0), part(0, 0));
        assert_eq!(Range::read(Some("bytes=0-"), 0), Range::Beyond);
    }
}
