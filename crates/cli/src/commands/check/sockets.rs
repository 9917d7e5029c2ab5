//! Sockets and interfaces: what is allowed and still not wise.

use std::collections::BTreeSet;

use domain::{Algorithm, SocketKind};

use super::finding::Findings;
use crate::quantity;

/// More than this is rarely to be had.
const MUCH_MEMORY: u64 = 256_000_000_000;

/// Looks at them.
pub(super) fn look(algorithm: &Algorithm, findings: &mut Findings) {
    let used: BTreeSet<_> = algorithm
        .interfaces
        .iter()
        .flat_map(|interface| interface.inputs.union(&interface.outputs))
        .collect();
    for socket in &algorithm.sockets {
        let about = format!("socket {}", socket.slug);
        if !used.contains(&socket.slug) {
            findings
                .warning(&about, "belongs to no interface")
                .hint("name it in one, or take it away");
        }
        if socket.kind == SocketKind::Anything && socket.schema.is_none() {
            findings
                .advice(&about, "takes any JSON")
                .hint("a `schema` finds wrong values before they reach a reader");
        }
        if socket.title == socket.slug.as_str() {
            findings.advice(&about, "has no title for people");
        }
    }
    if algorithm.description.trim().is_empty() {
        findings.advice("manifest", "has no `description`");
    }
    if algorithm.limits.memory_bytes > MUCH_MEMORY {
        let memory = quantity::bytes(algorithm.limits.memory_bytes);
        findings.warning(
            "limits",
            format!("ask for {memory} of memory, which few machines have"),
        );
    }
    findings.good(format!(
        "manifest of `{}`: {} sockets, {} interfaces",
        algorithm.slug,
        algorithm.sockets.len(),
        algorithm.interfaces.len()
    ));
}
