//! Tests of the public face of the crate, on files that the tests make.

mod edge_cases;
