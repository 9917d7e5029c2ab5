//! Sizes and times as people write them: `24GB`, `512MiB`, `2h`, `90s`.

/// A text that is no size or time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no {what}, expected {expected}")]
pub struct InvalidQuantity {
    found: String,
    what: &'static str,
    expected: &'static str,
}

/// Bytes: decimal units are powers of 1000, binary units of 1024.
const SIZES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// Reads a number of bytes, such as `24GB`, `1.5GiB` or `1000`.
///
/// # Errors
/// When it is none, is zero, or does not fit.
pub fn parse_bytes(text: &str) -> Result<u64, InvalidQuantity> {
    let invalid = || InvalidQuantity {
        found: text.to_owned(),
        what: "size",
        expected: "a size such as `24GB` or `512MiB`",
    };
    let trimmed = text.trim();
    let (number, unit) = SIZES
        .iter()
        .find_map(|(suffix, unit)| Some((trimmed.strip_suffix(suffix)?, *unit)))
        .unwrap_or((trimmed, 1));
    scaled(number.trim(), unit)
        .filter(|bytes| *bytes > 0)
        .ok_or_else(invalid)
}

/// Reads a time in whole milliseconds, such as `2h`, `1h30m`, `90s`, `500ms` or `3600` (seconds).
///
/// # Errors
/// When it is none, is zero, or does not fit.
pub fn parse_milliseconds(text: &str) -> Result<u64, InvalidQuantity> {
    let invalid = || InvalidQuantity {
        found: text.to_owned(),
        what: "time",
        expected: "a time such as `2h`, `90s` or `1h30m`",
    };
    let mut rest = text.trim();
    if let Some(milliseconds) = scaled(rest, 1000) {
        return Some(milliseconds)
            .filter(|time| *time > 0)
            .ok_or_else(invalid);
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest
            .find(|character: char| character.is_ascii_alphabetic())
            .ok_or_else(invalid)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .find(|character: char| !character.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at(letters);
        let unit = match unit {
            "d" => 86_400_000,
            "h" => 3_600_000,
            "m" | "min" => 60_000,
            "s" => 1_000,
            "ms" => 1,
            _unknown => return Err(invalid()),
        };
        let part = scaled(number.trim(), unit).ok_or_else(invalid)?;
        total = total.checked_add(part).ok_or_else(invalid)?;
        rest = next.trim_start();
    }
    if total > 0 { Ok(total) } else { Err(invalid()) }
}

/// Reads percent of one processor from `200%`, or a number of processors such as `2` or `0.5`.
///
/// # Errors
/// When it is neither, or less than 1 %.
pub fn parse_cpu_percent(text: &str) -> Result<u32, InvalidQuantity> {
    let invalid = || InvalidQuantity {
        found: text.to_owned(),
        what: "share of processors",
        expected: "percent of one processor such as `200%`, or a number of processors such as `2`",
    };
    let (number, unit) = text
        .trim()
        .strip_suffix('%')
        .map_or((text.trim(), 100), |number| (number.trim(), 1));
    let percent = scaled(number, unit)
        .filter(|percent| *percent > 0)
        .ok_or_else(invalid)?;
    u32::try_from(percent).map_err(|_| invalid())
}

/// A plain decimal number times a unit, exactly, rounded down; `None` for anything else.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    const SCALE: u64 = 1_000_000;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty()
        || fraction.is_empty()
        || fraction.len() > 6
        || !digits(whole)
        || !digits(fraction)
    {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<6}").parse().ok()?;
    let fraction = u128::from(unit) * u128::from(fraction) / u128::from(SCALE);
    whole
        .checked_mul(unit)?
        .checked_add(u64::try_from(fraction).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("24GB", 24_000_000_000),
            ("1.5 GiB", 1_610_612_736),
            ("512MiB", 536_870_912),
            ("1000", 1000),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for bad in ["", "GB", "0", "-1GB", "1e9", "1XB", "99999999999TB", "1.GB"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times() {
        for (text, time) in [
            ("2h", 7_200_000),
            ("1h30m", 5_400_000),
            ("90s", 90_000),
            ("500ms", 500),
            ("3600", 3_600_000),
            ("1.5s", 1500),
        ] {
            assert_eq!(parse_milliseconds(text), Ok(time), "{text}");
        }
        for bad in ["", "h", "0s", "2 weeks", "-1s", "1h30"] {
            assert!(parse_milliseconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn shares() {
        for (text, percent) in [("200%", 200), ("2", 200), ("0.5", 50), ("1%", 1)] {
            assert_eq!(parse_cpu_percent(text), Ok(percent), "{text}");
        }
        assert!(parse_cpu_percent("0").is_err() && parse_cpu_percent("lots").is_err());
    }
}
