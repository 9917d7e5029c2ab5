//! What the value of a header field may be, as the platform checks it.

/// Kinds of values.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holds {
    /// At most 128 characters.
    Text,
    Number,
    /// `40` or `[40, 80]`.
    NumberOrArray,
    /// One number for each time point, one blank between them.
    Numbers,
    /// One `HHMMSS` or `HHMMSS.mmm` for each time point, one blank between them.
    Times,
}

impl Holds {
    /// What would have been accepted, when this is not.
    pub(super) fn check(self, value: &str, timepoints: u64) -> Result<(), String> {
        let each = |is_one: fn(&str) -> bool| {
            value.split(' ').count() as u64 == timepoints && value.split(' ').all(is_one)
        };
        let plural = if timepoints == 1 { "" } else { "s" };
        let (is_good, expected) = match self {
            Holds::Text => (
                value.chars().count() <= 128,
                "at most 128 characters".into(),
            ),
            Holds::Number => (is_number(value), "a number".into()),
            Holds::NumberOrArray => (
                is_number(value) || is_array(value),
                "a number or a list such as `[40, 80]`".into(),
            ),
            Holds::Numbers => (
                each(is_number),
                format!("{timepoints} number{plural}, one for each time point"),
            ),
            Holds::Times => (
                each(is_time),
                format!("{timepoints} time{plural} `HHMMSS`, one for each time point"),
            ),
        };
        if is_good { Ok(()) } else { Err(expected) }
    }
}

/// The numbers of a value that was accepted as a number or a list.
pub(super) fn numbers(value: &str) -> Vec<f64> {
    value
        .trim_matches(['[', ']'])
        .split(',')
        .filter_map(|word| word.trim().parse().ok())
        .filter(|number: &f64| number.is_finite())
        .collect()
}

/// Sign, digits, a point with digits behind it, exponent: not `5.`, `inf` or `nan`.
fn is_number(text: &str) -> bool {
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = |text: &'_ str| text.strip_prefix(['-', '+']).unwrap_or(text).to_owned();
    let text = unsigned(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(unsigned(exponent))),
        None => (text.as_str(), None),
    };
    let (whole, last) = mantissa.split_once('.').unwrap_or(("", mantissa));
    is_digits(whole)
        && is_digits(last)
        && !last.is_empty()
        && exponent.is_none_or(|digits| is_digits(&digits) && !digits.is_empty())
}

fn is_array(text: &str) -> bool {
    let inside = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    inside.is_some_and(|inside| {
        inside.split(',').enumerate().all(|(index, word)| {
            let word = match word.strip_prefix(char::is_whitespace) {
                Some(rest) if index > 0 => rest,
                Some(_) | None => word,
            };
            is_number(word)
        })
    })
}

/// `HHMMSS` or `HHMMSS.mmm`.
fn is_time(text: &str) -> bool {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let is_digits = |text: &str, count: usize| {
        text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    is_digits(clock, 6)
        && clock[..2] < *"24"
        && clock[2..4] < *"60"
        && clock[4..] < *"60"
        && fraction.is_none_or(|digits| is_digits(digits, 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_those_of_the_platform() {
        for good in ["1", "-1.5", "+.5", "1.2e-6", "3E+5"] {
            assert!(is_number(good), "{good}");
        }
        for bad in [
            "", "-", "5.", ".", "1e", "inf", "nan", "1 2", "--1", "1e5.0",
        ] {
            assert!(!is_number(bad), "{bad}");
        }
        for (text, is_good) in [
            ("[1,2]", true),
            ("[1, 2]", true),
            ("[]", false),
            ("[ 1]", false),
        ] {
            assert_eq!(is_array(text), is_good, "{text}");
        }
        for (text, is_good) in [
            ("235959.999", true),
            ("000000", true),
            ("240000", false),
            ("006000", false),
            ("000000.1", false),
            ("é0000", false),
        ] {
            assert_eq!(is_time(text), is_good, "{text}");
        }
    }
}
