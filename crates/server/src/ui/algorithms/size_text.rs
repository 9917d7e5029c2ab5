//! Limits as one types them: exact, and read back by `domain::quantity` to the same number.

/// Bytes in the largest unit that gives a short number: `24GB`, `32GiB`, `1.5GB`; `0` for none.
pub(in crate::ui) fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 8] = [
        ("TB", 1_000_000_000_000),
        ("TiB", 1 << 40),
        ("GB", 1_000_000_000),
        ("GiB", 1 << 30),
        ("MB", 1_000_000),
        ("MiB", 1 << 20),
        ("kB", 1_000),
        ("KiB", 1 << 10),
    ];
    for (name, unit) in UNITS {
        if count >= unit && (count * 10).is_multiple_of(unit) {
            let (whole, tenth) = (count / unit, count * 10 / unit % 10);
            return if tenth == 0 {
                format!("{whole}{name}")
            } else {
                format!("{whole}.{tenth}{name}")
            };
        }
    }
    count.to_string()
}

/// Milliseconds in the largest unit that they are a multiple of: `2h`, `90s`.
pub(super) fn milliseconds(time: u64) -> String {
    for (name, unit) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if time >= unit && time.is_multiple_of(unit) {
            return format!("{}{name}", time / unit);
        }
    }
    format!("{time}ms")
}

#[cfg(test)]
mod tests {
    use domain::quantity::{parse_bytes, parse_milliseconds};

    use super::*;

    #[test]
    fn what_is_shown_is_read_back() {
        for (count, text) in [
            (24_000_000_000, "24GB"),
            (1_500_000_000, "1.5GB"),
            (32 << 30, "32GiB"),
            (64 << 20, "64MiB"),
            (999, "999"),
            (1_234_567, "1234567"),
        ] {
            assert_eq!(bytes(count), text);
            assert_eq!(parse_bytes(text), Ok(count));
        }
        for (time, text) in [
            (7_200_000, "2h"),
            (90_000, "90s"),
            (1_500, "1500ms"),
            (120_000, "2m"),
        ] {
            assert_eq!(milliseconds(time), text);
            assert_eq!(parse_milliseconds(text), Ok(time));
        }
    }
}
