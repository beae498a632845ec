//! `coverage`: the agents that no verdict was asked about.

use clap::Args;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, verdicts, when};
use crate::client::path_with;
use crate::time::Span;
use crate::wire::{ContactLine, CoverageLine, UnsignedLine};

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
and requests that came unsigned, are known to a running verifier alone: --verifier asks it.

Examples:
  meshwarden coverage
  meshwarden coverage --since 7d --json

Exit codes: 0 every active agent was seen; 1 some were not; 2 usage; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(coverage: &Coverage, session: &mut Session) -> Result<Exit, CliError> {
    let mut warden = verdicts::asked(session)?;
    let day = when::Since::Ago(Span::seconds(24 * 3600));
    let since = coverage.since.unwrap_or(day).from(warden.now());
    let path = path_with("/v1/coverage", &[("since", &since.to_string())]);
    let line = match warden.told::<CoverageLine>(&path)? {
        Some(line) => line,
        None => warden.coverage(since)?,
    };
    let seen = if line.unseen == 0 { Exit::Yes } else { Exit::No };
    if session.global.json {
        session.output.json(&line)?;
        return Ok(seen);
    }
    for did in &line.unseen_agents {
        session.output.line(did)?;
    }
    for ContactLine { name, role, last_contact } in &line.points {
        let last = last_contact.as_deref().map_or("not heard".to_owned(), |last| format!("heard {last}"));
        session.output.line(&format!("{role} {name}: {last}"))?;
    }
    for UnsignedLine { through, count } in &line.unsigned {
        let through = through.as_deref().unwrap_or("the verifier itself");
        session.output.line(&format!("{count} unsigned through {through}"))?;
    }
    session.output.flush()?;
    let (unseen, active, since) = (line.unseen, line.active, &line.since);
    note(&format!("{unseen} of {active} active agents asked for nothing since {since}"));
    Ok(seen)
}
