//! Provision, execute, collect: one job from values to judged outputs.
//!
//! [`run()`] is the main line. It knows neither a database nor users nor HTTP; whoever calls it gives a folder for the
//! outputs and gets one report, in which every problem stands.
//!
//! `cases` are an algorithm's own test cases: recorded outputs, and how far a run may differ from them.
//!
//! Reading order: `run` → `inputs` → `execute` → `collect`.

pub mod cases;
mod collect;
mod execute;
mod failure;
mod gpu;
mod image_kind;
mod inputs;
mod isolation;
pub mod kinds;
mod logs;
mod output_folder;
mod provision;
mod request;
pub mod result_template;
mod run;
pub mod undeclared;

pub use inputs::{CheckedFolder, check_folder, describe_input};
pub use request::{CancelToken, GivenInputs, Observer, Phase, RunRequest, Unobserved};
pub use run::run;
