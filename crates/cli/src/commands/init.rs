//! `gantry init`: a small working algorithm in a folder, from flags, answers, a context of grand-challenge-forge or a server.

mod ask;
mod cases;
mod dockerfile;
mod example_image;
mod inference;
mod readme;
mod sockets;
mod write;

use std::io::IsTerminal;

use camino::{Utf8Path, Utf8PathBuf};
use domain::{Algorithm, manifest_text};

use crate::arguments::InitArguments;
use crate::commands::print;
use crate::exit_status::ExitStatus;
use crate::forge::{self, Drafted};
use crate::locate::MANIFEST;
use crate::problem::Problem;
use crate::remote::Connection;
use crate::terminal::{self, GOOD, WARNING};
use write::NewFile;

/// Does it.
pub(crate) fn init(arguments: &InitArguments) -> Result<ExitStatus, Problem> {
    let mut drafted = draft(arguments)?;
    let folder = folder(arguments, &drafted.algorithm);
    let files = if forge::is_template(&folder) {
        let algorithm = &mut drafted.algorithm;
        algorithm.image = Some(forge::image_of(&folder));
        algorithm.model = forge::model_of(&folder);
        vec![manifest(algorithm)]
    } else {
        let algorithm = &mut drafted.algorithm;
        algorithm.image = Some(format!("{}:latest", algorithm.slug));
        everything(&mut drafted)?
    };
    write::write(&folder, &files, arguments.force)?;
    for note in &drafted.notes {
        terminal::note(&format!("{WARNING}note:{WARNING:#} {note}"));
    }
    let names: Vec<String> = files
        .iter()
        .map(|file| format!("{}\n", folder.join(&file.path)))
        .collect();
    print(&names.concat())?;
    terminal::note(&format!(
        "{GOOD}made{GOOD:#} {}; `gantry check {folder}` looks at it, `gantry build {folder}` builds its image, `gantry test {folder}` runs its cases",
        drafted.algorithm.slug
    ));
    Ok(ExitStatus::Succeeded)
}

/// What the algorithm is to be.
fn draft(arguments: &InitArguments) -> Result<Drafted, Problem> {
    if let Some(path) = &arguments.forge {
        return forge::read(path).map_err(|error| Problem::from_error(ExitStatus::Usage, error));
    }
    if let [server, slug] = arguments.from.as_slice() {
        return of_server(server, slug);
    }
    if arguments.says_sockets() {
        return sockets::draft(arguments);
    }
    if std::io::stdin().is_terminal() {
        return ask::draft(arguments, &mut std::io::stdin().lock());
    }
    Err(Problem::new(
        ExitStatus::Usage,
        "nothing says which sockets the algorithm has".to_owned(),
    )
    .hint("give `--input ct=Image --output mask=Segmentation`, or `--forge CONTEXT.json`, or `--from https://SERVER SLUG`"))
}

/// An algorithm of a running server, through the API that `gcapi` uses.
fn of_server(address: &str, slug: &str) -> Result<Drafted, Problem> {
    #[derive(serde::Deserialize)]
    struct Page {
        results: Vec<Found>,
    }
    #[derive(serde::Deserialize)]
    struct Found {
        title: String,
        slug: String,
        #[serde(default)]
        description: String,
        interfaces: Vec<forge::WireInterface>,
    }
    let server = Connection::open()?;
    if server.address("") != address.trim_end_matches('/') {
        let message = format!(
            "you are logged in to `{}`, not to `{address}`",
            server.address("")
        );
        return Err(Problem::new(ExitStatus::Usage, message)
            .hint(format!("`gantry login {address} --user NAME` changes it")));
    }
    let page: Page = server.get(&format!("/api/v1/algorithms/?slug={slug}"))?;
    let found = page.results.into_iter().find(|one| one.slug == slug);
    let found = found.ok_or_else(|| {
        let message = format!("there is no algorithm `{slug}` on `{address}` that you may see");
        Problem::new(ExitStatus::Usage, message)
    })?;
    let mut drafted = forge::assemble(&found.title, &found.slug, &found.interfaces)
        .map_err(|error| Problem::from_error(ExitStatus::Internal, error))?;
    drafted.algorithm.description = found.description;
    Ok(drafted)
}

/// As asked; else the template that is read, else one named by the algorithm.
fn folder(arguments: &InitArguments, algorithm: &Algorithm) -> Utf8PathBuf {
    let template = arguments.forge.clone().filter(|path| path.is_dir());
    arguments
        .folder
        .clone()
        .or(template)
        .unwrap_or_else(|| Utf8PathBuf::from(algorithm.slug.as_str()))
}

fn manifest(algorithm: &Algorithm) -> NewFile {
    let head =
        "# What the algorithm is: `gantry help schema` and docs/manifest.md have every key.\n";
    NewFile::text(MANIFEST, head.to_owned() + &manifest_text(algorithm, None))
}

/// The whole folder.
fn everything(drafted: &mut Drafted) -> Result<Vec<NewFile>, Problem> {
    let mut files = cases::files(drafted)?;
    let algorithm = &drafted.algorithm;
    let program = inference::program(algorithm, &drafted.examples);
    drafted.notes.extend(program.notes);
    files.extend([
        manifest(algorithm),
        NewFile::text("Dockerfile", dockerfile::dockerfile(algorithm)),
        NewFile::text(".dockerignore", dockerfile::IGNORED.to_owned()),
        NewFile::text("inference.py", program.text),
        NewFile::text("requirements.txt", dockerfile::requirements(algorithm)),
        NewFile::text("README.md", readme::readme(algorithm)),
    ]);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// Whether the algorithm reads or writes images.
fn has_images(algorithm: &Algorithm) -> bool {
    algorithm
        .sockets
        .iter()
        .any(|socket| socket.kind.is_image())
}

/// As a path below the new folder.
fn case_folder(number: usize) -> String {
    if number == 0 {
        "cases/example".to_owned()
    } else {
        format!("cases/example-{}", number + 1)
    }
}

/// For messages: where a file is going to be.
fn below(folder: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    folder.join(path)
}
