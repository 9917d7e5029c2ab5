//! Voxels for a viewer: some slices at a time, of one time point, at full or at a smaller resolution.
//!
//! Byte `n` of all numbers comes before byte `n + 1` of any: the high bytes of a CT compress to almost nothing when they
//! stand together. Zstandard where the browser takes it, which over plain HTTP none does; else deflate.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use imaging::serve::slab;
use serde::Deserialize;
use store::ids::ImageId;

use super::answer::{Keep, Sent, answer, known, tag};
use super::asked::Asked;
use super::describe::slab_slices;
use super::views::{Shown, refused_drawing};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Id;
use crate::state::AppState;

/// Zstandard level: the first is enough once bytes are sorted.
const ZSTD: i32 = 1;
/// Deflate level: libdeflate's first compresses as zlib's does, in a third of the time.
const DEFLATE: i32 = 1;

/// Which voxels.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    /// How often the volume is halved.
    #[serde(default)]
    level: u8,
    #[serde(default)]
    time: u64,
    /// Which group of slices.
    #[serde(default)]
    slab: u64,
}

pub(super) async fn voxels(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<ImageId>,
    Asked(which): Asked<Which>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let shown = Shown::find(&state, &caller, id).await?;
    let tag = tag(&shown.image.blob);
    if let Some(answer) = known(&headers, &tag) {
        return Ok(answer);
    }
    let views = state.views();
    let texture = views.volume(&shown).await?.texture;
    let volume = views.level(&shown, which.level).await?;
    let size: [u64; 3] =
        std::array::from_fn(|axis| volume.geometry.size.get(axis).copied().unwrap_or(1));
    let slices = slab_slices(size, texture.voxel_bytes());
    let first = which.slab.saturating_mul(slices);
    if first >= size[2] {
        return Err(ApiError::not_found());
    }
    let coding = Coding::of(&headers);
    let made = views
        .draw(move || {
            let bytes = slab(&volume, &texture, which.time, first..first + slices)
                .map_err(|problem| refused_drawing(&problem))?;
            coding.encode(bytes)
        })
        .await??;
    Ok(answer(made, &tag, Keep::Forever))
}

/// How bytes are compressed on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Zstd,
    Deflate,
    Plain,
}

impl Coding {
    /// The best one that the client takes.
    pub(super) fn of(headers: &HeaderMap) -> Coding {
        let accepted = headers
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let takes = |coding: &str| {
            accepted.split(',').any(|part| {
                let mut words = part.split(';').map(str::trim);
                words.next() == Some(coding) && words.next() != Some("q=0")
            })
        };
        if takes("zstd") {
            Coding::Zstd
        } else if takes("deflate") {
            Coding::Deflate
        } else {
            Coding::Plain
        }
    }

    /// Compresses. Blocks.
    pub(super) fn encode(self, bytes: Vec<u8>) -> Result<Sent, ApiError> {
        let (encoding, bytes) = match self {
            Coding::Zstd => {
                let packed = zstd::bulk::compress(&bytes, ZSTD);
                (
                    Some("zstd"),
                    packed.map_err(|problem| ApiError::internal(&problem))?,
                )
            }
            Coding::Deflate => (Some("deflate"), deflated(&bytes)?),
            Coding::Plain => (None, bytes),
        };
        Ok(Sent {
            media_type: "application/octet-stream",
            encoding,
            bytes,
        })
    }
}

fn deflated(bytes: &[u8]) -> Result<Vec<u8>, ApiError> {
    let level = libdeflater::CompressionLvl::new(DEFLATE).expect("a level that libdeflate has");
    let mut compressor = libdeflater::Compressor::new(level);
    let mut packed = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor
        .zlib_compress(bytes, &mut packed)
        .map_err(|problem| ApiError::internal(&problem))?;
    packed.truncate(length);
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coding(accepted: &str) -> Coding {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
        Coding::of(&headers)
    }

    #[test]
    fn the_best_coding_that_is_taken() {
        assert_eq!(coding("gzip, deflate, br, zstd"), Coding::Zstd);
        assert_eq!(coding("gzip, deflate"), Coding::Deflate);
        assert_eq!(coding("deflate;q=0.5, zstd;q=0"), Coding::Deflate);
        assert_eq!(coding("br"), Coding::Plain);
        assert_eq!(Coding::of(&HeaderMap::new()), Coding::Plain);
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let bytes = vec![7u8; 5000];
        let sent = Coding::Deflate.encode(bytes.clone()).unwrap();
        let mut back = vec![0; 5000];
        libdeflater::Decompressor::new()
            .zlib_decompress(&sent.bytes, &mut back)
            .unwrap();
        assert_eq!(back, bytes);
        let sent = Coding::Zstd.encode(bytes.clone()).unwrap();
        assert_eq!(zstd::bulk::decompress(&sent.bytes, 5000).unwrap(), bytes);
    }
}
