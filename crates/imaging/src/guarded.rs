//! Calls into decoders that others wrote.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The decoders are written by others and read bytes that nobody checked: a panic of theirs is a broken frame.
pub(crate) fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err("does not decode (the decoder gave up)".into()))
}
