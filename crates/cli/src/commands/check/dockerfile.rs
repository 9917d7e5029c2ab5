//! The Dockerfile beside the manifest: what would be refused after a long build.

use camino::Utf8Path;

use super::finding::Findings;

/// Looks at it, if there is one.
pub(super) fn look(folder: &Utf8Path, findings: &mut Findings) {
    let Ok(text) = fs_err::read_to_string(folder.join("Dockerfile")) else {
        return;
    };
    let about = "Dockerfile";
    let instructions = instructions(&text);
    let last = |name: &str| {
        let found = instructions.iter().filter(|(word, _)| word == name);
        found.map(|(_, rest)| rest.as_str()).next_back()
    };
    let before = findings.worst();
    match last("USER").map(|user| user.split(':').next().unwrap_or_default().trim()) {
        None => findings
            .error(
                about,
                "has no `USER`: the image would run as root, which is refused",
            )
            .hint("`RUN useradd --create-home algorithm`, then `USER algorithm`"),
        Some("root" | "0") => findings
            .error(about, "ends as root, which is refused")
            .hint("`USER algorithm` as the last `USER` instruction"),
        Some(_) => {}
    }
    if last("ENTRYPOINT").is_none() && last("CMD").is_none() {
        findings.warning(
            about,
            "has neither `ENTRYPOINT` nor `CMD`; the base image's would run",
        );
    }
    let shell =
        last("ENTRYPOINT").is_some_and(|entrypoint| !entrypoint.trim_start().starts_with('['));
    if shell {
        findings
            .advice(about, "has an `ENTRYPOINT` without brackets: a shell stands between the program and signals")
            .hint("`ENTRYPOINT [\"python\", \"inference.py\"]`");
    }
    for (word, rest) in &instructions {
        let untagged = word == "FROM" && is_untagged(rest);
        if untagged {
            findings.advice(
                about,
                format!("`FROM {rest}` names no version: a later build gives another image"),
            );
        }
    }
    if before == findings.worst() {
        findings.good("Dockerfile");
    }
}

/// Instructions in capitals with what follows; comments left out, continued lines joined.
fn instructions(text: &str) -> Vec<(String, String)> {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let joined = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    joined
        .lines()
        .filter_map(|line| {
            let (word, rest) = line.trim().split_once(char::is_whitespace)?;
            Some((word.to_uppercase(), rest.trim().to_owned()))
        })
        .collect()
}

/// `python` and `python:latest`, but not an earlier stage of the same file or `scratch`.
fn is_untagged(from: &str) -> bool {
    let image = from
        .split_whitespace()
        .find(|word| !word.starts_with("--"))
        .unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let looks_like_a_stage = !image.contains(['/', ':', '@']) && image.contains('-');
    let versioned =
        name.contains('@') || name.split_once(':').is_some_and(|(_, tag)| tag != "latest");
    !(versioned || image == "scratch" || image.contains('$') || looks_like_a_stage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap();
        fs_err::write(path.join("Dockerfile"), text).unwrap();
        let mut findings = Findings::default();
        look(path, &mut findings);
        findings.report()
    }

    #[test]
    fn mistakes_are_found_before_a_build() {
        assert!(told("FROM python:3.12\nENTRYPOINT [\"x\"]").contains("has no `USER`"));
        assert!(told("FROM a:1\nUSER a\nUSER root\nCMD x").contains("ends as root"));
        assert!(told("FROM python\nuser a\nCMD x").contains("`FROM python` names no version"));
        assert!(told("FROM a:1\nUSER a\nENTRYPOINT x y").contains("without brackets"));
        assert!(told("FROM a:1\nRUN true \\\n  USER\nUSER a\nENTRYPOINT [\"x\"]").contains("good"));
    }
}
