//! Sockets and interfaces as typed on the command line.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Algorithm, GeometryRule, Interface, Limits, OverlaySegment, RelativePath, Slug, Socket,
    SocketKind,
};

use crate::arguments::InitArguments;
use crate::exit_status::ExitStatus;
use crate::forge::Drafted;
use crate::problem::Problem;

/// The algorithm that the flags describe.
pub(super) fn draft(arguments: &InitArguments) -> Result<Drafted, Problem> {
    let side = |texts: &[String]| {
        texts
            .iter()
            .map(|text| socket(text))
            .collect::<Result<Vec<_>, _>>()
    };
    let (inputs, outputs) = (side(&arguments.input)?, side(&arguments.output)?);
    let interfaces = if arguments.interface.is_empty() {
        let slugs = |sockets: &[Socket]| sockets.iter().map(|socket| socket.slug.clone()).collect();
        vec![Interface {
            inputs: slugs(&inputs),
            outputs: slugs(&outputs),
        }]
    } else {
        let read = arguments.interface.iter().map(|text| interface(text));
        read.collect::<Result<Vec<_>, _>>()?
    };
    let named = arguments.slug.clone().or_else(|| {
        let folder = arguments.folder.as_ref()?.file_name()?;
        Some(folder.to_lowercase().replace(['_', ' ', '.'], "-"))
    });
    let slug = named.unwrap_or_else(|| "algorithm".to_owned());
    let title = arguments.title.clone().unwrap_or_else(|| title_of(&slug));
    finish(&slug, &title, (inputs, outputs), interfaces)
}

/// The algorithm of these parts.
pub(super) fn finish(
    slug: &str,
    title: &str,
    (inputs, outputs): (Vec<Socket>, Vec<Socket>),
    interfaces: Vec<Interface>,
) -> Result<Drafted, Problem> {
    let algorithm = Algorithm {
        slug: Slug::new(slug).map_err(refused)?,
        title: title.to_owned(),
        description: String::new(),
        image: None,
        model: None,
        sockets: inputs.into_iter().chain(outputs).collect(),
        interfaces,
        limits: Limits::default(),
        result_template: None,
        geometry: GeometryRule::default(),
    };
    algorithm.check().map_err(refused)?;
    Ok(Drafted {
        algorithm,
        examples: BTreeMap::new(),
        notes: Vec::new(),
    })
}

/// `lesion-count` reads `Lesion count`.
pub(super) fn title_of(slug: &str) -> String {
    let words = slug.replace('-', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

/// `SLUG=KIND` or `SLUG=KIND:relative/path`.
pub(super) fn socket(text: &str) -> Result<Socket, Problem> {
    let malformed = || {
        Problem::new(
            ExitStatus::Usage,
            format!("`{text}` is no socket, expected `SLUG=KIND` or `SLUG=KIND:relative/path`"),
        )
        .hint(
            "kinds are labels or codes of docs/manifest.md, such as `Image`, `SEG`, `Float`, `CSV`",
        )
    };
    let (name, rest) = text.split_once('=').ok_or_else(malformed)?;
    let (kind, path) = match rest.split_once(':') {
        Some((kind, path)) => (kind, Some(path)),
        None => (rest, None),
    };
    let slug = Slug::new(name.trim()).map_err(refused)?;
    let kind = kind_of(kind.trim()).ok_or_else(malformed)?;
    let path = path.map_or_else(|| usual_path(&slug, kind), |path| path.trim().to_owned());
    let segment = OverlaySegment {
        voxel_value: 1,
        name: title_of(slug.as_str()),
        visible: true,
    };
    Ok(Socket {
        title: title_of(slug.as_str()),
        description: String::new(),
        kind,
        relative_path: RelativePath::new(path).map_err(refused)?,
        schema: None,
        default: None,
        overlay_segments: if kind == SocketKind::Segmentation {
            vec![segment]
        } else {
            Vec::new()
        },
        store_in_database: kind.may_store_in_database(),
        slug,
    })
}

/// By label or code in any case, or by the first word of a label that no other kind begins with, such as `CSV`.
fn kind_of(text: &str) -> Option<SocketKind> {
    let known = SocketKind::parse(text).or_else(|_| SocketKind::parse(&text.to_uppercase()));
    known.ok().or_else(|| {
        let begins = |kind: &&SocketKind| {
            let mut words = kind.label().split(' ');
            words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case(text))
        };
        let mut found = SocketKind::ALL.iter().filter(begins);
        found.next().copied().filter(|_| found.next().is_none())
    })
}

fn usual_path(slug: &Slug, kind: SocketKind) -> String {
    match kind.extension() {
        Some(extension) => format!("{slug}{extension}"),
        None => format!("images/{slug}"),
    }
}

/// `a,b->c,d`.
fn interface(text: &str) -> Result<Interface, Problem> {
    let sides = text.split_once("->").or_else(|| text.split_once('→'));
    let (inputs, outputs) = sides.ok_or_else(|| {
        let message = format!("`{text}` is no interface, expected `INPUT,INPUT->OUTPUT,OUTPUT`");
        Problem::new(ExitStatus::Usage, message)
    })?;
    let slugs = |side: &str| -> Result<BTreeSet<Slug>, Problem> {
        let names = side
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        names.map(|name| Slug::new(name).map_err(refused)).collect()
    };
    Ok(Interface {
        inputs: slugs(inputs)?,
        outputs: slugs(outputs)?,
    })
}

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> Problem {
    Problem::from_error(ExitStatus::Usage, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_short_to_type() {
        for (text, kind, path) in [
            ("ct=Image", SocketKind::Image, "images/ct"),
            ("ct=IMG:images/thorax", SocketKind::Image, "images/thorax"),
            ("n=float", SocketKind::Float, "n.json"),
            ("t=csv", SocketKind::Csv, "t.csv"),
            (
                "boxes=Multiple 2D bounding boxes",
                SocketKind::MultipleBoundingBoxes2d,
                "boxes.json",
            ),
        ] {
            let socket = socket(text).unwrap();
            assert_eq!((socket.kind, socket.relative_path.as_str()), (kind, path));
        }
        for text in [
            "ct",
            "ct=Hologram",
            "CT=Image",
            "ct=Image:../up",
            "a=Multiple",
        ] {
            assert!(socket(text).is_err(), "{text}");
        }
    }

    #[test]
    fn interfaces_have_two_sides() {
        let interface = interface("a, b -> c").unwrap();
        assert_eq!((interface.inputs.len(), interface.outputs.len()), (2, 1));
        assert!(super::interface("a,b").is_err());
        assert_eq!(title_of("lesion-count"), "Lesion count");
    }
}
