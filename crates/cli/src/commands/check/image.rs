//! The container image: whether it is there and may run, and what could be smaller or clearer.

use container::image::StoredImage;

use super::finding::Findings;
use crate::home::Home;
use crate::images::{Images, short_digest};
use crate::manifest::Declared;
use crate::problem::Problem;
use crate::{declared_image, embedded, quantity};

/// The contract's platform takes no larger archives (`grand-challenge.md`, section 3).
const LARGE: u64 = 10_000_000_000;
/// Layers that are worth a thought.
const LARGE_LAYER: u64 = 2_000_000_000;
const LICENCE: &str = "org.opencontainers.image.licenses";

/// Imports it where it is new, as a run would.
pub(super) fn look(
    declared: &Declared,
    home: &Home,
    findings: &mut Findings,
) -> Result<(), Problem> {
    if let Some(model) = declared.model().filter(|model| !model.exists()) {
        findings.error("model", format!("there is no file or folder `{model}`"));
    }
    let mut images = Images::open(home)?;
    images.quiet = true;
    let missing = declared_image::archive(declared).is_none()
        && declared
            .algorithm
            .image
            .as_deref()
            .is_none_or(|name| images.store().find(name).is_err());
    if missing {
        let name = declared
            .algorithm
            .image
            .as_deref()
            .unwrap_or("none is named");
        findings
            .warning("image", format!("is not there yet ({name})"))
            .hint(format!("`gantry build {}` builds it", declared.folder));
        return Ok(());
    }
    match declared_image::find(declared, &images) {
        Ok(image) => of_image(declared, &image, findings),
        Err(problem) => findings.problem("image", &problem),
    }
    Ok(())
}

fn of_image(declared: &Declared, image: &StoredImage, findings: &mut Findings) {
    let config = &image.config;
    let about = "image";
    if config.entrypoint.is_none() && config.cmd.is_none() {
        findings
            .error(
                about,
                "has neither `ENTRYPOINT` nor `CMD`, expected a program",
            )
            .hint("add `ENTRYPOINT [\"…\"]` to the Dockerfile");
    }
    if image.unpacked_bytes > LARGE {
        let size = quantity::bytes(image.unpacked_bytes);
        findings
            .warning(
                about,
                format!("has {size}; grand-challenge.org takes archives of 10 GB at most"),
            )
            .hint("weights can lie outside of it, in the manifest's `model`");
    }
    for (number, layer) in image.layers.iter().enumerate() {
        if layer.bytes > LARGE_LAYER {
            let (size, digest) = (quantity::bytes(layer.bytes), short_digest(&layer.diff_id));
            findings
                .advice(about, format!("layer {} ({digest}) has {size}", number + 1))
                .hint("remove caches in the instruction that makes them: `pip install --no-cache-dir`, `apt-get clean`");
        }
    }
    if config
        .labels
        .get(LICENCE)
        .is_none_or(|licence| licence.trim().is_empty())
    {
        findings.advice(about, "says no licence").hint(format!(
            "`LABEL {LICENCE}=\"Apache-2.0\"` in the Dockerfile"
        ));
    }
    match embedded::manifest(image) {
        Ok(Some(carried)) => carried_manifest(declared, &carried, findings),
        Ok(None) => {}
        Err(problem) => findings.problem("image", &problem),
    }
    findings.good(format!(
        "image {}: {}/{}, user `{}`, {} layers, {}",
        short_digest(&image.digest),
        config.os,
        config.architecture,
        config.user,
        image.layers.len(),
        quantity::bytes(image.unpacked_bytes)
    ));
}

/// A manifest inside that says something else is from an older build.
fn carried_manifest(declared: &Declared, carried: &domain::Algorithm, findings: &mut Findings) {
    let here = &declared.algorithm;
    let same = carried.sockets == here.sockets
        && carried.interfaces == here.interfaces
        && carried.limits == here.limits;
    if !same {
        findings
            .warning("image", "carries a manifest with other sockets, interfaces or limits than the one in the folder")
            .hint("build it again");
    }
}
