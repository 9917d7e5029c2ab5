//! Bytes that somebody has kept and not named yet, whatever any clock says.
//!
//! Whoever keeps bytes gets a [`Blob`](super::Blob) that holds them. They name them in a row while they have it, and only
//! then let go. A sweep that has found them unnamed before asks here again, just before the file would go: what is held
//! stays, and so does what was let go of while the sweep was at work, because a row may name it by now.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Digest;

/// What is held by this process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Holds {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// How often each is held.
    held: HashMap<Digest, usize>,
    /// Sweeps at work.
    sweeps: usize,
    /// Let go of while a sweep was at work.
    let_go: HashSet<Digest>,
}

/// Keeps a file from being swept while it lives.
#[derive(Debug, Clone)]
pub(super) struct Hold {
    _held: Arc<Held>,
}

#[derive(Debug)]
struct Held {
    holds: Holds,
    digest: Digest,
}

/// A sweep at work.
#[derive(Debug)]
pub(super) struct Sweeping(Holds);

impl Holds {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hold(&self, digest: &Digest) -> Hold {
        *self.state().held.entry(digest.clone()).or_default() += 1;
        Hold {
            _held: Arc::new(Held {
                holds: self.clone(),
                digest: digest.clone(),
            }),
        }
    }

    /// To be called before the sweep looks for what nothing names.
    pub(super) fn begin_sweep(&self) -> Sweeping {
        self.state().sweeps += 1;
        Sweeping(self.clone())
    }
}

impl Sweeping {
    /// Whether a row may name a file that had none when the sweep looked, or soon will.
    pub(super) fn may_be_named(&self, digest: &Digest) -> bool {
        let state = self.0.state();
        state.held.contains_key(digest) || state.let_go.contains(digest)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.holds.state();
        let left = state.held.get(&self.digest).map_or(0, |count| count - 1);
        if left > 0 {
            state.held.insert(self.digest.clone(), left);
            return;
        }
        state.held.remove(&self.digest);
        if state.sweeps > 0 {
            state.let_go.insert(self.digest.clone());
        }
    }
}

impl Drop for Sweeping {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.sweeps -= 1;
        if state.sweeps == 0 {
            state.let_go = HashSet::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_let_go_of_during_a_sweep_stays_until_its_end() {
        let (holds, digest) = (Holds::default(), Digest("0".repeat(64)));
        let first = holds.hold(&digest);
        let second = first.clone();
        let sweep = holds.begin_sweep();
        assert!(sweep.may_be_named(&digest));
        drop(first);
        drop(second);
        assert!(sweep.may_be_named(&digest));
        let other = holds.begin_sweep();
        drop(sweep);
        assert!(other.may_be_named(&digest));
        drop(other);
        let sweep = holds.begin_sweep();
        assert!(!sweep.may_be_named(&digest));
        drop(holds.hold(&digest));
        drop(sweep);
        let state = holds.state();
        assert!(state.held.is_empty() && state.let_go.is_empty());
    }
}
