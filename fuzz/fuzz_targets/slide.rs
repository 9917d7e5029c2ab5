//! Opens any bytes as a slide and hands out the corner tiles of every level.
#![no_main]

use std::io::Cursor;

use imaging::slide::Slide;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = Box::new(Cursor::new(bytes.to_vec()));
    let Ok(mut slide) = Slide::from_file(file, "bytes", &fuzz::limits()) else {
        return;
    };
    let _ = slide.pixel_size();
    for (place, level) in slide.levels().to_vec().iter().enumerate().take(8) {
        let (column, row) = (level.columns - 1, level.rows - 1);
        for (column, row) in [(0, 0), (column, 0), (column, row), (column + 1, row)] {
            drop(slide.tile(place, column, row));
        }
    }
});
