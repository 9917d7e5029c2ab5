//! Figures for the one table and the plot of `./dev bench`: each benchmark adds its lines of JSON to the file that
//! `GANTRY_BENCH_FIGURES` names. Without that nothing is written. `cargo xtask figures` draws them.

use std::fs::OpenOptions;
use std::io::Write as _;

use serde_json::json;

/// What stands beside a figure of ours, in the same run.
#[derive(Clone, Copy)]
pub(crate) struct Beside<'a> {
    /// A peer, or what the machine itself takes for a part of the work.
    pub(crate) name: &'a str,
    /// In the unit of the figure.
    pub(crate) value: f64,
    /// What ours may be of it at most.
    pub(crate) goal: Option<f64>,
    /// It is no peer but a bound that nobody gets below.
    pub(crate) is_limit: bool,
}

/// A peer with the share of it that ours may take.
pub(crate) fn peer(name: &str, value: f64, goal: f64) -> Beside<'_> {
    Beside {
        name,
        value,
        goal: Some(goal),
        is_limit: false,
    }
}

/// A bound of the machine.
pub(crate) fn limit(name: &str, value: f64) -> Beside<'_> {
    Beside {
        name,
        value,
        goal: None,
        is_limit: true,
    }
}

/// Adds a figure: what was done, how long it took us in milliseconds, and what stands beside it.
pub(crate) fn note(what: &str, ours: f64, beside: &[Beside<'_>]) {
    let Some(path) = std::env::var_os("GANTRY_BENCH_FIGURES") else {
        return;
    };
    let others: Vec<_> = beside
        .iter()
        .map(|one| json!({"name": one.name, "ms": one.value, "goal": one.goal, "is_limit": one.is_limit}))
        .collect();
    let line = json!({"what": what, "ms": ours, "beside": others});
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("the file of figures can be written");
    writeln!(file, "{line}").expect("the file of figures can be written");
}
