//! `log diff`: what differs between two moments of the log, and which entries did it.

use clap::Args;

use super::Exit;
use super::error::CliError;
use super::output::{cell, note};
use super::session::Session;
use super::{source, when};
use crate::registry::{Judgement, Moment, compare};
use crate::text::agents;
use crate::wire::{DifferingLine, difference_words, entry_words};

/// `log diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// The first moment: a time, or after so many entries
    #[arg(value_name = "FROM", value_parser = when::moment)]
    pub from: when::When,
    /// The second one [default: now]
    #[arg(value_name = "TO", value_parser = when::moment)]
    pub to: Option<when::When>,
}

/// What the help says at its end.
pub const AFTER: &str = "\
Lists the agents whose effective state, parent, tier or capabilities differ, with the entries that did it. Time does \
something too: what expired did so without an entry.

Examples:
  meshwarden log diff 118
  meshwarden log diff 2026-03-01T12:00:00Z 2026-03-02T12:00:00Z --json

Exit codes: 0 nothing differs; 1 something does; 2 usage; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(diff: &Diff, session: &mut Session) -> Result<Exit, CliError> {
    let (before, after) = (source::look_at(session, Some(diff.from))?, source::look_at(session, diff.to)?);
    if before.index > after.index {
        return Err(CliError::Usage("the first moment lies behind the second one"));
    }
    let (old, new) = (Judgement::of(&before.registry, before.now), Judgement::of(&after.registry, after.now));
    let moment = |sight, judgement, size| Moment { registry: sight, judgement, size };
    let found =
        compare(moment(&before.registry, &old, before.index), moment(&after.registry, &new, after.index));
    for differing in &found {
        if session.global.json {
            session.output.json(&DifferingLine::from(differing))?;
            continue;
        }
        let did = cell(&differing.did.to_string(), 41);
        session.output.line(&format!("{did}  {}  ({})", differing.name, entry_words(&differing.entries)))?;
        for words in difference_words(differing) {
            session.output.line(&format!("  {words}"))?;
        }
    }
    if !session.global.json {
        session.output.flush()?;
        note(&format!("{} differ", agents(found.len())));
    }
    Ok(if found.is_empty() { Exit::Yes } else { Exit::No })
}
