//! The specifications of a host: which files count, and which of them describes a device.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::MetadataExt;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::OpenOptions;
use fs_err::os::unix::fs::OpenOptionsExt;
use serde::Serialize;

use super::check;
use super::error::{SpecProblem, of_file};
use super::spec::{Device, Spec, Syntax, parse};

/// A driver's file for sixteen devices has some 60 KiB.
const MAX_FILE_BYTES: u64 = 4 << 20;
const MAX_FILES: usize = 256;

/// The checked specifications of some folders.
#[derive(Debug)]
pub struct Specs {
    folders: Vec<Utf8PathBuf>,
    files: Vec<SpecFile>,
    problems: Vec<SpecProblem>,
    /// By full name.
    devices: BTreeMap<String, Holder>,
}

#[derive(Debug)]
struct SpecFile {
    path: Utf8PathBuf,
    /// Index of the folder: a later one is more important.
    priority: usize,
    spec: Spec,
}

/// Which file describes a device.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Holder {
    /// Indices of file and device.
    One(usize, usize),
    /// Several files of the most important folder do: none is used.
    Conflict(Vec<usize>),
}

/// A device that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedDevice {
    /// `vendor/class=name`.
    pub name: String,
    /// The specification file.
    pub spec: Utf8PathBuf,
}

/// A described device, for the modules that apply it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Described<'a> {
    pub(super) name: &'a str,
    pub(super) path: &'a Utf8Path,
    pub(super) spec: &'a Spec,
    pub(super) device: &'a Device,
}

impl Specs {
    /// Reads `*.json` and `*.yaml` of the folders; of two folders that describe one device the later wins. A folder that
    /// does not exist is empty. A file that cannot be used is in [`Specs::problems`] and hides no other.
    pub fn read(folders: &[Utf8PathBuf]) -> Self {
        let mut specs = Self {
            folders: folders.to_vec(),
            files: Vec::new(),
            problems: Vec::new(),
            devices: BTreeMap::new(),
        };
        for (priority, folder) in folders.iter().enumerate() {
            match files_of(folder) {
                Ok(paths) => paths.into_iter().for_each(|path| specs.add(path, priority)),
                Err(problem) => specs.problems.push(problem),
            }
        }
        specs.index();
        specs
    }

    /// Where was looked.
    pub fn folders(&self) -> &[Utf8PathBuf] {
        &self.folders
    }

    /// Files and folders that are not used, and why.
    pub fn problems(&self) -> &[SpecProblem] {
        &self.problems
    }

    /// All devices, sorted by name; without those that two files of one folder describe.
    pub fn devices(&self) -> Vec<ListedDevice> {
        self.described()
            .map(|described| ListedDevice {
                name: described.name.to_owned(),
                spec: described.path.to_owned(),
            })
            .collect()
    }

    /// Devices that two files of one folder describe, and which; they cannot be given.
    pub fn conflicts(&self) -> Vec<(String, Vec<Utf8PathBuf>)> {
        self.devices
            .iter()
            .filter_map(|(name, holder)| match holder {
                Holder::One(..) => None,
                Holder::Conflict(files) => {
                    let paths = files.iter().map(|&file| self.files[file].path.clone());
                    Some((name.clone(), paths.collect()))
                }
            })
            .collect()
    }

    /// All devices that can be given, sorted by name.
    pub(super) fn described(&self) -> impl Iterator<Item = Described<'_>> {
        self.devices.iter().filter_map(|(name, holder)| {
            let &Holder::One(file, device) = holder else {
                return None;
            };
            let file = &self.files[file];
            Some(Described {
                name,
                path: &file.path,
                spec: &file.spec,
                device: &file.spec.devices[device],
            })
        })
    }

    /// Whether no file was found, good or bad.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.problems.is_empty()
    }

    fn add(&mut self, path: Utf8PathBuf, priority: usize) {
        match read_file(&path) {
            Ok(spec) => self.files.push(SpecFile {
                path,
                priority,
                spec,
            }),
            Err(message) => self.problems.push(of_file(&path, message)),
        }
    }

    fn index(&mut self) {
        for (file_index, file) in self.files.iter().enumerate() {
            for (device_index, device) in file.spec.devices.iter().enumerate() {
                let name = format!("{}={}", file.spec.kind, device.name);
                let new = Holder::One(file_index, device_index);
                let old = self.devices.get_mut(&name);
                let Some(old) = old else {
                    self.devices.insert(name, new);
                    continue;
                };
                let first = match old {
                    Holder::One(first, _) => *first,
                    Holder::Conflict(files) => files[0],
                };
                // Files come in the order of folders, so the older holder is never the more important one.
                if self.files[first].priority < file.priority {
                    *old = new;
                } else {
                    match old {
                        Holder::One(..) => *old = Holder::Conflict(vec![first, file_index]),
                        Holder::Conflict(files) => files.push(file_index),
                    }
                }
            }
        }
    }
}

fn files_of(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, SpecProblem> {
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(of_file(folder, error.to_string())),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| of_file(folder, error.to_string()))?;
        // A name that is no text cannot end in `.json` for the tools that write these files.
        let Ok(path) = Utf8PathBuf::from_path_buf(entry.path()) else {
            continue;
        };
        if matches!(path.extension(), Some("json" | "yaml")) {
            paths.push(path);
        }
    }
    if paths.len() > MAX_FILES {
        let found = paths.len();
        return Err(of_file(
            folder,
            format!("has {found} specifications, expected at most {MAX_FILES}"),
        ));
    }
    paths.sort();
    Ok(paths)
}

fn read_file(path: &Utf8Path) -> Result<Spec, String> {
    // Not blocking: someone may have put a FIFO there.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(|error| error.to_string())?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("is no regular file".into());
    }
    trusted(&metadata)?;
    let mut bytes = Vec::new();
    let mut limited = file.take(MAX_FILE_BYTES + 1);
    limited
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("is larger than {MAX_FILE_BYTES} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    let syntax = match path.extension() {
        Some("json") => Syntax::Json,
        Some(_) | None => Syntax::Yaml,
    };
    let spec = parse(&text, syntax)?;
    check::check(&spec)?;
    Ok(spec)
}

/// A specification decides which files of the host a job sees, so nobody but root or we may have written it.
fn trusted(metadata: &std::fs::Metadata) -> Result<(), String> {
    let own = rustix::process::geteuid().as_raw();
    if metadata.uid() != 0 && metadata.uid() != own {
        let uid = metadata.uid();
        return Err(format!("belongs to user {uid}, expected root"));
    }
    if metadata.mode() & 0o002 != 0 {
        return Err("can be written by everybody, expected only by its owner".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::fixture::{Driver, spec_with};
    use super::*;

    fn gpu(name: &str) -> String {
        spec_with("{}").replace(r#""name":"0""#, &format!(r#""name":"{name}""#))
    }

    /// The problem with a file of this name and content.
    fn problem_with(name: &str, text: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap().to_owned();
        fs_err::write(folder.join(name), text).unwrap();
        let specs = Specs::read(&[folder]);
        assert!(specs.devices().is_empty());
        assert_eq!(specs.problems().len(), 1, "{:?}", specs.problems());
        specs.problems()[0].message.clone()
    }

    #[test]
    fn the_later_folder_wins_and_two_files_of_one_folder_conflict() {
        let (etc, run) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folders =
            [&etc, &run].map(|folder| Utf8Path::from_path(folder.path()).unwrap().to_owned());
        for (folder, file, device) in [
            (0, "a.json", "0"),
            (0, "b.json", "0"),
            (0, "c.json", "1"),
            (0, "d.json", "1"),
            (1, "a.json", "0"),
            (0, "ignored.yml", "2"),
        ] {
            fs_err::write(folders[folder].join(file), gpu(device)).unwrap();
        }
        let specs = Specs::read(&folders);
        let expected = ListedDevice {
            name: "v.example/gpu=0".into(),
            spec: folders[1].join("a.json"),
        };
        assert_eq!(specs.devices(), [expected]);
        let both = vec![folders[0].join("c.json"), folders[0].join("d.json")];
        assert_eq!(specs.conflicts(), [("v.example/gpu=1".to_owned(), both)]);
    }

    #[test]
    fn a_bad_file_hides_no_other() {
        let driver = Driver::install();
        fs_err::write(driver.folder.join("bad.json"), "{").unwrap();
        let specs = driver.specs();
        assert_eq!(specs.problems().len(), 1);
        assert!(specs.devices().len() > 4);
    }

    #[test]
    fn wrong_types_and_unknown_fields_are_named() {
        for (edits, expected) in [
            (r#"{"env":3}"#, "invalid type"),
            (r#"{"env":"A=1"}"#, "invalid type"),
            (
                r#"{"deviceNodes":[{"path":"/dev/x","major":"195"}]}"#,
                "invalid type",
            ),
            (r#"{"deviceNodes":{}}"#, "invalid type"),
            (r#"{"additionalGids":[-1]}"#, "invalid value"),
            (
                r#"{"mounts":[{"hostPath":"/x"}]}"#,
                "missing field `containerPath`",
            ),
            (r#"{"privileged":true}"#, "unknown field `privileged`"),
        ] {
            let problem = problem_with("x.json", spec_with(edits).as_bytes());
            assert!(problem.contains(expected), "{edits}: {problem}");
        }
        let problem = problem_with("x.yaml", b"cdiVersion: 1.1.0\nkind: a.b/gpu\ndevices: 3\n");
        assert!(problem.contains("line 3"), "{problem}");
    }

    #[test]
    fn text_made_to_exhaust_is_refused() {
        let large = format!(
            "{}{}",
            spec_with("{}"),
            " ".repeat(usize::try_from(MAX_FILE_BYTES).unwrap())
        );
        assert!(problem_with("x.json", large.as_bytes()).contains("larger than"));
        problem_with("x.json", "[".repeat(1_000_000).as_bytes());
        problem_with("x.yaml", "[".repeat(1_000_000).as_bytes());
        let mut laughs = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let below = format!("*a{},", level - 1).repeat(10);
            laughs.push_str(&format!("a{level}: &a{level} [{below}]\n"));
        }
        laughs.push_str("cdiVersion: 1.1.0\nkind: a.b/gpu\ndevices: *a11\n");
        problem_with("x.yaml", laughs.as_bytes());
        assert!(problem_with("x.json", b"\xff{").contains("UTF-8"));
        problem_with("x.yaml", b"");
    }

    #[test]
    fn nulls_of_go_programs_are_empty() {
        let text = spec_with(
            r#"{"env":null,"deviceNodes":null,"hooks":null,"mounts":null,"intelRdt":null}"#,
        );
        super::super::spec::parse(&text, Syntax::Json).unwrap();
        super::super::spec::parse(&text, Syntax::Yaml).unwrap();
    }

    #[test]
    fn only_files_that_nobody_else_can_write_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap().to_owned();
        let path = folder.join("x.json");
        fs_err::write(&path, gpu("0")).unwrap();
        fs_err::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
        rustix::fs::mkfifoat(
            rustix::fs::CWD,
            folder.join("fifo.yaml").as_std_path(),
            0o600.into(),
        )
        .unwrap();
        fs_err::create_dir(folder.join("folder.json")).unwrap();
        std::os::unix::fs::symlink("/no/such/file", folder.join("link.json")).unwrap();
        let specs = Specs::read(&[folder]);
        let messages: Vec<&str> = specs
            .problems()
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        assert_eq!(messages.len(), 4, "{messages:?}");
        assert_eq!(messages[0], "is no regular file");
        assert_eq!(messages[1], "is no regular file");
        assert!(
            messages[2].contains("/no/such/file") || messages[2].contains("link.json"),
            "{messages:?}"
        );
        assert!(
            messages[3].contains("can be written by everybody"),
            "{messages:?}"
        );
    }
}
