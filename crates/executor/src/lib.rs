//! Provision, execute, collect: one job from values to judged outputs.
//!
//! [`run()`] is the main line. It knows neither a database nor users nor HTTP; whoever calls it gives a folder for the
//! outputs and gets one report, in which every problem stands.
//!
//! Reading order: `run` → `inputs` → `execute` → `collect`.

mod collect;
mod execute;
mod failure;
mod image_kind;
mod inputs;
mod isolation;
mod logs;
mod output_folder;
mod provision;
mod request;
pub mod result_template;
mod run;
pub mod undeclared;

pub use request::{CancelToken, GivenInputs, Observer, Phase, RunRequest};
pub use run::run;
