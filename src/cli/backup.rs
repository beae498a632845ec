//! `backup` and `restore`: a copy that proves itself, and a directory that is brought back and says so.

use std::path::{Path, PathBuf};

use clap::Args;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, prove, source, speak};
use crate::audit::{Checkpoint, CheckpointError, Note, NoteVerifier};
use crate::change::Extent;
use crate::warden::{self, Place};
use crate::wire::BackupLine;

/// `backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// The directory to make; it must not exist
    #[arg(value_name = "DIR")]
    pub to: PathBuf,
    /// Take the log's key along: whoever has it signs heads in the log's name
    #[arg(long)]
    pub with_log_key: bool,
}

/// `restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The directory that `backup` made
    #[arg(value_name = "BACKUP")]
    pub from: PathBuf,
    /// The data directory to make; it must not exist
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// The last checkpoint of the log that is known [default: the one that was remembered]
    #[arg(long, value_name = "FILE")]
    pub last: Option<PathBuf>,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: String,
}

/// What the help of both says at its end.
pub const AFTER: &str = "\
A backup is a directory with the database, the decision log if there is one, and a manifest: the hash of every file, and \
a signed head of exactly this copy. What was forgotten is not in it; what is forgotten later is, so keep few and old ones \
short. Restoring checks all of it first and overwrites nothing. What came after the backup is gone: the entry `restore` \
says so, with the last head that is known, and where operators hold the log the admins sign it.

Examples:
  meshwarden backup /mnt/backup/monday
  meshwarden restore /mnt/backup/monday --to ~/.local/share/meshwarden --reason 'disk died'

Exit codes: 0 done; 1 the backup does not hold; 2 usage or input; 3 it waits for approval; 4 refused; 5 out of reach.";

/// Runs `backup`.
///
/// # Errors
/// [`CliError`].
pub fn run(backup: &Backup, session: &mut Session) -> Result<Exit, CliError> {
    let place = source::place(session)?;
    if !matches!(place, Place::Directory(_)) {
        return Err(CliError::Usage("only a data directory is backed up; copy a registry file as it is"));
    }
    let mut opened = source::open(&place, session)?;
    let manifest = opened.warden.back_up(&backup.to, backup.with_log_key)?;
    if session.global.json {
        session.output.json(&BackupLine {
            path: backup.to.display().to_string(),
            log: manifest.log,
            entries: manifest.entries,
            made: manifest.made,
            files: manifest.files.into_iter().map(|file| file.name).collect(),
        })?;
        return Ok(Exit::Yes);
    }
    note(&format!("{}: {} entries, as of {}", backup.to.display(), manifest.entries, manifest.made));
    if !backup.with_log_key {
        note(
            "without the log's key: keep log.key elsewhere, or the log cannot sign its heads after a restore",
        );
    }
    Ok(Exit::Yes)
}

/// Runs `restore`.
///
/// # Errors
/// [`CliError`].
pub fn restore(restore: &Restore, session: &mut Session) -> Result<Exit, CliError> {
    let backup = warden::Backup::open(&restore.from)?;
    let verifier = NoteVerifier::parse(&backup.manifest.verifier).map_err(CheckpointError::from);
    let verifier = verifier.map_err(|error| CliError::Checkpoint { path: restore.from.clone(), error })?;
    let last = last(restore, &backup, &verifier)?;
    let lost = last.map(|last| Extent { size: last.tree.size, root: last.tree.root });
    let context = source::context(session)?;
    let (actor, hand) = (session.actor(), session.hand());
    let sign = |warden: &mut warden::Warden| {
        if let Some(hand) = hand {
            warden.sign_with(hand);
        }
    };
    let word = speak::word(&actor, &restore.reason);
    let (_, receipt) = context.restore(&backup, &restore.to, sign, (lost, word))?;
    match lost {
        Some(lost) if lost.size > backup.manifest.entries => note(&format!(
            "{} entries after the backup are gone: what they ordered is not in force any more",
            lost.size - backup.manifest.entries
        )),
        Some(_) => {}
        None => note("nobody here remembers how far the log was; what came after the backup is gone"),
    }
    session.global.data = Some(restore.to.clone());
    speak::acknowledge(&receipt, session)
}

/// The last head of the log that is known.
fn last(
    restore: &Restore,
    backup: &warden::Backup,
    verifier: &NoteVerifier,
) -> Result<Option<Checkpoint>, CliError> {
    let (path, text) = match &restore.last {
        Some(path) => (path.clone(), speak::large(path)?),
        None => match prove::recall(backup.checkpoint.log, "checkpoint") {
            Some(remembered) => remembered,
            None => return Ok(None),
        },
    };
    open(&text, verifier).map(Some).map_err(|error| named(&path, error))
}

fn open(text: &str, verifier: &NoteVerifier) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::open(&Note::parse(text)?, verifier)
}

fn named(path: &Path, error: CheckpointError) -> CliError {
    CliError::Checkpoint { path: path.to_owned(), error }
}
