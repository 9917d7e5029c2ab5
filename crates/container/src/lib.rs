//! Container image archives, the store of unpacked layers, and one sandboxed process.

pub mod cdi;
pub mod image;
pub mod sandbox;
pub mod user;
