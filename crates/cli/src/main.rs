//! The one binary `gantry`.
fn main() {}
