//! `gantry validate`: judge a manifest and say what it declares.

use std::collections::BTreeSet;
use std::fmt::Write;

use camino::Utf8Path;
use domain::{Algorithm, GpuRequest, Limits, Slug};

use crate::commands::print;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::terminal::{self, GOOD, HEADING, Table, visible};
use crate::{manifest, quantity};

/// Reads the manifest (or that of the folder) and prints its summary.
pub(crate) fn validate(path: &Utf8Path) -> Result<ExitStatus, Problem> {
    let declared = manifest::of(path)?;
    print(&summary(&declared.algorithm))?;
    Ok(ExitStatus::Succeeded)
}

fn summary(algorithm: &Algorithm) -> String {
    let mut text = format!(
        "{GOOD}valid:{GOOD:#} {HEADING}{}{HEADING:#} ({})\n",
        visible(&algorithm.title),
        algorithm.slug
    );
    for (name, value) in [("image", &algorithm.image), ("model", &algorithm.model)] {
        if let Some(value) = value {
            let _ = writeln!(text, "  {name}: {}", visible(value));
        }
    }
    let mut sockets = Table::new(&["socket", "kind", "path", "default"]);
    for socket in &algorithm.sockets {
        sockets.row([
            socket.slug.as_str().into(),
            socket.kind.label().into(),
            socket.relative_path.to_string().into(),
            socket
                .default
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()
                .into(),
        ]);
    }
    let _ = write!(
        text,
        "\n{HEADING}Sockets{HEADING:#}\n{}",
        sockets.render(2, terminal::columns())
    );
    let _ = write!(text, "\n{HEADING}Interfaces{HEADING:#}\n");
    for interface in &algorithm.interfaces {
        let _ = writeln!(
            text,
            "  {} → {}",
            list(&interface.inputs),
            list(&interface.outputs)
        );
    }
    let _ = write!(
        text,
        "\n{HEADING}Limits{HEADING:#}\n{}",
        limits(&algorithm.limits)
    );
    text
}

fn list(slugs: &BTreeSet<Slug>) -> String {
    slugs
        .iter()
        .map(Slug::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

fn limits(limits: &Limits) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
    let time = quantity::seconds(limits.wall_time_ms as f64 / 1000.0);
    let gpu = match &limits.gpu {
        GpuRequest::None => "none".to_owned(),
        GpuRequest::Any => "any".to_owned(),
        GpuRequest::Named(name) => name.clone(),
    };
    let rows = [
        ("memory", quantity::bytes(limits.memory_bytes)),
        ("processors", format!("{} %", limits.cpu_percent)),
        ("processes and threads", limits.pids.to_string()),
        ("time", time),
        ("disk", quantity::bytes(limits.disk_bytes)),
        ("shared memory", quantity::bytes(limits.shm_bytes)),
        ("gpu", gpu),
    ];
    let mut table = Table::new(&["", ""]);
    for (name, value) in rows {
        table.row([name.into(), value.into()]);
    }
    table.render(2, terminal::columns())
}
