//! Documents: the ones that must exist, and links that lead somewhere.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{Finding, Tree};

/// What somebody who opens the repository looks for.
const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

/// Longer, and nobody reads it to the end.
const ARCHITECTURE_LINES: usize = 250;

/// README, ARCHITECTURE and CONTRIBUTING exist, and ARCHITECTURE has fewer than 250 lines.
#[must_use]
pub fn documents(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in DOCUMENTS {
        let Some((_, text)) = tree.texts.iter().find(|(path, _)| path == name) else {
            findings.push(Finding::new(name, 0, "is missing"));
            continue;
        };
        let lines = text.lines().count();
        if *name == "ARCHITECTURE.md" && lines >= ARCHITECTURE_LINES {
            let message = format!("{lines} lines, expected fewer than {ARCHITECTURE_LINES}");
            findings.push(Finding::new(name, lines, message));
        }
    }
    findings
}

/// Every relative link of a document leads to a file or folder, and its `#anchor` to a heading.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in &tree.texts {
        if !path.ends_with(".md") {
            continue;
        }
        for (line, target) in links(text) {
            if let Some(message) = broken(tree, path, &target) {
                findings.push(Finding::new(path, line, message));
            }
        }
    }
    findings
}

fn broken(tree: &Tree, path: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = if file.is_empty() {
        path.to_owned()
    } else {
        match beside(path, file) {
            Some(file) => file,
            None => return Some(format!("`{target}` leads out of the repository")),
        }
    };
    if !exists(tree, &file) {
        return Some(format!("`{target}` leads to nothing"));
    }
    if anchor.is_empty() || !file.ends_with(".md") {
        return None;
    }
    let (_, text) = tree.texts.iter().find(|(path, _)| *path == file)?;
    let found = anchors(text).iter().any(|heading| heading == anchor);
    (!found).then(|| format!("`{target}`: no such heading"))
}

fn exists(tree: &Tree, file: &str) -> bool {
    let folder = format!("{file}/");
    let mut paths = tree.paths.iter();
    file.is_empty() || paths.any(|path| path == file || path.starts_with(&folder))
}

/// `link` as seen from the folder of `path`, or nothing if it leaves the repository.
fn beside(path: &str, link: &str) -> Option<String> {
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(folders.pop()?),
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

/// Line and target of every link and picture.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event {
            let line = text[..range.start].matches('\n').count() + 1;
            found.push((line, dest_url.into_string()));
        }
    }
    found
}

/// The anchors that GitHub gives to headings: lower case, hyphens for spaces, no punctuation.
fn anchors(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match (event, &mut heading) {
            (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
            (Event::End(TagEnd::Heading(_)), Some(words)) => {
                found.push(anchor(words));
                heading = None;
            }
            (Event::Text(part) | Event::Code(part), Some(words)) => words.push_str(&part),
            (_, _) => {}
        }
    }
    found
}

fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars();
    kept.filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect::<String>()
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_nothing_are_found() {
        let text = "# A `b`, c!\n[1](d.md) [2](../e.md#f-g)\n[3](#a-b-c) [4](https://x.org)\n\
                    [5](gone.md) [6](#gone) [7](../e.md#gone)\n[8](../../out.md) `[9](code)`\n\n| ![10](no.png) |\n|--|\n";
        let tree = Tree::of(&[("docs/a.md", text), ("docs/d.md", ""), ("e.md", "## F g\n")]);
        let found: Vec<_> = check(&tree).iter().map(Finding::to_string).collect();
        assert_eq!(
            found,
            [
                "docs/a.md:4: `gone.md` leads to nothing",
                "docs/a.md:4: `#gone`: no such heading",
                "docs/a.md:4: `../e.md#gone`: no such heading",
                "docs/a.md:5: `../../out.md` leads out of the repository",
                "docs/a.md:7: `no.png` leads to nothing",
            ]
        );
    }

    #[test]
    fn missing_and_endless_documents_are_found() {
        let long = "a\n".repeat(250);
        let tree = Tree::of(&[("README.md", ""), ("ARCHITECTURE.md", &long)]);
        let found: Vec<_> = documents(&tree).iter().map(Finding::to_string).collect();
        let expected = "ARCHITECTURE.md:250: 250 lines, expected fewer than 250";
        assert_eq!(found, [expected, "CONTRIBUTING.md:0: is missing"]);
        let short = "a\n".repeat(249);
        let all = [
            ("README.md", ""),
            ("ARCHITECTURE.md", short.as_str()),
            ("CONTRIBUTING.md", ""),
        ];
        assert!(documents(&Tree::of(&all)).is_empty());
    }
}
