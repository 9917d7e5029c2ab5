//! GPUs of the host for a container, as the Container Device Interface (CDI 1.1) describes them.
//!
//! A driver's tool writes specifications, JSON or YAML, that say which device nodes, mounts, variables and hooks a device
//! needs. [`Specs::read`] reads and checks them, [`select()`] picks one device that no other job has, and
//! [`GpuDevices::sandbox_pieces`] turns the answer into parts of a container's plan.
//!
//! Differences from a runtime that hands the specification to `runc`:
//!
//! * **Hooks never run.** They would run as root of the host on the files of a hostile image, which has been the hole of
//!   several attacks. What they say is taken as data: links, and folders of libraries. [`GpuDevices::left_out`] lists
//!   every part that was not applied, and what is done instead.
//! * **One job per device.** `Any` never takes the device `all`; locks keep two jobs from one piece of hardware even when
//!   it goes by several names (index and UUID).
//! * **`NVIDIA_VISIBLE_DEVICES` of an image is not read.** Images set it to `all`, and an image does not decide what it
//!   is given.
//! * **Sockets of the driver's host services** are not mounted: they lead out of the sandbox.
//!
//! Reading order: `spec` (the format) → `check` → `read` → `select` → `edits` → `pieces`.

mod check;
mod devices;
mod edits;
mod error;
#[cfg(test)]
mod fixture;
mod hooks;
mod lease;
mod libraries;
mod paths;
mod pieces;
mod read;
mod select;
mod spec;

pub use devices::{DeviceNode, DriverMount, GpuDevices, LeftOut, Link};
pub use error::{EditProblem, LeaseError, SelectGpuError, SpecProblem};
pub use lease::GpuLease;
pub use pieces::SandboxPieces;
pub use read::{ListedDevice, Specs};
pub use select::{GpuRequest, count, select};

/// Where specifications lie by the standard, the more important folder last.
pub const DEFAULT_FOLDERS: [&str; 2] = ["/etc/cdi", "/var/run/cdi"];
