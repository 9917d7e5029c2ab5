//! The parts of `cargo xtask` that tests use too: the house rules.

pub mod tidy;
