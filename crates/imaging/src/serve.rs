//! What a viewer in a browser needs beside pictures: smaller volumes, bytes that compress well, and statistics.

mod bytes;
mod half;
pub mod statistics;

pub use bytes::{byte_planes, little_endian};
pub use half::{Halving, half_resolution};
pub use statistics::Statistics;
