//! What the pages name in passing: commands with their options, and files of the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::page::{blocks, documents, steps};
use super::*;

/// A command or an option of another program than ours.
const OF_OTHERS: [(&str, &str); 2] = [
    ("cargo +nightly fuzz", "`./dev fuzz` installs cargo-fuzz"),
    ("--rm", "an option of docker"),
];

/// What can be called, asked once.
struct Known {
    help: BTreeMap<Vec<String>, String>,
    dev: String,
    script: String,
}

impl Known {
    fn new() -> Known {
        let dev = Command::new(root().join("dev"))
            .arg("help")
            .output()
            .unwrap();
        Known {
            help: BTreeMap::new(),
            dev: String::from_utf8(dev.stdout).unwrap(),
            script: fs_err::read_to_string(root().join("dev")).unwrap(),
        }
    }

    /// Asks every command.
    fn ask_all(&mut self, of: &[String]) {
        let known: Vec<String> = self.commands(of);
        for word in known.into_iter().filter(|word| word != "help") {
            self.ask_all(&[of, &[word]].concat());
        }
    }

    /// What `gantry … --help` says.
    fn help(&mut self, of: &[String]) -> &str {
        self.help.entry(of.to_vec()).or_insert_with(|| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
            let said = command.args(of).arg("--help").output().unwrap();
            assert!(said.status.success(), "gantry {of:?} --help");
            String::from_utf8(said.stdout).unwrap()
        })
    }

    fn commands(&mut self, of: &[String]) -> Vec<String> {
        let help = self.help(of);
        let (_, commands) = help.split_once("\nCommands:\n").unwrap_or_default();
        let commands = commands.split("\n\n").next().unwrap_or_default();
        commands
            .lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
            .collect()
    }

    fn is_command(&mut self, of: &[String], word: &str) -> bool {
        self.commands(of).iter().any(|known| known == word)
    }

    /// What is wrong with a call of `gantry`.
    fn gantry(&mut self, words: &[&str]) -> Option<String> {
        let mut of: Vec<String> = Vec::new();
        let mut words = words.iter().skip(1).peekable();
        while let Some(word) = words.next() {
            let alternatives: Vec<&str> = word.split('|').collect();
            if of.is_empty() && *word == "--home" {
                words.next();
            } else if word.starts_with('-') {
                let option = option(word);
                if !has_option(self.help(&of), option) {
                    return Some(format!("`gantry {}` has no `{option}`", of.join(" ")));
                }
            } else if *word == "help" {
                // Of a command that is a word for any.
                return None;
            } else if alternatives.iter().all(|word| self.is_command(&of, word)) {
                of.push(alternatives[0].to_owned());
            } else if of.is_empty() {
                return Some(format!("`gantry` has no command `{word}`"));
            }
        }
        None
    }

    /// What is wrong with a call of `./dev`.
    fn dev(&self, words: &[&str]) -> Option<String> {
        let name = words.get(1)?;
        let entries: Vec<&str> = self.dev.split("\n./dev ").collect();
        let told = entries
            .iter()
            .filter(|entry| {
                entry.trim_start_matches("./dev ").split([' ', '\n']).next() == Some(name)
            })
            .fold(String::new(), |all, entry| all + "\n" + entry);
        let case = self.script.split("\ncase \"${1:-help}\" in").nth(1)?;
        let taken = case.lines().any(|line| {
            line.trim_end()
                .split(')')
                .next()
                .is_some_and(|names| names.split(" | ").any(|taken| taken.trim() == *name))
        });
        if told.is_empty() || !taken {
            return Some(format!("`./dev` has no command `{name}`"));
        }
        if *name == "fuzz"
            && let Some(target) = words.get(2)
        {
            let source = root().join(format!("fuzz/fuzz_targets/{target}.rs"));
            return (!source.exists()).then(|| format!("there is no target `{target}`"));
        }
        let mut options = words[2..]
            .iter()
            .filter(|word| word.starts_with("--") || ["hostile", "gpu", "viewers"].contains(word));
        options
            .find(|word| !has_option(&told, word))
            .map(|word| format!("`./dev {name}` knows no `{word}`"))
    }
}

/// `--x` of `[--x=…]`.
fn option(word: &str) -> &str {
    let end = word.find(['=', ']', ',']).unwrap_or(word.len());
    &word[..end]
}

fn has_option(help: &str, option: &str) -> bool {
    help.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
        .any(|word| word == option)
}

/// What is wrong with a call of `cargo`: tasks of ours, benchmarks, and packages to build or test.
fn cargo(words: &[&str]) -> Option<String> {
    let after = |option: &str| {
        let place = words.iter().position(|word| *word == option)?;
        words.get(place + 1)
    };
    let missing = Some(format!("`{}` is not to be found", words.join(" ")));
    let manifest = after("-p").map(|package| {
        let folder = if *package == "gantry" { "cli" } else { package };
        let of = root().join(format!("crates/{folder}/Cargo.toml"));
        fs_err::read_to_string(of).unwrap_or_default()
    });
    match words.get(1) {
        Some(&"xtask") => {
            let tasks = fs_err::read_to_string(root().join("crates/xtask/src/main.rs")).unwrap();
            let task = words.get(2)?;
            (!tasks.contains(&format!("Some(\"{task}\")"))).then_some(missing?)
        }
        Some(&"bench") => {
            let bench = format!("[[bench]]\nname = \"{}\"", after("--bench")?);
            (!manifest?.contains(&bench)).then_some(missing?)
        }
        Some(&"build" | &"nextest") => manifest?.is_empty().then_some(missing?),
        _ => missing,
    }
}

/// Spans of code outside of fences.
pub(super) fn spans(text: &str) -> Vec<String> {
    let mut outside = String::new();
    let mut inside = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            outside.push_str(line);
            outside.push('\n');
        }
    }
    outside
        .split("\n\n")
        .flat_map(|paragraph| {
            let spans = paragraph.split('`').skip(1).step_by(2);
            spans
                .map(|span| span.replace('\n', " "))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// All that a page tells to type: in its blocks and in passing.
fn commands(text: &str) -> Vec<String> {
    let in_blocks = blocks(text)
        .into_iter()
        .filter(|block| matches!(block.language.as_str(), "console" | "sh"));
    let mut found: Vec<String> = in_blocks
        .flat_map(|block| steps(&block))
        .map(|step| step.command)
        .collect();
    found.extend(spans(text));
    found
}

#[test]
fn every_command_that_a_page_names_is_there() {
    let mut known = Known::new();
    known.ask_all(&[]);
    let mut wrong = Vec::new();
    let mut looked_at = BTreeSet::new();
    for document in documents() {
        let text = fs_err::read_to_string(root().join(&document)).unwrap();
        for command in commands(&text) {
            let ends = |word: &&str| !matches!(*word, "#" | "|" | "…" | ">");
            let words: Vec<&str> = command.split_whitespace().take_while(ends).collect();
            let Some(first) = words.first() else { continue };
            let of_others = |(what, _): &(&str, &str)| command.starts_with(what);
            if OF_OTHERS.iter().any(of_others) {
                looked_at.insert(command);
                continue;
            }
            let problem = match *first {
                "gantry" => known.gantry(&words),
                "./dev" => known.dev(&words),
                "cargo" => cargo(&words),
                option if option.starts_with("--") && option.len() > 2 => known
                    .help
                    .values()
                    .chain([&known.dev])
                    .all(|help| !has_option(help, self::option(option)))
                    .then(|| format!("nothing has the option `{option}`")),
                _ => continue,
            };
            wrong.extend(problem.map(|problem| format!("{document}: `{command}`: {problem}")));
            looked_at.insert(command);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(looked_at.len() > 100, "{looked_at:#?}");
    for (what, reason) in OF_OTHERS {
        let stands = looked_at.iter().any(|command| command.starts_with(what));
        assert!(stands, "no page has `{what}`: {reason}");
    }
}

#[test]
fn the_page_about_the_command_line_has_every_command() {
    let page = fs_err::read_to_string(root().join("docs/cli.md")).unwrap();
    let spans = spans(&page);
    for command in Known::new().commands(&[]) {
        let is_named = |span: &String| {
            let rest = span.strip_prefix("gantry ").unwrap_or(span);
            rest.split(' ').next() == Some(command.as_str())
        };
        assert!(
            spans.iter().any(is_named),
            "docs/cli.md says nothing of `gantry {command}`"
        );
    }
}

/// `executor/inputs.rs` is `crates/executor/src/inputs.rs`.
fn is_there(named: &str, files: &[String]) -> bool {
    let ending = format!("/{named}");
    files.iter().any(|file| file.ends_with(&ending))
}

/// Every file of the repository, also under the shorter names that pages give to files of crates.
fn files() -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![String::new()];
    while let Some(folder) = waiting.pop() {
        for entry in fs_err::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = Path::new(&folder).join(&name).to_str().unwrap().to_owned();
            if entry.file_type().unwrap().is_dir() {
                if !matches!(
                    name.as_str(),
                    "target" | ".git" | "node_modules" | "corpus" | "artifacts"
                ) {
                    waiting.push(path);
                }
            } else {
                found.push(format!("/{}", path.replace("/src/", "/")));
                found.push(format!("/{path}"));
            }
        }
    }
    found
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let files = files();
    let mut looked_at = 0;
    for document in documents() {
        let text = fs_err::read_to_string(root().join(&document)).unwrap();
        for span in spans(&text) {
            let is_source = [".rs", ".mjs", ".ts", ".sh"]
                .iter()
                .any(|end| span.ends_with(end));
            // A template's scripts are called as they lie there.
            if is_source && !span.contains([' ', '*']) && !span.starts_with("./") {
                assert!(is_there(&span, &files), "{document}: `{span}` is nowhere");
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 30, "{looked_at}");
}

#[test]
fn the_page_about_fuzzing_has_every_target() {
    let page = fs_err::read_to_string(root().join("docs/fuzzing.md")).unwrap();
    let (_, table) = page.split_once("## Targets").unwrap();
    let rows = table
        .split("\n\n")
        .find(|part| part.starts_with('|'))
        .unwrap();
    let told: BTreeSet<String> = rows
        .lines()
        .flat_map(|row| spans(row.split('|').nth(1).unwrap()))
        .collect();
    let there: BTreeSet<String> = fs_err::read_dir(root().join("fuzz/fuzz_targets"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(told, there);
}
