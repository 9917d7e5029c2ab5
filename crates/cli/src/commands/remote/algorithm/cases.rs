//! `gantry algorithm push --cases`: test cases go along, and the server says what the version made of them.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{runs, settled};
use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::quantity;
use crate::remote::{Connection, upload_for_id};
use crate::terminal::{self, Table, visible};

/// Folders beside the manifest that hold cases.
const FOLDERS: [&str; 3] = ["cases", "test/input", "test/expected"];

/// Uploads the cases of an algorithm's folder.
pub(super) fn give(
    server: &Connection,
    (algorithm, folder): (&str, &Utf8Path),
    is_required: bool,
    quiet: bool,
) -> Result<(), Problem> {
    let found = executor::cases::find(folder)
        .map_err(|error| Problem::from_error(ExitStatus::InputsRefused, error))?;
    if found.is_empty() {
        let message = format!("there are no cases in `{}`", folder.join("cases"));
        return Err(Problem::new(ExitStatus::InputsRefused, message)
            .hint("`--cases` names the folder with the manifest and `cases`"));
    }
    let place = format!("/api/gantry/v1/algorithms/{algorithm}/cases/");
    let holder = tempfile::tempdir().map_err(Problem::internal)?;
    let archive = Utf8Path::from_path(holder.path())
        .ok_or_else(|| {
            Problem::internal(std::io::Error::other("the temporary folder is not UTF-8"))
        })?
        .join("cases.zip");
    pack(folder, &archive).map_err(|error| {
        Problem::internal(error).context("failed to pack the test cases".to_owned())
    })?;
    let id = upload_for_id(server, &archive, quiet)?;
    let given = json!({"upload": id, "required": is_required});
    let _: Value = server.put(&place, &given)?;
    Ok(())
}

/// Everything in the folders of cases, links left out.
fn pack(folder: &Utf8Path, archive: &Utf8Path) -> std::io::Result<()> {
    let mut writer = ZipWriter::new(fs_err::File::create(archive)?);
    let mut waiting: Vec<Utf8PathBuf> = FOLDERS.iter().map(|name| folder.join(name)).collect();
    while let Some(next) = waiting.pop() {
        if !next.is_dir() {
            continue;
        }
        for entry in next.read_dir_utf8()? {
            let path = entry?.into_path();
            let kind = fs_err::symlink_metadata(&path)?.file_type();
            if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_file() {
                let name = path.strip_prefix(folder).unwrap_or(&path);
                let options = SimpleFileOptions::default().large_file(true);
                writer.start_file(name.as_str(), options)?;
                std::io::copy(&mut fs_err::File::open(&path)?, &mut writer)?;
            }
        }
    }
    writer.finish()?.flush()
}

/// Runs the cases with a version, unless they run already, and waits for the end.
pub(super) fn again(
    server: &Connection,
    algorithm: &str,
    id: &str,
    as_json: bool,
) -> Result<ExitStatus, Problem> {
    let list = format!("/api/gantry/v1/algorithms/{algorithm}/images/");
    let all: Vec<Value> = server.get(&list)?;
    let version = all.into_iter().find(|one| one["id"] == id);
    let version = version.ok_or_else(|| {
        let message = format!("`{algorithm}` has no version `{id}`");
        Problem::new(ExitStatus::Usage, message)
    })?;
    if !matches!(version["cases"].as_str(), Some("queued" | "running")) {
        server.ask(&format!("{list}{id}/cases/"))?;
    }
    wait(server, algorithm, id, as_json)
}

/// Waits until the version was held against the cases, and says how that ended.
pub(super) fn wait(
    server: &Connection,
    algorithm: &str,
    id: &str,
    as_json: bool,
) -> Result<ExitStatus, Problem> {
    let list = format!("/api/gantry/v1/algorithms/{algorithm}/images/");
    let version = settled(server, algorithm, (id, "cases"))?;
    let ran: Vec<Value> = server.get(&format!("{list}{id}/cases/"))?;
    if as_json {
        print_json(&json!({"version": version, "cases": ran}))?;
    } else {
        print(&table(&ran))?;
        print(&runs(algorithm, &version))?;
    }
    let problem = version["cases_problem"].as_str().unwrap_or_default();
    if !problem.is_empty() {
        let message = format!("the server could not run the test cases: {problem}");
        return Err(Problem::new(ExitStatus::Internal, message));
    }
    Ok(if version["cases"] == "passed" {
        ExitStatus::Succeeded
    } else {
        ExitStatus::OutputsRefused
    })
}

/// Case, verdict, time, memory; below it what differs.
fn table(ran: &[Value]) -> String {
    let mut table = Table::new(&["case", "verdict", "time", "peak memory"]);
    let mut text = String::new();
    for run in ran {
        let name = run["name"].as_str().unwrap_or_default();
        let time = run["wall_seconds"].as_f64().map(quantity::seconds);
        let memory = run["peak_memory_bytes"].as_u64().map(quantity::bytes);
        table.row([
            name.into(),
            run["verdict"]
                .as_str()
                .unwrap_or_default()
                .replace('_', " ")
                .into(),
            time.unwrap_or_else(|| "-".to_owned()).into(),
            memory.unwrap_or_else(|| "-".to_owned()).into(),
        ]);
        for difference in run["differences"].as_array().into_iter().flatten() {
            let difference = difference.as_str().unwrap_or_default();
            text += &format!("{}: {}\n", visible(name), visible(difference));
        }
    }
    table.render(0, terminal::columns()) + &text
}
