//! `gantry image`: the store of container images.

use std::fmt::Write;

use container::image::{Imported, LayerForm, RemoveImageError, StoredImage};
use serde::Serialize;

use crate::arguments::{ImageCommand, ImportArguments};
use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::images::{Images, short_digest};
use crate::problem::Problem;
use crate::quantity;
use crate::terminal::{self, GOOD, HEADING, Table, visible};

/// Does what was asked.
pub(crate) fn image(command: &ImageCommand, home: &Home) -> Result<ExitStatus, Problem> {
    let images = Images::open(home)?;
    match command {
        ImageCommand::Import(arguments) => import(images, arguments)?,
        ImageCommand::List { json } => list(&images, *json)?,
        ImageCommand::Inspect { image, json } => {
            let image = images.find(image)?;
            if *json {
                print_json(&image)?
            } else {
                print(&description(&image))?
            }
        }
        ImageCommand::Remove { image } => remove(&images, image)?,
    }
    Ok(ExitStatus::Succeeded)
}

/// What `gantry image import --json` prints.
#[derive(Serialize)]
struct ImportedDocument<'a> {
    image: &'a StoredImage,
    already_present: bool,
    notes: &'a [String],
    unpacked_because: Option<&'a str>,
}

fn import(mut images: Images, arguments: &ImportArguments) -> Result<(), Problem> {
    images.allow_root = arguments.allow_root;
    images.unpack = arguments.unpack;
    let Imported {
        image,
        already_present,
        notes,
        unpacked_because,
    } = images.import(&arguments.path)?;
    if arguments.json {
        return print_json(&ImportedDocument {
            image: &image,
            already_present,
            notes: &notes,
            unpacked_because: unpacked_because.as_deref(),
        });
    }
    let done = if already_present {
        "already there:"
    } else {
        "imported"
    };
    terminal::note(&format!(
        "{GOOD}{done}{GOOD:#} {} ({})",
        visible(&names(&image)),
        extent(image.layers.len(), image.unpacked_bytes)
    ));
    print(&format!("{}\n", image.digest))
}

fn list(images: &Images, json: bool) -> Result<(), Problem> {
    let all = images.store().list().map_err(Problem::internal)?;
    if json {
        return print_json(&all);
    }
    if all.is_empty() {
        terminal::note("no images; `gantry image import PATH` adds one");
        return Ok(());
    }
    let mut table = Table::new(&["image", "names", "user", "size", "imported"]);
    for image in &all {
        table.row([
            short_digest(&image.digest).into(),
            names(image).into(),
            user(image).into(),
            quantity::bytes(image.unpacked_bytes).into(),
            time(image).into(),
        ]);
    }
    print(&table.render(0, terminal::columns()))
}

fn remove(images: &Images, reference: &str) -> Result<(), Problem> {
    let image = images.find(reference)?;
    let removed = images.store().remove(&image.digest).map_err(|error| {
        let (status, hint) = match &error {
            RemoveImageError::Unknown { .. } => (ExitStatus::ImageRefused, None),
            RemoveImageError::InUse { .. } => (
                ExitStatus::ImageRefused,
                Some("wait for the run to end, or end it with Ctrl-C".to_owned()),
            ),
            RemoveImageError::List(_) | RemoveImageError::Delete { .. } => {
                (ExitStatus::Internal, None)
            }
        };
        Problem::from_error(status, error).maybe_hint(hint)
    })?;
    terminal::note(&format!(
        "{GOOD}removed{GOOD:#} {} ({})",
        visible(&names(&removed.image)),
        extent(removed.layers, removed.bytes)
    ));
    Ok(())
}

fn description(image: &StoredImage) -> String {
    let mut layers = Table::new(&["layer", "size", "files", "path"]);
    for layer in &image.layers {
        layers.row([
            short_digest(&layer.diff_id).into(),
            quantity::bytes(layer.bytes).into(),
            match layer.form {
                LayerForm::Unpacked => "unpacked",
                LayerForm::Indexed => "in its tar",
            }
            .into(),
            layer.path.as_str().into(),
        ]);
    }
    let labels: Vec<String> = image
        .config
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    [
        facts(image).render(0, terminal::columns()),
        paragraph("Environment", &image.config.env),
        paragraph("Labels", &labels),
        format!(
            "\n{HEADING}Layers{HEADING:#}\n{}",
            layers.render(2, terminal::columns())
        ),
    ]
    .concat()
}

fn facts(image: &StoredImage) -> Table {
    let config = &image.config;
    let or_none = |text: &str| if text.is_empty() { "-" } else { text }.to_owned();
    let command = |parts: &Option<Vec<String>>| {
        parts.as_ref().map_or_else(
            || "-".to_owned(),
            |parts| serde_json::to_string(parts).expect("a list of strings is JSON"),
        )
    };
    let working_dir = match config.working_dir.as_str() {
        "" => "/",
        folder => folder,
    };
    let rows = [
        ("digest", image.digest.clone()),
        ("names", or_none(&image.names.join(", "))),
        ("platform", format!("{}/{}", config.os, config.architecture)),
        ("user", user(image)),
        ("working folder", working_dir.to_owned()),
        ("entrypoint", command(&config.entrypoint)),
        ("command", command(&config.cmd)),
        ("built", or_none(config.created.as_deref().unwrap_or(""))),
        ("imported", time(image)),
        ("size", quantity::bytes(image.unpacked_bytes)),
    ];
    let mut table = Table::new(&["", ""]);
    for (name, value) in rows {
        table.row([name.into(), value.into()]);
    }
    table
}

/// Lines under a heading; nothing where there are none.
fn paragraph(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{HEADING}{title}{HEADING:#}\n");
    for line in lines {
        let _ = writeln!(text, "  {}", visible(line).replace('\n', "\n    "));
    }
    text
}

/// `1 layer, 20 MB`.
fn extent(layers: usize, bytes: u64) -> String {
    let plural = if layers == 1 { "" } else { "s" };
    format!("{layers} layer{plural}, {}", quantity::bytes(bytes))
}

fn names(image: &StoredImage) -> String {
    if image.names.is_empty() {
        short_digest(&image.digest)
    } else {
        image.names.join(", ")
    }
}

fn user(image: &StoredImage) -> String {
    if image.config.user.is_empty() {
        "root".to_owned()
    } else {
        image.config.user.clone()
    }
}

fn time(image: &StoredImage) -> String {
    image.imported_at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
