//! What was left out of a layer, counted by kind.

use std::collections::BTreeMap;

use super::member_path::shown;

/// Kinds of things that were left out or changed, with their number and the first of each.
#[derive(Debug, Default)]
pub(in super::super) struct Notes(BTreeMap<String, (u64, String)>);

/// Kinds that are told apart; attribute names come from the archive.
const MOST: usize = 32;

impl Notes {
    /// One more of this kind. `what` begins a sentence, such as `device nodes left out`.
    pub(in super::super) fn add(&mut self, what: &str, member: &[u8]) {
        if let Some((count, _)) = self.0.get_mut(what) {
            *count += 1;
        } else if self.0.len() < MOST {
            self.0.insert(what.to_owned(), (1, shown(member)));
        }
    }

    /// Takes those of another layer in.
    pub(in super::super) fn extend(&mut self, other: &Self) {
        for (what, (count, first)) in &other.0 {
            let (sum, _) = self
                .0
                .entry(what.clone())
                .or_insert_with(|| (0, first.clone()));
            *sum += count;
        }
    }

    /// One line for each kind.
    pub(in super::super) fn lines(&self) -> Vec<String> {
        let line = |(what, (count, first)): (&String, &(u64, String))| match count {
            1 => format!("{what}: `{first}`"),
            more => format!("{what}: {more}, the first is `{first}`"),
        };
        self.0.iter().map(line).collect()
    }
}
