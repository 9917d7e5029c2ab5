//! How much an archive may ask of us.

/// Bounds on what one import reads and writes. Archives come from strangers: without bounds a small file could fill the
/// disk or the memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportLimits {
    /// Layers of the image; the kernel's overlay takes 500.
    pub layers: usize,
    /// Files, folders and links in all layers together.
    pub entries: u64,
    /// Bytes of one path inside a layer.
    pub path_bytes: usize,
    /// Bytes of all folder paths of one layer: they are remembered until the layer ends.
    pub folder_path_bytes: usize,
    /// Bytes of the headers in front of one entry (long names, extended attributes).
    pub header_bytes: u64,
    /// Bytes of all files when unpacked; holes count.
    pub unpacked_bytes: u64,
    /// Uncompressed bytes for each compressed byte, once more than [`ImportLimits::RATIO_FREE_BYTES`] have come out.
    pub compression_ratio: u64,
    /// Bytes of one JSON document (configuration, manifest, index).
    pub document_bytes: u64,
    /// Bytes of all JSON documents together.
    pub all_document_bytes: u64,
}

impl ImportLimits {
    /// Below this many uncompressed bytes the compression ratio is not looked at.
    pub const RATIO_FREE_BYTES: u64 = 1 << 30;
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            layers: 500,
            entries: 5_000_000,
            path_bytes: 4095,
            folder_path_bytes: 32 << 20,
            header_bytes: 1 << 20,
            unpacked_bytes: 200 << 30,
            compression_ratio: 250,
            document_bytes: 4 << 20,
            all_document_bytes: 16 << 20,
        }
    }
}
