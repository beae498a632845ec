//! `agent history`: what became of one agent.

use clap::Args;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, log, source};
use crate::identity::Did;
use crate::registry::find;
use crate::warden::History as Page;
use crate::wire::TouchLine;

/// `agent history`.
#[derive(Debug, Args)]
pub struct History {
    /// The agent: its DID, its hex digits, or their beginning
    #[arg(value_name = "DID")]
    pub did: String,
    /// List at most so many entries
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub limit: usize,
    /// Only entries before this one
    #[arg(long, value_name = "INDEX")]
    pub before: Option<u64>,
}

/// What the help says at its end.
pub const AFTER: &str = "\
The newest first: entries that name the agent, and those that name an ancestor with everybody below it. The import that \
brought its record names nobody; agent show says which it was.

Examples:
  meshwarden agent history 28eaf98c
  meshwarden agent history 28eaf98c --before 120 --json

Exit codes: 0 listed; 2 usage or input; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(history: &History, session: &mut Session) -> Result<Exit, CliError> {
    let place = source::place(session)?;
    let mut warden = source::open(&place, session)?.warden;
    let did = match find::agent(warden.registry(), &history.did) {
        Ok(row) => warden.registry().agent(row).did(),
        // Whoever is not registered any more still has a past.
        Err(unknown) => Did::parse(&history.did).map_err(|_| unknown)?,
    };
    let Page { touches, next } = warden.history(&did, history.before.unwrap_or(u64::MAX), history.limit)?;
    for touch in touches {
        let line = TouchLine::from(touch);
        if session.global.json {
            session.output.json(&line)?;
            continue;
        }
        log::write(&line.entry, session)?;
    }
    if let (Some(next), false) = (next, session.global.json) {
        session.output.flush()?;
        note(&format!("there is more: --before {next}"));
    }
    Ok(Exit::Yes)
}
