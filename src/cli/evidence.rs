//! `log evidence`: what was found against a verifier, until an operator has acknowledged it.

use clap::Args;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, source};
use crate::text::plural;
use crate::warden::Place;

/// `log evidence`.
#[derive(Debug, Args)]
pub struct Evidence {
    /// You have seen it and kept what you need: the verifier is believed again, until it is caught again
    #[arg(long)]
    pub acknowledge: bool,
}

/// What the help says at its end.
pub const AFTER: &str = "\
Each finding holds both heads, signed by the verifier: keep them, they prove it to anybody who knows the key of the log.

Examples:
  meshwarden log evidence --verifier https://mesh.example:7443 --json > evidence.jsonl
  meshwarden log evidence --verifier https://mesh.example:7443 --acknowledge

Exit codes: 0 nothing is found, or it is acknowledged; 1 something is.";

/// Runs it; nobody is asked.
///
/// # Errors
/// [`CliError`].
pub fn run(evidence: &Evidence, session: &mut Session) -> Result<Exit, CliError> {
    let Place::Verifier(url) = source::place(session)? else {
        return Err(CliError::Usage("name the verifier: --verifier URL"));
    };
    let findings = session.remote(&url)?.findings();
    let found = findings.open();
    for finding in &found {
        if session.global.json {
            session.output.json(finding)?;
            continue;
        }
        session.output.line(&format!("{}  {}  {}", finding.found, finding.code, finding.words))?;
        for (name, head) in [("held", &finding.held), ("contradicts", &finding.contradicts)] {
            let lines = head.iter().flat_map(|head| head.lines());
            lines.map(|line| format!("  {name}: {line}")).try_for_each(|line| session.output.line(&line))?;
        }
    }
    session.output.flush()?;
    if evidence.acknowledge {
        let count =
            findings.acknowledge().map_err(|error| CliError::file(std::path::Path::new(&url), &error))?;
        note(&format!("acknowledged: {}", plural(count, "finding", "findings")));
        return Ok(Exit::Yes);
    }
    Ok(if found.is_empty() { Exit::Yes } else { Exit::No })
}
