//! Commands about a server.

mod algorithm;
mod job;
mod jobs;
mod login;
mod output;
mod run;
mod submit;

pub(crate) use algorithm::{algorithm, create, push};
pub(crate) use job::{cancel, logs, retry, status};
pub(crate) use jobs::jobs;
pub(crate) use login::login;
pub(crate) use output::output;
pub(crate) use submit::{post, submit};
