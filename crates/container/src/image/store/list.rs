//! Finds images by name or digest.

use super::record::{self, bare};
use super::{FindImageError, ListImagesError, Store, StoredImage};

/// Hex digits that are enough to name an image.
const SHORTEST: usize = 4;

/// All images, the newest first.
pub(super) fn list(store: &Store) -> Result<Vec<StoredImage>, ListImagesError> {
    let root = store.root();
    let mut images: Vec<StoredImage> = record::all(root)?
        .into_iter()
        .map(|record| record.into_image(root))
        .collect();
    images.sort_by(|one, other| {
        let newest_first = other.imported_at.cmp(&one.imported_at);
        newest_first.then_with(|| one.digest.cmp(&other.digest))
    });
    Ok(images)
}

/// The image that a reference means.
pub(super) fn find(store: &Store, reference: &str) -> Result<StoredImage, FindImageError> {
    let mut images = list(store)?;
    let name = with_tag(reference);
    if let Some(at) = images.iter().position(|image| image.names.contains(&name)) {
        return Ok(images.swap_remove(at));
    }
    let start = bare(reference);
    let is_hex = start
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex && start.len() >= SHORTEST {
        images.retain(|image| bare(&image.digest).starts_with(start));
    } else {
        images.clear();
    }
    match images.len() {
        0 if !is_name(&name) => Err(FindImageError::Malformed {
            reference: reference.to_owned(),
        }),
        0 => Err(FindImageError::Unknown {
            reference: reference.to_owned(),
        }),
        1 => Ok(images.remove(0)),
        _ => Err(FindImageError::Ambiguous {
            reference: reference.to_owned(),
            matches: images.into_iter().map(|image| image.digest).collect(),
        }),
    }
}

/// `name` means `name:latest`, as Docker's users are used to.
fn with_tag(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    if last.contains(':') {
        reference.to_owned()
    } else {
        format!("{reference}:latest")
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte);
    name.bytes().all(plain)
        && name
            .bytes()
            .next()
            .is_some_and(|first| first.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_tag_means_latest() {
        assert_eq!(with_tag("otsu"), "otsu:latest");
        assert_eq!(with_tag("host:5000/otsu"), "host:5000/otsu:latest");
        assert_eq!(with_tag("otsu:1"), "otsu:1");
    }

    #[test]
    fn names_have_plain_letters() {
        assert!(is_name("a/b-c_d.e:1"));
        assert!(!is_name(":latest"));
        assert!(!is_name("a b:latest"));
        assert!(!is_name("../x:latest"));
    }
}
