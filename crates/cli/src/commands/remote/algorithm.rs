//! `gantry algorithm`.

mod cases;

use std::time::Duration;

use camino::Utf8Path;
use serde_json::{Value, json};

use crate::arguments::AlgorithmCommand;
use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::locate;
use crate::problem::Problem;
use crate::remote::{Connection, upload_for_id};

/// Between two looks at an import.
const LOOK: Duration = Duration::from_millis(200);

/// Does it.
pub(crate) fn algorithm(command: &AlgorithmCommand) -> Result<ExitStatus, Problem> {
    let server = Connection::open()?;
    match command {
        AlgorithmCommand::Create { manifest, json } => {
            let made = create(&server, manifest)?;
            let slug = made["slug"].as_str().unwrap_or_default();
            let told = format!(
                "{slug} is made; `gantry algorithm push {slug} ARCHIVE` gives it a container image\n"
            );
            say(&made, *json, &told)
        }
        AlgorithmCommand::Push {
            algorithm,
            archive,
            comment,
            cases: folder,
            require_cases,
            json,
        } => {
            if let Some(folder) = folder {
                cases::give(&server, (algorithm, folder), *require_cases, *json)?;
            }
            let now = push(&server, (algorithm, archive), comment, *json)?;
            if folder.is_some() {
                let version = now["id"].as_str().unwrap_or_default();
                return cases::wait(&server, algorithm, version, *json);
            }
            say(&now, *json, &runs(algorithm, &now))
        }
        AlgorithmCommand::Test {
            algorithm,
            image: version,
            json,
        } => cases::again(&server, algorithm, version, *json),
        AlgorithmCommand::Activate {
            algorithm,
            image: version,
            json,
        } => {
            let path = format!("/api/gantry/v1/algorithms/{algorithm}/images/{version}/activate/");
            let now: Value = server.post(&path, &json!({}))?;
            say(
                &now,
                *json,
                &format!("new jobs of {algorithm} run {version}\n"),
            )
        }
    }
}

/// Whether jobs run a version that was pushed.
fn runs(algorithm: &str, version: &Value) -> String {
    let digest = version["digest"].as_str().unwrap_or_default();
    if version["is_active"] == true {
        format!("{algorithm} runs {digest} from now on\n")
    } else if version["cases"] == "failed" {
        format!("{algorithm} does not run {digest}, which has to pass the test cases first\n")
    } else {
        format!("{algorithm} runs {digest} once it has passed the test cases\n")
    }
}

/// Makes an algorithm from its manifest.
pub(crate) fn create(server: &Connection, manifest: &Utf8Path) -> Result<Value, Problem> {
    let path = locate::manifest(manifest)?;
    server.post_toml("/api/gantry/v1/algorithms/", &alone(&path)?)
}

/// The manifest without files beside it: the server cannot read them.
fn alone(path: &Utf8Path) -> Result<String, Problem> {
    let refused = |error: toml::de::Error| {
        Problem::from_error(ExitStatus::ImageRefused, error)
            .context(format!("`{path}` is no manifest"))
    };
    let text = fs_err::read_to_string(path).map_err(Problem::internal)?;
    let mut manifest: toml::Table = text.parse().map_err(refused)?;
    if let Some(toml::Value::String(file)) = manifest.remove("result_template_file") {
        let file = path.with_file_name(file);
        let template = fs_err::read_to_string(&file).map_err(|error| {
            Problem::from_error(ExitStatus::ImageRefused, error)
                .context("failed to read the result template".to_owned())
        })?;
        manifest.insert("result_template".to_owned(), template.into());
    }
    toml::to_string(&manifest).map_err(Problem::internal)
}

/// Uploads a container image and waits until it is imported.
pub(crate) fn push(
    server: &Connection,
    (algorithm, archive): (&str, &Utf8Path),
    comment: &str,
    quiet: bool,
) -> Result<Value, Problem> {
    let list = format!("/api/gantry/v1/algorithms/{algorithm}/images/");
    // Before the upload, which may take long.
    let _: Value = server.get(&format!("/api/gantry/v1/algorithms/{algorithm}/"))?;
    let id = upload_for_id(server, archive, quiet)?;
    let pushed: Value = server.post(&list, &json!({"upload": id, "comment": comment}))?;
    let version = pushed["id"].as_str().unwrap_or_default();
    let now = settled(server, algorithm, (version, "import_state"))?;
    if now["import_state"] == "completed" {
        return Ok(now);
    }
    let problem = now["problem"].as_str().unwrap_or("it is no longer there");
    let message = format!("the server refuses the container image `{archive}`: {problem}");
    Err(Problem::new(ExitStatus::ImageRefused, message))
}

/// A version of an algorithm, once this state of it does not change by itself any more; null when it is gone.
fn settled(
    server: &Connection,
    algorithm: &str,
    (version, state): (&str, &str),
) -> Result<Value, Problem> {
    loop {
        let all: Vec<Value> =
            server.get(&format!("/api/gantry/v1/algorithms/{algorithm}/images/"))?;
        let now = all.into_iter().find(|one| one["id"] == version);
        let now = now.unwrap_or_default();
        match now[state].as_str() {
            Some("queued" | "started" | "running") => std::thread::sleep(LOOK),
            Some(_) | None => return Ok(now),
        }
    }
}

fn say(object: &Value, json: bool, text: &str) -> Result<ExitStatus, Problem> {
    if json {
        print_json(object)?;
    } else {
        print(text)?;
    }
    Ok(ExitStatus::Succeeded)
}
