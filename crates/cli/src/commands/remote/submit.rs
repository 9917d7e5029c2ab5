//! `gantry submit`: inputs on their way to the server, and a job.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::{job, run};
use crate::arguments::SubmitArguments;
use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::remote::{Connection, upload};

/// Does it.
pub(crate) fn submit(arguments: &SubmitArguments) -> Result<ExitStatus, Problem> {
    let server = Connection::open()?;
    if let Some(archive) = &arguments.archive {
        let pair = (archive.as_str(), arguments.algorithm.as_str());
        return run::start(&server, pair, arguments.wait, arguments.json);
    }
    let made = post(
        &server,
        (&arguments.algorithm, &arguments.input),
        arguments.json,
    )?;
    let id = made["pk"].as_str().unwrap_or_default();
    if arguments.wait {
        return job::wait(&server, id, arguments.json);
    }
    if arguments.json {
        print_json(&made)?;
    } else {
        print(&format!("{id}\n"))?;
    }
    Ok(ExitStatus::Succeeded)
}

/// Uploads what is given, and submits.
pub(crate) fn post(
    server: &Connection,
    (slug, given): (&str, &[String]),
    quiet: bool,
) -> Result<Value, Problem> {
    let algorithm = only(server, "algorithms", slug, "algorithm")?;
    let mut inputs = Vec::new();
    for one in given {
        let pair = one.split_once('=').filter(|(slug, _)| !slug.is_empty());
        let (socket, value) = pair.ok_or_else(|| {
            let message = format!("`-i {one}` names no socket, expected `-i SLUG=VALUE`");
            Problem::new(ExitStatus::InputsRefused, message)
        })?;
        inputs.push(input(server, (socket, value), quiet)?);
    }
    let posted = json!({"algorithm": algorithm["api_url"], "inputs": inputs});
    server.post("/api/v1/algorithms/jobs/", &posted)
}

/// The one object with a slug.
fn only(server: &Connection, collection: &str, slug: &str, what: &str) -> Result<Value, Problem> {
    let found: Value = server.get(&format!("/api/v1/{collection}/?slug={slug}"))?;
    let first = found["results"].get(0).cloned();
    first.ok_or_else(|| {
        let message = format!("the server has no {what} `{slug}`, or you may not see it");
        Problem::new(ExitStatus::InputsRefused, message)
    })
}

fn input(server: &Connection, (slug, given): (&str, &str), quiet: bool) -> Result<Value, Problem> {
    let socket = only(server, "components/interfaces", slug, "socket")?;
    let path = Utf8Path::new(given.strip_prefix('@').unwrap_or(given));
    let mut value = json!({"interface": slug});
    match socket["super_kind"].as_str() {
        Some("Image") if given.starts_with("https://") => value["image"] = given.into(),
        Some("Image") => {
            let mut uploaded = Vec::new();
            for file in files(path)? {
                uploaded.push(upload(server, &file, quiet)?);
            }
            value["user_uploads"] = uploaded.into();
        }
        Some("File") => value["user_upload"] = upload(server, path, quiet)?.into(),
        _ => value["value"] = read_json(slug, given)?,
    }
    Ok(value)
}

/// A file, or those of a folder.
fn files(path: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Problem> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in path.read_dir_utf8().map_err(Problem::internal)? {
        let entry = entry.map_err(Problem::internal)?;
        if entry.file_type().map_err(Problem::internal)?.is_file() {
            found.push(entry.into_path());
        }
    }
    found.sort();
    Ok(found)
}

fn read_json(slug: &str, given: &str) -> Result<Value, Problem> {
    let text = match given.strip_prefix('@') {
        Some(path) => fs_err::read_to_string(path).map_err(Problem::internal)?,
        None => given.to_owned(),
    };
    serde_json::from_str(&text).map_err(|error| {
        Problem::from_error(ExitStatus::InputsRefused, error)
            .context(format!("the value of `{slug}` is no JSON"))
            .hint("text needs quotes of its own: `-i name='\"text\"'`")
    })
}
