//! Which files belong to one image.

use camino::Utf8Path;

use super::image::Image;
use super::plane::Plane;
use super::tag;

/// Equal for files of one image. The first entry is that of the series alone.
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
    let orientation: Vec<i64> = plane
        .orientation
        .unwrap_or_default()
        .iter()
        .map(|cosine| rounded(cosine * 1e3))
        .collect();
    let spacing = plane
        .spacing
        .unwrap_or_default()
        .map(|mm| rounded(mm * 1e4));
    vec![
        series.unwrap_or_else(|| path.to_string()),
        if alone {
            path.to_string()
        } else {
            String::new()
        },
        set.text(tag::FRAME_OF_REFERENCE).unwrap_or_default(),
        format!("{orientation:?} {spacing:?}"),
        format!("{} {}", pixels.columns, pixels.rows),
        format!(
            "{} {} {:?} {:?}",
            pixels.samples, pixels.allocated, pixels.encoding, pixels.photometric
        ),
    ]
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "only told apart, and clamped by the cast"
)]
fn rounded(value: f64) -> i64 {
    value.round() as i64
}
