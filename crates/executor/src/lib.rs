//! Provision, execute, collect: one job from values to judged outputs.

pub mod result_template;
