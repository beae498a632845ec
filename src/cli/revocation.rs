//! `revocation`: the list of revoked agents, in the reference's form.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::{note, plural};
use super::session::Session;
use super::{Exit, find, source, speak};

/// Take in, show and correct the revocation list.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put every entry of a file of the reference on the list
    #[command(after_help = AFTER)]
    Import(Import),
    /// Show the entries, ended ones too
    List,
    /// Take an agent off the list
    #[command(after_help = AFTER)]
    Lift(Lift),
}

/// `revocation import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The file: a JSON array of entries; - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub reason: String,
}

/// `revocation lift`.
#[derive(Debug, Args)]
pub struct Lift {
    /// The agent
    #[arg(value_name = "DID")]
    pub did: String,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

const AFTER: &str = "\
An agent on the list is revoked for as long as its entry says, whatever its record says; a temporary entry never takes
the place of a permanent one. It also holds for agents that come later. To write the list: meshwarden export
--revocation-list.

Exit codes: 0 done; 2 usage or input; 4 refused; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    match command {
        Command::Import(import) => {
            let entries = speak::statement(&import.file)?;
            let mut opened = speak::open(session, true)?;
            let actor = session.actor();
            let receipt = opened.warden.list(entries, speak::word(&actor, &import.reason))?;
            speak::acknowledge(&receipt, session)?;
        }
        Command::Lift(lift) => {
            let mut opened = speak::open(session, false)?;
            let registry = opened.warden.registry();
            let did = registry.agent(find::agent(registry, &lift.did)?).did();
            let actor = session.actor();
            let receipt = opened.warden.unlist(&did, speak::word(&actor, &lift.reason))?;
            speak::acknowledge(&receipt, session)?;
        }
        Command::List => list(session)?,
    }
    Ok(Exit::Yes)
}

fn list(session: &mut Session) -> Result<(), CliError> {
    let sight = source::look(session)?;
    let entries = sight.registry.facts().listed.entries();
    if session.global.json {
        return session.output.json(&sight.registry.facts().listed.to_json());
    }
    for (did, entry) in &entries {
        let until = entry.until.map_or("for ever".to_owned(), |until| format!("until {until}"));
        let ended = if entry.holds(sight.now) { "" } else { "  ENDED" };
        session.output.line(&format!("{did}  since {}  {until}{ended}  {}", entry.at, entry.reason))?;
    }
    session.output.flush()?;
    note(&plural(entries.len() as u64, "entry", "entries"));
    Ok(())
}
