//! Commands about a server.

mod algorithm;
mod job;
mod login;
mod output;
mod submit;

pub(crate) use algorithm::{algorithm, create, push};
pub(crate) use job::{cancel, logs, status};
pub(crate) use login::login;
pub(crate) use output::output;
pub(crate) use submit::{post, submit};
