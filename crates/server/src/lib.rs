//! Jobs through a REST API.

pub mod imports;
pub mod submit;
pub mod worker;
