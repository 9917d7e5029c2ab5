//! The form of an algorithm while it is filled in: what was typed, with interfaces that grow and shrink by buttons.

use std::collections::BTreeSet;

use domain::algorithm::InvalidAlgorithm;
use domain::{Algorithm, GeometryRule, Interface, Limits, Slug, Socket};
use store::algorithms::StoredAlgorithm;

use crate::ui::files::FilesForm;
use crate::ui::problems::Problems;

/// Interfaces of a form.
const MOST_INTERFACES: usize = 50;
/// Characters of a slug that is made from a title.
const LONGEST_SLUG: usize = 60;

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) title: String,
    pub(super) slug: String,
    pub(super) description: String,
    pub(super) modality: String,
    pub(super) is_refused: bool,
    pub(super) interfaces: Vec<InterfaceDraft>,
}

/// Sockets of an interface by their names, and names that are typed to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct InterfaceDraft {
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    pub(super) add_input: String,
    pub(super) add_output: String,
}

/// What a button of the form wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Make or change the algorithm.
    Save,
    /// Only take in what was typed to be added.
    TakeIn,
}

impl Draft {
    /// A form with one empty interface.
    pub(super) fn empty() -> Draft {
        Draft {
            interfaces: vec![InterfaceDraft::default()],
            ..Draft::default()
        }
    }

    /// The algorithm as it is.
    pub(super) fn of_stored(stored: &StoredAlgorithm) -> Draft {
        let slugs = |sockets: &[store::sockets::StoredSocket]| {
            let slugs = sockets.iter().map(|socket| socket.socket.slug.to_string());
            slugs.collect()
        };
        let interfaces = stored.interfaces.iter().map(|interface| InterfaceDraft {
            inputs: slugs(&interface.inputs),
            outputs: slugs(&interface.outputs),
            ..InterfaceDraft::default()
        });
        Draft {
            title: stored.title.clone(),
            slug: stored.slug.to_string(),
            description: stored.description.clone(),
            modality: stored.modality.clone(),
            is_refused: stored.geometry == GeometryRule::Refuse,
            interfaces: interfaces.collect(),
        }
    }

    /// What was sent, after what its button wants of the interfaces.
    pub(super) fn sent(form: &FilesForm) -> (Draft, Wish) {
        let count = form.get("interfaces").parse::<usize>().unwrap_or(0);
        let all = |name: String| -> Vec<String> {
            let fields = form.fields().iter();
            let named = fields.filter(|(field, _)| *field == name);
            named.map(|(_, value)| value.clone()).collect()
        };
        let mut interfaces: Vec<InterfaceDraft> = (0..count.min(MOST_INTERFACES))
            .map(|number| InterfaceDraft {
                inputs: all(format!("in:{number}")),
                outputs: all(format!("out:{number}")),
                add_input: form.get(&format!("add-in:{number}")).to_owned(),
                add_output: form.get(&format!("add-out:{number}")).to_owned(),
            })
            .collect();
        let wish = form.get("do");
        if wish == "add-interface" && interfaces.len() < MOST_INTERFACES {
            interfaces.push(InterfaceDraft::default());
        }
        if let Some(number) = wish
            .strip_prefix("drop:")
            .and_then(|text| text.parse().ok())
            && number < interfaces.len()
        {
            interfaces.remove(number);
        }
        let draft = Draft {
            title: form.get("title").trim().to_owned(),
            slug: form.get("slug").trim().to_owned(),
            description: form
                .get("description")
                .replace("\r\n", "\n")
                .trim()
                .to_owned(),
            modality: form.get("modality").trim().to_owned(),
            is_refused: form.get("geometry") == "refuse",
            interfaces,
        };
        let wish = if wish.is_empty() || wish == "save" {
            Wish::Save
        } else {
            Wish::TakeIn
        };
        (draft, wish)
    }

    /// Every name of a socket that stands in it.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let sides = self
            .interfaces
            .iter()
            .flat_map(|one| [&one.inputs, &one.outputs]);
        sides.flatten().cloned().collect()
    }

    /// Moves what was typed to be added into the interfaces, where `known` says that there is such a socket.
    pub(super) fn take_in(&mut self, known: &[Socket], problems: &mut Problems) {
        for (number, interface) in self.interfaces.iter_mut().enumerate() {
            let sides = [
                (
                    format!("add-in:{number}"),
                    &mut interface.add_input,
                    &mut interface.inputs,
                ),
                (
                    format!("add-out:{number}"),
                    &mut interface.add_output,
                    &mut interface.outputs,
                ),
            ];
            for (field, typed, side) in sides {
                let (found, unknown): (Vec<String>, Vec<String>) = words(typed)
                    .partition(|word| known.iter().any(|socket| socket.slug.as_str() == word));
                if let Some(first) = unknown.first() {
                    problems.add(&field, format!("There is no socket `{first}`."));
                }
                *typed = unknown.join(", ");
                side.extend(found);
                side.dedup();
            }
        }
    }

    /// Names that were typed to be added.
    pub(super) fn added(&self) -> impl Iterator<Item = String> {
        let typed = self.interfaces.iter();
        typed.flat_map(|one| {
            words(&one.add_input)
                .chain(words(&one.add_output))
                .collect::<Vec<_>>()
        })
    }

    /// The algorithm that it declares, of sockets that there are.
    ///
    /// # Errors
    /// With what is wrong, by field.
    pub(super) fn declared(
        &self,
        known: &[Socket],
        base: Option<&Algorithm>,
    ) -> Result<Algorithm, Problems> {
        let mut problems = Problems::default();
        self.check_texts(&mut problems);
        let slug = match base {
            Some(base) => Some(base.slug.clone()),
            None => self.wanted_slug(&mut problems),
        };
        let Some(slug) = slug else {
            return Err(problems);
        };
        let (sockets, interfaces) = self.chosen(known);
        let geometry = match self.is_refused {
            true => GeometryRule::Refuse,
            false => GeometryRule::Warn,
        };
        let algorithm = Algorithm {
            slug,
            title: self.title.clone(),
            description: self.description.clone(),
            image: None,
            model: None,
            sockets,
            interfaces,
            limits: base.map_or_else(Limits::default, |base| base.limits.clone()),
            result_template: base.and_then(|base| base.result_template.clone()),
            geometry,
        };
        if let Err(broken) = algorithm.check() {
            problems.add("interfaces", rule(&broken));
        }
        if problems.any() {
            Err(problems)
        } else {
            Ok(algorithm)
        }
    }

    fn check_texts(&self, problems: &mut Problems) {
        let length = self.title.chars().count();
        if !(1..=255).contains(&length) {
            problems.add("title", "A title has 1 to 255 characters.");
        }
        for (field, text, most) in [
            ("description", &self.description, 10_000),
            ("modality", &self.modality, 64),
        ] {
            let length = text.chars().count();
            if length > most {
                let said = format!("It has {length} characters, expected at most {most}.");
                problems.add(field, said);
            }
        }
    }

    /// The sockets that interfaces name, each once, and the interfaces.
    fn chosen(&self, known: &[Socket]) -> (Vec<Socket>, Vec<Interface>) {
        let mut sockets: Vec<Socket> = Vec::new();
        let mut side = |names: &[String]| -> BTreeSet<Slug> {
            let mut slugs = BTreeSet::new();
            for name in names {
                let found = known.iter().find(|one| one.slug.as_str() == name);
                let Some(socket) = found else { continue };
                if !sockets.iter().any(|one| one.slug == socket.slug) {
                    sockets.push(socket.clone());
                }
                slugs.insert(socket.slug.clone());
            }
            slugs
        };
        let interfaces = self.interfaces.iter().map(|one| Interface {
            inputs: side(&one.inputs),
            outputs: side(&one.outputs),
        });
        let interfaces = interfaces.collect();
        (sockets, interfaces)
    }

    /// The slug that was typed, or one made from the title.
    fn wanted_slug(&self, problems: &mut Problems) -> Option<Slug> {
        if !self.slug.is_empty() {
            return problems.take("slug", Slug::new(self.slug.as_str()));
        }
        if self.title.is_empty() {
            return None;
        }
        let made = Slug::new(slug_of(&self.title)).ok();
        if made.is_none() {
            problems.add(
                "slug",
                "None can be made from this title: type one, such as `lung-nodules`.",
            );
        }
        made
    }
}

/// Names between commas and spaces.
fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split([',', ' ', ';', '\n', '\t']);
    words
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
}

/// Letters and digits of a title, joined by hyphens.
pub(in crate::ui) fn slug_of(title: &str) -> String {
    let lower = title.to_lowercase();
    let parts = lower.split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut slug = String::new();
    for part in parts.filter(|part| !part.is_empty()) {
        if slug.len() + part.len() + 1 > LONGEST_SLUG && !slug.is_empty() {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(part);
    }
    slug
}

/// A broken rule as a sentence for who fills the form.
fn rule(broken: &InvalidAlgorithm) -> String {
    match broken {
        InvalidAlgorithm::NoInterface => {
            "An algorithm needs at least one interface: what goes in, and what comes out."
                .to_owned()
        }
        InvalidAlgorithm::EmptyInterface { number, what } => {
            format!("Interface {number} has no {what}: it needs at least one.")
        }
        InvalidAlgorithm::InputAndOutput { number, socket } => {
            format!(
                "In interface {number}, `{socket}` goes in and comes out: a socket can only be one of the two."
            )
        }
        InvalidAlgorithm::SameInputs { first, second } => format!(
            "Interfaces {first} and {second} have the same inputs, so nobody could tell which one a job means: change one of them."
        ),
        InvalidAlgorithm::SocketTwice(_)
        | InvalidAlgorithm::SamePlace { .. }
        | InvalidAlgorithm::Socket { .. }
        | InvalidAlgorithm::Reserved(_)
        | InvalidAlgorithm::UnknownSocket { .. }
        | InvalidAlgorithm::DicomOutput(_) => broken.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{RelativePath, SocketKind};

    use super::*;

    fn socket(slug: &str) -> Socket {
        Socket {
            slug: Slug::new(slug).unwrap(),
            title: slug.to_owned(),
            description: String::new(),
            kind: SocketKind::Integer,
            relative_path: RelativePath::new(format!("{slug}.json")).unwrap(),
            schema: None,
            default: None,
            overlay_segments: Vec::new(),
            store_in_database: true,
        }
    }

    fn draft(inputs: &str, outputs: &str) -> Draft {
        let interface = InterfaceDraft {
            inputs: words(inputs).collect(),
            outputs: words(outputs).collect(),
            ..InterfaceDraft::default()
        };
        Draft {
            title: "Größe of lungs, 2nd try".to_owned(),
            interfaces: vec![interface],
            ..Draft::default()
        }
    }

    #[test]
    fn a_slug_is_made_from_the_title() {
        assert_eq!(
            slug_of("  Otsu: tissue & its parts "),
            "otsu-tissue-its-parts"
        );
        assert_eq!(slug_of("肺"), "");
        assert!(slug_of(&"word ".repeat(50)).len() <= LONGEST_SLUG);
    }

    #[test]
    fn what_is_typed_is_taken_in_if_there_is_such_a_socket() {
        let known = [socket("a"), socket("b")];
        let mut one = draft("a", "");
        one.interfaces[0].add_input = "b, c".to_owned();
        let mut problems = Problems::default();
        one.take_in(&known, &mut problems);
        assert_eq!(one.interfaces[0].inputs, ["a", "b"]);
        assert_eq!(one.interfaces[0].add_input, "c");
        assert_eq!(problems.at("add-in:0"), Some("There is no socket `c`."));
    }

    #[test]
    fn rules_are_sentences() {
        let known = [socket("a"), socket("b")];
        let said = |one: &Draft| {
            let problems = one.declared(&known, None).unwrap_err();
            problems.at("interfaces").unwrap_or_default().to_owned()
        };
        assert!(draft("a", "b").declared(&known, None).is_ok());
        assert!(said(&draft("a", "")).contains("no outputs"));
        assert!(said(&draft("a", "a")).contains("goes in and comes out"));
        let mut twice = draft("a", "b");
        twice.interfaces.push(twice.interfaces[0].clone());
        assert!(said(&twice).contains("same inputs"));
        let nothing = Draft::default().declared(&known, None).unwrap_err();
        assert!(nothing.at("title").is_some());
    }
}
