//! Jobs through a REST API.
