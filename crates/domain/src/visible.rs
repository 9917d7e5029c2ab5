//! Text as somebody reads it: marks that nobody sees, and that can make it read otherwise than it is, are written out.

use std::borrow::Cow;

/// The text with `⟨U+202E⟩` for each mark that turns the direction of writing or has no width.
///
/// Joiners stay between letters beyond Latin, where scripts and emoji need them.
///
/// Only for what people look at: what programs are given stays as it is.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_mark(c) || is_joiner(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut letters = text.chars().peekable();
    let mut before = None;
    while let Some(letter) = letters.next() {
        let joins =
            is_joiner(letter) && needs_joiners(before) && needs_joiners(letters.peek().copied());
        if is_mark(letter) || is_joiner(letter) && !joins {
            shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(letter)));
        } else {
            shown.push(letter);
        }
        before = Some(letter);
    }
    Cow::Owned(shown)
}

/// Marks of direction, and what has no width.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

fn needs_joiners(beside: Option<char>) -> bool {
    beside.is_some_and(|c| c >= '\u{300}' && !is_mark(c) && !is_joiner(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_written_out() {
        assert_eq!(visible("gpj.\u{202e}exe"), "gpj.⟨U+202E⟩exe");
        assert_eq!(
            visible("a\u{200b}b\u{feff}\u{e0041}"),
            "a⟨U+200B⟩b⟨U+FEFF⟩⟨U+E0041⟩"
        );
        assert_eq!(visible("ad\u{200d}min"), "ad⟨U+200D⟩min");
        assert_eq!(visible("\u{200d}\u{200c}"), "⟨U+200D⟩⟨U+200C⟩");
        assert!(matches!(visible("plain – ≤ 3 µm, שלום"), Cow::Borrowed(_)));
    }

    #[test]
    fn joiners_stay_where_they_are_needed() {
        for text in ["می\u{200c}خواهم", "👩\u{200d}🔬", "क्\u{200d}ष"] {
            assert_eq!(visible(text), text);
        }
    }
}
