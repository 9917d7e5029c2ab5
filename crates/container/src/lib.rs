//! Container image archives, the store of their layers, one sandboxed process, and the engine that may run it instead.
//!
//! What else needs the kernel by more than its files lies here too: a disk that fails, and the allocator's settings.

pub mod cdi;
pub mod engine;
pub mod image;
mod loop_device;
pub mod memory;
pub mod sandbox;
pub mod trial_disk;
pub mod user;
