//! The store of container images, with what the command line adds: progress, notes on archives, the question of root.

use std::io::{self, Read};

use camino::Utf8Path;
use container::image::{
    FindImageError, HoldImageError, ImageHold, ImportOptions, Imported, Phase, Store, StoredImage,
};
use jiff::Timestamp;

use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::imported::{Identity, Notes};
use crate::problem::Problem;
use crate::terminal::{self, FAINT, Progress, visible};

/// The store, and how the user wants images to be taken.
pub(crate) struct Images {
    store: Store,
    /// Take images that run as root.
    pub(crate) allow_root: bool,
    /// Unpack layers also where the kernel can read files out of their tars.
    pub(crate) unpack: bool,
    /// Show no progress and no notes.
    pub(crate) quiet: bool,
}

impl Images {
    /// Opens the store of this data folder; makes it if there is none.
    pub(crate) fn open(home: &Home) -> Result<Self, Problem> {
        let store = Store::open(home.images()).map_err(|error| {
            Problem::internal(error).hint("choose another data folder with `--home DIR`")
        })?;
        Ok(Self {
            store,
            allow_root: false,
            unpack: false,
            quiet: false,
        })
    }

    /// The store itself.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Reads an archive or layout, whether it is known or not.
    pub(crate) fn import(&self, archive: &Utf8Path) -> Result<Imported, Problem> {
        let identity = Identity::of(archive).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                let message = format!("there is no archive or image layout `{archive}`");
                return Problem::new(ExitStatus::ImageRefused, message);
            }
            Problem::from_error(ExitStatus::ImageRefused, error)
                .context(format!("failed to read the archive `{archive}`"))
        })?;
        let options = self.options();
        let mut progress = Reading {
            bar: None,
            archive,
            quiet: self.quiet,
        };
        let imported = self
            .store
            .import(archive, &options, &mut |now| progress.show(now))
            .map_err(|error| {
                let hint = error.hint();
                Problem::from_error(ExitStatus::ImageRefused, error)
                    .context(format!("failed to import `{archive}`"))
                    .maybe_hint(hint)
            })?;
        drop(progress);
        self.tell(&imported);
        // Without the note the next run takes longer, that is all.
        let _ = Notes::in_store(self.store.root()).note(archive, identity, &imported.image.digest);
        Ok(imported)
    }

    /// Takes an archive that another program writes; `name` stands for it in messages.
    pub(crate) fn import_stream(
        &self,
        from: &mut dyn Read,
        name: &Utf8Path,
    ) -> Result<Imported, Problem> {
        let options = self.options();
        let imported = self
            .store
            .import_stream((from, name), &options, &mut |_| {})
            .map_err(|error| {
                let hint = error.hint();
                Problem::from_error(ExitStatus::ImageRefused, error)
                    .context(format!("failed to import what `{name}` gives"))
                    .maybe_hint(hint)
            })?;
        self.tell(&imported);
        Ok(imported)
    }

    fn options(&self) -> ImportOptions {
        ImportOptions {
            allow_root: self.allow_root,
            unpack: self.unpack,
            ..ImportOptions::at(Timestamp::now())
        }
    }

    fn tell(&self, imported: &Imported) {
        if !self.quiet {
            for note in &imported.notes {
                terminal::note(&format!("{FAINT}note:{FAINT:#} {}", visible(note)));
            }
        }
    }

    /// The image of an archive or layout, which is read only if it is new or has changed.
    pub(crate) fn of_archive(&self, archive: &Utf8Path) -> Result<StoredImage, Problem> {
        let known = Notes::in_store(self.store.root())
            .digest_of(archive)
            .and_then(|digest| self.store.find(&digest).ok());
        match known {
            Some(image) => self.refuse_root(image),
            None => Ok(self.import(archive)?.image),
        }
    }

    /// The imported image of this name, digest or beginning of a digest.
    pub(crate) fn find(&self, reference: &str) -> Result<StoredImage, Problem> {
        self.store.find(reference).map_err(|error| {
            let hint = match &error {
                FindImageError::Unknown { .. } | FindImageError::Malformed { .. } => {
                    Some("`gantry image list` shows what is imported".to_owned())
                }
                FindImageError::Ambiguous { .. } => Some("give more of the digest".to_owned()),
                FindImageError::List(_) => None,
            };
            Problem::from_error(ExitStatus::ImageRefused, error).maybe_hint(hint)
        })
    }

    /// As [`Self::find`], for running it.
    pub(crate) fn find_to_run(&self, reference: &str) -> Result<StoredImage, Problem> {
        self.refuse_root(self.find(reference)?)
    }

    /// Keeps the image in the store for as long as the hold lives.
    pub(crate) fn hold(&self, image: &StoredImage) -> Result<ImageHold, Problem> {
        self.store.hold(&image.digest).map_err(|error| {
            let status = match &error {
                HoldImageError::Gone { .. } => ExitStatus::ImageRefused,
                HoldImageError::Lock { .. } => ExitStatus::Internal,
            };
            Problem::from_error(status, error)
        })
    }

    /// An image that was imported with `--allow-root` needs it again for each run.
    fn refuse_root(&self, image: StoredImage) -> Result<StoredImage, Problem> {
        let user = image.config.user.split(':').next().unwrap_or_default();
        if self.allow_root || !matches!(user, "" | "0" | "root") {
            return Ok(image);
        }
        Err(Problem::new(
            ExitStatus::ImageRefused,
            format!("the image runs as root (`USER` is `{}`)", image.config.user),
        )
        .hint("add a `USER` instruction to the Dockerfile, or run with `--allow-root`"))
    }
}

/// Enough of a digest to name the image by.
pub(crate) fn short_digest(digest: &str) -> String {
    digest
        .strip_prefix("sha256:")
        .unwrap_or(digest)
        .chars()
        .take(12)
        .collect()
}

/// Shows an import; the number of bytes is known with its first news.
struct Reading<'a> {
    bar: Option<Progress>,
    archive: &'a Utf8Path,
    quiet: bool,
}

impl Reading<'_> {
    fn show(&mut self, now: container::image::Progress) {
        let bar = self.bar.get_or_insert_with(|| {
            let name = self.archive.file_name().unwrap_or(self.archive.as_str());
            Progress::start(&format!("importing {name}"), now.bytes_total, self.quiet)
        });
        match now.phase {
            Phase::Reading | Phase::Unpacking { .. } => bar.set(now.bytes_read),
            Phase::Finishing => bar.set(now.bytes_total),
        }
    }
}
