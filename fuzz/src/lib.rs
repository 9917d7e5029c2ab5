//! What every fuzz target does with its bytes: read them in all ways that the crate offers. Nothing may panic, hang or
//! take memory that the bytes do not pay for; answers are not looked at.

pub mod archives;
pub mod forms;
#[path = "../../crates/container/tests/it/image/found.rs"]
mod found;

use std::io::Cursor;

use camino::Utf8PathBuf;
use imaging::render::{SliceRequest, slice};
use imaging::serve::{Halving, half_resolution, little_endian};
use imaging::{CheckLimits, ImageFormat, ReadSeek, Volume};

/// Samples that are held in memory at most, bytes; checks stream up to [`CHECKED`].
const HELD: u64 = 4 << 20;
/// Samples that a check may stream, bytes: bounds the time of one input, not the memory.
const CHECKED: u64 = 128 << 20;

/// Bounds that keep one input short of the time limit of the fuzzer.
#[must_use]
pub fn limits() -> CheckLimits {
    CheckLimits {
        max_voxel_bytes: CHECKED,
        max_pixel_bytes: CHECKED,
        max_jpeg_bytes: 32 << 20,
        ..CheckLimits::default()
    }
}

/// Reads a file of one format: other formats, which the mutations may run into, have targets of their own.
pub fn read_file(bytes: &[u8], format: ImageFormat) {
    let inspected = imaging::inspect_file(&mut Cursor::new(bytes), "bytes", &beside(bytes));
    if inspected.is_ok_and(|summary| summary.format != format) {
        return;
    }
    let limits = limits();
    let open = || Cursor::new(bytes);
    let checked = imaging::check_file(&mut open(), "bytes", &beside(bytes), &limits);
    if let Ok(summary) = &checked {
        drop(imaging::platform_requirements(summary));
    }
    let held = CheckLimits {
        max_voxel_bytes: HELD,
        ..limits
    };
    if let Ok((volume, _)) = imaging::read_file(&mut open(), "bytes", &beside(bytes), &held) {
        draw(&volume);
    }
}

/// Draws the middle slice and halves the volume.
pub fn draw(volume: &Volume) {
    let request = SliceRequest {
        max_side: 256,
        ..SliceRequest::default()
    };
    if let Ok(slice) = slice(volume, &request) {
        slice
            .picture
            .to_jpeg(80)
            .expect("what was drawn is encoded");
    }
    for halving in [Halving::Mean, Halving::Majority] {
        drop(half_resolution(volume, halving));
    }
}

/// Every file beside a header holds the same bytes as the header.
fn beside(bytes: &[u8]) -> impl Fn(&str) -> std::io::Result<Box<dyn ReadSeek>> {
    move |_| Ok(Box::new(Cursor::new(bytes.to_vec())))
}

/// Writes pieces of the bytes as files, in memory, and gives their paths to `read`. Pieces end at `\n--piece--\n`.
pub fn in_pieces(bytes: &[u8], read: impl FnOnce(&[Utf8PathBuf])) {
    const END: &[u8] = b"\n--piece--\n";
    let memory = std::path::Path::new("/dev/shm");
    let folder = tempfile::tempdir_in(memory)
        .or_else(|_| tempfile::tempdir())
        .expect("a folder for the pieces");
    let mut paths = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() && paths.len() < 16 {
        let end = rest.windows(END.len()).position(|window| window == END);
        let (piece, next) = match end {
            Some(end) => (&rest[..end], &rest[end + END.len()..]),
            None => (rest, [].as_slice()),
        };
        let path = folder.path().join(format!("{}.dcm", paths.len()));
        std::fs::write(&path, piece).expect("space for a piece");
        paths.push(Utf8PathBuf::from_path_buf(path).expect("a plain path"));
        rest = next;
    }
    read(&paths);
}

/// Reads a MetaImage file, which goes the quick way where the header lets it, and the same bytes as a stream.
///
/// # Panics
/// When the two do not say the same.
pub fn read_both_ways(bytes: &[u8]) {
    let limits = CheckLimits {
        max_voxel_bytes: HELD,
        ..limits()
    };
    let streamed = imaging::read_file(&mut Cursor::new(bytes), "bytes", &nothing_beside, &limits);
    let file = tempfile::NamedTempFile::new_in("/dev/shm").expect("space for a file");
    std::fs::write(file.path(), bytes).expect("space for a file");
    let path = camino::Utf8Path::from_path(file.path()).expect("a plain path");
    let whole = imaging::read(path, &limits).map(|(volume, _)| volume);
    match (streamed, whole) {
        (Ok((streamed, summary)), Ok(whole)) if summary.format == ImageFormat::MetaImage => {
            assert_eq!(streamed.geometry, whole.geometry);
            assert_eq!(streamed.channels, whole.channels);
            assert!(little_endian(&streamed.samples) == little_endian(&whole.samples));
        }
        (Err(streamed), Ok(_)) => panic!("only the quick way reads it: {streamed}"),
        _ => {}
    }
}

fn nothing_beside(_name: &str) -> std::io::Result<Box<dyn ReadSeek>> {
    Err(std::io::ErrorKind::NotFound.into())
}
