//! `gantry image`: the store of container images.

use camino::Utf8Path;
use container::image::{Store, StoredImage};
use serde::Serialize;

use crate::arguments::{ImageCommand, ImportArguments};
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::images;
use crate::problem::Problem;
use crate::quantity;
use crate::terminal::{self, GOOD, HEADING, Table, visible};

/// Does what was asked.
pub(crate) fn image(command: &ImageCommand, home: &Home) -> Result<ExitStatus, Problem> {
    let store = images::open(home)?;
    match command {
        ImageCommand::Import(arguments) => import(&store, home, arguments)?,
        ImageCommand::List { json } => list(&store, *json)?,
        ImageCommand::Inspect { image, json } => inspect(&images::find(&store, image)?, *json)?,
        ImageCommand::Remove { image } => remove(&store, image)?,
    }
    Ok(ExitStatus::Succeeded)
}

fn import(store: &Store, home: &Home, arguments: &ImportArguments) -> Result<(), Problem> {
    let asked = images::Asked { allow_root: arguments.allow_root, quiet: false };
    let image = images::import(store, home, &arguments.path, &asked)?;
    if arguments.json {
        return print_json(&Shown::of(&image));
    }
    terminal::note(&format!("{GOOD}imported{GOOD:#} {}", visible(&names(&image))));
    print(&format!("{}\n", image.digest))
}
