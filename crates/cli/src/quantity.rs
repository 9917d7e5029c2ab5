//! Amounts as people write and read them.

/// Bytes with a decimal unit, as `24 GB`: three significant digits at most, exact below 1 kB.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1000 {
        return format!("{count} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut amount = count as f64 / 1000.0;
    let mut unit = 0;
    // Half a unit in the last shown digit, so that 999 950 B is 1 MB and not 1000 kB.
    while amount >= 999.5 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    let digits = if amount >= 99.5 { 0 } else { 1 };
    let number = format!("{amount:.digits$}");
    format!(
        "{} {}",
        number.strip_suffix(".0").unwrap_or(&number),
        UNITS[unit]
    )
}

/// Seconds as `12 ms`, `1.25 s` or `3 min 5 s`.
pub(crate) fn seconds(seconds: f64) -> String {
    if seconds < 0.9995 {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    if seconds < 59.995 {
        return format!("{seconds:.2} s");
    }
    let minutes = (seconds.round() / 60.0).floor();
    let rest = seconds.round() - minutes * 60.0;
    if minutes < 60.0 {
        return format!("{minutes} min {rest} s");
    }
    let hours = (minutes / 60.0).floor();
    format!("{hours} h {} min", minutes - hours * 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_three_digits_at_most() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 kB"),
            (1550, "1.6 kB"),
            (999_950, "1 MB"),
            (24_000_000_000, "24 GB"),
            (123_456_789, "123 MB"),
            (u64::MAX, "18.4 EB"),
        ];
        for (count, text) in cases {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn seconds_choose_their_unit() {
        let cases = [
            (0.0, "0 ms"),
            (0.0126, "13 ms"),
            (0.9999, "1.00 s"),
            (12.345, "12.35 s"),
            (59.999, "1 min 0 s"),
            (185.0, "3 min 5 s"),
            (7260.0, "2 h 1 min"),
        ];
        for (value, text) in cases {
            assert_eq!(seconds(value), text, "{value}");
        }
    }
}
