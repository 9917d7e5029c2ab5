//! The configuration in force, key by key as in `gantry.toml`, without secrets.

use crate::config::LogFormat;
use crate::state::AppState;
use crate::ui::quantity::bytes;

/// A key, what it is set to, and where that comes from.
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) value: String,
    /// Nobody has set it: it follows from the machine or is the usual.
    pub(super) is_usual: bool,
}

fn setting(key: &'static str, given: Option<String>, usual: impl FnOnce() -> String) -> Setting {
    Setting {
        key,
        is_usual: given.is_none(),
        value: given.unwrap_or_else(usual),
    }
}

fn set(key: &'static str, value: String) -> Setting {
    setting(key, Some(value), String::new)
}

fn names(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}

/// What jobs may use.
fn jobs_settings(state: &AppState) -> Vec<Setting> {
    let worker = state.worker().settings();
    let jobs = &state.config().jobs;
    let (capacity, caps) = (&worker.capacity, worker.caps);
    let waived: Vec<&str> = jobs
        .without
        .iter()
        .map(|guarantee| guarantee.name())
        .collect();
    vec![
        setting("jobs.memory", jobs.memory.map(bytes), || {
            bytes(capacity.memory)
        }),
        setting("jobs.cpus", jobs.cpus.map(|cpus| cpus.to_string()), || {
            (capacity.millicpus as f64 / 1000.0).to_string()
        }),
        setting("jobs.disk", jobs.disk.map(bytes), || bytes(capacity.disk)),
        setting(
            "jobs.at_once",
            jobs.at_once.map(|count| count.to_string()),
            || caps.jobs.to_string(),
        ),
        setting(
            "jobs.at_once_per_user",
            jobs.at_once_per_user.map(|count| count.to_string()),
            || caps.per_account.to_string(),
        ),
        setting(
            "jobs.at_once_per_algorithm",
            jobs.at_once_per_algorithm.map(|count| count.to_string()),
            || caps.per_algorithm.to_string(),
        ),
        set(
            "jobs.most_active_per_user",
            jobs.most_active_per_user.to_string(),
        ),
        set("jobs.allow_root", jobs.allow_root.to_string()),
        set("jobs.unpack_images", jobs.unpack_images.to_string()),
        set("jobs.without", names(&waived)),
    ]
}

/// Every key.
pub(super) fn settings(state: &AppState) -> Vec<Setting> {
    let config = state.config();
    let own_names: Vec<&str> = config.tls.names.iter().map(String::as_str).collect();
    let mut settings = jobs_settings(state);
    settings.extend([
        set("listen", config.listen.to_string()),
        setting("public_url", config.public_url.clone(), || {
            "as clients call it".to_owned()
        }),
        setting(
            "tls.certificate",
            config.tls.certificate.as_ref().map(ToString::to_string),
            || "made by Gantry, in the data folder".to_owned(),
        ),
        set("silence_seconds", config.silence_seconds.to_string()),
        set("tls.names", names(&own_names)),
        set("uploads.largest", bytes(config.uploads.largest)),
        set(
            "uploads.most_per_user",
            config.uploads.most_per_user.to_string(),
        ),
        set("uploads.keep_hours", config.uploads.keep_hours.to_string()),
        set("login.failures", config.login.failures.to_string()),
        set(
            "log.format",
            match config.log.format {
                LogFormat::Text => "text".to_owned(),
                LogFormat::Json => "json".to_owned(),
            },
        ),
        set("log.filter", config.log.filter.clone()),
    ]);
    settings
}
