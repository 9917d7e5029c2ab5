//! Jobs through a REST API.

pub mod worker;
