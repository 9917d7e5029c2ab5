//! Which crate may use which, read out of the `Cargo.toml` files.

use toml::{Table, Value};

use super::{Finding, Tree};

/// A package, what it may use of this workspace, and what its tests may use besides.
const EDGES: &[(&str, &[&str], &[&str])] = &[
    ("domain", &[], &[]),
    ("imaging", &[], &[]),
    ("container", &[], &[]),
    ("executor", &["container", "domain", "imaging"], &[]),
    ("store", &["domain"], &[]),
    (
        "server",
        &["container", "domain", "executor", "imaging", "store"],
        &[],
    ),
    (
        "gantry",
        &["container", "domain", "executor", "imaging", "server"],
        &[],
    ),
    ("xtask", &[], &[]),
    ("otsu", &["imaging"], &["domain"]),
    ("probe", &[], &[]),
];

/// Every package uses only the packages below it, and the table here knows every package.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.texts.iter().filter(|(path, _)| {
        path.ends_with("/Cargo.toml")
            && (path.starts_with("crates/") || path.starts_with("images/"))
    });
    manifests
        .flat_map(|(path, text)| of_manifest(path, text))
        .collect()
}

fn of_manifest(path: &str, text: &str) -> Vec<Finding> {
    let manifest: Table = match text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![Finding::new(path, 0, format!("does not parse: {error}"))],
    };
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"));
    let name = name.and_then(Value::as_str).unwrap_or_default();
    let Some((_, program, tests)) = EDGES.iter().find(|(package, ..)| *package == name) else {
        let message = format!("`{name}` has no line in the table of edges");
        return vec![Finding::new(path, 0, message)];
    };
    let mut findings = Vec::new();
    for (kind, used) in uses(&manifest) {
        let is_known = EDGES.iter().any(|(package, ..)| *package == used);
        let may = program.contains(&used) || (kind == "dev-dependencies" && tests.contains(&used));
        if is_known && !may {
            let line = line_of(text, used);
            let message = format!("`{name}` must not use `{used}` ({kind})");
            findings.push(Finding::new(path, line, message));
        }
    }
    findings
}

/// Kind and package of every dependency, those for one platform too.
fn uses(manifest: &Table) -> Vec<(&'static str, &str)> {
    let platforms = manifest.get("target").and_then(Value::as_table);
    let platforms = platforms.into_iter().flat_map(Table::values);
    let mut tables: Vec<&Table> = platforms.filter_map(Value::as_table).collect();
    tables.push(manifest);
    let mut found = Vec::new();
    for table in tables {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let used = table
                .get(kind)
                .and_then(Value::as_table)
                .into_iter()
                .flatten();
            found.extend(used.map(|(name, how)| {
                let renamed = how.get("package").and_then(Value::as_str);
                (kind, renamed.unwrap_or(name))
            }));
        }
    }
    found
}

/// The last line that names it: the sections of dependencies stand below that of the package.
fn line_of(text: &str, used: &str) -> usize {
    let at = text.lines().collect::<Vec<_>>();
    at.iter()
        .rposition(|line| line.contains(used))
        .map_or(0, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, rest: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{name}\"\n{rest}");
        let tree = Tree::of(&[("crates/a/Cargo.toml", &text)]);
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn edges_that_are_not_in_the_table_are_found() {
        assert!(
            found(
                "executor",
                "[dependencies]\ndomain.workspace = true\nserde = \"1\"\n"
            )
            .is_empty()
        );
        for (rest, kind) in [
            (
                "[dependencies]\nexecutor.workspace = true\n",
                "dependencies",
            ),
            (
                "[dev-dependencies]\nexecutor.workspace = true\n",
                "dev-dependencies",
            ),
            (
                "[dependencies]\nx = { package = \"executor\" }\n",
                "dependencies",
            ),
            (
                "[target.'cfg(unix)'.dependencies]\nexecutor = \"1\"\n",
                "dependencies",
            ),
        ] {
            let expected =
                format!("crates/a/Cargo.toml:4: `domain` must not use `executor` ({kind})");
            assert_eq!(found("domain", rest), [expected]);
        }
    }

    #[test]
    fn tests_may_use_more_only_where_the_table_says_so() {
        assert!(found("otsu", "[dev-dependencies]\ndomain.workspace = true\n").is_empty());
        assert_eq!(
            found("otsu", "[dependencies]\ndomain.workspace = true\n").len(),
            1
        );
    }

    #[test]
    fn a_package_without_a_line_is_found() {
        let expected = "crates/a/Cargo.toml:0: `new` has no line in the table of edges";
        assert_eq!(found("new", ""), [expected]);
        assert!(
            found("new", "[")
                .first()
                .is_some_and(|found| found.contains("does not parse"))
        );
    }
}
