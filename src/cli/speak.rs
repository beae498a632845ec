//! What the commands that add to the log have in common.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::Exit;
use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::source;
use crate::audit::MAX_EVIDENCE;
use crate::identity::{Attestation, MAX_ATTESTATION_BYTES};
use crate::text::plural;
use crate::warden::{FactReceipt, Opened, Place, Waits, Word};
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
    Word::of(actor, reason)
}

/// Says where in the log it lies.
///
/// # Errors
/// [`CliError::Unsaid`]: it lasts all the same.
pub fn acknowledge(receipt: &FactReceipt, session: &mut Session) -> Result<Exit, CliError> {
    let exit = if receipt.waits.is_some() { Exit::Partial } else { Exit::Yes };
    if session.global.json {
        session.output.json(&FactLine::from(receipt)).map_err(|error| error.after(receipt.index))?;
        return Ok(exit);
    }
    if let Some(waits) = &receipt.waits {
        waiting(receipt.kind.as_str(), waits, session.global.data.as_deref());
        return Ok(exit);
    }
    let said = format!("{} {}", receipt.kind.as_str(), receipt.subject);
    note(&format!("{}: entry {} of the log", said.trim_end(), receipt.index));
    Ok(exit)
}

/// Says what a change waits for; `data` is the directory, if it is not where everybody looks.
pub fn waiting(kind: &str, waits: &Waits, data: Option<&Path>) {
    let missing = waits.needed.saturating_sub(waits.signers.len());
    note(&format!(
        "NOT DONE YET: this {kind} waits for {} until {}",
        plural(missing, "more signature", "more signatures"),
        waits.expires
    ));
    let there = data.map_or(String::new(), |data| format!(" --data {}", data.display()));
    note(&format!("  somebody else approves it: meshwarden change approve {}{there}", waits.id));
}

/// Reads a text of at most 16 MiB from a file, or from standard input for -.
///
/// # Errors
/// [`CliError::File`] or [`CliError::TooLong`].
pub fn large(path: &Path) -> Result<String, CliError> {
    bounded(path, MAX_EVIDENCE)
}

/// Reads a text of at most 1 MiB from a file, or from standard input for -; blanks around it are dropped.
///
/// # Errors
/// [`CliError::File`] or [`CliError::TooLong`].
pub fn text(path: &Path) -> Result<String, CliError> {
    Ok(bounded(path, MAX_ATTESTATION_BYTES)?.trim().to_owned())
}

fn bounded(path: &Path, most: usize) -> Result<String, CliError> {
    let bytes = bytes(path, most.saturating_add(1) as u64)?;
    if bytes.len() > most {
        return Err(CliError::TooLong { path: path.to_owned(), most });
    }
    String::from_utf8(bytes)
        .map_err(|_| CliError::File { path: path.to_owned(), kind: ErrorKind::InvalidData })
}

/// Reads the body of a request from a file, or from standard input for -.
///
/// # Errors
/// [`CliError::File`].
pub fn body(path: &Path) -> Result<Vec<u8>, CliError> {
    bytes(path, u64::MAX)
}

/// Reads the first bytes of a file, or of standard input for -, and no more than `most`.
///
/// # Errors
/// [`CliError::File`].
pub fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| CliError::file(path, &error))?;
    Ok(bytes)
}

/// Standard input can be read once.
///
/// # Errors
/// [`CliError::Usage`] when more than one of the files is -.
pub fn one_stdin<'p>(files: impl IntoIterator<Item = Option<&'p PathBuf>>) -> Result<(), CliError> {
    let stdin = files.into_iter().flatten().filter(|path| path.as_path() == Path::new("-"));
    if stdin.count() < 2 { Ok(()) } else { Err(CliError::Usage("- can stand for one of the files only")) }
}

/// Reads the statement of an attester.
///
/// # Errors
/// [`CliError::File`], [`CliError::TooLong`] or [`CliError::Statement`].
pub fn statement(path: &Path) -> Result<String, CliError> {
    let text = text(path)?;
    Attestation::from_json(&text).map_err(|error| CliError::Statement { path: path.to_owned(), error })?;
    Ok(text)
}
