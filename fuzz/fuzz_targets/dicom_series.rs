//! Sorts several files into DICOM series and reads them.
#![no_main]

use imaging::{CheckLimits, uploads};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = CheckLimits {
        max_voxel_bytes: 32 << 20,
        ..fuzz::limits()
    };
    fuzz::in_pieces(bytes, |paths| {
        for image in uploads::find(paths, &limits).images {
            let image = image.allow_uneven();
            drop(image.check(&limits));
            if let Ok((volume, _)) = image.read(&limits) {
                fuzz::draw(&volume);
            }
        }
    });
});
