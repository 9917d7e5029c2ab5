//! From an algorithm, its image and its limits to the plan of one container.

use container::sandbox::{
    BindMount, ContainerPlan, Orphaned, ProcessPlan, SandboxLimits, Waivable, WritableFolder,
};
use domain::{Algorithm, Failure, FailureReason, Guarantee, Limits};

use super::WorkFolder;
use crate::request::RunRequest;

/// From SIGTERM to SIGKILL.
const GRACE_MS: u64 = 5_000;

/// The plan without what the place adds where it runs.
pub(super) fn plan(
    request: &RunRequest,
    algorithm: &Algorithm,
    work: &WorkFolder,
    binds: Vec<BindMount>,
) -> Result<ContainerPlan, Failure> {
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
    let folder = |target: &str, mode| WritableFolder {
        target: target.to_owned(),
        mode,
    };
    Ok(ContainerPlan {
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
            env,
            working_dir: config.working_dir.clone(),
            user: config.user.clone(),
        },
        binds,
        writable: vec![folder("/output", 0o777), folder("/tmp", 0o1777)],
        devices: Vec::new(),
        links: Vec::new(),
        limits: limits(&algorithm.limits),
        waive: request
            .waive
            .iter()
            .filter_map(|guarantee| waivable(*guarantee))
            .collect(),
        orphaned: Orphaned::Stop,
        engine: None,
    })
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
