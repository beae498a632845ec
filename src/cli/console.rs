//! The console: where it opens, and in what.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::session::Session;
use super::{Exit, nearest};
use crate::store;
use crate::warden::Place;

/// Open the console (also without a command).
#[derive(Debug, Args)]
pub struct Console {
    /// Registry file or data directory
    #[arg(value_name = "FILE|DIR")]
    pub path: Option<PathBuf>,
}

/// What the console opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// A data directory or a registry file.
    Place(Place),
    /// A mesh made up for this run.
    Demo,
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(path: Option<PathBuf>, session: &mut Session) -> Result<Exit, CliError> {
    let opening = opening(path, session)?;
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(CliError::ConsoleNeedsTerminal);
    }
    open(&opening, session)
}

/// The seam to the console: `tui::run` takes over here.
fn open(_opening: &Opening, _session: &mut Session) -> Result<Exit, CliError> {
    Err(CliError::Usage("this build has no console yet"))
}

/// The argument, else `--registry`, else `--data`, else the usual data directory if it holds anything, else a demo.
fn opening(path: Option<PathBuf>, session: &Session) -> Result<Opening, CliError> {
    let chosen = path.or_else(|| session.global.registry.clone());
    Ok(Opening::Place(match chosen {
        Some(path) if path.as_os_str() == "-" => Place::Stdin,
        Some(path) if path.is_dir() => Place::Directory(path),
        Some(path) if path.exists() => Place::File(path),
        Some(path) => return Err(missing(path)),
        None => match session.data_directory() {
            Some(directory) if session.global.data.is_some() || directory.join(store::FILE).exists() => {
                Place::Directory(directory)
            }
            _ => return Ok(Opening::Demo),
        },
    }))
}

/// A path that is not there may be a command that was mistyped.
fn missing(path: PathBuf) -> CliError {
    let near = path.to_str().and_then(|text| nearest(text, COMMANDS));
    CliError::NothingThere { path, near }
}

const COMMANDS: [&str; 9] =
    ["agent", "codes", "completions", "console", "export", "generate", "import", "lineage", "log"];
