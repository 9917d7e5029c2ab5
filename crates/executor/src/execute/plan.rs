//! From an algorithm, its image and its limits to the plan of one container.

use camino::Utf8PathBuf;
use container::cdi::{self, GpuLease, Specs};
use container::sandbox::{
    BindMount, ContainerPlan, Device, Orphaned, ProcessPlan, SandboxLimits, Symlink, Waivable,
    WritableFolder,
};
use domain::{Algorithm, Failure, FailureReason, GpuRequest, Guarantee, Limits};

use super::WorkFolder;
use crate::request::RunRequest;

/// From SIGTERM to SIGKILL.
const GRACE_MS: u64 = 5_000;

/// What a GPU adds to a plan.
#[derive(Default)]
struct Gpu {
    binds: Vec<BindMount>,
    devices: Vec<Device>,
    links: Vec<Symlink>,
    /// All variables, those of the image included.
    env: Vec<String>,
    lease: Option<GpuLease>,
}

/// The plan, and the lease of the GPU that it names, to be kept while the container runs.
pub(super) fn plan(
    request: &RunRequest,
    algorithm: &Algorithm,
    work: &WorkFolder,
    binds: Vec<BindMount>,
) -> Result<(ContainerPlan, Option<GpuLease>), Failure> {
    let config = &request.image.config;
    let command: Vec<String> = [&config.entrypoint, &config.cmd]
        .into_iter()
        .flatten()
        .flatten()
        .cloned()
        .collect();
    if command.is_empty() {
        let failure = Failure::new(
            FailureReason::ImageUnusable,
            "the image has neither ENTRYPOINT nor CMD, expected a program",
        );
        return Err(failure.with_hint("add `ENTRYPOINT [\"…\"]` to the Dockerfile"));
    }
    let mut env = config.env.clone();
    env.retain(|entry| !entry.starts_with("PYTHONUNBUFFERED="));
    env.push("PYTHONUNBUFFERED=1".to_owned());
    let gpu = gpu(&algorithm.limits.gpu, env, request)?;
    let folder = |target: &str, mode| WritableFolder {
        target: target.to_owned(),
        mode,
    };
    let plan = ContainerPlan {
        id: format!("{}", uuid::Uuid::now_v7().simple()),
        work_dir: work.path().join("container"),
        shared_dir: request.home.join("shared"),
        layers: request
            .image
            .layers
            .iter()
            .map(|layer| layer.path.clone())
            .collect(),
        process: ProcessPlan {
            command,
            env: gpu.env,
            working_dir: config.working_dir.clone(),
            user: config.user.clone(),
        },
        binds: binds.into_iter().chain(gpu.binds).collect(),
        writable: vec![folder("/output", 0o777), folder("/tmp", 0o1777)],
        devices: gpu.devices,
        links: gpu.links,
        limits: limits(&algorithm.limits),
        waive: request
            .waive
            .iter()
            .filter_map(|guarantee| waivable(*guarantee))
            .collect(),
        orphaned: Orphaned::Stop,
    };
    Ok((plan, gpu.lease))
}

fn limits(limits: &Limits) -> SandboxLimits {
    SandboxLimits {
        memory_bytes: limits.memory_bytes,
        cpu_percent: limits.cpu_percent,
        pids: limits.pids,
        wall_time_ms: limits.wall_time_ms,
        grace_ms: GRACE_MS,
        disk_bytes: limits.disk_bytes,
        log_kept_bytes: limits.log_kept_bytes,
        log_max_bytes: limits.log_max_bytes,
        shm_bytes: limits.shm_bytes.min(limits.memory_bytes),
        open_files: limits.open_files,
    }
}

/// The sandbox's word for a guarantee that may be given up; `None` for those that it always keeps.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all guarantees but six are always kept"
)]
fn waivable(guarantee: Guarantee) -> Option<Waivable> {
    match guarantee {
        Guarantee::MemoryLimit => Some(Waivable::MemoryLimit),
        Guarantee::SwapOff => Some(Waivable::SwapOff),
        Guarantee::CpuLimit => Some(Waivable::CpuLimit),
        Guarantee::PidsLimit => Some(Waivable::PidsLimit),
        Guarantee::DiskLimit => Some(Waivable::DiskLimit),
        Guarantee::UserNamespace => Some(Waivable::UserNamespace),
        _ => None,
    }
}

fn gpu(wanted: &GpuRequest, env: Vec<String>, request: &RunRequest) -> Result<Gpu, Failure> {
    let wanted = match wanted {
        GpuRequest::None => {
            return Ok(Gpu {
                env,
                ..Gpu::default()
            });
        }
        GpuRequest::Any => cdi::GpuRequest::Any,
        GpuRequest::Named(name) => cdi::GpuRequest::Named(name.clone()),
    };
    let specs = Specs::read(&cdi::DEFAULT_FOLDERS.map(Utf8PathBuf::from));
    let selected = cdi::select(&specs, &wanted, &request.home.join("gpu-leases"));
    let devices = selected.map_err(|error| {
        let failure = Failure::new(FailureReason::NoResources, error.to_string());
        match error.hint() {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    })?;
    let pieces = devices.sandbox_pieces(&env);
    Ok(Gpu {
        binds: pieces.binds,
        devices: pieces.devices,
        links: pieces.links,
        env: pieces.env,
        lease: Some(devices.lease),
    })
}
