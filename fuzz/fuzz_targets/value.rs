//! Judges JSON and files by the kind of a socket, which the first byte chooses, and by a schema of a stranger: what stands
//! before the first NUL.
#![no_main]

use domain::expectation::json_differences;
use domain::schema::Schema;
use domain::{SocketKind, file_kind, json};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    let kind = SocketKind::ALL[usize::from(*kind) % SocketKind::ALL.len()];
    drop(file_kind::check_head(kind, rest));
    let mut parts = rest.splitn(2, |byte| *byte == 0);
    let (first, second) = (parts.next().unwrap_or(&[]), parts.next().unwrap_or(&[]));
    if let Ok(text) = std::str::from_utf8(first) {
        drop(file_kind::check_newick(text));
    }
    let Ok(first) = json::parse(first) else {
        return;
    };
    if let Some(schema) = Schema::of_kind(kind) {
        drop(schema.check(&first.value));
    }
    if let Ok(second) = json::parse(second) {
        if let Ok(schema) = Schema::compile(&first.value) {
            drop(schema.check(&second.value));
        }
        drop(json_differences(&first.value, &second.value, 1e-6, 1e-6));
    }
});
