//! Medical images: `HyperlinkedImage`.

use imaging::ImageSummary;
use serde_json::{Value, json};
use store::images::{Image, ImageExtension};

use crate::links::Links;

pub(in crate::gcapi) fn image(stored: &Image, links: &Links) -> Value {
    let facts = Facts::of(stored);
    let file = links.image_file(stored.id, stored.extension.as_str());
    json!({
        "pk": stored.id,
        "api_url": links.api("cases/images", stored.id),
        "name": stored.name,
        "files": [{
            "pk": stored.id,
            "image": links.api("cases/images", stored.id),
            "file": file,
            // What is stored as `.mha` is called so by every client.
            "image_type": match stored.extension {
                ImageExtension::Mha => "MHD",
                ImageExtension::Tif => "TIFF",
            },
        }],
        "dicom_image_set": null,
        "width": facts.axis(0),
        "height": facts.axis(1),
        "depth": facts.axis(2),
        "timepoints": facts.axis(3),
        "color_space": facts.color_space(),
        "modality": (!stored.modality.is_empty()).then(|| json!({"modality": stored.modality})),
        // An empty text is refused by the client.
        "eye_choice": "NA",
        "stereoscopic_choice": null,
        "field_of_view": null,
        "shape_without_color": facts.shape(false),
        "shape": facts.shape(true),
        "voxel_width_mm": facts.spacing(0),
        "voxel_height_mm": facts.spacing(1),
        "voxel_depth_mm": facts.spacing(2),
        "window_center": facts.window.map(|(center, _)| center),
        "window_width": facts.window.map(|(_, width)| width),
        "segments": facts.segments,
        "origin": stored.import.map(|import| links.api("cases/upload-sessions", import)),
    })
}

/// What is known of an image; nothing where it was kept without.
#[derive(Default)]
struct Facts {
    /// x, y, z, t.
    size: Vec<u64>,
    /// mm, only where the file states it.
    spacing: Vec<f64>,
    channels: u32,
    window: Option<(f64, f64)>,
    segments: Option<Vec<i64>>,
}

impl Facts {
    fn of(stored: &Image) -> Facts {
        let Ok(summary) = serde_json::from_value::<ImageSummary>(stored.summary.clone()) else {
            return Facts::default();
        };
        let is_stated = summary.spacing_source != imaging::SpacingSource::Missing;
        let window = summary.metadata.windows().into_iter().next();
        Facts {
            spacing: if is_stated {
                summary.geometry.spacing
            } else {
                Vec::new()
            },
            size: summary.size,
            channels: summary.channels,
            window: window.map(|window| (window.center, window.width)),
            segments: summary.segments,
        }
    }

    fn axis(&self, axis: usize) -> Option<u64> {
        self.size.get(axis).copied()
    }

    fn spacing(&self, axis: usize) -> Option<f64> {
        self.spacing
            .get(axis)
            .copied()
            .filter(|_| axis < self.size.len())
    }

    /// As numpy has it, `[t, z, y, x]`, and the colours behind where there are several.
    fn shape(&self, with_colors: bool) -> Vec<u64> {
        let mut shape: Vec<u64> = self.size.iter().rev().copied().collect();
        if with_colors && self.channels > 1 {
            shape.push(u64::from(self.channels));
        }
        shape
    }

    fn color_space(&self) -> &'static str {
        match self.channels {
            1 => "GRAY",
            3 => "RGB",
            4 => "RGBA",
            _ => "",
        }
    }
}
