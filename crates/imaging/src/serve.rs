//! What a viewer in a browser needs beside pictures: smaller volumes, bytes that compress well, and statistics.

mod bytes;
mod half;
mod label_table;
mod slab;
pub mod statistics;

pub use bytes::{byte_planes, little_endian};
pub use half::{Halving, half_geometry, half_resolution};
pub use label_table::{LabelEntry, label_table};
pub use slab::{Texture, TextureType, slab};
pub use statistics::Statistics;
