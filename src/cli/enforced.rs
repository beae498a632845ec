//! `--wait`: whether those who enforce have taken a change in.

use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Args;

use super::error::CliError;
use super::output::{cell, note};
use super::session::Session;
use super::{Exit, when};
use crate::time::Span;
use crate::warden::Warden;
use crate::wire::{ConfirmationLine, EnforcedLine};

/// It is looked so often.
const LOOK: Duration = Duration::from_millis(200);

/// Whether to wait.
#[derive(Debug, Args)]
pub struct Waiting {
    /// Wait until every enforcement point and console of the verifier has confirmed, or for so long (exit code 3)
    #[arg(long, value_name = "LENGTH", value_parser = when::span, num_args = 0..=1, require_equals = true,
          default_missing_value = "30s")]
    pub wait: Option<Span>,
}

impl Waiting {
    /// Waits for the entry at `index`, and says who confirmed; yes only when all did.
    ///
    /// # Errors
    /// [`CliError`].
    pub fn wait(&self, warden: &mut Warden, index: u64, session: &mut Session) -> Result<Exit, CliError> {
        let Some(patience) = self.wait else { return Ok(Exit::Yes) };
        let patience = Duration::from_secs(u64::try_from(patience.as_seconds()).unwrap_or(0));
        let begun = Instant::now();
        let line = loop {
            let Some(line) = warden.enforced(index)? else {
                note(
                    "who enforces it is known to a running verifier alone: order it there, with --verifier URL",
                );
                return Ok(Exit::Partial);
            };
            if line.complete || begun.elapsed() >= patience {
                break line;
            }
            sleep(LOOK);
        };
        if session.global.json {
            session.output.json(&line)?;
        } else {
            tell(&line, session)?;
        }
        Ok(if line.complete { Exit::Yes } else { Exit::Partial })
    }
}

fn tell(line: &EnforcedLine, session: &mut Session) -> Result<(), CliError> {
    for one in &line.confirmations {
        session.output.line(&words(one))?;
    }
    if line.confirmations.is_empty() {
        session.output.line("  no enforcement point is enrolled: NOBODY ENFORCES IT")?;
    }
    for what in &line.not_stopped {
        session.output.line(&format!("  NOT STOPPED: {what}"))?;
    }
    session.output.flush()?;
    note(if line.complete { "confirmed by all" } else { "NOT CONFIRMED BY ALL" });
    Ok(())
}

fn words(one: &ConfirmationLine) -> String {
    let (name, role, state) = (cell(&one.name, 20), cell(&one.role, 17), cell(&one.state, 9));
    format!("  {name}  {role}  {state}  {}", one.when())
}
