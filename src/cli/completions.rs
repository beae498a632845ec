//! `completions`: what a shell must know to complete our commands.

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use super::Exit;
use super::arguments::Arguments;
use super::error::CliError;
use super::session::Session;

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Example, for bash: meshwarden completions bash > ~/.local/share/bash-completion/completions/meshwarden"
)]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Completions, session: &mut Session) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    generate(command.shell, &mut Arguments::command(), "meshwarden", &mut script);
    session.output.raw(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Yes)
}
