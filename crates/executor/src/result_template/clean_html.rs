//! The tags and attributes that a result may use; all others go, their text stays.

use std::collections::HashSet;

/// Allowed tags.
const TAGS: [&str; 42] = [
    "a",
    "abbr",
    "acronym",
    "b",
    "blockquote",
    "br",
    "code",
    "col",
    "del",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "dl",
    "dt",
    "dd",
    "caption",
];
/// Addresses that a link may have. Pictures may be embedded only: a result must not call out of the house.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// Cleans HTML.
pub(super) fn clean(html: &str) -> String {
    let mut cleaner = ammonia::Builder::empty();
    cleaner
        .tags(HashSet::from(TAGS))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .generic_attributes(HashSet::from(["title", "role"]))
        .url_schemes(SCHEMES.into_iter().chain(["data"]).collect())
        .link_rel(Some("noopener noreferrer"))
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("img", "src") => value.starts_with("data:image/").then(|| value.into()),
            ("a", "href") if value.trim_start().to_ascii_lowercase().starts_with("data:") => None,
            _ => Some(value.into()),
        });
    for (tag, attributes) in [
        ("a", &["href"][..]),
        ("img", &["src", "alt", "width", "height"]),
        ("th", &["scope", "colspan", "rowspan", "align"]),
        ("td", &["colspan", "rowspan", "align"]),
    ] {
        cleaner.add_tag_attributes(tag, attributes);
    }
    cleaner.clean(html).to_string()
}
