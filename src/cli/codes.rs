//! `codes`: what the stable codes mean, and what to do.

use clap::Args;

use super::error::CliError;
use super::output::cell;
use super::session::Session;
use super::{Exit, nearest};
use crate::wire::codes;

/// Explain a stable code, or all of them.
#[derive(Debug, Args)]
pub struct Codes {
    /// The code, as JSON, the log or a screen says it
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Codes, session: &mut Session) -> Result<Exit, CliError> {
    let (json, out) = (session.global.json, &mut session.output);
    if let Some(code) = &command.code {
        let Some(row) = codes::find(code) else {
            let near = nearest(code, codes::all().iter().map(|row| row.code));
            return Err(CliError::UnknownCode { code: code.clone(), near });
        };
        if json {
            out.json(row)?;
        } else {
            out.line(&format!("{}  ({})", row.code, row.topic))?;
            out.line(&format!("  {}", row.words))?;
            out.line(&format!("  fix: {}", row.advice))?;
        }
        return Ok(Exit::Yes);
    }
    let mut topic = "";
    for row in codes::all() {
        if json {
            out.json(row)?;
            continue;
        }
        if row.topic != topic {
            out.line(row.topic)?;
            topic = row.topic;
        }
        out.line(&format!("  {}  {}", cell(row.code, 28), row.words))?;
        out.line(&format!("  {}  fix: {}", cell("", 28), row.advice))?;
    }
    Ok(Exit::Yes)
}
