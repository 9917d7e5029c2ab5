//! From a plan to what the engine is asked for.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, DeviceMapping, DeviceRequest, HostConfig, HostConfigCgroupnsModeEnum,
    HostConfigLogConfig, Mount, MountBindOptions, MountBindOptionsPropagationEnum, MountType,
    ResourcesUlimits,
};

use super::gate;
use super::mounts::{Bound, Mounted};
use crate::engine::{CONTAINER_LABEL, HOME_LABEL, NewContainer, WORK_LABEL};
use crate::sandbox::outcome::ShimError;
use crate::sandbox::plan::{ContainerPlan, EngineGpus, EnginePlan};
use crate::sandbox::shim::init;
use crate::sandbox::shim::payload;
use crate::sandbox::shim::program::Program;
use crate::sandbox::shim::system_mounts::{MASKED, READ_ONLY};

/// The period of the processor quota, microseconds.
const CPU_PERIOD: u32 = 100_000;
/// As the sandbox of our own has it: a quarter of what everything else has where processors are short.
const CPU_SHARES: i64 = 256;
/// Our process 1, which does not count against the program's limit.
const OUR_PROCESSES: u32 = 1;

/// The request for a container that starts the gate, which starts the program.
pub(super) fn container(
    plan: &ContainerPlan,
    wanted: &EnginePlan,
    program: &Program,
    mounted: &Mounted,
) -> Result<NewContainer, ShimError> {
    if !plan.links.is_empty() {
        return Err(ShimError::internal(
            "an engine makes no links in a container",
        ));
    }
    let mut texts = program.command.iter().chain(&program.env);
    if texts.any(|text| text.contains('\0')) {
        return Err(payload::zero_byte());
    }
    let candidates = program.candidates();
    let mut command = vec![program.working_dir.clone(), candidates.len().to_string()];
    for path in candidates {
        let path = path.into_string();
        command.push(path.map_err(|_| ShimError::internal("a path is no text"))?);
    }
    command.extend(program.command.iter().cloned());
    let labels = HashMap::from([
        (CONTAINER_LABEL.to_owned(), plan.id.clone()),
        (HOME_LABEL.to_owned(), plan.shared_dir.to_string()),
        (WORK_LABEL.to_owned(), plan.work_dir.to_string()),
    ]);
    let body = ContainerCreateBody {
        hostname: Some(host_name(&plan.id)),
        user: Some(format!("{}:{}", program.uid, program.gid)),
        env: Some(program.env.clone()),
        entrypoint: Some(vec![gate::PROGRAM.to_owned()]),
        cmd: Some(command),
        image: Some(wanted.image.clone()),
        working_dir: Some(program.working_dir.clone()),
        network_disabled: Some(true),
        labels: Some(labels),
        host_config: Some(host_config(plan, wanted, program, mounted)),
        ..ContainerCreateBody::default()
    };
    Ok(NewContainer {
        name: format!("gantry-{}", plan.id),
        body,
    })
}

/// A host name has at most 63 bytes.
fn host_name(id: &str) -> String {
    id.chars().take(63).collect()
}

fn host_config(
    plan: &ContainerPlan,
    wanted: &EnginePlan,
    program: &Program,
    mounted: &Mounted,
) -> HostConfig {
    let limits = &plan.limits;
    let memory = number(limits.memory_bytes);
    let quota = u64::from(limits.cpu_percent) * u64::from(CPU_PERIOD) / 100;
    let groups = program.groups.iter().flatten();
    HostConfig {
        memory: Some(memory),
        memory_swap: Some(memory),
        cpu_period: Some(CPU_PERIOD.into()),
        cpu_quota: Some(number(quota)),
        cpu_shares: Some(CPU_SHARES),
        pids_limit: Some(i64::from(limits.pids) + i64::from(OUR_PROCESSES)),
        ulimits: Some(vec![
            limit("core", 0),
            limit("nofile", number(open_files(limits.open_files))),
        ]),
        // Nothing is said there that the pipes of the log do not carry.
        log_config: Some(HostConfigLogConfig {
            typ: Some("none".to_owned()),
            config: None,
        }),
        masked_paths: Some(owned(&MASKED)),
        readonly_paths: Some(owned(&READ_ONLY)),
        network_mode: Some("none".to_owned()),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        ipc_mode: Some(
            if limits.shm_bytes > 0 {
                "private"
            } else {
                "none"
            }
            .to_owned(),
        ),
        shm_size: (limits.shm_bytes > 0).then(|| number(limits.shm_bytes)),
        group_add: Some(groups.map(u32::to_string).collect()),
        // Should the host itself run out of memory, containers are to go first.
        oom_score_adj: Some(500),
        mounts: Some(mounted.binds.iter().map(mount).collect()),
        devices: Some(plan.devices.iter().map(device).collect()),
        device_requests: gpus(&wanted.gpus).map(|request| vec![request]),
        ..HostConfig::default()
    }
}

/// The engine's numbers have a sign.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// As many as this process can set for itself, as in the sandbox: the engine cannot either where the host's own limit is lower
/// and stays.
fn open_files(asked: u64) -> u64 {
    // What is in force is read back from the container, whatever became of this.
    let _ = init::limit_open_files(asked);
    let here = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    here.maximum.unwrap_or(asked).min(asked)
}

fn owned(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|&path| path.to_owned()).collect()
}

fn limit(name: &str, value: i64) -> ResourcesUlimits {
    ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(value),
        hard: Some(value),
    }
}

fn mount(bound: &Bound) -> Mount {
    Mount {
        source: Some(bound.source.to_string()),
        target: Some(bound.target.clone()),
        typ: Some(MountType::BIND),
        read_only: Some(bound.read_only),
        bind_options: Some(MountBindOptions {
            propagation: Some(MountBindOptionsPropagationEnum::RPRIVATE),
            ..MountBindOptions::default()
        }),
        ..Mount::default()
    }
}

fn device(device: &crate::sandbox::plan::Device) -> DeviceMapping {
    DeviceMapping {
        path_on_host: Some(device.source.to_string()),
        path_in_container: Some(device.target.clone()),
        cgroup_permissions: Some("rw".to_owned()),
    }
}

fn gpus(wanted: &EngineGpus) -> Option<DeviceRequest> {
    match wanted {
        EngineGpus::None => None,
        EngineGpus::Cdi(names) => Some(DeviceRequest {
            driver: Some("cdi".to_owned()),
            device_ids: Some(names.clone()),
            ..DeviceRequest::default()
        }),
        EngineGpus::Nvidia(ids) => Some(DeviceRequest {
            driver: Some("nvidia".to_owned()),
            device_ids: Some(ids.clone()),
            capabilities: Some(vec![vec!["gpu".to_owned()]]),
            ..DeviceRequest::default()
        }),
    }
}
