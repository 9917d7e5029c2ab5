//! Running a container image that comes without a manifest: sockets are what is given, at the places where such sockets
//! usually lie, and every file in `/output` is an output.

use std::collections::BTreeSet;

use camino::Utf8Path;
use domain::{Algorithm, GeometryRule, Interface, Limits, RelativePath, Slug, Socket, SocketKind};

/// An algorithm about which nothing is known but its name.
pub fn algorithm(name: &str) -> Algorithm {
    Algorithm {
        slug: slug_of(name),
        title: name.to_owned(),
        description: String::new(),
        image: None,
        model: None,
        sockets: Vec::new(),
        interfaces: Vec::new(),
        limits: Limits::default(),
        result_template: None,
        geometry: GeometryRule::Warn,
    }
}

/// The nearest slug to any text.
fn slug_of(name: &str) -> Slug {
    let lower = name.to_lowercase();
    let parts = lower
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty());
    let text = parts.collect::<Vec<_>>().join("-");
    Slug::new(text).unwrap_or_else(|_| Slug::new("algorithm").expect("a slug"))
}

/// Adds a socket for each slug that is given, and one interface with all of them.
pub(crate) fn infer_inputs(algorithm: &mut Algorithm, given: &[(Slug, String)]) {
    for (slug, value) in given {
        algorithm.sockets.push(infer(slug, value));
    }
    let inputs: BTreeSet<Slug> = given.iter().map(|(slug, _)| slug.clone()).collect();
    algorithm.interfaces = vec![Interface {
        inputs,
        outputs: BTreeSet::new(),
    }];
}

fn infer(slug: &Slug, value: &str) -> Socket {
    let path = Utf8Path::new(value.strip_prefix('@').unwrap_or(value));
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let exists = path.exists();
    let kind = match extension.as_str() {
        "mha" | "mhd" | "tif" | "tiff" if exists => SocketKind::Image,
        other if exists => file_kind(other).unwrap_or(SocketKind::Anything),
        _ => SocketKind::Anything,
    };
    let relative_path = match kind.extension() {
        None => format!("images/{slug}"),
        Some(extension) => format!("{slug}{extension}"),
    };
    Socket {
        slug: slug.clone(),
        title: slug.to_string(),
        description: String::new(),
        kind,
        relative_path: RelativePath::new(relative_path).expect("a slug makes a normalised path"),
        schema: None,
        default: None,
        overlay_segments: Vec::new(),
        store_in_database: kind.may_store_in_database(),
    }
}

/// The file kind whose files end like this.
fn file_kind(extension: &str) -> Option<SocketKind> {
    let ends = |kind: &SocketKind| {
        kind.extension()
            .is_some_and(|ending| ending[1..] == *extension)
    };
    SocketKind::ALL
        .iter()
        .copied()
        .find(|kind| !kind.is_json() && ends(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_inferred() {
        let folder = tempfile::tempdir().unwrap();
        let scan = folder.path().join("a.mha");
        fs_err::write(&scan, b"").unwrap();
        let slug = |text: &str| Slug::new(text).unwrap();
        let image = infer(&slug("ct"), scan.to_str().unwrap());
        assert_eq!(
            (image.kind, image.relative_path.as_str()),
            (SocketKind::Image, "images/ct")
        );
        let number = infer(&slug("age"), "42");
        assert_eq!(
            (number.kind, number.relative_path.as_str()),
            (SocketKind::Anything, "age.json")
        );
        assert_eq!(algorithm("My Image:1.0").slug.as_str(), "my-image-1-0");
        assert_eq!(algorithm("***").slug.as_str(), "algorithm");
    }
}
