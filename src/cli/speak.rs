//! What the commands that add to the log have in common.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::source;
use crate::audit::MAX_EVIDENCE;
use crate::identity::MAX_ATTESTATION_BYTES;
use crate::warden::{FactReceipt, Opened, Place, Word};
use crate::wire::FactLine;

/// Opens the place that the options name, to add to its log; `make` makes a data directory that is not there.
///
/// # Errors
/// [`CliError`].
pub fn open(session: &Session, make: bool) -> Result<Opened, CliError> {
    let place = source::place(session)?;
    if place == Place::Stdin {
        return Err(CliError::Usage("standard input can be looked at only; name a file or a data directory"));
    }
    if make { source::open_or_make(&place, session) } else { source::open(&place, session) }
}

/// Who says it, and why.
pub const fn word<'w>(actor: &'w str, reason: &'w str) -> Word<'w> {
    Word { actor, reason }
}

/// Says where in the log it lies.
///
/// # Errors
/// [`CliError::Unsaid`]: it lasts all the same.
pub fn acknowledge(receipt: &FactReceipt, session: &mut Session) -> Result<(), CliError> {
    if session.global.json {
        let line = FactLine {
            index: receipt.index,
            time: receipt.time.to_string(),
            kind: receipt.kind.as_str(),
            subject: receipt.subject.clone(),
        };
        return session.output.json(&line).map_err(|error| error.after(receipt.index));
    }
    let said = format!("{} {}", receipt.kind.as_str(), receipt.subject);
    note(&format!("{}: entry {} of the log", said.trim_end(), receipt.index));
    Ok(())
}

/// Reads a text of at most 16 MiB, or standard input for -.
///
/// # Errors
/// [`CliError::File`].
pub fn large(path: &Path) -> Result<String, CliError> {
    let most = MAX_EVIDENCE as u64;
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(most.saturating_add(1)).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_string(&mut text))
    };
    read.map_err(|error| CliError::file(path, &error))?;
    Ok(text)
}

/// Reads a statement: a short text file, or - for standard input.
///
/// # Errors
/// [`CliError::File`].
pub fn statement(path: &Path) -> Result<String, CliError> {
    let most = MAX_ATTESTATION_BYTES as u64;
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(most.saturating_add(1)).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_string(&mut text))
    };
    read.map_err(|error| CliError::file(path, &error))?;
    Ok(text.trim().to_owned())
}
