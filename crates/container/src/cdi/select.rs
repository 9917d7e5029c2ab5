//! Which device a job gets.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::check::{class, split_qualified};
use super::devices::GpuDevices;
use super::edits::{self, Parts};
use super::error::SelectGpuError;
use super::lease::GpuLease;
use super::read::{Described, Specs};

/// Classes whose devices are GPUs or slices of them.
const CLASSES: [&str; 2] = ["gpu", "mig"];
/// By custom, all devices of a kind together.
const ALL: &str = "all";
/// Vendors' kinds for tools that administer devices.
const MANAGEMENT: &str = "management.";

/// What a job asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GpuRequest {
    /// One free device, or a free slice of one; never all.
    Any,
    /// A full name (`nvidia.com/gpu=0`), or the part after `=` where no two kinds have it (`0`, a UUID).
    Named(String),
}

/// Picks a device and holds it for as long as the answer lives. `locks` is a folder that all who give out devices of
/// this host share; it is made when missing, and must be writable by no one else.
///
/// # Errors
/// When nothing fits, everything that fits is in use, or the description cannot be applied to a container.
pub fn select(
    specs: &Specs,
    request: &GpuRequest,
    locks: &Utf8Path,
) -> Result<GpuDevices, SelectGpuError> {
    if specs.is_empty() {
        return Err(SelectGpuError::NoSpecification {
            folders: specs.folders().to_vec(),
        });
    }
    if specs.described().next().is_none() && specs.conflicts().is_empty() {
        return Err(SelectGpuError::NoUsableSpecification {
            folders: specs.folders().to_vec(),
            problems: specs.problems().to_vec(),
        });
    }
    match request {
        GpuRequest::Any => any(specs, locks),
        GpuRequest::Named(name) => {
            let described = named(specs, name)?;
            give(described, locks)?.ok_or_else(|| SelectGpuError::Busy {
                busy: vec![described.name.to_owned()],
            })
        }
    }
}

/// How many jobs can have a GPU at the same time: devices that go by several names count once.
#[must_use]
pub fn count(specs: &Specs) -> usize {
    let gpus = specs
        .described()
        .filter(|described| is_gpu(described) && described.device.name != ALL);
    let hardware: BTreeSet<Vec<String>> = gpus
        .filter_map(|described| edits::parts(&described).ok())
        .map(|parts| parts.holds.into_keys().collect())
        .collect();
    hardware.len()
}

fn any(specs: &Specs, locks: &Utf8Path) -> Result<GpuDevices, SelectGpuError> {
    let mut candidates: Vec<Described<'_>> = specs
        .described()
        .filter(|described| is_gpu(described) && described.device.name != ALL)
        .collect();
    candidates.sort_by_cached_key(|described| natural(described.name));
    let mut busy = Vec::new();
    let mut problem = None;
    for described in candidates {
        match give(described, locks) {
            Ok(Some(devices)) => return Ok(devices),
            Ok(None) => busy.push(described.name.to_owned()),
            Err(error) => {
                problem.get_or_insert(error);
            }
        }
    }
    if !busy.is_empty() {
        return Err(SelectGpuError::Busy { busy });
    }
    if let Some(problem) = problem {
        return Err(problem);
    }
    if let Some((name, paths)) = specs.conflicts().into_iter().next() {
        return Err(SelectGpuError::Conflict { name, specs: paths });
    }
    Err(SelectGpuError::NoGpu {
        known: known(specs),
    })
}

fn named<'a>(specs: &'a Specs, name: &str) -> Result<Described<'a>, SelectGpuError> {
    let full = split_qualified(name).is_some();
    let fits = |candidate: &str| {
        if full {
            candidate == name
        } else {
            split_qualified(candidate).is_some_and(|(_, device)| device == name)
        }
    };
    let mut matches: Vec<Described<'_>> = specs
        .described()
        .filter(|described| fits(described.name) && (full || is_gpu(described)))
        .collect();
    if matches.len() > 1 {
        let matches = matches
            .iter()
            .map(|described| described.name.to_owned())
            .collect();
        return Err(SelectGpuError::Ambiguous {
            name: name.to_owned(),
            matches,
        });
    }
    if let Some(described) = matches.pop() {
        return Ok(described);
    }
    let conflict = specs
        .conflicts()
        .into_iter()
        .find(|(candidate, _)| fits(candidate));
    if let Some((name, specs)) = conflict {
        return Err(SelectGpuError::Conflict { name, specs });
    }
    Err(SelectGpuError::Unknown {
        name: name.to_owned(),
        known: known(specs),
        problems: specs.problems().to_vec(),
    })
}

/// `None` when another job has it.
fn give(described: Described<'_>, locks: &Utf8Path) -> Result<Option<GpuDevices>, SelectGpuError> {
    let name = described.name.to_owned();
    let spec: Utf8PathBuf = described.path.to_owned();
    let parts = edits::parts(&described).map_err(|problem| SelectGpuError::Unusable {
        name: name.clone(),
        spec: spec.clone(),
        problem,
    })?;
    let lease = GpuLease::take(locks, &parts.holds).map_err(|source| SelectGpuError::Lease {
        name: name.clone(),
        source,
    })?;
    let Parts {
        nodes,
        mounts,
        env,
        library_folders,
        links,
        library_path,
        left_out,
        holds: _,
    } = parts;
    Ok(lease.map(|lease| GpuDevices {
        name,
        spec,
        nodes,
        mounts,
        env,
        library_folders,
        links,
        library_path,
        left_out,
        lease,
    }))
}

fn is_gpu(described: &Described<'_>) -> bool {
    let kind = &described.spec.kind;
    CLASSES.contains(&class(kind)) && !kind.starts_with(MANAGEMENT)
}

fn known(specs: &Specs) -> Vec<String> {
    let mut names: Vec<String> = specs
        .described()
        .map(|described| described.name.to_owned())
        .collect();
    names.sort_by_cached_key(|name| natural(name));
    names
}

/// Orders `gpu=2` before `gpu=10`: runs of digits count by length first.
fn natural(name: &str) -> Vec<(usize, String)> {
    let mut parts: Vec<(usize, String)> = Vec::new();
    let mut in_digits = false;
    for c in name.chars() {
        if c.is_ascii_digit() && in_digits {
            let (length, digits) = parts.last_mut().expect("a run of digits has begun");
            *length += 1;
            digits.push(c);
        } else {
            in_digits = c.is_ascii_digit();
            parts.push((1, c.to_string()));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::super::fixture::Driver;
    use super::*;

    fn name(name: &str) -> GpuRequest {
        GpuRequest::Named(name.into())
    }

    #[test]
    fn without_specifications_the_refusal_says_what_to_do() {
        let folders = ["/no/such/etc", "/no/such/run"].map(Utf8PathBuf::from);
        let specs = Specs::read(&folders);
        let error = select(&specs, &GpuRequest::Any, Utf8Path::new("/no/such/locks")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no GPU can be given: no CDI specification in `/no/such/etc` or `/no/such/run`"
        );
        let hint = error.hint().unwrap();
        assert!(
            hint.contains("nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"),
            "{hint}"
        );
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let driver = Driver::install();
        fs_err::write(driver.folder.join("nvidia.yaml"), "kind: [").unwrap();
        let error = driver.select(&GpuRequest::Any).unwrap_err();
        assert!(matches!(
            error,
            SelectGpuError::NoUsableSpecification { .. }
        ));
        assert!(error.to_string().contains("nvidia.yaml`:"), "{error}");
    }

    #[test]
    fn any_gives_single_devices_until_none_is_free() {
        let driver = Driver::install();
        let first = driver.select(&GpuRequest::Any).unwrap();
        let second = driver.select(&GpuRequest::Any).unwrap();
        assert_eq!(first.name, "nvidia.com/gpu=0");
        assert_eq!(second.name, "nvidia.com/gpu=1");
        let error = driver.select(&GpuRequest::Any).unwrap_err();
        let SelectGpuError::Busy { busy } = &error else {
            panic!("{error}");
        };
        assert!(!busy.contains(&"nvidia.com/gpu=all".into()), "{busy:?}");
        drop(first);
        assert_eq!(
            driver.select(&GpuRequest::Any).unwrap().name,
            "nvidia.com/gpu=0"
        );
    }

    #[test]
    fn one_card_under_two_names_is_one_card() {
        let driver = Driver::install();
        let _held = driver.select(&name(Driver::UUID)).unwrap();
        for taken in ["0", "nvidia.com/gpu=0", "0:1", "nvidia.com/gpu=all"] {
            let error = driver.select(&name(taken)).unwrap_err();
            assert!(
                matches!(error, SelectGpuError::Busy { .. }),
                "{taken}: {error}"
            );
        }
        drop(driver.select(&name("1")).unwrap());
    }

    #[test]
    fn slices_of_one_card_go_to_two_jobs_and_the_whole_card_to_none() {
        let driver = Driver::install();
        let _first = driver.select(&name("0:1")).unwrap();
        let _second = driver.select(&name("0:2")).unwrap();
        assert!(matches!(
            driver.select(&name("0:1")),
            Err(SelectGpuError::Busy { .. })
        ));
        assert!(matches!(
            driver.select(&name("0")),
            Err(SelectGpuError::Busy { .. })
        ));
    }

    #[test]
    fn names_that_fit_nothing_or_too_much_are_refused() {
        let driver = Driver::install();
        let error = driver.select(&name("7")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the GPU `7` is unknown, expected one of `nvidia.com/gpu=0`"),
            "{error}"
        );
        let error = driver.select(&name("GPU-0")).unwrap_err();
        assert!(
            error
                .hint()
                .unwrap()
                .contains("--device-name-strategy=uuid")
        );
        let other = r#"{"cdiVersion":"1.1.0","kind":"amd.com/gpu","devices":[{"name":"0"}]}"#;
        fs_err::write(driver.folder.join("amd.json"), other).unwrap();
        let error = driver.select(&name("0")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the GPU `0` is one of `amd.com/gpu=0`, `nvidia.com/gpu=0`, expected a full name"
        );
    }

    #[test]
    fn any_skips_what_is_no_single_gpu() {
        let driver = Driver::install();
        let text = r#"
cdiVersion: "1.1.0"
kind: vendor.example/nic
devices: [{name: eth}]
"#;
        fs_err::write(driver.folder.join("nvidia.yaml"), text).unwrap();
        let management = r#"{"cdiVersion":"1.1.0","kind":"management.nvidia.com/gpu","devices":[{"name":"one"}]}"#;
        fs_err::write(driver.folder.join("m.json"), management).unwrap();
        let error = driver.select(&GpuRequest::Any).unwrap_err();
        assert!(matches!(error, SelectGpuError::NoGpu { .. }), "{error}");
        assert_eq!(
            driver.select(&name("vendor.example/nic=eth")).unwrap().name,
            "vendor.example/nic=eth"
        );
    }

    #[test]
    fn a_broken_device_is_passed_over_and_named_when_alone() {
        let driver = Driver::install();
        let text = r#"{"cdiVersion":"1.1.0","kind":"a.example/gpu","devices":[
            {"name":"0","containerEdits":{"deviceNodes":[{"path":"/dev/no-such-gpu"}]}}]}"#;
        fs_err::write(driver.folder.join("a.json"), text).unwrap();
        assert_eq!(
            driver.select(&GpuRequest::Any).unwrap().name,
            "nvidia.com/gpu=0"
        );
        fs_err::remove_file(driver.folder.join("nvidia.yaml")).unwrap();
        let error = driver.select(&GpuRequest::Any).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("`a.example/gpu=0` cannot be given"),
            "{error}"
        );
    }

    #[test]
    fn threads_never_share_a_device() {
        let driver = Driver::install();
        let given: Vec<GpuDevices> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| driver.select(&GpuRequest::Any).ok()))
                .collect();
            threads
                .into_iter()
                .filter_map(|thread| thread.join().unwrap())
                .collect()
        });
        let mut names: Vec<&str> = given.iter().map(|devices| devices.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["nvidia.com/gpu=0", "nvidia.com/gpu=1"]);
    }

    /// The test runs a second time in a process of its own, which takes a device and is then killed.
    #[test]
    fn a_killed_process_gives_its_device_back() {
        const FOLDER: &str = "GANTRY_TEST_DRIVER";
        if let Ok(root) = std::env::var(FOLDER) {
            let driver = Driver::at(root.into());
            let devices = driver.select(&name("0")).unwrap();
            println!("holding {}", devices.name);
            std::thread::park();
            return;
        }
        let driver = Driver::install();
        let test = "cdi::select::tests::a_killed_process_gives_its_device_back";
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(FOLDER, &driver.root)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let held = lines
            .map_while(Result::ok)
            .any(|line| line.contains("holding nvidia.com/gpu=0"));
        assert!(held, "the other process got no device");
        assert!(matches!(
            driver.select(&name("0")),
            Err(SelectGpuError::Busy { .. })
        ));
        assert_eq!(
            driver.select(&GpuRequest::Any).unwrap().name,
            "nvidia.com/gpu=1"
        );
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(driver.select(&name("0")).unwrap().name, "nvidia.com/gpu=0");
    }

    #[test]
    fn devices_come_in_the_order_that_people_count() {
        let mut names = ["gpu=10", "gpu=2:1", "gpu=2", "gpu=GPU-1", "gpu=0"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["gpu=0", "gpu=2", "gpu=2:1", "gpu=GPU-1", "gpu=10"]);
    }
}
