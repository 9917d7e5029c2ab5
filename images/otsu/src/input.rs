//! The inputs: one image, and the smallest volume of a component that counts.

use camino::{Utf8Path, Utf8PathBuf};
use imaging::{ReadImageError, Volume};
use serde::Deserialize;

/// Socket of the image.
const IMAGE: &str = "mri";
/// Socket of the smallest volume, optional.
const MINIMUM_VOLUME: &str = "minimum-volume";
/// Smallest volume when none is given, ml.
const DEFAULT_MINIMUM_VOLUME_ML: f64 = 0.1;

/// What the algorithm was given.
#[derive(Debug)]
pub(crate) struct Input {
    /// File name of the image, without its extension.
    pub(crate) image_name: String,
    /// The image: one channel, two or three axes.
    pub(crate) volume: Volume,
    /// Components smaller than this are dropped, ml.
    pub(crate) minimum_volume_ml: f64,
}

/// Inputs that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadInputError {
    /// A folder or file is not there, or is not readable.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// A document that is no JSON or of another shape.
    #[error("`{path}` is invalid: {source}")]
    Json {
        /// Which document.
        path: Utf8PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Inputs that make up no interface.
    #[error("the inputs are {found:?}, expected `{IMAGE}`, or `{IMAGE}` and `{MINIMUM_VOLUME}`")]
    Interface {
        /// Slugs from `inputs.json`.
        found: Vec<String>,
    },
    /// None or several images.
    #[error("the folder `{folder}` holds {found} images, expected one `.mha` file")]
    ImageCount {
        /// Where images lie.
        folder: Utf8PathBuf,
        /// How many.
        found: usize,
    },
    /// An image that is broken.
    #[error(transparent)]
    Image(#[from] ReadImageError),
    /// A colour image, or one with time.
    #[error(
        "the image has {channels} channels and {axes} axes, expected one channel and two or three axes"
    )]
    Shape {
        /// Samples per voxel.
        channels: u32,
        /// Axes.
        axes: usize,
    },
    /// A minimum below zero.
    #[error("the smallest volume is {0} ml, expected a number from 0 on")]
    MinimumVolume(f64),
}

/// An element of `inputs.json`, of which only the socket matters here. `interface` is its older name.
#[derive(Deserialize)]
struct Given {
    socket: Option<Socket>,
    interface: Option<Socket>,
}

#[derive(Deserialize)]
struct Socket {
    slug: String,
    relative_path: Utf8PathBuf,
}

/// Where the inputs lie.
#[derive(Debug, PartialEq)]
struct Places {
    images: Utf8PathBuf,
    minimum_volume: Option<Utf8PathBuf>,
}

impl Input {
    /// Reads the inputs of the folder, guided by its `inputs.json` if it has one.
    pub(crate) fn read(folder: &Utf8Path) -> Result<Self, ReadInputError> {
        let places = Places::find(folder)?;
        let image = only_image(&places.images)?;
        let volume = imaging::metaimage::read(&image)?;
        let axes = volume.geometry.size.len();
        if volume.channels != 1 || !(2..=3).contains(&axes) {
            return Err(ReadInputError::Shape {
                channels: volume.channels,
                axes,
            });
        }
        let minimum_volume_ml = match &places.minimum_volume {
            Some(path) => read_json(path)?,
            None => DEFAULT_MINIMUM_VOLUME_ML,
        };
        if minimum_volume_ml < 0.0 {
            return Err(ReadInputError::MinimumVolume(minimum_volume_ml));
        }
        Ok(Self {
            image_name: image.file_stem().unwrap_or_default().to_owned(),
            volume,
            minimum_volume_ml,
        })
    }
}

impl Places {
    fn find(folder: &Utf8Path) -> Result<Self, ReadInputError> {
        let list = folder.join("inputs.json");
        if list.try_exists()? {
            return Self::listed(folder, read_json(&list)?);
        }
        let minimum_volume = folder.join(format!("{MINIMUM_VOLUME}.json"));
        Ok(Self {
            images: folder.join("images").join(IMAGE),
            minimum_volume: minimum_volume.try_exists()?.then_some(minimum_volume),
        })
    }

    fn listed(folder: &Utf8Path, given: Vec<Given>) -> Result<Self, ReadInputError> {
        let sockets: Vec<Socket> = given
            .into_iter()
            .filter_map(|given| given.socket.or(given.interface))
            .collect();
        let place = |slug: &str| {
            let socket = sockets.iter().find(|socket| socket.slug == slug)?;
            Some(folder.join(&socket.relative_path))
        };
        let minimum_volume = place(MINIMUM_VOLUME);
        match place(IMAGE) {
            Some(images) if sockets.len() == 1 + usize::from(minimum_volume.is_some()) => {
                Ok(Self {
                    images,
                    minimum_volume,
                })
            }
            Some(_) | None => Err(ReadInputError::Interface {
                found: sockets.into_iter().map(|socket| socket.slug).collect(),
            }),
        }
    }
}

/// The one MetaImage of a folder, whatever its name.
fn only_image(folder: &Utf8Path) -> Result<Utf8PathBuf, ReadInputError> {
    let mut images = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = Utf8PathBuf::try_from(entry?.path()).map_err(std::io::Error::other)?;
        if path.extension() == Some("mha") {
            images.push(path);
        }
    }
    match <[Utf8PathBuf; 1]>::try_from(images) {
        Ok([image]) => Ok(image),
        Err(images) => Err(ReadInputError::ImageCount {
            folder: folder.to_owned(),
            found: images.len(),
        }),
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Utf8Path) -> Result<T, ReadInputError> {
    serde_json::from_slice(&fs_err::read(path)?).map_err(|source| ReadInputError::Json {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> Result<Places, ReadInputError> {
        Places::listed(Utf8Path::new("/in"), serde_json::from_str(text).unwrap())
    }

    #[test]
    fn the_list_says_where_inputs_lie() {
        let places = given(r#"[{"interface": {"slug": "mri", "relative_path": "images/t1"}}]"#);
        assert_eq!(
            places.unwrap(),
            Places {
                images: "/in/images/t1".into(),
                minimum_volume: None
            }
        );
    }

    #[test]
    fn inputs_of_no_interface_are_refused() {
        for list in [
            "[]",
            r#"[{"socket": {"slug": "minimum-volume", "relative_path": "m.json"}}]"#,
            r#"[{"socket": {"slug": "mri", "relative_path": "images/mri"}},
                {"socket": {"slug": "ct", "relative_path": "images/ct"}}]"#,
        ] {
            let error = given(list).unwrap_err().to_string();
            assert!(error.contains("expected `mri`"), "{error}");
        }
    }

    #[test]
    fn a_folder_without_its_one_image_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let missing = Input::read(root).unwrap_err().to_string();
        assert!(missing.contains("images/mri"), "{missing}");
        fs_err::create_dir_all(root.join("images/mri")).unwrap();
        fs_err::write(root.join("images/mri/readme.txt"), "").unwrap();
        let none = Input::read(root).unwrap_err().to_string();
        assert!(none.contains("holds 0 images"), "{none}");
        fs_err::write(root.join("images/mri/a.mha"), "").unwrap();
        fs_err::write(root.join("images/mri/b.mha"), "").unwrap();
        let two = Input::read(root).unwrap_err().to_string();
        assert!(two.contains("holds 2 images"), "{two}");
    }
}
