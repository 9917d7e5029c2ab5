//! The folder on the user's side: outputs as the container laid them out, and beside them what we have to say.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use domain::{Failure, FailureReason};

use crate::execute::internal;

/// Our own files lie in here, so that they collide with no output.
const OWN: &str = "gantry";
const OUTPUTS: &str = "output";

/// Where the outputs, logs and the report of one run go.
pub(crate) struct OutputFolder {
    root: Utf8PathBuf,
}

impl OutputFolder {
    /// Makes the folder. One that holds anything is refused, unless it holds an earlier run and may be replaced.
    pub(crate) fn prepare(path: &Utf8Path, overwrite: bool) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| internal("prepare the output folder", &error);
        fs_err::create_dir_all(path).map_err(|error| {
            let message = format!("the output folder `{path}` cannot be made: {error}");
            Failure::new(FailureReason::InputInvalid, message)
                .with_hint("name a folder with `-o` in which you may write")
        })?;
        let root = path.canonicalize_utf8().map_err(failed)?;
        let folder = Self { root };
        if folder
            .root
            .read_dir_utf8()
            .map_err(failed)?
            .next()
            .is_some()
        {
            folder.make_empty(overwrite)?;
        }
        fs_err::create_dir(folder.own_folder()).map_err(failed)?;
        fs_err::create_dir(folder.outputs()).map_err(failed)?;
        Ok(folder)
    }

    fn make_empty(&self, overwrite: bool) -> Result<(), Failure> {
        let earlier_run = self.own_folder().is_dir() && self.outputs().is_dir();
        if !(overwrite && earlier_run) {
            let hint = match (earlier_run, overwrite) {
                (true, _) => {
                    "it holds an earlier run: name another folder with `-o`, or give `--overwrite`"
                }
                (false, _) => "name a new or an empty folder with `-o`",
            };
            let message = format!("the output folder `{}` is not empty", self.root);
            return Err(Failure::new(FailureReason::InputInvalid, message).with_hint(hint));
        }
        for folder in [self.own_folder(), self.outputs()] {
            fs_err::remove_dir_all(folder)
                .map_err(|error| internal("remove an earlier run", &error))?;
        }
        Ok(())
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
