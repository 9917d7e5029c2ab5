//! Files of one series in several folders: one image that was spread out, or an image in each folder?

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::{SeriesFile, copies};
use crate::dicom::plane::Plane;
use crate::dicom::stack::stack;

/// Takes the folders apart when together they are no regular volume, but every one alone is.
///
/// Tools that anonymise or process write the same series into another folder, and keep its numbers.
pub(super) fn folders_apart(files: Vec<SeriesFile>) -> Vec<Vec<SeriesFile>> {
    if is_even(&files) {
        return vec![files];
    }
    let mut folders: BTreeMap<Utf8PathBuf, Vec<SeriesFile>> = BTreeMap::new();
    for file in files {
        let folder = file.path.parent().map(ToOwned::to_owned);
        folders
            .entry(folder.unwrap_or_default())
            .or_default()
            .push(file);
    }
    if folders.values().all(|files| is_even(files)) {
        folders.into_values().collect()
    } else {
        vec![folders.into_values().flatten().collect()]
    }
}

fn is_even(files: &[SeriesFile]) -> bool {
    let copies = copies(files);
    let planes: Vec<Plane> = files
        .iter()
        .enumerate()
        .filter(|(index, _)| copies.binary_search(index).is_err())
        .map(|(_, file)| file.plane.clone())
        .collect();
    let stack = stack(&planes, true);
    stack.uneven.is_none() && !stack.times_are_guessed
}
