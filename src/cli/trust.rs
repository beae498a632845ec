//! `trust`: scores, and where every point of them comes from.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::cell;
use super::session::Session;
use super::when::Then;
use super::{Exit, find, policy, signal, source};
use crate::wire::ScoreLine;

/// What to do about scores.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explain an agent's score: every cause, and what it gives or takes
    #[command(after_long_help = AFTER)]
    Explain(Explain),
    /// Record what a source says about an agent
    #[command(after_help = signal::AFTER)]
    Signal(signal::Signal),
    /// Take back a signal that was wrong
    #[command(after_help = signal::AFTER)]
    Void(signal::Void),
}

/// The options of `trust explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The agent: its DID, its hex digits, or their beginning
    pub did: String,
    /// Policy whose numbers count [default: the one in force, else the built-in one]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

const AFTER: &str = "\
The points of all causes add up; their whole points are the score. Reading a score changes nothing: it follows from \
the log, the policy and the time alone.

Examples:
  meshwarden trust explain 28eaf98c
  meshwarden trust explain 28eaf98c --at 2026-03-01T12:00:00Z --policy policy.toml";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    match command {
        Command::Explain(explain) => run_explain(explain, session),
        Command::Signal(said) => signal::signal(said, session),
        Command::Void(void) => signal::void(void, session),
    }
}

fn run_explain(explain: &Explain, session: &mut Session) -> Result<Exit, CliError> {
    let given = explain.policy.as_deref().map(|file| policy::load(Some(file), None)).transpose()?;
    let sight = source::look_at(session, explain.then.at)?;
    let policy = given.as_ref().unwrap_or(&sight.policy);
    let row = find::agent(&sight.registry, &explain.did)?;
    let line = ScoreLine::of(&sight.registry, row, &policy.trust, sight.now);
    if session.global.json {
        session.output.json(&line)?;
        return Ok(Exit::Yes);
    }
    let out = &mut session.output;
    out.line(&format!("{}  {}", line.did, sight.registry.agent(row).name()))?;
    let unscored = if line.scored { "" } else { ", unscored: nobody ever said anything about it" };
    out.line(&format!("score  {} ({}{unscored}) at {}", line.score, line.tier, line.at))?;
    for cause in &line.causes {
        out.line(&format!("  {}  {}", cell(&cause.points, 14), cause.words))?;
    }
    Ok(Exit::Yes)
}
