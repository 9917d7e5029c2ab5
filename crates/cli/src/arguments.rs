//! The command line: what can be asked of `gantry`.

mod desk;
mod operator;
mod run;

use camino::Utf8PathBuf;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use imaging::render::{Plane, Window};

use crate::exit_status::help_table;
pub(crate) use desk::{
    BuildArguments, CheckArguments, ExecutorArguments, ExportArguments, ImportPackageArguments,
    InitArguments, TestArguments,
};
pub(crate) use operator::{CrashTestArguments, VerifyArguments};
pub(crate) use run::{LimitArguments, RunArguments};

/// Runs containerised medical-imaging algorithms on medical images, sealed in.
#[derive(Debug, Parser)]
#[command(name = "gantry", version, propagate_version = true, after_long_help = help_table())]
#[command(after_help = "`gantry --help` also lists the exit codes.")]
pub(crate) struct Arguments {
    /// Gantry's data folder [default: $GANTRY_HOME, or /var/lib/gantry for root, or $XDG_DATA_HOME/gantry, or
    /// ~/.local/share/gantry]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<Utf8PathBuf>,
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes the folder of a new algorithm that works, from flags, answers, grand-challenge-forge or a server
    Init(InitArguments),
    /// Runs an algorithm on inputs and judges its outputs
    Run(Box<RunArguments>),
    /// Builds an algorithm's container image with docker, podman or buildah, and imports it
    Build(BuildArguments),
    /// Runs an algorithm's own cases and compares their outputs with the recorded ones
    Test(TestArguments),
    /// Says which executors there are, and whether they can work on this machine
    Executors {
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Looks at an algorithm before anything runs: manifest, container image, cases
    Check(CheckArguments),
    /// Packs a whole algorithm (manifest, container image, weights, cases, digests) into one file
    Export(ExportArguments),
    /// Unpacks what `gantry export` packed, after checking every digest
    Import(ImportPackageArguments),
    /// Imports, lists, inspects and removes container images
    #[command(subcommand)]
    Image(ImageCommand),
    /// Checks an algorithm's manifest and says what it declares
    Validate(ValidateArguments),
    /// Says what medical images are: format, size, spacing, place in the patient
    Inspect(InspectArguments),
    /// Says whether an output image lies where its input lies
    Compare(CompareArguments),
    /// Converts images to what the platform takes: volumes to `.mha`, slides to tiled `.tif`
    Convert(ConvertArguments),
    /// Draws one slice of an image, or a slide, as PNG
    Slice(SliceArguments),
    /// Prints the JSON Schema of the manifest `algorithm.toml`
    Schema,
    /// Serves jobs through a REST API, on an embedded database in the data folder
    Serve(ServeArguments),
    /// Reads everything in the data folder and says what is missing or damaged, also beside a running server
    Verify(VerifyArguments),
    /// Copies the data folder to a new folder, also beside a running server
    Backup {
        /// The new folder; on the same file system, files share their bytes with the original
        #[arg(value_name = "DIR")]
        target: Utf8PathBuf,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Makes the data folder of `--home`, which must be new or empty, from a backup, and verifies it
    Restore {
        /// The folder that `gantry backup` made
        backup: Utf8PathBuf,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Kills a server of its own at every point of a job's life, and checks that nothing is lost or left
    CrashTest(CrashTestArguments),
    /// Logs in to a server; the commands below are then about that server
    Login(LoginArguments),
    /// Makes algorithms on the server and gives them container images
    #[command(subcommand)]
    Algorithm(AlgorithmCommand),
    /// Submits a job to the server, or one for each item of an archive
    Submit(SubmitArguments),
    /// Says where a job on the server stands and why it failed, or how far a run over an archive is
    Status(JobArguments),
    /// Lists jobs on the server, newest first
    Jobs(JobsArguments),
    /// Prints what a job on the server has written
    Logs(LogsArguments),
    /// Submits a job once more: the same inputs, the current version of the algorithm
    Retry {
        /// UUID of the job
        job: String,
        /// Waits for the end; the exit code is that of `gantry run`
        #[arg(short, long)]
        wait: bool,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Ends a job on the server, or a run over an archive; once more kills its program
    Cancel(JobArguments),
    /// Downloads the outputs of a job on the server, or of a run over an archive
    Output(OutputArguments),
}

/// `gantry login`.
#[derive(Debug, Args)]
pub(crate) struct LoginArguments {
    /// Address of the server, such as `https://gantry.hospital.example`
    pub(crate) url: String,
    /// Name of the account
    #[arg(short, long, value_name = "NAME")]
    pub(crate) user: String,
    /// The authority that signed the server's certificate: the server's `tls/ca.pem`
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<Utf8PathBuf>,
    /// Days until the login ends [default: never]
    #[arg(long, value_name = "DAYS")]
    pub(crate) days: Option<u32>,
}

/// `gantry algorithm`.
#[derive(Debug, Subcommand)]
pub(crate) enum AlgorithmCommand {
    /// Makes an algorithm from its manifest
    Create {
        /// The manifest or its folder
        manifest: Utf8PathBuf,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Uploads a container image; it becomes the active version when it is imported
    Push {
        /// Slug of the algorithm
        algorithm: String,
        /// What `docker save` writes, or an OCI archive
        archive: Utf8PathBuf,
        /// What is new, for people
        #[arg(long, default_value = "")]
        comment: String,
        /// Gives the server the test cases of this folder first, and waits until the version was held against them
        #[arg(long, value_name = "FOLDER")]
        cases: Option<Utf8PathBuf>,
        /// Versions must pass the test cases before jobs run them
        #[arg(long, requires = "cases")]
        require_cases: bool,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Holds a version against the test cases again, and waits for the verdict
    Test {
        /// Slug of the algorithm
        algorithm: String,
        /// UUID of the version
        #[arg(value_name = "VERSION")]
        image: String,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Makes another version the one that new jobs run
    Activate {
        /// Slug of the algorithm
        algorithm: String,
        /// UUID of the version
        #[arg(value_name = "VERSION")]
        image: String,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
}

/// `gantry submit`.
#[derive(Debug, Args)]
pub(crate) struct SubmitArguments {
    /// Slug of the algorithm
    pub(crate) algorithm: String,
    /// One input: JSON as it is, `@FILE` with JSON, the path of a file, of an image or of a folder with one, or the address
    /// of an image on the server
    #[arg(
        short,
        long = "input",
        value_name = "SLUG=VALUE",
        conflicts_with = "archive"
    )]
    pub(crate) input: Vec<String>,
    /// Runs on every item of this archive that fits
    #[arg(long, value_name = "SLUG")]
    pub(crate) archive: Option<String>,
    /// Waits for the end; the exit code is that of `gantry run`, for an archive 10 if a job failed
    #[arg(short, long)]
    pub(crate) wait: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gantry jobs`.
#[derive(Debug, Args)]
pub(crate) struct JobsArguments {
    /// Only of this algorithm
    #[arg(long, value_name = "SLUG")]
    pub(crate) algorithm: Option<String>,
    /// Only in this state, such as `failed`
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<String>,
    /// Words of the comment or of the names of input images, or the beginning of the id
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only of this account; for administrators
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// `newest`, `state` or `duration`
    #[arg(long, value_name = "ORDER")]
    pub(crate) sort: Option<String>,
    /// Goes on where the last list ended
    #[arg(long, value_name = "MARK")]
    pub(crate) after: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gantry logs`.
#[derive(Debug, Args)]
pub(crate) struct LogsArguments {
    /// UUID of the job
    pub(crate) job: String,
    /// Goes on until the job has ended
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Prints one JSON object per line
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gantry output`.
#[derive(Debug, Args)]
pub(crate) struct OutputArguments {
    /// Which job
    #[command(flatten)]
    pub(crate) job: JobArguments,
    /// Where they go
    #[arg(short, long, value_name = "DIR", default_value = "output")]
    pub(crate) output: Utf8PathBuf,
    /// Everything in one zip archive: outputs, log and report; for a run, a folder for each item and a table
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    pub(crate) zip: Option<Utf8PathBuf>,
}

/// A job on the server, or a run over an archive.
#[derive(Debug, Args)]
pub(crate) struct JobArguments {
    /// UUID of the job
    pub(crate) job: String,
    /// The id is that of a run over this archive
    #[arg(long, value_name = "SLUG")]
    pub(crate) archive: Option<String>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gantry serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// The configuration [default: `gantry.toml` in the data folder, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<Utf8PathBuf>,
    /// Where to listen, instead of what the configuration says; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<server::config::Address>,
}

/// `gantry image`.
#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// Imports an archive of `docker save` or an OCI image layout (folder or archive; plain, gzip, xz or zstd)
    Import(ImportArguments),
    /// Lists the imported images
    List {
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Says what is known about an imported image
    Inspect {
        /// Digest, unique beginning of one, or name:tag
        image: String,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Removes an imported image, and its layers where no other image has them
    Remove {
        /// Digest, unique beginning of one, or name:tag
        image: String,
    },
}

/// `gantry image import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The archive or the folder
    pub(crate) path: Utf8PathBuf,
    /// Accepts a container image that runs as root
    #[arg(long)]
    pub(crate) allow_root: bool,
    /// Unpacks the layers also where the kernel can read files out of their tars
    #[arg(long)]
    pub(crate) unpack: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gantry validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArguments {
    /// The manifest or its folder
    pub(crate) manifest: Utf8PathBuf,
}

/// `gantry inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// Images, or folders with images: a DICOM series is one image
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<Utf8PathBuf>,
    /// Also reads every sample and prints the SHA-256 of all of them
    #[arg(long)]
    pub(crate) hash: bool,
    /// Prints one JSON object per image and line
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gantry compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// What is drawn over the input: an image, or an annotation as JSON
    pub(crate) output: Utf8PathBuf,
    /// The image that it is drawn over
    pub(crate) input: Utf8PathBuf,
    /// Prints the verdict as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gantry convert`.
#[derive(Debug, Args)]
pub(crate) struct ConvertArguments {
    /// Images, or folders with images: a DICOM series is one image
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<Utf8PathBuf>,
    /// Where the new files go
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Utf8PathBuf,
    /// Keeps the header fields that name patient and study; without it they stay behind
    #[arg(long)]
    pub(crate) keep_identity: bool,
    /// Prints one JSON object per image and line
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gantry slice`.
#[derive(Debug, Args)]
pub(crate) struct SliceArguments {
    /// An image, or a folder with one DICOM series
    pub(crate) image: Utf8PathBuf,
    /// The PNG file to write
    #[arg(short, long, value_name = "FILE", default_value = "slice.png")]
    pub(crate) output: Utf8PathBuf,
    /// `axial`, `coronal` or `sagittal`
    #[arg(long, default_value = "axial", value_parser = planes())]
    pub(crate) plane: Plane,
    /// Number of the slice in the order of the file, from 0 [default: the middle one]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) index: Option<u64>,
    /// Time point of a 4D image, from 0
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) time: u64,
    /// Centre and width, such as `40,400`, or a preset of CT, such as `lung` [default: the file's, or a fitting one]
    #[arg(long, value_name = "WINDOW", value_parser = crate::window::parse)]
    pub(crate) window: Option<Window>,
    /// A segmentation to draw over it (repeatable); it may have a grid of its own
    #[arg(long, value_name = "IMAGE")]
    pub(crate) overlay: Vec<Utf8PathBuf>,
    /// Longest side of the picture, pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=8192))]
    pub(crate) size: u32,
}

/// The planes by name.
fn planes() -> impl TypedValueParser<Value = Plane> {
    PossibleValuesParser::new(["axial", "coronal", "sagittal"]).map(|name| match name.as_str() {
        "coronal" => Plane::Coronal,
        "sagittal" => Plane::Sagittal,
        _ => Plane::Axial,
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
