//! Container image archives that lie, climb out, or are meant to fill the disk: through `gantry image import` and a server.

mod forged;
mod table;

use std::path::{Path, PathBuf};
use std::time::Instant;

use camino::Utf8Path;
use container::image::MountedLayer;

use crate::Wanted;
use crate::ground::{digest, entries, settled};
use crate::record::{Record, Row};
use crate::served::gantry;
use crate::way::{Field, Way};
use crate::witness::Beside;

/// What becomes of an archive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is refused, and nothing of it stays.
    Refused,
    /// It is taken, without what would do harm; every kept file lies within its layer.
    Taken,
    /// Either; what matters is that nothing gets out and nothing stays half.
    Either,
}

/// An archive and what has to become of it.
pub(crate) struct Forged {
    name: &'static str,
    does: &'static str,
    make: fn(&Path) -> Vec<u8>,
    fate: Fate,
    /// What the user is told.
    told: &'static str,
}

impl Forged {
    fn expected(&self) -> String {
        let fate = match self.fate {
            Fate::Refused => "refused",
            Fate::Taken => "taken without it",
            Fate::Either => "refused, or taken without it",
        };
        if self.told.is_empty() {
            return fate.to_owned();
        }
        format!("{fate}; told `{}`", self.told)
    }
}

/// Memory that an import may take, whatever the archive says.
const MOST_MEMORY: u64 = 700 << 20;

/// All of them for the table.
pub(crate) fn rows() -> Vec<Row> {
    let row = |forged: Forged| Row {
        name: forged.name.to_owned(),
        does: forged.does.to_owned(),
        expected: forged.expected(),
        ways: "`gantry image import` and server",
    };
    table::all().into_iter().map(row).collect()
}

/// Tries them all.
pub(crate) fn all(field: &Field<'_>, beside: &Beside, wanted: &Wanted, record: &mut Record) {
    // Of images that are in use; what is forged comes beside them.
    let others: Vec<_> = entries(field.served.home.join("images/layers/sha256"))
        .into_iter()
        .map(|layer| (digest(&layer), layer))
        .collect();
    for forged in table::all() {
        if !wanted.has(forged.name) {
            continue;
        }
        // A file beside the data folders that such archives aim at.
        let victim = field.ground.at("victim");
        fs_err::write(&victim, "untouched").unwrap();
        let archive = (forged.make)(&victim);
        for way in &wanted.ways {
            beside.take_slowest();
            let mut problems = match way {
                Way::Run => import(field, &forged, &archive),
                Way::Server => push(field, &forged, (&archive, &others)),
                // Engines are given images that were imported before.
                Way::Docker => continue,
            };
            if fs_err::read(&victim).unwrap() != b"untouched" {
                problems.push("a file outside was changed".to_owned());
            }
            problems.extend(beside.slow_answers(record));
            record.add(forged.name, way.name().to_owned(), problems);
        }
    }
}

fn import(field: &Field<'_>, forged: &Forged, archive: &[u8]) -> Vec<String> {
    let ground = field.ground;
    // Every archive has a store of its own, so that what stays can be seen.
    let home = ground.at("imports");
    let path = ground.at("work/forged.tar");
    fs_err::write(&path, archive).unwrap();
    let began = Instant::now();
    let output = gantry(ground, "imports")
        .args(["image", "import", "forged.tar", "--allow-root", "--json"])
        .output()
        .unwrap();
    let took = began.elapsed();
    let said = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&said).into_owned();
    let mut problems = judge(forged, output.status.success(), &text);
    if !matches!(output.status.code(), Some(0 | 14)) {
        problems.push(format!("exit code {:?}: {text}", output.status.code()));
    }
    if took.as_secs() > 60 {
        problems.push(format!("took {} s", took.as_secs()));
    }
    if text.contains('\u{1b}') {
        problems.push("terminal commands were printed".to_owned());
    }
    problems.extend(kept(&home, output.status.success()));
    fs_err::remove_dir_all(&home).unwrap();
    fs_err::remove_file(&path).unwrap();
    problems
}

fn push(
    field: &Field<'_>,
    forged: &Forged,
    (archive, others): (&[u8], &[(String, PathBuf)]),
) -> Vec<String> {
    let served = field.served;
    let version = served.push("forged", archive);
    let is_taken = version["import_state"] == "completed";
    let mut problems = judge(forged, is_taken, &version.to_string());
    if others
        .iter()
        .any(|(before, layer)| digest(layer) != *before)
    {
        problems.push("layers of other images were changed".to_owned());
    }
    problems.extend(settled(|| {
        let staging = entries(served.home.join("images/staging"));
        staging
            .iter()
            .map(|path| format!("left behind: {}", path.display()))
            .collect()
    }));
    if served.resident() > MOST_MEMORY {
        problems.push(format!(
            "the server takes {} bytes of memory",
            served.resident()
        ));
    }
    problems
}

fn judge(forged: &Forged, is_taken: bool, text: &str) -> Vec<String> {
    let is_right = match forged.fate {
        Fate::Refused => !is_taken,
        Fate::Taken => is_taken,
        Fate::Either => true,
    };
    let mut problems = Vec::new();
    if !is_right {
        let done = if is_taken { "taken" } else { "refused" };
        problems.push(format!(
            "it was {done}: {}",
            text.chars().take(500).collect::<String>()
        ));
    }
    // A server keeps no notes on what an import left out.
    let has_notes = !is_taken || text.contains("\"notes\"");
    if has_notes && !text.contains(forged.told) {
        let text: String = text.chars().take(500).collect();
        problems.push(format!("`{}` is not told: {text}", forged.told));
    }
    problems
}

/// A store after one import: nothing half, and nothing at all after a refusal; devices and sockets nowhere.
fn kept(home: &Path, is_taken: bool) -> Vec<String> {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let mut problems = Vec::new();
    let store = home.join("images");
    let mut empty = vec![store.join("staging")];
    if !is_taken {
        empty.extend([store.join("layers/sha256"), store.join("images")]);
    }
    for folder in empty {
        for path in entries(&folder) {
            problems.push(format!("left behind: {}", path.display()));
        }
    }
    let mut waiting = vec![store.join("layers")];
    let mut opened = Vec::new();
    while let Some(folder) = waiting.pop() {
        for path in entries(&folder) {
            if path.ends_with("index") && folder.parent() == Some(&store.join("layers/sha256")) {
                // Files that lie in a tar: what the kernel shows of them.
                let index = Utf8Path::from_path(&path).expect("a path of the store");
                let layer = MountedLayer::open(index).expect("an index that was just written");
                waiting.push(layer.path().join(".").into());
                opened.push(layer);
            }
            let about = fs_err::symlink_metadata(&path).unwrap();
            let kind = about.file_type();
            let is_whiteout = kind.is_char_device() && about.rdev() == 0;
            if kind.is_block_device() || kind.is_socket() || (kind.is_char_device() && !is_whiteout)
            {
                problems.push(format!("a device came in: {}", path.display()));
            }
            if kind.is_dir() {
                waiting.push(path);
            }
        }
    }
    problems
}

/// Gzip of so many mebibytes of zeros.
pub(crate) fn zeros(mebibytes: usize) -> Vec<u8> {
    forged::gzip_bomb(b"", mebibytes)
}
