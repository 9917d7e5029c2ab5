//! House rules of pages that can be told from their text.

/// Every tag of a page, without its brackets.
fn tags(html: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start + 1..];
        let end = tag.find('>').unwrap_or(tag.len());
        tags.push(&tag[..end]);
        rest = &tag[end..];
    }
    tags
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..];
    Some(&value[..value.find('"')?])
}

/// One title, headings without gaps, labelled fields, forms with their secret first, headers of tables with a scope, nothing
/// inline that the policy would stop.
pub(super) fn check(html: &str, place: &str) {
    let tags = tags(html);
    let count = |start: &str| tags.iter().filter(|tag| tag.starts_with(start)).count();
    assert_eq!(count("h1"), 1, "{place}: titles");
    headings(&tags, place);
    labels(&tags, place);
    for tag in &tags {
        assert!(
            !tag.contains(" style=") && !tag.contains(" onclick="),
            "{place}: {tag}"
        );
        if tag.starts_with("th ") || *tag == "th" {
            assert!(attribute(tag, "scope").is_some(), "{place}: {tag}");
        }
        if tag.starts_with("script") {
            assert!(attribute(tag, "src").is_some(), "{place}: {tag}");
        }
    }
    for (index, tag) in tags.iter().enumerate() {
        if tag.starts_with("form") && tag.contains("method=\"post\"") {
            let first = tags[index + 1..]
                .iter()
                .find(|tag| tag.starts_with("input"));
            let name = first.and_then(|tag| attribute(tag, "name"));
            assert_eq!(name, Some("csrf"), "{place}: {tag}");
        }
    }
}

fn headings(tags: &[&str], place: &str) {
    let level = |tag: &&str| {
        let rest = tag.strip_prefix('h')?;
        let digit = rest.chars().next()?.to_digit(10)?;
        rest[1..]
            .starts_with([' '])
            .then_some(digit)
            .or((rest.len() == 1).then_some(digit))
    };
    let mut last = 0;
    for level in tags.iter().filter_map(level) {
        assert!(level <= last + 1, "{place}: h{level} after h{last}");
        last = level;
    }
}

fn labels(tags: &[&str], place: &str) {
    let labelled: Vec<&str> = tags
        .iter()
        .filter(|tag| tag.starts_with("label"))
        .filter_map(|tag| attribute(tag, "for"))
        .collect();
    for tag in tags {
        let is_field = ["input", "select", "textarea"].iter().any(|name| {
            tag.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(' '))
        });
        let is_hidden = attribute(tag, "type") == Some("hidden") || tag.ends_with(" hidden");
        if !is_field || is_hidden {
            continue;
        }
        let has_label = attribute(tag, "id").is_some_and(|id| labelled.contains(&id));
        assert!(
            has_label || attribute(tag, "aria-label").is_some(),
            "{place}: {tag}"
        );
    }
}
