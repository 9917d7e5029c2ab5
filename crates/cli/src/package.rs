//! A whole algorithm in one file: a tar with manifest, container image archive, weights, cases, and the digest of each.
//!
//! The first entry is `digests.txt`, in the form that `sha256sum --check` reads; only files that it names may follow, and all
//! of them have to.

mod digests;
mod pack;
mod unpack;

pub(crate) use pack::{PackError, PackedFile, pack};
pub(crate) use unpack::{UnpackError, unpack};

/// Name of the list of digests.
const DIGESTS: &str = "digests.txt";
