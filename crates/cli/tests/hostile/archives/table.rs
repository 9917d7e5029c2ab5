//! The archives, one by one.

mod bombs;
mod documents;
mod kinds;
mod lies;
mod links;
mod members;

use super::{Fate, Forged};

/// All of them.
pub(super) fn all() -> Vec<Forged> {
    let kinds = [
        members::all(),
        links::all(),
        kinds::all(),
        bombs::all(),
        lies::all(),
        documents::all(),
    ];
    kinds.into_iter().flatten().collect()
}

fn forged(
    (name, does): (&'static str, &'static str),
    (fate, told): (Fate, &'static str),
    make: fn(&std::path::Path) -> Vec<u8>,
) -> Forged {
    Forged {
        name,
        does,
        make,
        fate,
        told,
    }
}
