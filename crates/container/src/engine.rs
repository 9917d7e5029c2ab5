//! A Docker engine on this machine: what it is, the images that it was given, the containers that are ours.
//!
//! The engine only makes, starts and takes away containers; what goes on in them is watched by the shim, as in a sandbox of
//! our own (`sandbox/shim/engine.rs`). Everything of ours carries a label, and nothing without it is touched.

mod archive;
mod client;
mod image;
mod layer_tar;
mod sweep;

pub use client::{About, Engine, EngineError};
pub(crate) use client::{CONTAINER_LABEL, NewContainer};
pub use image::LoadImageError;
pub use sweep::SweepError;
pub(crate) use sweep::{HOME_LABEL, WORK_LABEL, lock_path, take_lock};
