//! An algorithm: its sockets, the interfaces it offers, its limits and its result template.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::limits::Limits;
use crate::slug::Slug;
use crate::socket::Socket;

/// An algorithm as its manifest (or, on a server, its form) declares it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Algorithm {
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// What it does.
    pub description: String,
    /// Where its container image is: an archive beside the manifest, or the digest or name of an imported image.
    pub image: Option<String>,
    /// Where its weights are: a tarball or folder beside the manifest.
    pub model: Option<String>,
    /// All sockets that its interfaces use.
    pub sockets: Vec<Socket>,
    /// Sets of inputs with the outputs they give.
    pub interfaces: Vec<Interface>,
    /// What a job may use.
    pub limits: Limits,
    /// Jinja template for `results.json`.
    pub result_template: Option<String>,
    /// What happens when an output image does not lie where the input lies.
    pub geometry: GeometryRule,
}

/// A set of input sockets and the set of output sockets it gives; order has no meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// At least one.
    pub inputs: BTreeSet<Slug>,
    /// At least one.
    pub outputs: BTreeSet<Slug>,
}

/// What happens when an output image does not lie where the input lies.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GeometryRule {
    /// The result carries a warning.
    #[default]
    Warn,
    /// The job fails.
    Refuse,
}

/// Inputs that fit no interface.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", describe(.given, .interfaces))]
pub struct ChooseInterfaceError {
    given: BTreeSet<Slug>,
    interfaces: Vec<BTreeSet<Slug>>,
}

/// A rule that an algorithm's declaration breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAlgorithm {
    /// Two sockets of one name.
    #[error("socket `{0}` is declared twice")]
    SocketTwice(Slug),
    /// Two sockets at one place, or one inside the other.
    #[error("sockets `{first}` and `{second}` lie at the same place: `{path}`")]
    SamePlace {
        /// One of them.
        first: Slug,
        /// The other.
        second: Slug,
        /// The path of the second.
        path: String,
    },
    /// A socket that breaks a rule.
    #[error("socket `{socket}`: {problem}")]
    Socket {
        /// Its slug.
        socket: Slug,
        /// The rule.
        problem: crate::socket::InvalidSocket,
    },
    /// A name that is reserved for the platform.
    #[error("socket `{0}` has a reserved name")]
    Reserved(Slug),
    /// No interface at all.
    #[error("no interface is declared, expected at least one")]
    NoInterface,
    /// An interface without inputs or without outputs.
    #[error("interface {number} has no {what}, expected at least one")]
    EmptyInterface {
        /// Counted from 1.
        number: usize,
        /// `inputs` or `outputs`.
        what: &'static str,
    },
    /// An interface names what is not declared.
    #[error("interface {number} names the socket `{socket}`, which is not declared")]
    UnknownSocket {
        /// Counted from 1.
        number: usize,
        /// The name.
        socket: Slug,
    },
    /// A socket on both sides.
    #[error("interface {number} has the socket `{socket}` both as input and as output")]
    InputAndOutput {
        /// Counted from 1.
        number: usize,
        /// The name.
        socket: Slug,
    },
    /// Two interfaces that could not be told apart.
    #[error("interfaces {first} and {second} have the same inputs, expected different ones")]
    SameInputs {
        /// Counted from 1.
        first: usize,
        /// Counted from 1.
        second: usize,
    },
    /// A DICOM image set as output.
    #[error("socket `{0}` is a DICOM image set, which can only be an input")]
    DicomOutput(Slug),
}

/// Sockets of the platform's own evaluations. `results-json-file` is not among them: the contract lets an algorithm have
/// it as an output.
const RESERVED: [&str; 4] = [
    "metrics-json-file",
    "predictions-csv-file",
    "predictions-json-file",
    "predictions-zip-file",
];

impl Algorithm {
    /// The socket of this name.
    pub fn socket(&self, slug: &Slug) -> Option<&Socket> {
        self.sockets.iter().find(|socket| socket.slug == *slug)
    }

    /// The interface whose inputs are exactly these.
    ///
    /// # Errors
    /// When there is none; the message lists what is missing or surplus, and what is supported.
    pub fn choose_interface(
        &self,
        given: &BTreeSet<Slug>,
    ) -> Result<&Interface, ChooseInterfaceError> {
        self.interfaces
            .iter()
            .find(|interface| interface.inputs == *given)
            .ok_or_else(|| ChooseInterfaceError {
                given: given.clone(),
                interfaces: self
                    .interfaces
                    .iter()
                    .map(|interface| interface.inputs.clone())
                    .collect(),
            })
    }

    /// Judges the declaration.
    ///
    /// # Errors
    /// With the first rule that is broken.
    pub fn check(&self) -> Result<(), InvalidAlgorithm> {
        for (index, socket) in self.sockets.iter().enumerate() {
            self.check_socket(socket, &self.sockets[..index])?;
        }
        if self.interfaces.is_empty() {
            return Err(InvalidAlgorithm::NoInterface);
        }
        for (index, interface) in self.interfaces.iter().enumerate() {
            self.check_interface(interface, index + 1)?;
            if let Some(first) = self.interfaces[..index]
                .iter()
                .position(|other| other.inputs == interface.inputs)
            {
                return Err(InvalidAlgorithm::SameInputs {
                    first: first + 1,
                    second: index + 1,
                });
            }
        }
        Ok(())
    }

    fn check_socket(&self, socket: &Socket, earlier: &[Socket]) -> Result<(), InvalidAlgorithm> {
        let slug = socket.slug.clone();
        if RESERVED.contains(&slug.as_str()) {
            return Err(InvalidAlgorithm::Reserved(slug));
        }
        for other in earlier {
            if other.slug == slug {
                return Err(InvalidAlgorithm::SocketTwice(slug));
            }
            if other.relative_path.collides_with(&socket.relative_path) {
                let path = socket.relative_path.to_string();
                return Err(InvalidAlgorithm::SamePlace {
                    first: other.slug.clone(),
                    second: slug,
                    path,
                });
            }
        }
        socket.check().map_err(|problem| InvalidAlgorithm::Socket {
            socket: slug,
            problem,
        })
    }

    fn check_interface(
        &self,
        interface: &Interface,
        number: usize,
    ) -> Result<(), InvalidAlgorithm> {
        for (what, sockets) in [
            ("inputs", &interface.inputs),
            ("outputs", &interface.outputs),
        ] {
            if sockets.is_empty() {
                return Err(InvalidAlgorithm::EmptyInterface { number, what });
            }
            if let Some(unknown) = sockets.iter().find(|slug| self.socket(slug).is_none()) {
                return Err(InvalidAlgorithm::UnknownSocket {
                    number,
                    socket: unknown.clone(),
                });
            }
        }
        if let Some(both) = interface.inputs.intersection(&interface.outputs).next() {
            return Err(InvalidAlgorithm::InputAndOutput {
                number,
                socket: both.clone(),
            });
        }
        let dicom = |slug: &&Slug| {
            self.socket(slug)
                .is_some_and(|s| s.kind == crate::socket_kind::SocketKind::DicomImageSet)
        };
        interface.outputs.iter().find(dicom).map_or(Ok(()), |slug| {
            Err(InvalidAlgorithm::DicomOutput(slug.clone()))
        })
    }
}

fn describe(given: &BTreeSet<Slug>, interfaces: &[BTreeSet<Slug>]) -> String {
    let list = |slugs: &BTreeSet<Slug>| {
        slugs
            .iter()
            .map(|slug| format!("`{slug}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let given_text = if given.is_empty() {
        "no inputs".to_owned()
    } else {
        list(given)
    };
    let supported: Vec<String> = interfaces
        .iter()
        .map(|inputs| format!("[{}]", list(inputs)))
        .collect();
    let mut text = format!(
        "the inputs given ({given_text}) fit no interface, expected exactly {}",
        supported.join(" or ")
    );
    let distance = |inputs: &&BTreeSet<Slug>| inputs.symmetric_difference(given).count();
    if let Some(nearest) = interfaces.iter().min_by_key(distance) {
        let missing: BTreeSet<Slug> = nearest.difference(given).cloned().collect();
        let surplus: BTreeSet<Slug> = given.difference(nearest).cloned().collect();
        for (what, slugs) in [("missing", missing), ("too many", surplus)] {
            if !slugs.is_empty() {
                text += &format!("; {what}: {}", list(&slugs));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    const MANIFEST: &str = r#"
        title = "T"
        slug = "t"
        sockets = [
            { slug = "ct", kind = "Image", relative_path = "images/ct" },
            { slug = "age", kind = "Integer", relative_path = "age.json" },
            { slug = "score", kind = "Float", relative_path = "score.json" },
        ]
        interfaces = [
            { inputs = ["ct"], outputs = ["score"] },
            { inputs = ["ct", "age"], outputs = ["score"] },
        ]
    "#;

    fn slugs(names: &[&str]) -> BTreeSet<Slug> {
        names.iter().map(|name| Slug::new(*name).unwrap()).collect()
    }

    #[test]
    fn interfaces_are_chosen_by_the_exact_set() {
        let algorithm = Manifest::parse(MANIFEST).unwrap().algorithm;
        assert_eq!(
            algorithm
                .choose_interface(&slugs(&["ct"]))
                .unwrap()
                .inputs
                .len(),
            1
        );
        assert_eq!(
            algorithm
                .choose_interface(&slugs(&["age", "ct"]))
                .unwrap()
                .inputs
                .len(),
            2
        );
        let error = algorithm
            .choose_interface(&slugs(&["age", "cr"]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("missing: `ct`") && error.contains("too many: `cr`"),
            "{error}"
        );
        assert!(
            algorithm
                .choose_interface(&slugs(&[]))
                .unwrap_err()
                .to_string()
                .contains("no inputs")
        );
    }

    #[test]
    fn declarations_are_judged() {
        for (old, new, expected) in [
            ("slug = \"age\"", "slug = \"ct\"", "declared twice"),
            ("age.json", "score.json", "same place"),
            ("[\"ct\", \"age\"]", "[\"ct\"]", "same inputs"),
            ("[\"ct\", \"age\"]", "[\"ct\", \"sex\"]", "not declared"),
            (
                "outputs = [\"score\"] },\n            {",
                "outputs = [\"ct\"] },\n            {",
                "both as input",
            ),
            ("slug = \"age\"", "slug = \"metrics-json-file\"", "reserved"),
            ("inputs = [\"ct\"],", "inputs = [],", "no inputs"),
        ] {
            let text = MANIFEST.replacen(old, new, 1);
            let error = Manifest::parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }
}
