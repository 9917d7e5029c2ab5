//! The folder on the user's side: outputs as the container laid them out, and beside them what we have to say.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use domain::{Failure, FailureReason};

use crate::execute::internal;

/// Our own files lie in here, so that they collide with no output.
const OWN: &str = "gantry";
const OUTPUTS: &str = "output";

/// Where the outputs, logs and the report of one run go. Until [`OutputFolder::keep`] is called, dropping it takes away what
/// it made, so that a run that never started can be repeated.
pub(crate) struct OutputFolder {
    root: Utf8PathBuf,
    made_root: bool,
    holds_earlier_run: bool,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Chosen,
    Made,
    Kept,
}

impl OutputFolder {
    /// Chooses the folder and makes it if there is none; nothing that it holds is touched yet. One that holds anything is
    /// refused, unless it holds an earlier run and may be replaced.
    pub(crate) fn choose(path: &Utf8Path, overwrite: bool) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| internal("prepare the output folder", &error);
        let made_root = !path.exists();
        fs_err::create_dir_all(path).map_err(|error| {
            let message = format!("the output folder `{path}` cannot be made: {error}");
            Failure::new(FailureReason::InputInvalid, message)
                .with_hint("name a folder with `-o` in which you may write")
        })?;
        let mut folder = Self {
            root: path.canonicalize_utf8().map_err(failed)?,
            made_root,
            holds_earlier_run: false,
            state: State::Chosen,
        };
        let mut entries = folder.root.read_dir_utf8().map_err(failed)?;
        if entries.next().is_some() {
            folder.require_earlier_run(overwrite)?;
            folder.holds_earlier_run = true;
        }
        Ok(folder)
    }

    fn require_earlier_run(&self, overwrite: bool) -> Result<(), Failure> {
        let earlier_run = self.own_folder().is_dir() && self.outputs().is_dir();
        if overwrite && earlier_run {
            return Ok(());
        }
        let hint = if earlier_run {
            "it holds an earlier run: name another folder with `-o`, or give `--overwrite`"
        } else {
            "name a new or an empty folder with `-o`"
        };
        let message = format!("the output folder `{}` is not empty", self.root);
        Err(Failure::new(FailureReason::InputInvalid, message).with_hint(hint))
    }

    /// Makes the folders for this run, in the place of an earlier one.
    pub(crate) fn make(&mut self) -> Result<(), Failure> {
        let folders = [self.own_folder(), self.outputs()];
        if self.holds_earlier_run {
            for folder in &folders {
                fs_err::remove_dir_all(folder)
                    .map_err(|error| internal("remove an earlier run", &error))?;
            }
        }
        self.state = State::Made;
        for folder in &folders {
            fs_err::create_dir(folder)
                .map_err(|error| internal("prepare the output folder", &error))?;
        }
        Ok(())
    }

    /// From now on there is something to keep.
    pub(crate) fn keep(&mut self) {
        self.state = State::Kept;
    }

    /// For logs and the report.
    pub(crate) fn own_folder(&self) -> Utf8PathBuf {
        self.root.join(OWN)
    }

    /// `/output` as the container left it.
    pub(crate) fn outputs(&self) -> Utf8PathBuf {
        self.root.join(OUTPUTS)
    }

    /// Writes the rendered result.
    pub(crate) fn write_result(&self, html: &str) -> Result<Utf8PathBuf, Failure> {
        let path = self.own_folder().join("result.html");
        let head = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Result</title><body>\n";
        fs_err::write(&path, format!("{head}{html}</body></html>\n"))
            .map_err(|error| internal("write the result", &error))?;
        Ok(path)
    }

    /// What lies where.
    pub(crate) fn files(&self) -> BTreeMap<String, String> {
        let own = self.own_folder();
        [
            ("outputs", self.outputs()),
            ("stdout", own.join("stdout.log")),
            ("stderr", own.join("stderr.log")),
            ("report", own.join("report.json")),
        ]
        .into_iter()
        .map(|(name, path)| (name.to_owned(), path.into_string()))
        .collect()
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        // What cannot be taken away stays; the failure that led here is what the user has to know.
        if self.state == State::Made {
            for folder in [self.own_folder(), self.outputs()] {
                let _ = fs_err::remove_dir_all(folder);
            }
        }
        if self.made_root && self.state != State::Kept {
            let _ = fs_err::remove_dir(&self.root);
        }
    }
}
