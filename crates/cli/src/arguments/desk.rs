//! What can be asked at the desk of somebody who makes an algorithm.

use std::str::FromStr as _;

use camino::Utf8PathBuf;
use clap::Args;
use executor::kinds::Kind;

/// `gantry init`.
#[derive(Debug, Default, Args)]
pub(crate) struct InitArguments {
    /// The new folder [default: the algorithm's slug]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<Utf8PathBuf>,
    /// Short name, in URLs and commands [default: the folder's name]
    #[arg(long, value_name = "SLUG")]
    pub(crate) slug: Option<String>,
    /// Name for people
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// An input socket, such as `ct=Image` or `age=Float:patient/age.json` (repeatable)
    #[arg(short, long, value_name = "SLUG=KIND[:PATH]")]
    pub(crate) input: Vec<String>,
    /// An output socket (repeatable)
    #[arg(short, long, value_name = "SLUG=KIND[:PATH]")]
    pub(crate) output: Vec<String>,
    /// A set of inputs with the outputs that it gives, such as `ct,age->mask` (repeatable) [default: all]
    #[arg(long, value_name = "INPUTS->OUTPUTS")]
    pub(crate) interface: Vec<String>,
    /// Takes the sockets from a context of grand-challenge-forge, or from a template folder that it made
    #[arg(long, value_name = "PATH", conflicts_with_all = ["input", "output", "interface", "from"])]
    pub(crate) forge: Option<Utf8PathBuf>,
    /// Takes the sockets from an algorithm of the server that you are logged in to
    #[arg(long, num_args = 2, value_names = ["SERVER", "SLUG"], conflicts_with_all = ["input", "output", "interface"])]
    pub(crate) from: Vec<String>,
    /// Replaces files that are there
    #[arg(long)]
    pub(crate) force: bool,
}

impl InitArguments {
    /// Whether the flags describe the sockets.
    pub(crate) fn says_sockets(&self) -> bool {
        !(self.input.is_empty() && self.output.is_empty() && self.interface.is_empty())
    }
}

/// Where containers run.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExecutorArguments {
    /// `local`, Gantry's own sandbox, or `docker`, a Docker engine on this machine (at DOCKER_HOST, if that is set)
    #[arg(long, value_name = "KIND", default_value = "local", value_parser = Kind::from_str)]
    pub(crate) executor: Kind,
}

/// `gantry test`.
#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// The algorithm's folder, with `cases/NAME/input`, or a template of grand-challenge-forge
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: Utf8PathBuf,
    /// Only cases with this in their name
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Cases that run at the same time
    #[arg(short, long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) jobs: usize,
    /// Records what comes out of cases that run well as what is expected from now on
    #[arg(long)]
    pub(crate) bless: bool,
    /// Where the containers run
    #[command(flatten)]
    pub(crate) place: ExecutorArguments,
    /// Writes a report in JUnit's XML for build servers
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<Utf8PathBuf>,
    /// Prints one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gantry build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArguments {
    /// The algorithm's folder, with its `Dockerfile`
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: Utf8PathBuf,
    /// Which engine builds [default: the first that works of docker, podman, buildah]
    #[arg(long, value_name = "NAME", value_parser = ["docker", "podman", "buildah"])]
    pub(crate) engine: Option<String>,
    /// Prints what is known about the image as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gantry export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The algorithm's folder, or a template of grand-challenge-forge
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: Utf8PathBuf,
    /// The package to write [default: SLUG.gantry]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<Utf8PathBuf>,
    /// The archive of the container image, where the manifest names none
    #[arg(long, value_name = "ARCHIVE")]
    pub(crate) image: Option<Utf8PathBuf>,
    /// Replaces a package that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// `gantry import`.
#[derive(Debug, Args)]
pub(crate) struct ImportPackageArguments {
    /// What `gantry export` wrote
    pub(crate) file: Utf8PathBuf,
    /// The folder to make [default: the algorithm's slug]
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: Option<Utf8PathBuf>,
    /// Accepts a container image that runs as root
    #[arg(long)]
    pub(crate) allow_root: bool,
}

/// `gantry check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The algorithm's folder or its manifest, or a template of grand-challenge-forge
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: Utf8PathBuf,
    /// Also warnings make the exit code other than 0
    #[arg(long)]
    pub(crate) strict: bool,
    /// Prints one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
