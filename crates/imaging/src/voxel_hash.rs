//! The SHA-256 of an image's samples.

use sha2::{Digest, Sha256};

/// Takes decoded samples in order and gives their SHA-256: the same for the same image in any format.
///
/// Samples are hashed as they are streamed: little-endian, x fastest, then y, z, t; channels interleaved.
#[derive(Debug, Clone, Default)]
pub struct VoxelHash(Sha256);

impl VoxelHash {
    /// The next samples.
    pub fn feed(&mut self, samples: &[u8]) {
        self.0.update(samples);
    }

    /// 64 hexadecimal digits.
    #[must_use]
    pub fn finish(self) -> String {
        let digest = self.0.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
