//! Which files belong to one image.

use camino::Utf8Path;

use super::image::Image;
use super::plane::Plane;
use super::tag;

/// Equal for files of one image, which must have like planes besides. The first entry is that of the series alone.
pub(super) fn of(image: &Image<'_>, plane: &Plane, path: &Utf8Path) -> Vec<String> {
    let set = image.set();
    let series = set
        .text(tag::STACK_ID)
        .or_else(|| set.text(tag::SERIES))
        .map(|series| {
            let study = set.text(tag::STUDY).unwrap_or_default();
            let class = set.text(tag::SOP_CLASS).unwrap_or_default();
            format!("{study} {series} {class}")
        });
    let alone = series.is_none() || image.pixels.frames > 1 || plane.position.is_none();
    let pixels = &image.pixels;
    vec![
        series.unwrap_or_else(|| path.to_string()),
        if alone {
            path.to_string()
        } else {
            String::new()
        },
        set.text(tag::FRAME_OF_REFERENCE).unwrap_or_default(),
        format!("{} {}", pixels.columns, pixels.rows),
        format!(
            "{} {} {:?} {:?}",
            pixels.samples, pixels.allocated, pixels.encoding, pixels.photometric
        ),
    ]
}
