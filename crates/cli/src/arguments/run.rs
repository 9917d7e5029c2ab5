//! What can be asked of a run.

use camino::Utf8PathBuf;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use domain::Guarantee;
use domain::quantity::{parse_bytes, parse_cpu_percent, parse_milliseconds};

use super::ExecutorArguments;

/// `gantry run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// A folder with `algorithm.toml`, such a file, a container image archive (`docker save` or OCI), an OCI image layout,
    /// or an imported image (digest, unique beginning of one, or name:tag)
    pub(crate) algorithm: String,
    /// One input: JSON as it is, `@FILE` with JSON, or the path of an image or file
    #[arg(
        short,
        long = "input",
        value_name = "SLUG=VALUE",
        conflicts_with = "inputs"
    )]
    pub(crate) input: Vec<String>,
    /// All inputs: a folder laid out as the container sees `/input`
    #[arg(long, value_name = "DIR")]
    pub(crate) inputs: Option<Utf8PathBuf>,
    /// Where the outputs go
    #[arg(short, long, value_name = "DIR", default_value = "output")]
    pub(crate) output: Utf8PathBuf,
    /// Replaces what an earlier run left in the output folder
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Model weights for `/opt/ml/model`: a folder or a tar archive; overrides the manifest's
    #[arg(long, value_name = "PATH")]
    pub(crate) model: Option<Utf8PathBuf>,
    /// Accepts a container image that runs as root
    #[arg(long)]
    pub(crate) allow_root: bool,
    /// Runs even if this guarantee of the sandbox cannot be kept (repeatable); the report says so
    #[arg(long, value_name = "GUARANTEE", value_parser = waivable())]
    pub(crate) without: Vec<Guarantee>,
    /// Where the container runs
    #[command(flatten)]
    pub(crate) place: ExecutorArguments,
    /// Prints one JSON document about the run on stdout
    #[arg(long)]
    pub(crate) json: bool,
    /// Shows neither progress nor the algorithm's log
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Draws memory, processor and disk over time, here and into this SVG file, and says which limits it would need
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) profile: Option<Utf8PathBuf>,
    /// Limits that take the place of the manifest's
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
}

/// Limits given by hand.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits (instead of the manifest's)")]
pub(crate) struct LimitArguments {
    /// Memory, swap included, such as `4GB`
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    pub(crate) memory: Option<u64>,
    /// Processors, such as `2` or `0.5`
    #[arg(long, value_name = "NUMBER", value_parser = parse_cpu_percent)]
    pub(crate) cpus: Option<u32>,
    /// Processes and threads
    #[arg(long, value_name = "NUMBER")]
    pub(crate) pids: Option<u32>,
    /// Wall time, such as `10m`
    #[arg(long, value_name = "DURATION", value_parser = parse_milliseconds)]
    pub(crate) time: Option<u64>,
    /// Bytes that may be written, such as `5GB`
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    pub(crate) disk: Option<u64>,
    /// `none`, `any`, or the name of a CDI device
    #[arg(long, value_name = "GPU")]
    pub(crate) gpu: Option<String>,
}

/// The guarantees that can be done without, by name.
fn waivable() -> impl TypedValueParser<Value = Guarantee> {
    PossibleValuesParser::new(Guarantee::WAIVABLE.map(Guarantee::name)).map(|name| {
        Guarantee::from_name(&name).expect("only names of guarantees are possible values")
    })
}
