//! Container image archives, the store of unpacked layers, one sandboxed process, and the engine that may
//! run it instead.

pub mod cdi;
pub mod engine;
pub mod image;
mod loop_device;
pub mod memory;
pub mod sandbox;
pub mod trial_disk;
pub mod user;
