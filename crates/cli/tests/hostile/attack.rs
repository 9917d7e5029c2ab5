//! One attack from inside a container, and what has to become of it.

/// What a container tries, and the outcome that is expected.
#[derive(Clone)]
pub(crate) struct Attack {
    /// `group.what`, unique.
    pub(crate) name: String,
    /// What it tries, for people.
    pub(crate) does: String,
    /// What runs in the container; `good` writes valid outputs, `@SECRET@` and the like are filled in.
    pub(crate) script: String,
    /// How the job may end: `succeeded`, or the code of a failure.
    pub(crate) ends: &'static [&'static str],
    /// What stdout must hold when the program is no root; one of each list.
    pub(crate) user: Vec<&'static str>,
    /// The same for a program that is root in its container.
    pub(crate) root: Vec<&'static str>,
    /// What the report, result, log and printed text must hold.
    pub(crate) told: &'static [&'static str],
    /// What must be nowhere in what came out.
    pub(crate) never: &'static [&'static str],
    /// What must not stand in a page or a result: markup that would act there, and is only text elsewhere.
    pub(crate) never_on_pages: &'static [&'static str],
    /// The answer is the kernel's of a native sandbox; other executors may refuse in other words.
    pub(crate) exact: bool,
}

/// A shell script that prints `BREACH` when it gets what it must not have and `held` when it does not.
pub(crate) fn shell(name: &str, does: &str, script: &str) -> Attack {
    Attack {
        name: name.to_owned(),
        does: does.to_owned(),
        script: script.to_owned(),
        ends: &["succeeded"],
        user: vec!["held"],
        root: vec!["held"],
        told: &[],
        never: &["BREACH"],
        never_on_pages: &[],
        exact: false,
    }
}

/// One attempt of the probe, which must meet one of these errors.
pub(crate) fn attempt(group: &str, name: &'static str, errors: &[&'static str]) -> Attack {
    Attack {
        name: format!("{group}.{name}"),
        does: format!("`{}`", name.replace('_', " ")),
        script: format!("good; exec probe attempt {name}"),
        ends: &["succeeded"],
        user: errors.to_vec(),
        root: errors.to_vec(),
        told: &[],
        never: &["BREACH"],
        never_on_pages: &[],
        exact: true,
    }
}

impl Attack {
    /// Ends in one of these ways instead of succeeding.
    pub(crate) fn ends(mut self, ends: &'static [&'static str]) -> Self {
        self.ends = ends;
        self
    }

    /// Prints one of these instead of `held`; an empty list asks for nothing.
    pub(crate) fn says(mut self, texts: &[&'static str]) -> Self {
        self.user = texts.to_vec();
        self.root = texts.to_vec();
        self
    }

    /// What root of the container sees instead.
    pub(crate) fn root(mut self, texts: &[&'static str]) -> Self {
        self.root = texts.to_vec();
        self
    }

    /// The user is told all of these.
    pub(crate) fn told(mut self, texts: &'static [&'static str]) -> Self {
        self.told = texts;
        self
    }

    /// None of these comes out.
    pub(crate) fn never(mut self, texts: &'static [&'static str]) -> Self {
        self.never = texts;
        self
    }

    /// None of these stands in a page or a result.
    pub(crate) fn never_on_pages(mut self, texts: &'static [&'static str]) -> Self {
        self.never_on_pages = texts;
        self
    }

    /// The expected outcome as one line of the table.
    pub(crate) fn expected(&self) -> String {
        let ends: Vec<_> = self.ends.iter().map(|end| format!("`{end}`")).collect();
        let mut text = ends.join(" or ");
        let answers = |list: &[&str]| {
            let list: Vec<_> = list.iter().map(|one| format!("`{one}`")).collect();
            list.join(" or ")
        };
        if !self.user.is_empty() && self.user != ["held"] {
            text += &format!("; answer {}", answers(&self.user));
        }
        if self.root != self.user {
            text += &format!("; as root {}", answers(&self.root));
        }
        if !self.told.is_empty() {
            text += &format!("; told {}", answers(self.told));
        }
        let never: Vec<_> = self
            .never
            .iter()
            .filter(|one| **one != "BREACH")
            .copied()
            .collect();
        if !never.is_empty() {
            text += &format!("; never {}", answers(&never));
        }
        if !self.never_on_pages.is_empty() {
            text += &format!("; no page has {}", answers(self.never_on_pages));
        }
        text
    }
}
