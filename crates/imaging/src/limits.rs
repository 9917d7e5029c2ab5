//! How much a file may ask for before it is refused.

/// Bounds on what reading one file may cost. None of them depends on what the file claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLimits {
    /// Decoded samples of one volume, bytes. A check streams them, so this bounds time; a read holds them in memory.
    pub max_voxel_bytes: u64,
    /// Decoded pixels of all levels of one TIFF together, or of the largest level of a DICOM slide, bytes.
    pub max_pixel_bytes: u64,
    /// Text header, bytes.
    pub max_header_bytes: u64,
    /// Directories of one TIFF, sub-directories included.
    pub max_directories: usize,
    /// Decoded pixels of one JPEG tile or strip, bytes; it has to be held in memory as a whole.
    pub max_jpeg_bytes: u64,
}

impl Default for CheckLimits {
    fn default() -> Self {
        CheckLimits {
            max_voxel_bytes: 64 << 30,
            max_pixel_bytes: 256 << 30,
            max_header_bytes: 1 << 20,
            max_directories: 64,
            max_jpeg_bytes: 64 << 20,
        }
    }
}
