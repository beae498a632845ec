//! `coverage`: the agents that no verdict was asked about.

use clap::Args;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, verdicts, when};
use crate::time::Span;

/// `coverage`.
#[derive(Debug, Args)]
pub struct Coverage {
    /// From when on: a time, or a length of time before now [default: 1d]
    #[arg(long, value_name = "TIME|SPAN", value_parser = when::since)]
    pub since: Option<when::Since>,
}

/// What the help says at its end.
pub const AFTER: &str = "\
An active agent that asks for nothing is idle, or goes past the enforcement points. Last contacts of enforcement points, \
and requests that came unsigned, are known to a running verifier alone: GET /v1/coverage.

Examples:
  meshwarden coverage
  meshwarden coverage --since 7d --json

Exit codes: 0 every active agent was seen; 1 some were not; 2 usage; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(coverage: &Coverage, session: &mut Session) -> Result<Exit, CliError> {
    let mut warden = verdicts::keeper(session)?;
    let now = warden.now();
    let day = when::Since::Ago(Span::seconds(24 * 3600));
    let line = warden.coverage(coverage.since.unwrap_or(day).from(now))?;
    let seen = if line.unseen == 0 { Exit::Yes } else { Exit::No };
    if session.global.json {
        session.output.json(&line)?;
        return Ok(seen);
    }
    for did in &line.unseen_agents {
        session.output.line(did)?;
    }
    session.output.flush()?;
    let (unseen, active, since) = (line.unseen, line.active, &line.since);
    note(&format!("{unseen} of {active} active agents asked for nothing since {since}"));
    Ok(seen)
}
