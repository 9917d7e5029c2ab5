//! What an operator can ask.

use camino::Utf8PathBuf;
use clap::Args;

/// `gantry verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// Looks only whether files are there and have their size; without it, every byte is read
    #[arg(long)]
    pub(crate) quick: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gantry crash-test`.
#[derive(Debug, Args)]
pub(crate) struct CrashTestArguments {
    /// A folder with `algorithm.toml`, whose `image` is an archive
    pub(crate) manifest: Utf8PathBuf,
    /// One input, as for `gantry submit`
    #[arg(short, long = "input", value_name = "SLUG=VALUE")]
    pub(crate) input: Vec<String>,
    /// How often the server is killed
    #[arg(long, value_name = "NUMBER", default_value_t = 12)]
    pub(crate) rounds: u32,
    /// Jobs of each round
    #[arg(long, value_name = "NUMBER", default_value_t = 4)]
    pub(crate) jobs: u32,
    /// Seconds within which every job must have ended; a machine that is busy with other work needs more
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) within: u64,
    /// Prints one JSON object per round and line
    #[arg(long)]
    pub(crate) json: bool,
}
