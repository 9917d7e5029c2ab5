//! Judging what a program left in `/output`: every socket, every problem; what is valid is kept in any case.

mod image;
mod mirror;

use std::os::fd::OwnedFd;

use camino::{Utf8Path, Utf8PathBuf};
use domain::{ExtraFile, FailureReason, Limits, OutputValue, Problem, Slug, Socket, json};
use imaging::ImageSummary;
use serde_json::Value;

use crate::inputs::{AcceptedInputs, MAX_JSON_BYTES, check_file};
use mirror::{Mirror, MirrorError, MirrorLimits, MirroredFile};

/// Larger values are not shown in the report; they are in their files.
const MAX_SHOWN_JSON: usize = 64 << 10;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) outputs: Vec<OutputValue>,
    pub(crate) extra_files: Vec<ExtraFile>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<String>,
    /// The parsed `results.json`, if it is one of the outputs.
    pub(crate) results: Option<Value>,
}

/// `/output` as copied, with everything by which it is judged.
struct Judge<'a> {
    accepted: &'a AcceptedInputs,
    folder: &'a Utf8Path,
    mirror: Mirror,
    /// Files that belong to a socket.
    claimed: Vec<Utf8PathBuf>,
    found: Collected,
}

/// Copies `/output` into `folder` and judges it against the outputs of the chosen interface; without a manifest every file
/// is an output.
pub(crate) fn collect(
    output: OwnedFd,
    accepted: &AcceptedInputs,
    folder: &Utf8Path,
    limits: &Limits,
) -> Result<Collected, MirrorError> {
    let bounds = MirrorLimits {
        entries: limits.output_files,
        // Files with holes and files of many names have more bytes than the disk; copied, they would take them on the host.
        bytes: limits.output_bytes.min(limits.disk_bytes),
    };
    let mirror = mirror::mirror(output, folder, bounds)?;
    let mut judge = Judge {
        accepted,
        folder,
        mirror,
        claimed: Vec::new(),
        found: Collected::default(),
    };
    match &accepted.interface {
        Some(interface) => {
            let slugs = interface
                .outputs
                .iter()
                .filter_map(|name| Slug::new(name.as_str()).ok());
            for slug in slugs.collect::<Vec<_>>() {
                let socket = accepted
                    .algorithm
                    .socket(&slug)
                    .expect("interfaces name declared sockets only");
                judge.socket(socket);
            }
        }
        None => judge.everything(),
    }
    Ok(judge.finish())
}

impl Judge<'_> {
    fn socket(&mut self, socket: &Socket) {
        let path = Utf8Path::new(socket.relative_path.as_str());
        if socket.kind.is_image() {
            return self.image_folder(Some(socket), path);
        }
        let Some(file) = self
            .mirror
            .files
            .iter()
            .find(|file| file.path == path)
            .cloned()
        else {
            return self.absent(socket, path);
        };
        self.claimed.push(file.path.clone());
        if socket.kind.is_json() {
            self.json(Some(socket), &file);
        } else {
            match check_file(socket.kind, &self.folder.join(&file.path)) {
                Ok(()) => self.accept(Some(socket), &file, |_| {}),
                Err(messages) => self.invalid(Some(socket), &file.path, messages),
            }
        }
    }

    /// Says why there is no file where a socket wants one.
    fn absent(&mut self, socket: &Socket, path: &Utf8Path) {
        let refused = self
            .mirror
            .refused
            .iter()
            .find(|refused| path.starts_with(&refused.path));
        let (code, message) = match refused {
            Some(refused) if refused.path == path => {
                (FailureReason::OutputInvalid, refused.reason.to_string())
            }
            Some(refused) => (
                FailureReason::OutputInvalid,
                format!("lies in `{}`, which {}", refused.path, refused.reason),
            ),
            None if self.mirror.folders.iter().any(|folder| folder == path) => (
                FailureReason::OutputInvalid,
                "is a folder, expected a file".to_owned(),
            ),
            None => (FailureReason::OutputMissing, "was not produced".to_owned()),
        };
        self.problem(code, Some(socket), path, message);
    }

    fn json(&mut self, socket: Option<&Socket>, file: &MirroredFile) {
        if file.bytes > MAX_JSON_BYTES {
            let message = format!(
                "has {} bytes, expected at most {MAX_JSON_BYTES} for JSON",
                file.bytes
            );
            return self.invalid(socket, &file.path, vec![message]);
        }
        let bytes = match fs_err::read(self.folder.join(&file.path)) {
            Ok(bytes) => bytes,
            Err(error) => {
                return self.invalid(socket, &file.path, vec![format!("cannot be read: {error}")]);
            }
        };
        let parsed = match json::parse(&bytes) {
            Ok(parsed) => parsed,
            Err(error) => return self.invalid(socket, &file.path, vec![error.to_string()]),
        };
        if parsed.replaced_non_finite > 0 {
            let count = parsed.replaced_non_finite;
            self.found.warnings.push(format!(
                "`{}` holds {count} numbers that are NaN or infinite; they became null",
                file.path
            ));
        }
        if let Some(Err(violation)) = socket.map(|socket| socket.check_json(&parsed.value)) {
            return self.invalid(socket, &file.path, violation.complaints);
        }
        if file.path == "results.json" {
            self.found.results = Some(parsed.value.clone());
        }
        self.accept(socket, file, |output| {
            output.value = (bytes.len() <= MAX_SHOWN_JSON).then_some(parsed.value);
        });
    }

    /// Adds a valid output after `fill` has told the rest about it.
    fn accept(
        &mut self,
        socket: Option<&Socket>,
        file: &MirroredFile,
        fill: impl FnOnce(&mut OutputValue),
    ) {
        let mut output = OutputValue {
            socket: socket.map_or_else(|| name_of(&file.path), |socket| socket.slug.to_string()),
            kind: socket.map(|socket| socket.kind.label().to_owned()),
            relative_path: file.path.to_string(),
            path: self.folder.join(&file.path).into_string(),
            bytes: file.bytes,
            sha256: file.sha256.clone(),
            value: None,
            image: None,
            geometry: None,
        };
        fill(&mut output);
        self.found.outputs.push(output);
    }

    fn invalid(&mut self, socket: Option<&Socket>, path: &Utf8Path, messages: Vec<String>) {
        for message in messages {
            self.problem(FailureReason::OutputInvalid, socket, path, message);
        }
    }

    fn problem(
        &mut self,
        code: FailureReason,
        socket: Option<&Socket>,
        path: &Utf8Path,
        message: String,
    ) {
        let socket = socket.map(|socket| socket.slug.to_string());
        self.found.problems.push(Problem {
            code,
            socket,
            path: Some(path.to_string()),
            message,
        });
    }

    /// Without a manifest: each folder below `images/` is an image, each `.json` is JSON, the rest are files.
    fn everything(&mut self) {
        let is_image_folder =
            |folder: &&Utf8PathBuf| folder.parent() == Some(Utf8Path::new("images"));
        let folders: Vec<Utf8PathBuf> = self
            .mirror
            .folders
            .iter()
            .filter(is_image_folder)
            .cloned()
            .collect();
        for folder in folders {
            self.image_folder(None, &folder);
        }
        for file in self.mirror.files.clone() {
            if self.claimed.contains(&file.path) {
                continue;
            }
            self.claimed.push(file.path.clone());
            if file.path.extension() == Some("json") {
                self.json(None, &file);
            } else {
                self.accept(None, &file, |_| {});
            }
        }
        let refused: Vec<_> = self
            .mirror
            .refused
            .iter()
            .map(|refused| (refused.path.clone(), refused.reason.to_string()))
            .collect();
        for (path, message) in refused {
            self.problem(FailureReason::OutputInvalid, None, &path, message);
        }
    }

    fn finish(mut self) -> Collected {
        let extra = self
            .mirror
            .files
            .iter()
            .filter(|file| !self.claimed.contains(&file.path));
        self.found.extra_files = extra
            .map(|file| ExtraFile {
                relative_path: file.path.to_string(),
                bytes: file.bytes,
            })
            .collect();
        let named = |path: &Utf8Path| {
            self.found
                .problems
                .iter()
                .any(|problem| problem.path.as_deref() == Some(path.as_str()))
        };
        let silent: Vec<String> = self
            .mirror
            .refused
            .iter()
            .filter(|refused| !named(&refused.path))
            .map(|refused| {
                format!(
                    "`/output/{}` was left behind: it {}",
                    refused.path, refused.reason
                )
            })
            .collect();
        self.found.warnings.extend(silent);
        self.found
    }
}

/// A name for an output that no socket declares.
fn name_of(path: &Utf8Path) -> String {
    let image_folder = path
        .strip_prefix("images")
        .ok()
        .and_then(|rest| rest.iter().next());
    image_folder
        .or_else(|| path.file_stem())
        .unwrap_or("output")
        .to_owned()
}

/// Input images with their sockets, to compare with.
type InputImages = [(Slug, ImageSummary)];
