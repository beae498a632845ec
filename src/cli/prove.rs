//! `log checkpoint`, `log key`, `log prove`, `log check`: what the log says, so that anybody can check it later.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Exit;
use super::error::CliError;
use super::output::note;
use super::session::{Session, xdg};
use super::speak;
use crate::audit::{
    Checkpoint, CheckpointError, DecisionEvidence, Evidence, EvidenceError, LogName, Note, NoteVerifier,
};
use crate::text::plural;
use crate::warden::{SignedHead, Warden};
use crate::wire::{CheckpointLine, ProvenLine, codes};

/// `log prove`.
#[derive(Debug, Args)]
pub struct Prove {
    /// The entry
    #[arg(value_name = "INDEX")]
    pub index: u64,
    /// Prove an entry of the log of decisions instead
    #[arg(long)]
    pub decisions: bool,
}

/// `log check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The evidence file; - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The key of the log, as `log key` prints it; without it the file's own claim counts
    #[arg(long, value_name = "KEY", value_parser = verifier)]
    pub key: Option<NoteVerifier>,
}

fn verifier(text: &str) -> Result<NoteVerifier, String> {
    NoteVerifier::parse(text.trim()).map_err(|error| format!("{error}; give the line that `log key` prints"))
}

/// What the help of all of them says at its end.
pub const AFTER: &str = "\
A checkpoint is a signed note (C2SP): the length and root of the log, and the root of the state that it folds to. Keep \
one elsewhere: log verify --checkpoint then finds an end that was cut off, a changed entry and a fork. Evidence is one \
file with the entry, its proof (RFC 6962) and a checkpoint; whoever has the log's key needs nothing else.

Examples:
  meshwarden log checkpoint > monday.checkpoint
  meshwarden log verify --checkpoint monday.checkpoint
  meshwarden log prove 118 > 118.evidence
  meshwarden log check 118.evidence --key 'meshwarden.log/...'

Exit codes: 0 yes; 1 the answer is no; 2 usage or input; 5 the data directory is out of reach.";

/// Runs `log checkpoint`.
///
/// # Errors
/// [`CliError`].
pub fn checkpoint(warden: &mut Warden, session: &mut Session) -> Result<Exit, CliError> {
    let head = warden.checkpoint()?;
    if session.global.json {
        session.output.json(&CheckpointLine::of(&head.checkpoint, &head.note, &head.verifier))?;
    } else {
        session.output.raw(&head.note.to_string())?;
    }
    Ok(Exit::Yes)
}

/// Runs `log key`.
///
/// # Errors
/// [`CliError`].
pub fn key(warden: &mut Warden, session: &mut Session) -> Result<Exit, CliError> {
    let key = warden.verifier()?.to_string();
    if session.global.json {
        session.output.json(&serde_json::json!({ "key": key }))?;
    } else {
        session.output.line(&key)?;
    }
    Ok(Exit::Yes)
}

/// Runs `log prove`.
///
/// # Errors
/// [`CliError`].
pub fn prove(prove: &Prove, warden: &mut Warden, session: &mut Session) -> Result<Exit, CliError> {
    let evidence = if prove.decisions {
        warden.prove_decision(prove.index)?.to_json()
    } else {
        warden.prove(prove.index)?.to_json()
    };
    session.output.raw(&evidence)?;
    session.output.raw("\n")?;
    Ok(Exit::Yes)
}

/// Runs `log check`, which needs no registry.
///
/// # Errors
/// [`CliError`].
pub fn check(check: &Check, session: &mut Session) -> Result<Exit, CliError> {
    let text = speak::large(&check.file)?;
    let key = check.key.as_ref();
    let proven = match DecisionEvidence::from_json(&text) {
        Err(EvidenceError::Malformed) => Evidence::from_json(&text)
            .and_then(|evidence| Ok(ProvenLine::of(&evidence.check(key)?, &evidence))),
        read => read.and_then(|evidence| Ok(ProvenLine::of_decision(&evidence.check(key)?, &evidence))),
    };
    if matches!(proven, Err(EvidenceError::Malformed)) {
        return Err(CliError::Evidence { path: check.file.clone(), error: EvidenceError::Malformed });
    }
    let line = match &proven {
        Ok(line) => line.clone(),
        Err(error) => ProvenLine::refused(error.code(), error.to_string()),
    };
    if session.global.json {
        session.output.json(&line)?;
    } else {
        write(&line, check.key.is_some(), session)?;
    }
    Ok(if proven.is_ok() { Exit::Yes } else { Exit::No })
}

fn write(line: &ProvenLine, pinned: bool, session: &mut Session) -> Result<(), CliError> {
    let out = &mut session.output;
    let Some(index) = line.index else {
        let code = line.code.unwrap_or_default();
        out.line(&format!("PROVES NOTHING  {}", line.reason.as_deref().unwrap_or_default()))?;
        out.line(&format!("  fix: {}", codes::advice(code)))?;
        return out.line(&format!("  code: {code}"));
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    out.line(&format!("proven: entry {index} is in the log {}", text(&line.log)))?;
    out.line(&format!("  {} at {}, by {}", text(&line.kind), text(&line.time), text(&line.actor)))?;
    let why = line.why.as_ref().filter(|why| !why.is_empty()).map_or(String::new(), |why| format!(": {why}"));
    out.line(&format!("  about {}{why}", text(&line.subject)))?;
    out.line(&format!(
        "  in a log of {}, signed at {}",
        plural(line.size.unwrap_or(0), "entry", "entries"),
        text(&line.signed)
    ))?;
    if !pinned {
        out.flush()?;
        note(&format!("by the file's own key; compare it with the log's:\n{}", text(&line.key)));
    }
    Ok(())
}

/// Reads a checkpoint of the log from a file.
///
/// # Errors
/// [`CliError::Checkpoint`] or [`CliError::File`].
pub fn read(path: &Path, head: &SignedHead) -> Result<Checkpoint, CliError> {
    let text = speak::large(path)?;
    open(&text, head).map_err(|error| CliError::Checkpoint { path: path.to_owned(), error })
}

fn open(text: &str, head: &SignedHead) -> Result<Checkpoint, CheckpointError> {
    head.open(&Note::parse(text)?)
}

/// Where the last checkpoint of a log that was found sound is remembered: apart from the log.
fn memory(log: LogName, what: &str) -> Option<PathBuf> {
    Some(xdg("XDG_STATE_HOME", ".local/state")?.join("meshwarden").join(format!("{log}.{what}")))
}

/// What was remembered of a log, and in which file.
pub fn recall(log: LogName, what: &str) -> Option<(PathBuf, String)> {
    let path = memory(log, what)?;
    let text = std::fs::read_to_string(&path).ok()?;
    Some((path, text))
}

/// The checkpoint that was remembered of this log; none when there is none.
///
/// # Errors
/// [`CliError::Checkpoint`] when what is remembered was signed by another key, or cannot be read.
pub fn remembered(head: &SignedHead) -> Result<Option<Checkpoint>, CliError> {
    let Some((path, text)) = recall(head.checkpoint.log, "checkpoint") else { return Ok(None) };
    open(&text, head).map(Some).map_err(|error| CliError::Checkpoint { path, error })
}

/// Remembers the head of a log that was found sound. A memory that cannot be written is said, and no failure.
pub fn remember(head: &SignedHead) {
    keep(head.checkpoint.log, "checkpoint", &head.note.to_string());
}

/// Remembers a note of a log, apart from the log; one that cannot be written is said, and no failure.
pub fn keep(log: LogName, what: &str, note_text: &str) {
    let Some(path) = memory(log, what) else { return };
    let above = path.parent().map(Path::to_owned).unwrap_or_default();
    let written = std::fs::create_dir_all(&above).and_then(|()| {
        let mut file = tempfile::NamedTempFile::new_in(&above)?;
        file.write_all(note_text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path).map(drop).map_err(|error| error.error)
    });
    if let Err(error) = written {
        note(&format!("{}: the checkpoint could not be remembered: {}", path.display(), error.kind()));
    }
}
