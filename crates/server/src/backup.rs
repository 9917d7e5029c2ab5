//! A copy of a data folder beside a running server, and a data folder from such a copy.
//!
//! First the database, in one consistent copy; then everything that this copy names. Bytes never change once they have a
//! name, so what comes in meanwhile does no harm: it is not in the copy, and nothing in the copy names it. What is deleted
//! meanwhile stays on the disk until the backup is done.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use container::image::{CopyImageError, ListImagesError, Store as ContainerImages, Transfer};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::blobs::{Blob, BlobError, Blobs, Digest};
use store::{OpenStoreError, Store, StoreError};

use crate::verify::{Amount, Depth, Problem, Told, Verified, VerifyError, damaged, verify_store};

/// Written last: a folder without it is no whole backup.
const MARK: &str = "backup.json";
/// The layout of a backup that this program writes and reads.
const FORMAT: u32 = 1;
/// Blobs that are asked for at once.
const AT_ONCE: u32 = 1000;
/// Single files of a data folder: secrets and the configuration.
const FILES: [&str; 4] = ["signing.key", "gantry.toml", "tls/ca.pem", "tls/ca.key"];

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackupMark {
    /// Its layout.
    pub format: u32,
    /// Version of the program that made it.
    pub gantry: String,
    /// When its copy of the database was made.
    pub made_at: Timestamp,
}

/// What was brought into a backup or out of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Nothing is missing.
    pub is_fine: bool,
    /// What could not be brought along, because it is missing or damaged.
    pub problems: Vec<Problem>,
    /// Blobs.
    pub blobs: Amount,
    /// Of these, blobs that share their bytes with the original on the same disk.
    pub linked: u64,
    /// Container images.
    pub images: usize,
    /// Parts of uploads that were not complete.
    pub parts: u64,
}

/// There is no backup, or nothing of one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target is in use.
    #[error("`{0}` is not empty, expected a new or empty folder")]
    NotEmpty(Utf8PathBuf),
    /// The target lies in what is to be copied.
    #[error("`{target}` lies in the data folder `{home}`")]
    Inside {
        /// Where the backup was to go.
        target: Utf8PathBuf,
        /// What it is of.
        home: Utf8PathBuf,
    },
    /// The source is no whole backup.
    #[error("`{path}` is no backup of Gantry: {problem}")]
    NoBackup {
        /// The folder.
        path: Utf8PathBuf,
        /// Why not.
        problem: String,
    },
    /// A file cannot be read or written.
    #[error("the backup failed: {0}")]
    File(#[from] io::Error),
    /// A blob cannot be written.
    #[error("the backup failed: {0}")]
    Blob(BlobError),
    /// A database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenStoreError),
    /// A database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The container images cannot be listed.
    #[error("the container images cannot be listed: {0}")]
    Images(String),
    /// What was restored cannot be looked at.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl From<ListImagesError> for BackupError {
    fn from(problem: ListImagesError) -> BackupError {
        BackupError::Images(problem.to_string())
    }
}

/// Makes a backup in a new folder, also while a server works on the data folder.
///
/// # Errors
/// When it cannot be made; damage in the data folder is no error, but told.
pub fn backup(
    home: &Utf8Path,
    target: &Utf8Path,
    told: &mut Told<'_>,
) -> Result<Moved, BackupError> {
    if target.starts_with(home) {
        return Err(BackupError::Inside {
            target: target.to_owned(),
            home: home.to_owned(),
        });
    }
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = Store::open_to_read(home).await?;
        new_folder(target)?;
        let _stay = store.blobs().let_stay()?;
        let made_at = Timestamp::now();
        let database = target.join("gantry.db");
        store.copy_database(&database).await?;
        fs_err::File::open(&database)?.sync_all()?;
        let copy = Store::open_to_read(target).await?;
        let mut moving = Moving {
            from: store.blobs(),
            to: &copy,
            transfer: Transfer::Link,
            moved: Moved::default(),
        };
        moving.everything(home, target, told).await?;
        let moved = moving.moved();
        copy.close().await;
        let mark = BackupMark {
            format: FORMAT,
            gantry: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
        };
        let mark = serde_json::to_vec_pretty(&mark).map_err(io::Error::other)?;
        sync(target)?;
        fs_err::write(target.join(MARK), mark)?;
        sync(target)?;
        Ok(moved)
    })
}

/// Makes a data folder from a backup, and looks at every byte of it.
///
/// # Errors
/// When there is no whole backup, or the folder is not empty or cannot be written. What is damaged is no error, but told.
pub fn restore(
    source: &Utf8Path,
    home: &Utf8Path,
    told: &mut Told<'_>,
) -> Result<(Moved, Verified), BackupError> {
    mark(source)?;
    new_folder(home)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        fs_err::copy(source.join("gantry.db"), home.join("gantry.db"))?;
        // An older backup is brought to this version, here and not where it lies.
        let store = Store::open(home).await?;
        let blobs = Blobs::open(&source.join("blobs"))?;
        let mut moving = Moving {
            from: &blobs,
            to: &store,
            transfer: Transfer::Copy,
            moved: Moved::default(),
        };
        moving.everything(source, home, told).await?;
        let moved = moving.moved();
        // Each blob was compared with its name while it was copied.
        let verified = verify_store(&store, home, Depth::Contents, &mut |_, _| {}).await?;
        store.close().await;
        sync(home)?;
        Ok((moved, verified))
    })
}

/// What a backup says of itself.
///
/// # Errors
/// When the folder is no whole backup, or one of a layout that this program does not know.
pub fn mark(source: &Utf8Path) -> Result<BackupMark, BackupError> {
    let path = source.join(MARK);
    let unfit = |problem: String| BackupError::NoBackup {
        path: source.to_owned(),
        problem,
    };
    if !path.exists() {
        return Err(unfit(format!(
            "there is no `{MARK}`, which is written last"
        )));
    }
    let text = fs_err::read(&path).map_err(|problem| unfit(problem.to_string()))?;
    let mark: BackupMark =
        serde_json::from_slice(&text).map_err(|problem| unfit(problem.to_string()))?;
    if mark.format != FORMAT {
        let found = mark.format;
        return Err(unfit(format!("its format is {found}, expected {FORMAT}")));
    }
    Ok(mark)
}

/// A folder that only its owner reads, because it holds secrets.
fn new_folder(path: &Utf8Path) -> Result<(), BackupError> {
    if path.exists() && path.read_dir_utf8()?.next().is_some() {
        return Err(BackupError::NotEmpty(path.to_owned()));
    }
    fs_err::create_dir_all(path)?;
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    Ok(fs_err::set_permissions(path, private)?)
}

fn sync(folder: &Utf8Path) -> io::Result<()> {
    let folder = fs_err::File::open(folder)?;
    Ok(rustix::fs::syncfs(&folder)?)
}

/// Everything but the database, from one folder to another.
struct Moving<'a> {
    from: &'a Blobs,
    /// Its database says what is needed.
    to: &'a Store,
    transfer: Transfer,
    moved: Moved,
}

impl Moving<'_> {
    async fn everything(
        &mut self,
        from: &Utf8Path,
        to: &Utf8Path,
        told: &mut Told<'_>,
    ) -> Result<(), BackupError> {
        self.blobs(told).await?;
        self.parts(&from.join("uploads"), &to.join("uploads"))?;
        self.images(from, to)?;
        for name in FILES {
            let (from, to) = (from.join(name), to.join(name));
            if from.exists() {
                fs_err::create_dir_all(to.parent().expect("a file in a folder"))?;
                fs_err::copy(from, to)?;
            }
        }
        Ok(())
    }

    async fn blobs(&mut self, told: &mut Told<'_>) -> Result<(), BackupError> {
        let (_, total) = self.to.blob_totals().await?;
        let mut after: Option<Digest> = None;
        loop {
            let known = self.to.known_blobs(after.as_ref(), AT_ONCE).await?;
            let Some(last) = known.last() else {
                return Ok(());
            };
            after = Some(last.digest.clone());
            for blob in &known {
                match self.blob(blob) {
                    Ok(()) => self.moved.blobs.add(blob.size),
                    Err(problem @ BlobError::Disk { what: "kept", .. }) => {
                        return Err(BackupError::Blob(problem));
                    }
                    Err(problem) => {
                        let problem = damaged(self.to, blob, &problem).await?;
                        self.moved.problems.push(problem);
                    }
                }
                told(self.moved.blobs.bytes, total);
            }
        }
    }

    fn blob(&mut self, blob: &Blob) -> Result<(), BlobError> {
        let (from, to) = (self.from, self.to.blobs());
        from.open_whole(blob)?;
        if self.transfer == Transfer::Link {
            let linked = to.link_from(from, &blob.digest);
            let kept = |source| BlobError::Disk {
                what: "kept",
                source,
            };
            if linked.map_err(kept)? {
                self.moved.linked += 1;
                return Ok(());
            }
        }
        to.take_from(from, &blob.digest).map(|_| ())
    }

    /// Parts have their name only when they are whole; one that goes away meanwhile has become a blob, which is too late
    /// for this backup: the client sends it again.
    fn parts(&mut self, from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
        if !from.exists() {
            return Ok(());
        }
        for upload in from.read_dir_utf8()? {
            let upload = upload?;
            let Ok(parts) = upload.path().read_dir_utf8() else {
                continue;
            };
            for part in parts {
                let part = part?;
                if part.file_name().parse::<u32>().is_err() {
                    continue;
                }
                let folder = to.join(upload.file_name());
                fs_err::create_dir_all(&folder)?;
                match fs_err::copy(part.path(), folder.join(part.file_name())) {
                    Ok(_) => self.moved.parts += 1,
                    Err(problem) if problem.kind() == io::ErrorKind::NotFound => {}
                    Err(problem) => return Err(problem),
                }
            }
        }
        Ok(())
    }

    fn images(&mut self, from: &Utf8Path, to: &Utf8Path) -> Result<(), BackupError> {
        let opened = |home: &Utf8Path| {
            ContainerImages::open(home.join("images"))
                .map_err(|problem| BackupError::Images(problem.to_string()))
        };
        let (source, target) = (opened(from)?, opened(to)?);
        for image in source.list()? {
            match source.copy_into(&target, &image.digest, self.transfer) {
                Ok(_) => self.moved.images += 1,
                // Removed since it was listed.
                Err(CopyImageError::Hold(_)) => {}
                Err(problem) => self.moved.problems.push(Problem {
                    kind: "image",
                    name: image.digest,
                    problem: std::error::Error::source(&problem)
                        .map_or_else(|| problem.to_string(), |why| format!("{problem}: {why}")),
                    needed_by: image.names,
                }),
            }
        }
        Ok(())
    }

    fn moved(self) -> Moved {
        Moved {
            is_fine: self.moved.problems.is_empty(),
            ..self.moved
        }
    }
}
