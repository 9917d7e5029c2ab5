//! `gantry output`: what came out of a job, laid out as the container wrote it.

use camino::{Utf8Component, Utf8Path};
use serde_json::Value;

use super::run;
use crate::arguments::OutputArguments;
use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::remote::{Connection, download};

/// Downloads every output.
pub(crate) fn output(arguments: &OutputArguments) -> Result<ExitStatus, Problem> {
    let server = Connection::open()?;
    let (job, folder) = (&arguments.job, &arguments.output);
    if let Some(file) = &arguments.zip {
        let address = match &job.archive {
            Some(archive) => format!("{}outputs.zip", run::path(archive, &job.job)),
            None => format!("/api/gantry/v1/jobs/{}/outputs.zip", job.job),
        };
        return zip(&server, &address, file, job.json);
    }
    if job.archive.is_some() {
        let message = "a run comes as one archive, expected `--zip FILE`".to_owned();
        return Err(Problem::new(ExitStatus::Usage, message));
    }
    let arguments = job;
    let job: Value = server.get(&format!("/api/v1/algorithms/jobs/{}/", arguments.job))?;
    let outputs = job["outputs"].as_array().cloned().unwrap_or_default();
    let mut written = Vec::new();
    for value in &outputs {
        written.push(one(&server, value, folder, arguments.json)?);
    }
    if arguments.json {
        print_json(&written)?;
    } else {
        for path in &written {
            print(&format!("{path}\n"))?;
        }
    }
    if written.is_empty() {
        let state = job["status"].as_str().unwrap_or_default();
        return Err(Problem::new(
            ExitStatus::OutputsRefused,
            format!("the job has no outputs; it is `{state}`"),
        ));
    }
    Ok(ExitStatus::Succeeded)
}

/// Downloads one zip archive.
fn zip(
    server: &Connection,
    address: &str,
    file: &Utf8Path,
    json: bool,
) -> Result<ExitStatus, Problem> {
    if file.exists() {
        let message = format!("`{file}` is there already");
        return Err(Problem::new(ExitStatus::Usage, message).hint("choose another name"));
    }
    download(server, address, file, json)?;
    if json {
        print_json(&[file])?;
    } else {
        print(&format!("{file}\n"))?;
    }
    Ok(ExitStatus::Succeeded)
}

fn one(
    server: &Connection,
    value: &Value,
    folder: &Utf8Path,
    quiet: bool,
) -> Result<String, Problem> {
    let socket = &value["socket"];
    let relative = Utf8Path::new(socket["relative_path"].as_str().unwrap_or_default());
    let is_plain = relative
        .components()
        .all(|part| matches!(part, Utf8Component::Normal(_)));
    if relative.as_str().is_empty() || !is_plain {
        let message =
            format!("the server gives the path `{relative}`, expected one inside the folder");
        return Err(Problem::new(ExitStatus::Internal, message));
    }
    let mut path = folder.join(relative);
    let source = match (value["image"].as_str(), value["file"].as_str()) {
        (Some(image), _) => {
            let image: Value = server.get(image)?;
            let file = image["files"][0]["file"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            path.push(file.rsplit('/').next().unwrap_or("image"));
            Some(file)
        }
        (None, Some(file)) => Some(file.to_owned()),
        (None, None) => None,
    };
    if path.exists() {
        let message = format!("`{path}` is there already");
        return Err(
            Problem::new(ExitStatus::Usage, message).hint("choose another folder with `-o`")
        );
    }
    if let Some(parent) = path.parent() {
        fs_err::create_dir_all(parent).map_err(Problem::internal)?;
    }
    match source {
        Some(address) => {
            download(server, &address, &path, quiet)?;
        }
        None => {
            let text = serde_json::to_vec_pretty(&value["value"]).map_err(Problem::internal)?;
            fs_err::write(&path, text).map_err(Problem::internal)?;
        }
    }
    Ok(path.into_string())
}
