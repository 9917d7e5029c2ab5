//! Sizes, durations, moments and messages as people read them.

use jiff::Timestamp;

/// A moment for `<time>`: for machines, and for people until a script shows their own time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// RFC 3339.
    pub machine: String,
    /// In UTC.
    pub text: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Moment {
        Moment {
            machine: at.to_string(),
            text: at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        }
    }
}

/// Bytes, with decimal units: `512 B`, `24.0 GB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 4] = [
        ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("kB", 1_000),
    ];
    match UNITS.iter().find(|(_, size)| count >= *size) {
        Some((unit, size)) => format!("{:.1} {unit}", count as f64 / *size as f64),
        None => format!("{count} B"),
    }
}

/// Seconds: `42 ms`, `12.3 s`, `3 min 20 s`, `2 h 5 min`.
#[must_use]
pub fn seconds(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "unknown".to_owned();
    }
    if seconds < 0.9995 {
        return format!("{:.0} ms", seconds * 1e3);
    }
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float to an integer saturates, and it is not negative"
    )]
    let whole = seconds.round() as u64;
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    match (hours, minutes, rest) {
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, rest) => format!("{minutes} min {rest} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// How many, with the word for it.
#[must_use]
pub fn counted(count: u64, one: &str, more: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {more}")
    }
}

/// A message as HTML: everything in it escaped, and what stands in backticks as code.
#[must_use]
pub fn marked(message: &str) -> String {
    let mut html = String::with_capacity(message.len() + 16);
    let parts: Vec<&str> = message.split('`').collect();
    for (place, part) in parts.iter().enumerate() {
        // A backtick without its partner is one.
        let is_code = place % 2 == 1 && place + 1 < parts.len();
        html.push_str(match (is_code, place % 2) {
            (true, _) => "<code>",
            (false, 1) => "`",
            (false, _) => "",
        });
        for letter in part.chars() {
            match letter {
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '&' => html.push_str("&amp;"),
                '"' => html.push_str("&quot;"),
                '\'' => html.push_str("&#39;"),
                letter => html.push(letter),
            }
        }
        if is_code {
            html.push_str("</code>");
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_show_code_and_never_become_markup() {
        assert_eq!(
            marked("socket `a<b>`: <i>\"x\"</i> & 'y'"),
            "socket <code>a&lt;b&gt;</code>: &lt;i&gt;&quot;x&quot;&lt;/i&gt; &amp; &#39;y&#39;"
        );
        assert_eq!(marked("one ` alone"), "one ` alone");
        assert_eq!(marked("`a` and `b"), "<code>a</code> and `b");
        assert_eq!(marked(""), "");
    }

    #[test]
    fn sizes_and_times_read_well() {
        assert_eq!(
            (bytes(999), bytes(24_000_000_000)),
            ("999 B".into(), "24.0 GB".into())
        );
        for (time, text) in [
            (0.0421, "42 ms"),
            (0.9999, "1.0 s"),
            (12.34, "12.3 s"),
            (60.0, "1 min"),
            (200.0, "3 min 20 s"),
            (7200.0, "2 h"),
            (7500.0, "2 h 5 min"),
            (f64::NAN, "unknown"),
        ] {
            assert_eq!(seconds(time), text);
        }
        assert_eq!(counted(1, "job", "jobs"), "1 job");
    }
}
