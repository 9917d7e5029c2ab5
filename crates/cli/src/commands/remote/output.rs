//! `gantry output`: what came out of a job, laid out as the container wrote it.

use camino::{Utf8Component, Utf8Path};
use fs_err::File;
use serde_json::Value;

use crate::arguments::JobArguments;
use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::remote::Connection;

/// Downloads every output.
pub(crate) fn output(arguments: &JobArguments, folder: &Utf8Path) -> Result<ExitStatus, Problem> {
    let server = Connection::open()?;
    let job: Value = server.get(&format!("/api/v1/algorithms/jobs/{}/", arguments.job))?;
    let outputs = job["outputs"].as_array().cloned().unwrap_or_default();
    let mut written = Vec::new();
    for value in &outputs {
        written.push(one(&server, value, folder)?);
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

fn one(server: &Connection, value: &Value, folder: &Utf8Path) -> Result<String, Problem> {
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
            let mut file = File::create(&path).map_err(Problem::internal)?;
            std::io::copy(&mut server.download(&address)?, &mut file).map_err(Problem::internal)?;
        }
        None => {
            let text = serde_json::to_vec_pretty(&value["value"]).map_err(Problem::internal)?;
            fs_err::write(&path, text).map_err(Problem::internal)?;
        }
    }
    Ok(path.into_string())
}
