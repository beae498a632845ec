//! `generate`: a mesh made up for trying things out.

use clap::Args;

use super::error::CliError;
use super::session::Session;
use super::{Exit, export, when};
use crate::time::Time;

/// Invent a believable mesh, for trying things out.
#[derive(Debug, Args)]
#[command(after_help = "The same seed, number, time and shares give the same bytes.\n\n\
    Example: meshwarden generate --agents 1000 --seed 7 > mesh.jsonl")]
pub struct Generate {
    /// How many agents
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub agents: u32,
    /// What tells this mesh from others of its size
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// The time that counts as now [default: now, in whole seconds]
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    pub at: Option<Time>,
    /// One object per line, or one JSON array
    #[arg(long, value_enum, default_value_t = export::Format::Jsonl)]
    pub format: export::Format,
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(_command: &Generate, _session: &mut Session) -> Result<Exit, CliError> {
    Err(CliError::Usage("this build cannot invent a mesh yet"))
}
