//! Our own sandbox: nothing else has to be installed.

use camino::{Utf8Path, Utf8PathBuf};
use container::cdi::{self, Specs};
use container::image::StoredImage;
use container::sandbox::ContainerPlan;
use domain::{Failure, GpuRecord, GpuRequest};

use super::{Executor, GrantedGpu, Kind, Unable};

/// The sandbox of `container::sandbox`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Local;

impl Executor for Local {
    fn kind(&self) -> Kind {
        Kind::Local
    }

    fn place(
        &self,
        plan: &mut ContainerPlan,
        _image: &StoredImage,
        gpu: &GpuRequest,
    ) -> Result<Option<GrantedGpu>, Failure> {
        let Some(devices) = select(gpu, plan)? else {
            return Ok(None);
        };
        let pieces = devices.sandbox_pieces(&plan.process.env);
        plan.binds.extend(pieces.binds);
        let record = GpuRecord {
            nodes: named(devices.nodes.iter().map(|node| &node.container)),
            driver_files: named(devices.mounts.iter().map(|mount| &mount.container)),
            ..record(&devices)
        };
        plan.devices = pieces.devices;
        plan.links = pieces.links;
        plan.process.env = pieces.env;
        let lease = devices.lease;
        Ok(Some(GrantedGpu { record, lease }))
    }

    fn runtime(&self) -> String {
        "native".to_owned()
    }

    fn lacks(&self, _promise: &str) -> Option<String> {
        None
    }

    fn sweep(&self, _home: &Utf8Path) -> Result<usize, Unable> {
        // A sandbox ends with its shim, and shims sweep the cgroups of dead ones.
        Ok(0)
    }

    fn diagnose(&self) -> Result<String, Unable> {
        if rustix::process::geteuid().is_root() {
            return Ok("the sandbox of this program, as root".to_owned());
        }
        Ok("the sandbox of this program, as an ordinary user; a limit that this user cannot set is refused by name".to_owned())
    }
}

fn named<'a>(paths: impl Iterator<Item = &'a String>) -> Vec<String> {
    paths.cloned().collect()
}

/// What can be said of a device wherever its container runs.
pub(super) fn record(devices: &cdi::GpuDevices) -> GpuRecord {
    let left_out = devices.left_out.iter();
    GpuRecord {
        device: devices.name.clone(),
        nodes: Vec::new(),
        driver_files: Vec::new(),
        left_out: left_out
            .map(|part| format!("{}: {}", part.what, part.instead))
            .collect(),
    }
}

/// The devices that were asked for, leased.
pub(super) fn select(
    wanted: &GpuRequest,
    plan: &ContainerPlan,
) -> Result<Option<cdi::GpuDevices>, Failure> {
    let wanted = match wanted {
        GpuRequest::None => return Ok(None),
        GpuRequest::Any => cdi::GpuRequest::Any,
        GpuRequest::Named(name) => cdi::GpuRequest::Named(name.clone()),
    };
    let specs = Specs::read(&cdi::DEFAULT_FOLDERS.map(Utf8PathBuf::from));
    let leases = plan.shared_dir.with_file_name("gpu-leases");
    let selected = cdi::select(&specs, &wanted, &leases);
    selected.map(Some).map_err(|error| {
        let failure = Failure::new(domain::FailureReason::NoResources, error.to_string());
        match error.hint() {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    })
}
