//! The one place in which text becomes a part of a page. Nothing in it acts, marks that nobody sees are written out, and what
//! is written from right to left does not turn what stands beside it.
//!
//! Values come in through [`Isolating`], which `askama.toml` names for all templates; the whole page then goes through
//! [`shown`]. What a form sends back and where links lead stays as it is.

use std::borrow::Cow;
use std::fmt::{self, Write};

use askama::filters::{Escaper, Html};
use domain::visible;

/// Where a value with letters from right to left begins and ends, between the template and [`shown`]: no text has these.
const BEGIN: char = '\u{fdd0}';
const END: char = '\u{fdd1}';

/// Text without its acts, and marked where it has to stand for itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Isolating;

impl Escaper for Isolating {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        if string.is_ascii() {
            return Html.write_escaped_str(dest, string);
        }
        let string = string.replace([BEGIN, END], "\u{fffd}");
        if !string.chars().any(is_from_right) {
            return Html.write_escaped_str(dest, &string);
        }
        dest.write_char(BEGIN)?;
        Html.write_escaped_str(&mut dest, &string)?;
        dest.write_char(END)
    }
}

/// Letters of scripts that are written from right to left.
fn is_from_right(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
    )
}

/// What people read of attributes.
const READ: [&str; 4] = ["alt", "aria-label", "placeholder", "title"];
/// Elements whose text goes back or is for programs.
const KEPT: [&str; 3] = ["script", "style", "textarea"];
/// Elements that hold text and no elements.
const PLAIN: [&str; 2] = ["option", "title"];

/// A page as it is sent.
#[must_use]
pub(in crate::ui) fn shown(html: String) -> String {
    let has_marks = || matches!(visible(&html), Cow::Owned(_));
    if html.is_ascii() || !(html.contains([BEGIN, END]) || has_marks()) {
        return html;
    }
    let mut page = Page {
        rest: &html,
        made: String::with_capacity(html.len() + 256),
        inside: "",
    };
    while !page.rest.is_empty() {
        page.text();
        page.tag();
    }
    page.made
}

/// A page in the making.
struct Page<'a> {
    rest: &'a str,
    made: String,
    /// Name of the element that began last, or empty after one has ended.
    inside: &'a str,
}

impl<'a> Page<'a> {
    /// Takes what comes before this, or all there is.
    fn until(&mut self, end: &str) -> &'a str {
        let at = self.rest.find(end).unwrap_or(self.rest.len());
        let (part, rest) = self.rest.split_at(at);
        self.rest = rest;
        part
    }

    /// Text up to the next tag.
    fn text(&mut self) {
        if KEPT.contains(&self.inside) {
            let end = format!("</{}", self.inside);
            let part = self.until(&end).replace([BEGIN, END], "");
            self.made.push_str(&part);
            return;
        }
        let part = self.until("<");
        let (begin, end) = match PLAIN.contains(&self.inside) {
            true => ("\u{2068}", "\u{2069}"),
            false => ("<bdi>", "</bdi>"),
        };
        let mut is_open = false;
        for piece in visible(part).split_inclusive([BEGIN, END]) {
            let text = piece.trim_end_matches([BEGIN, END]);
            self.made.push_str(text);
            match (piece[text.len()..].chars().next(), is_open) {
                (Some(BEGIN), false) => self.made.push_str(begin),
                (Some(END), true) => self.made.push_str(end),
                (Some(_) | None, _) => continue,
            }
            is_open = !is_open;
        }
        if is_open {
            self.made.push_str(end);
        }
    }

    /// A tag with its attributes.
    fn tag(&mut self) {
        let Some(after) = self.rest.strip_prefix('<') else {
            return;
        };
        let name = &after[..after
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(after.len())];
        self.inside = name;
        loop {
            let at = self.rest.find(['"', '>']).unwrap_or(self.rest.len());
            let (part, rest) = self.rest.split_at(at);
            self.made.push_str(part);
            let Some(rest) = rest.strip_prefix('"') else {
                self.rest = rest.strip_prefix('>').map_or("", |rest| {
                    self.made.push('>');
                    rest
                });
                return;
            };
            self.made.push('"');
            self.rest = rest;
            let value = self.until("\"").replace([BEGIN, END], "");
            let name = part.trim_end_matches('=').rsplit([' ', '\n']).next();
            match name.is_some_and(|name| READ.contains(&name)) {
                true => self.made.push_str(&visible(&value)),
                false => self.made.push_str(&value),
            }
            if let Some(rest) = self.rest.strip_prefix('"') {
                self.made.push('"');
                self.rest = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;

    #[derive(Template)]
    #[template(
        source = r#"<title>{{ it }}</title><p title="{{ it }}">{{ it }} ({{ 12 }})</p><input value="{{ it }}"><textarea>{{ it }}</textarea><b>{{ it }}</b>"#,
        ext = "html"
    )]
    struct Little<'a> {
        it: &'a str,
    }

    fn page(it: &str) -> String {
        shown(Little { it }.render().expect("it is filled"))
    }

    #[test]
    fn marks_are_written_out_where_they_are_read_only() {
        let found = page("a\u{202e}<b");
        let (read, kept) = ("a⟨U+202E⟩&#60;b", "a\u{202e}&#60;b");
        let expected = format!(
            "<title>{read}</title><p title=\"{read}\">{read} (12)</p><input value=\"{kept}\"><textarea>{kept}</textarea><b>{read}</b>"
        );
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_written_from_right_to_left_stands_for_itself() {
        let found = page("שלום 3");
        assert!(
            found.starts_with("<title>\u{2068}שלום 3\u{2069}</title>"),
            "{found}"
        );
        assert!(
            found.contains("<p title=\"שלום 3\"><bdi>שלום 3</bdi> (12)</p>"),
            "{found}"
        );
        assert!(found.contains("value=\"שלום 3\""), "{found}");
        assert!(
            found.ends_with("<textarea>שלום 3</textarea><b><bdi>שלום 3</bdi></b>"),
            "{found}"
        );
    }

    #[test]
    fn nobody_else_opens_or_ends_it() {
        let found = page("\u{fdd1}א\u{fdd0}");
        assert!(
            found.contains("<b><bdi>\u{fffd}א\u{fffd}</bdi></b>"),
            "{found}"
        );
        let given = "<p>\u{fdd1}x\u{fdd0}y\u{fdd0}</p>";
        assert_eq!(shown(given.to_owned()), "<p>x<bdi>y</bdi></p>");
        let plain = "<p a=\">\">é</p>";
        assert_eq!(shown(plain.to_owned()), plain);
        let torn = "<p title=\"\u{202e}";
        assert_eq!(shown(torn.to_owned()), "<p title=\"⟨U+202E⟩");
    }
}
