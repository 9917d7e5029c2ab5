//! What the command line says instead of the manifest: limits, and guarantees that the user does without.

use std::collections::BTreeSet;

use domain::quantity::{InvalidQuantity, parse_bytes, parse_cpu_percent, parse_milliseconds};
use domain::{GpuRequest, Guarantee, Limits};

use crate::arguments::LimitArguments;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;

/// Puts the given limits in the place of the manifest's.
pub(crate) fn apply(asked: &LimitArguments, limits: &mut Limits) -> Result<(), Problem> {
    let read = |option: &str,
                text: &Option<String>,
                parse: &dyn Fn(&str) -> Result<u64, InvalidQuantity>| {
        text.as_deref()
            .map(parse)
            .transpose()
            .map_err(|error| Problem::new(ExitStatus::Usage, format!("`{option}`: {error}")))
    };
    let cpu_percent = |text: &str| parse_cpu_percent(text).map(u64::from);
    if let Some(bytes) = read("--memory", &asked.memory, &parse_bytes)? {
        limits.memory_bytes = bytes;
    }
    if let Some(percent) = read("--cpus", &asked.cpus, &cpu_percent)? {
        limits.cpu_percent = u32::try_from(percent).expect("it was a u32 one line above");
    }
    if let Some(milliseconds) = read("--time", &asked.time, &parse_milliseconds)? {
        limits.wall_time_ms = milliseconds;
    }
    if let Some(bytes) = read("--disk", &asked.disk, &parse_bytes)? {
        limits.disk_bytes = bytes;
    }
    if let Some(pids) = asked.pids {
        limits.pids = pids;
    }
    if let Some(gpu) = &asked.gpu {
        limits.gpu = GpuRequest::parse(gpu);
    }
    Ok(())
}

/// The guarantees that the user named.
pub(crate) fn waived(names: &[String]) -> Result<BTreeSet<Guarantee>, Problem> {
    names.iter().map(|name| waivable(name)).collect()
}

fn waivable(name: &str) -> Result<Guarantee, Problem> {
    let known: Vec<&str> = Guarantee::WAIVABLE
        .into_iter()
        .map(Guarantee::name)
        .collect();
    let expected = format!("expected one of {}", known.join(", "));
    match Guarantee::from_name(name) {
        Some(guarantee) if Guarantee::WAIVABLE.contains(&guarantee) => Ok(guarantee),
        Some(_) => Err(Problem::new(
            ExitStatus::Usage,
            format!("`--without {name}`: this guarantee is always kept, {expected}"),
        )),
        None => Err(Problem::new(
            ExitStatus::Usage,
            format!("`--without {name}`: there is no such guarantee, {expected}"),
        )),
    }
}
