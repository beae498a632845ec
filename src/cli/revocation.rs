//! `revocation`: the list of revoked agents, in the reference's form.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::{cell, note};
use super::session::Session;
use super::{Exit, find, source, speak};
use crate::identity::{Did, RevocationList};
use crate::text::plural;

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
    /// The file: a JSON array of entries, at most 1 MiB; - for standard input
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
An agent on the list is revoked for as long as its entry says, whatever its record says; a temporary entry never takes \
the place of a permanent one. It also holds for agents that come later.

Examples:
  meshwarden revocation import revoked.json --reason 'from the other mesh'
  meshwarden revocation lift 28eaf98c --reason 'listed by mistake'
  meshwarden export --revocation-list > revoked.json

Exit codes: 0 done; 2 usage or input; 4 refused; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    match command {
        Command::Import(import) => {
            let list = RevocationList::from_json(&speak::text(&import.file)?, &session.reading().reading)
                .map_err(|error| CliError::Revocations { path: import.file.clone(), error })?;
            let mut opened = speak::open(session, true)?;
            // As it was understood here, zones and all.
            let entries = list.to_json().to_string();
            let actor = session.actor();
            let receipt = opened.warden.list(entries, speak::word(&actor, &import.reason))?;
            if !session.global.json {
                note(&plural(list.len(), "entry was taken", "entries were taken"));
            }
            speak::acknowledge(&receipt, session)?;
        }
        Command::Lift(lift) => {
            let mut opened = speak::open(session, false)?;
            // A whole DID needs no registered agent: the list also holds those that may come later.
            let registry = opened.warden.registry();
            let did = match Did::parse(&lift.did) {
                Ok(did) => did,
                Err(_) => registry.agent(find::agent(registry, &lift.did)?).did(),
            };
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
    session.output.line(&row("DID", "SINCE", "UNTIL", "REASON"))?;
    for (did, entry) in &entries {
        let until = entry.until.map_or("for ever".to_owned(), |until| until.to_string());
        let ended = if entry.holds(sight.now) { "" } else { "ENDED  " };
        let reason = format!("{ended}{}", entry.reason);
        session.output.line(&row(&did.to_string(), &entry.at.to_string(), &until, &reason))?;
    }
    session.output.flush()?;
    note(&plural(entries.len(), "entry", "entries"));
    Ok(())
}

fn row(did: &str, since: &str, until: &str, reason: &str) -> String {
    format!("{}  {}  {}  {reason}", cell(did, 41), cell(since, 27), cell(until, 27))
}
