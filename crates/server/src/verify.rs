//! Whether everything that the database says is there, and is what it was. Also beside a running server.

use std::time::Duration;

use camino::Utf8Path;
use container::image::{ListImagesError, Store as ContainerImages};
use serde::Serialize;
use store::blobs::{Blob, BlobError, Digest};
use store::{OpenStoreError, Store, StoreError};

/// Blobs that are asked for at once.
const AT_ONCE: u32 = 1000;
/// A file younger than this, which no row names, may be on its way into a row.
const ON_ITS_WAY: Duration = Duration::from_secs(3600);

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every byte: each digest is computed anew.
    Contents,
    /// Whether files are there and have their size.
    Sizes,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Nothing is wrong.
    pub is_fine: bool,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Blobs that were looked at.
    pub blobs: Amount,
    /// Files in the folder of blobs that no row names: remains of crashes. Not an error.
    pub orphans: Amount,
    /// Container images that were looked at.
    pub images: usize,
    /// Their layers.
    pub layers: usize,
    /// Layers whose contents could be compared with nothing, because they had no seal before; they have one now.
    pub unsealed_layers: usize,
    /// Layers that no container image needs. Not an error.
    pub unneeded_layers: usize,
}

/// Files and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// How many.
    pub files: u64,
    /// How large together.
    pub bytes: u64,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// `database`, `blob`, `file`, `image` or `layer`.
    pub kind: &'static str,
    /// Which: a digest or a path.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
    /// What needs it, such as `image.blob_digest 0190…`.
    pub needed_by: Vec<String>,
}

/// It could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no database, or none of this version.
    #[error(transparent)]
    Open(#[from] OpenStoreError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder of blobs cannot be read.
    #[error("the blobs cannot be listed: {0}")]
    Blobs(std::io::Error),
    /// The store of container images cannot be read.
    #[error("the container images cannot be listed: {0}")]
    Images(String),
    /// No thread to work on.
    #[error("no work can be started: {0}")]
    Runtime(std::io::Error),
}

impl Amount {
    pub(crate) fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

/// Hears how many bytes are done, and how many there are in all.
pub type Told<'a> = dyn FnMut(u64, u64) + 'a;

/// Looks at a data folder. `told` hears of every blob that was read.
///
/// # Errors
/// When it cannot be looked at; what is wrong with it is no error.
pub fn verify(home: &Utf8Path, depth: Depth, told: &mut Told<'_>) -> Result<Verified, VerifyError> {
    let runtime = tokio::runtime::Runtime::new().map_err(VerifyError::Runtime)?;
    runtime.block_on(async {
        let store = Store::open_to_read(home).await?;
        verify_store(&store, home, depth, told).await
    })
}

/// [`verify()`] of a store that is open.
pub(crate) async fn verify_store(
    store: &Store,
    home: &Utf8Path,
    depth: Depth,
    told: &mut Told<'_>,
) -> Result<Verified, VerifyError> {
    let mut found = Verified::default();
    for problem in store.database_damages().await? {
        found.problems.push(Problem {
            kind: "database",
            name: "gantry.db".to_owned(),
            problem,
            needed_by: Vec::new(),
        });
    }
    blobs(store, depth, &mut found, told).await?;
    orphans(store, &mut found).await?;
    images(store, home, depth, &mut found).await?;
    found.is_fine = found.problems.is_empty();
    Ok(found)
}

async fn blobs(
    store: &Store,
    depth: Depth,
    found: &mut Verified,
    told: &mut Told<'_>,
) -> Result<(), StoreError> {
    let (_, total) = store.blob_totals().await?;
    let mut after: Option<Digest> = None;
    loop {
        let known = store.known_blobs(after.as_ref(), AT_ONCE).await?;
        let Some(last) = known.last() else {
            return Ok(());
        };
        after = Some(last.digest.clone());
        for blob in &known {
            match look(store, blob, depth) {
                Ok(()) => found.blobs.add(blob.size),
                // Taken away since it was listed, in the right order: first the row.
                Err(_) if !store.knows_blob(&blob.digest).await? => {}
                Err(problem) => found.problems.push(damaged(store, blob, &problem).await?),
            }
            told(found.blobs.bytes, total);
        }
    }
}

fn look(store: &Store, blob: &Blob, depth: Depth) -> Result<(), BlobError> {
    store.blobs().open_whole(blob)?;
    match depth {
        Depth::Contents => store.blobs().verify(&blob.digest).map(|_| ()),
        Depth::Sizes => Ok(()),
    }
}

/// A blob that is not what it should be, and who will miss it.
pub(crate) async fn damaged(
    store: &Store,
    blob: &Blob,
    problem: &BlobError,
) -> Result<Problem, StoreError> {
    let users = store.blob_users(&blob.digest).await?;
    Ok(Problem {
        kind: "blob",
        name: blob.digest.to_string(),
        problem: problem.to_string(),
        needed_by: users
            .iter()
            .map(|user| format!("{} {}", user.place, user.id))
            .collect(),
    })
}

async fn orphans(store: &Store, found: &mut Verified) -> Result<(), VerifyError> {
    for file in store.blobs().lying().map_err(VerifyError::Blobs)? {
        let Some(digest) = &file.digest else {
            found.problems.push(Problem {
                kind: "file",
                name: format!("blobs/{}", file.path),
                problem: "the name is no digest; Gantry did not write it".to_owned(),
                needed_by: Vec::new(),
            });
            continue;
        };
        if file.age > ON_ITS_WAY && !store.knows_blob(digest).await? {
            found.orphans.add(file.size);
        }
    }
    Ok(())
}

async fn images(
    store: &Store,
    home: &Utf8Path,
    depth: Depth,
    found: &mut Verified,
) -> Result<(), VerifyError> {
    let failed = |problem: &dyn std::fmt::Display| VerifyError::Images(problem.to_string());
    let images = ContainerImages::open(home.join("images")).map_err(|problem| failed(&problem))?;
    for named in store.named_images().await? {
        if images.find(&named.digest).is_err() {
            found.problems.push(Problem {
                kind: "image",
                name: named.digest,
                problem: "the container image is not in the store".to_owned(),
                needed_by: vec![format!("algorithm {}", named.algorithm)],
            });
        }
    }
    match depth {
        Depth::Contents => layers(&images, found).map_err(|problem| failed(&problem)),
        Depth::Sizes => layer_folders(&images, found).map_err(|problem| failed(&problem)),
    }
}

fn layers(images: &ContainerImages, found: &mut Verified) -> Result<(), ListImagesError> {
    let checked = images.check()?;
    found.images = checked.images;
    found.layers = checked.layers;
    found.unsealed_layers = checked.unsealed;
    found.unneeded_layers = checked.unneeded;
    let problems = checked.damages.into_iter().map(|damage| Problem {
        kind: "layer",
        name: damage.layer,
        problem: damage.problem,
        needed_by: damage.images,
    });
    found.problems.extend(problems);
    Ok(())
}

fn layer_folders(images: &ContainerImages, found: &mut Verified) -> Result<(), ListImagesError> {
    for image in images.list()? {
        found.images += 1;
        for layer in image.layers {
            found.layers += 1;
            if !layer.is_there() {
                found.problems.push(Problem {
                    kind: "layer",
                    name: layer.diff_id,
                    problem: format!("`{}` is not there", layer.path),
                    needed_by: vec![image.digest.clone()],
                });
            }
        }
    }
    Ok(())
}
