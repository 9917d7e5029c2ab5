//! A page of the repository as somebody reads it: its fenced blocks, the commands in them, and what the page says comes out.

use crate::python::root;

/// Commands and texts that no test can follow, with the reason. Each of them has to stand on its page.
const LISTED: [(&str, &str, &str); 6] = [
    (
        "README.md",
        "./dev demo",
        "it installs and builds; what it runs at its end is run with the block below it",
    ),
    ("README.md", "./dev test", "it runs this test"),
    (
        "docs/operator.md",
        "nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml",
        "it comes with NVIDIA's driver",
    ),
    (
        "docs/server.md",
        "location / {",
        "nginx is not installed for the tests; the page says how it was tried",
    ),
    (
        "ARCHITECTURE.md",
        "gantry ── plan.json ──▶ shim",
        "two drawings",
    ),
    ("ARCHITECTURE.md", "files ─▶ uploads", "a drawing"),
];

/// What stands between two fences.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) language: String,
    pub(crate) text: String,
}

/// A command and the lines that the page shows below it.
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) shown: Vec<String>,
}

/// A page. Who opens it takes every block: one that is left fails the test.
pub(crate) struct Page {
    name: &'static str,
    blocks: Vec<Block>,
}

impl Page {
    pub(crate) fn open(name: &'static str) -> Page {
        let text = fs_err::read_to_string(root().join(name)).unwrap();
        let mut blocks = blocks(&text);
        for (page, listed, reason) in LISTED {
            if page == name {
                assert!(
                    text.contains(listed),
                    "`{listed}` is listed as not to be followed ({reason}), and does not stand in {name}"
                );
            }
        }
        blocks.retain(|block| has_commands(block) || !is_listed(name, &block.text));
        Page { name, blocks }
    }

    /// The first block of a language that nobody has taken.
    pub(crate) fn take(&mut self, language: &str) -> Block {
        let place = self
            .blocks
            .iter()
            .position(|block| block.language == language);
        let place =
            place.unwrap_or_else(|| panic!("no more block of `{language}` in {}", self.name));
        self.blocks.remove(place)
    }

    /// The commands of the next block of commands, without those that are listed.
    pub(crate) fn steps(&mut self, language: &str) -> Vec<Step> {
        let block = self.take(language);
        let mut steps = steps(&block);
        steps.retain(|step| !is_listed(self.name, &step.command));
        steps
    }

    /// The commands of all blocks.
    pub(crate) fn all_steps(&mut self) -> Vec<Step> {
        let mut all = Vec::new();
        while self.blocks.iter().any(|block| block.language == "console") {
            all.extend(self.steps("console"));
        }
        all
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(
                self.blocks.is_empty(),
                "nobody follows {:#?} of {}",
                self.blocks,
                self.name
            );
        }
    }
}

fn is_listed(page: &str, text: &str) -> bool {
    LISTED
        .iter()
        .any(|(on, listed, _)| *on == page && text.trim_start().starts_with(listed))
}

fn has_commands(block: &Block) -> bool {
    matches!(block.language.as_str(), "console" | "sh")
}

/// The fenced blocks of a text.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            inside = !inside;
            if inside {
                found.push(Block {
                    language: language.trim().to_owned(),
                    text: String::new(),
                });
            }
        } else if inside && let Some(block) = found.last_mut() {
            block.text.push_str(line);
            block.text.push('\n');
        }
    }
    assert!(!inside, "a fence is open to the end");
    found
}

/// The commands of a block: in `console` the lines after `$ `, with those that they go on with; in `sh` every line.
pub(crate) fn steps(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.text.lines() {
        let goes_on = steps
            .last()
            .is_some_and(|step| step.command.ends_with('\\') && step.shown.is_empty());
        let command = match block.language.as_str() {
            "sh" => Some(line),
            _ => line.strip_prefix("$ "),
        };
        if let Some(step) = steps.last_mut().filter(|_| goes_on) {
            step.command.push('\n');
            step.command.push_str(line);
        } else if let Some(command) = command {
            steps.push(Step {
                command: command.to_owned(),
                shown: Vec::new(),
            });
        } else {
            let step = steps
                .last_mut()
                .expect("a block of commands begins with one");
            step.shown.push(line.to_owned());
        }
    }
    steps
}

/// Each shown line was said, in this order. `…` stands for anything, a number for any number, and space for space.
pub(crate) fn comes_out(said: &str, shown: &[String]) {
    let mut rest = said.lines();
    for line in shown.iter().filter(|line| line.trim() != "…") {
        assert!(
            rest.any(|found| is_like(found, line)),
            "the page shows `{line}`; said was:\n{said}"
        );
    }
}

fn is_like(said: &str, shown: &str) -> bool {
    let said = without_figures(said);
    let shown = without_figures(shown);
    let parts: Vec<&str> = shown.split('…').map(str::trim).collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return false;
    };
    let mut rest = said.as_str();
    for part in &parts {
        let Some(place) = rest.find(part) else {
            return false;
        };
        rest = &rest[place + part.len()..];
    }
    said.starts_with(first) && said.ends_with(last)
}

/// With `#` for each number and the beginning of each digest, and one space where there are some.
fn without_figures(line: &str) -> String {
    let is_digest = |word: &str| word.len() == 12 && word.chars().all(|c| c.is_ascii_hexdigit());
    let words: Vec<&str> = line
        .split_whitespace()
        .map(|word| {
            let bare = word.trim_end_matches(')');
            if is_digest(bare) {
                word.trim_start_matches(bare)
            } else {
                word
            }
        })
        .collect();
    let mut simple = String::new();
    let mut number = false;
    let words = words.join(" ");
    let mut letters = words.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_digit() {
            if !number {
                simple.push('#');
            }
            number = true;
        } else if !(number && letter == '.' && letters.peek().is_some_and(char::is_ascii_digit)) {
            number = false;
            simple.push(letter);
        }
    }
    simple
}

/// Documents that people read: those beside the README and in `docs`.
pub(crate) fn documents() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["", "docs"] {
        for entry in fs_err::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.file_name().unwrap().to_str().unwrap();
                found.push(format!("{folder}/{name}").trim_matches('/').to_owned());
            }
        }
    }
    assert!(found.len() > 12, "{found:?}");
    found.sort();
    found
}

#[test]
fn what_is_shown_is_held_against_what_is_said() {
    let said = "one\n 53 blobs (12.5 MB), 1 image\ndone: `x` holds it\n";
    let lines = |lines: &[&str]| {
        lines
            .iter()
            .map(|line| (*line).to_owned())
            .collect::<Vec<_>>()
    };
    comes_out(
        said,
        &lines(&["7 blobs (1 MB), 10 image", "…", "done: … holds it"]),
    );
    for wrong in [
        "7 blobs (1 kB), 1 image",
        "blobs",
        "done: … holds",
        "done: `x` holds it too",
    ] {
        assert!(!said.lines().any(|found| is_like(found, wrong)), "{wrong}");
    }
    let block = Block {
        language: "console".to_owned(),
        text: "$ a \\\n  b\nout\n$ c\n".to_owned(),
    };
    let found: Vec<(String, usize)> = steps(&block)
        .into_iter()
        .map(|step| (step.command, step.shown.len()))
        .collect();
    assert_eq!(found, [("a \\\n  b".to_owned(), 1), ("c".to_owned(), 0)]);
}

#[test]
fn every_page_with_a_block_is_followed_by_a_test() {
    let tests: String = ["papers", "."]
        .iter()
        .flat_map(|folder| {
            fs_err::read_dir(root().join("crates/cli/tests/it").join(folder)).unwrap()
        })
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| fs_err::read_to_string(path).unwrap())
        .collect();
    for document in documents() {
        let text = fs_err::read_to_string(root().join(&document)).unwrap();
        let followed = tests.contains(&format!("Page::open(\"{document}\")"));
        assert!(
            followed || blocks(&text).is_empty(),
            "{document} has blocks, and no test opens it"
        );
    }
}
