//! What developers read: commands of `./dev` are too long for a test; `named` says that each is there, with its options.

use super::page::Page;
use super::*;

#[test]
fn every_command_for_developers_is_one_of_dev() {
    let contributing = Page::open("CONTRIBUTING.md").all_steps();
    let fuzzing = Page::open("docs/fuzzing.md").steps("sh");
    for step in contributing.iter().chain(&fuzzing) {
        assert!(step.command.starts_with("./dev "), "{}", step.command);
        assert!(step.shown.is_empty(), "{:?}", step.shown);
    }
    assert!(contributing.len() >= 5 && fuzzing.len() == 2);
}

/// `ARCHITECTURE.md` draws what lies in a data folder that a run and a server have used.
pub(super) fn lies_as_drawn(home: &Path) {
    let drawn = Page::open("ARCHITECTURE.md").take("text");
    let mut looked_at = 0;
    for line in drawn.text.lines() {
        let (paths, _what) = line.split_once("  ").expect("a path and what it is");
        for path in paths.split(", ") {
            let path = path.strip_prefix("HOME/").expect("below the data folder");
            let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
            assert!(has(home, &parts), "there is no `{path}`");
            looked_at += 1;
        }
    }
    assert!(looked_at >= 7, "{}", drawn.text);
}

/// Whether something lies there; a part in `<…>` stands for a name.
fn has(folder: &Path, parts: &[&str]) -> bool {
    let Some((part, rest)) = parts.split_first() else {
        return true;
    };
    let (before, end) = match (part.find('<'), part.find('>')) {
        (Some(start), Some(end)) => (&part[..start], Some(&part[end + 1..])),
        _ => (*part, None),
    };
    fs_err::read_dir(folder).is_ok_and(|mut entries| {
        entries.any(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let fits = match end {
                Some(end) => name.starts_with(before) && name.ends_with(end),
                None => name == before,
            };
            fits && has(&entry.path(), rest)
        })
    })
}
