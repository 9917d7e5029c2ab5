//! Tests of the public face of the crate, on files that the tests make.

#[cfg(test)]
mod edge_cases;
