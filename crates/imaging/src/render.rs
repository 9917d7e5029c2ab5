//! Pictures of images: slices the right way up, windows, colours and overlays, as bytes for a browser.
//!
//! Everything works on a [`Volume`] in memory and writes no file. Slices are shown in radiological convention: the
//! patient's right on the viewer's left; anterior up in axial slices, superior up in coronal and sagittal ones, anterior
//! on the left in sagittal ones. Which way that is comes from the direction matrix, never from the order of the samples.
//!
//! [`Volume`]: crate::Volume

use crate::geometry::InvalidGeometry;

pub mod grid;
pub mod lookup_table;
pub mod orientation;
pub mod overlay;
pub mod picture;
pub mod presets;
mod resample;
pub(crate) mod shape;
pub mod slice;
pub mod window;

pub use grid::{SliceGrid, SlicePosition};
pub use lookup_table::{ColourTable, HeatMap, LabelColours, Rgba};
pub use orientation::{EdgeLetters, Plane};
pub use overlay::{HeatLayer, LabelLayer, LabelStyle, Layer, composite};
pub use picture::{IndexedPicture, Picture, PixelFormat};
pub use slice::{LabelSlice, Slice, SliceRequest, label_slice, slice, thumbnail};
pub use window::Window;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The image has no voxel.
    #[error("the image has no voxel, its size is {0:?}")]
    Empty(Vec<u64>),
    /// Number of samples and size of the image do not agree.
    #[error("the geometry asks for {expected} samples, the volume holds {found}")]
    SampleCount {
        /// Product of size and channels.
        expected: u128,
        /// Samples in memory.
        found: usize,
    },
    /// The geometry is unusable.
    #[error("the geometry is unusable: {0}")]
    Geometry(#[from] InvalidGeometry),
    /// Sides that differ by more than numbers can hold.
    #[error("voxels of {0:?} mm cannot be drawn")]
    Spacing([f64; 3]),
    /// A slice beyond the last.
    #[error("expected a slice from 0 to {last}, found {found}")]
    NoSuchSlice {
        /// The slice asked for.
        found: u64,
        /// The last one in this plane.
        last: u64,
    },
    /// A time point beyond the last.
    #[error("expected a time point from 0 to {last}, found {found}")]
    NoSuchTime {
        /// The time point asked for.
        found: u64,
        /// The last one.
        last: u64,
    },
    /// Labels are single numbers.
    #[error("expected labels with one channel, found {0} channels")]
    LabelChannels(u32),
    /// A layer cannot be shown as if it lay on a grid of another size.
    #[error("expected a grid of {expected:?} voxels, found {found:?}")]
    OtherSize {
        /// Voxels of the layer.
        expected: [u64; 3],
        /// Voxels of the grid.
        found: [u64; 3],
    },
    /// The encoder refused.
    #[error("the picture cannot be encoded as {format}: {problem}")]
    Encode {
        /// `PNG` or `JPEG`.
        format: &'static str,
        /// What the encoder said.
        problem: String,
    },
}
