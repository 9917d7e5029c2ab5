//! `gantry build`: the developer's own container engine builds the image, and it comes into the store through a pipe.

mod engine;

use camino::{Utf8Path, Utf8PathBuf};
use container::image::Imported;

use crate::arguments::BuildArguments;
use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::images::Images;
use crate::manifest::{self, Declared};
use crate::problem::Problem;
use crate::terminal::{self, GOOD, WARNING, visible};
use engine::Engine;

/// Does it.
pub(crate) fn build(
    arguments: &BuildArguments,
    home: Option<Utf8PathBuf>,
) -> Result<ExitStatus, Problem> {
    let declared = manifest::of(&arguments.folder)?;
    let folder = &declared.folder;
    if !["Dockerfile", "Containerfile"]
        .iter()
        .any(|name| folder.join(name).is_file())
    {
        let message = format!("there is no `Dockerfile` in `{folder}`");
        return Err(Problem::new(ExitStatus::ImageRefused, message));
    }
    let name = name_of(&declared);
    let images = Images::open(&Home::choose(home)?)?;
    let engine = Engine::find(arguments.engine.as_deref())?;
    engine.build(folder, &name)?;
    let imported = engine.save(&name, |archive| {
        images.import_stream(archive, Utf8Path::new(&engine.archive_name(&name)))
    })?;
    say(arguments, &declared, &name, &imported)
}

/// What the image is called: as the manifest says, unless that is a file or a digest.
pub(crate) fn name_of(declared: &Declared) -> String {
    let usual = || format!("{}:latest", declared.algorithm.slug);
    let Some(image) = declared.algorithm.image.as_deref() else {
        return usual();
    };
    let is_file = declared.folder.join(image).exists()
        || [".tar", ".gz", ".xz", ".zst", ".tgz"]
            .iter()
            .any(|ending| image.ends_with(ending));
    if is_file || image.starts_with("sha256:") {
        usual()
    } else if image.rsplit('/').next().unwrap_or(image).contains(':') {
        image.to_owned()
    } else {
        format!("{image}:latest")
    }
}

fn say(
    arguments: &BuildArguments,
    declared: &Declared,
    name: &str,
    imported: &Imported,
) -> Result<ExitStatus, Problem> {
    let named = declared.algorithm.image.as_deref().unwrap_or_default();
    if !name.starts_with(named) || named.is_empty() {
        terminal::note(&format!(
            "{WARNING}note:{WARNING:#} the manifest says `image = \"{}\"`; write `image = \"{name}\"` there to run what was built",
            visible(named)
        ));
    }
    if arguments.json {
        print_json(&imported.image)?;
    } else {
        terminal::note(&format!("{GOOD}built{GOOD:#} {}", visible(name)));
        print(&format!("{}\n", imported.image.digest))?;
    }
    Ok(ExitStatus::Succeeded)
}
