//! The decision log on the command line: listed, checked, and remembered.

use super::Exit;
use super::error::CliError;
use super::log::List;
use super::prove;
use super::session::Session;
use super::verdicts;
use crate::audit::{CheckpointError, Note, SegmentHead};
use crate::store::StoreError;
use crate::warden::{Warden, WardenError};
use crate::wire::DecisionLine;

/// Entries that are read at a time.
const PAGE: u64 = 1000;

/// What checking the decision log came to.
#[derive(Default)]
pub struct Checked {
    /// How many entries there ever were.
    pub entries: u64,
    /// How many are kept.
    pub kept: u64,
    /// The first thing that is wrong, in words, and its code.
    pub fault: Option<(String, &'static str)>,
}

/// Lists the entries that are kept, oldest first.
///
/// # Errors
/// [`CliError`].
pub fn list(list: &List, warden: &mut Warden, session: &mut Session) -> Result<Exit, CliError> {
    let (mut from, mut left) = (list.from, list.most);
    while left > 0 {
        let page = warden.decisions_from(from, usize::try_from(left.min(PAGE)).unwrap_or(usize::MAX))?;
        let Some(last) = page.last() else { break };
        (from, left) = (last.index.saturating_add(1), left.saturating_sub(page.len() as u64));
        for line in page.iter().map(DecisionLine::of) {
            if session.global.json {
                session.output.json(&line)?;
            } else {
                verdicts::write(&line, "", &mut session.output)?;
            }
        }
    }
    Ok(Exit::Yes)
}

/// Checks the whole decision log, and that it grew from the head that was remembered; remembers its head when it is
/// sound.
///
/// # Errors
/// [`CliError`] when the file cannot be read; what is wrong with it is in the answer.
pub fn verify(warden: &mut Warden) -> Result<Checked, CliError> {
    let log = warden.snapshot().log;
    let lasts = warden.snapshot().kind.lasts();
    let then = if lasts { prove::recall(log, "decisions") } else { None };
    let then = match then.map(|(path, text)| opened(&text, warden).map_err(|error| (path, error))).transpose()
    {
        Ok(then) => then,
        Err((path, error)) => return Err(CliError::Checkpoint { path, error }),
    };
    let report = match warden.verify_decisions(then.as_ref()) {
        Ok(Some(report)) => report,
        Ok(None) => return Ok(Checked::default()),
        Err(WardenError::Store(error @ StoreError::Damaged { .. })) => {
            return Ok(Checked { fault: Some((error.to_string(), error.code())), ..Checked::default() });
        }
        Err(error) => return Err(error.into()),
    };
    if report.fault.is_none()
        && let Some((_, note)) = warden.decisions_head()?
    {
        prove::keep(log, "decisions", &note.to_string());
    }
    Ok(Checked {
        entries: report.entries,
        kept: report.entries.saturating_sub(report.first),
        fault: report.fault.map(|fault| (fault.to_string(), fault.rule.code())),
    })
}

/// The head that was remembered.
fn opened(text: &str, warden: &mut Warden) -> Result<SegmentHead, CheckpointError> {
    let note = Note::parse(text)?;
    // A key that cannot be read has signed nothing.
    let verifiers = warden.decisions_verifiers().unwrap_or_default();
    let mut opened = Err(CheckpointError::Malformed);
    for verifier in verifiers {
        opened = SegmentHead::open(&note, &verifier);
        if opened.is_ok() {
            break;
        }
    }
    opened
}
