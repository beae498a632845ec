//! `doctor`: what is wrong with a data directory, and what to do about it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use clap::Args;

use super::error::CliError;
use super::output::cell;
use super::session::Session;
use super::{Exit, decisions, prove, source};
use crate::store::{self, RESERVED};
use crate::time::Time;
use crate::warden::{LOG_KEY, Place, Warden};
use crate::wire::{FindingLine, codes};

/// `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Do not check the whole log, only its end
    #[arg(long)]
    pub quick: bool,
}

/// What the help says at its end.
pub const AFTER: &str = "\
Nothing is changed. Every line says what was looked at, how it is, and what to do if something is to be done.

Example:
  meshwarden doctor --quick

Exit codes: 0 all is well; 1 something is to be done; 2 usage.";

/// A disk with less than this should be looked after.
const LITTLE: u64 = 256 << 20;

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(doctor: &Doctor, session: &mut Session) -> Result<Exit, CliError> {
    let Place::Directory(directory) = source::place(session)? else {
        return Err(CliError::Usage("only a data directory is looked at; name it with --data"));
    };
    let mut findings = Findings(Vec::new());
    findings.well("configuration", "it can be read");
    operator_key(session, &mut findings);
    if permissions(&directory, &mut findings) {
        match source::open(&Place::Directory(directory.clone()), session) {
            Err(error) => findings.error("store", &error),
            Ok(opened) => {
                findings.well("store", "it opens, and its end is whole");
                inside(doctor, (opened.warden, &directory), session.now, &mut findings);
            }
        }
        disk(&directory, &mut findings);
    }
    let well = findings.0.iter().all(|finding| finding.well);
    for finding in &findings.0 {
        write(finding, session)?;
    }
    Ok(if well { Exit::Yes } else { Exit::No })
}

struct Findings(Vec<FindingLine>);

impl Findings {
    fn well(&mut self, check: &'static str, found: &str) {
        self.0.push(FindingLine { check, well: true, code: None, found: found.to_owned(), advice: None });
    }

    fn bad(&mut self, check: &'static str, found: String, advice: &str) {
        self.0.push(FindingLine { check, well: false, code: None, found, advice: Some(advice.to_owned()) });
    }

    fn coded(&mut self, check: &'static str, found: String, code: &'static str) {
        let advice = Some(codes::advice(code).to_owned());
        self.0.push(FindingLine { check, well: false, code: Some(code), found, advice });
    }

    fn error(&mut self, check: &'static str, error: &CliError) {
        self.coded(check, error.to_string(), error.code());
    }
}

/// Whether others can read the key that signs for an operator.
fn operator_key(session: &Session, findings: &mut Findings) {
    let key = session.global.operator_key.as_ref().or(session.config.operator_key.as_ref());
    let Some(path) = key.map(Path::new).filter(|path| path.exists()) else { return };
    match std::fs::metadata(path).map(|found| found.mode() & 0o777) {
        Ok(mode) if mode & 0o077 != 0 => findings.bad(
            "operator key",
            format!("{} can be read by others (mode {mode:04o})", path.display()),
            "take it for stolen: make another with meshwarden key new, and have an admin replace it",
        ),
        _ => findings.well("operator key", "nobody else can read it"),
    }
}

/// Whether there is a directory that nobody else can write.
fn permissions(directory: &Path, findings: &mut Findings) -> bool {
    let Ok(found) = std::fs::metadata(directory) else {
        let found = format!("{} does not exist", directory.display());
        findings.bad(
            "directory",
            found,
            "import into it, restore a backup there, or name another with --data",
        );
        return false;
    };
    let mode = found.mode() & 0o777;
    if mode & 0o022 != 0 {
        let found = format!("{} can be written by others (mode {mode:04o})", directory.display());
        findings.bad(
            "directory",
            found,
            "chmod 700 it, and compare the log with a checkpoint from elsewhere",
        );
    } else {
        findings.well("directory", &format!("{}, written by nobody else", directory.display()));
    }
    true
}

fn inside(doctor: &Doctor, (mut warden, directory): (Warden, &Path), clock: Time, findings: &mut Findings) {
    let snapshot = warden.snapshot();
    match snapshot.head.last_time.filter(|last| clock < *last) {
        Some(last) => findings.bad(
            "clock",
            format!("it says {clock}, and the log's last entry is of {last}; no time before that is used"),
            "set the clock right; until then everything happens at the time of the last entry",
        ),
        None => findings.well("clock", "it is not behind the log"),
    }
    let key = warden.verifier().map_err(CliError::from);
    match &key {
        Ok(_) => {
            findings.well("log key", &format!("{} signs the log's heads", directory.join(LOG_KEY).display()))
        }
        Err(error) => findings.error("log key", error),
    }
    if !doctor.quick {
        match warden.verify_log().map_err(CliError::from) {
            Err(error) => findings.error("log", &error),
            Ok(report) => match (report.fault, report.code) {
                (Some(words), Some(code)) => findings.coded("log", words, code),
                _ => findings.well("log", &format!("{} entries, all sound", report.entries)),
            },
        }
        match decisions::verify(&mut warden) {
            Err(error) => findings.error("decisions", &error),
            Ok(checked) => match checked.fault {
                Some((words, code)) => findings.coded("decisions", words, code),
                None => findings.well("decisions", &format!("{} kept, all sound", checked.kept)),
            },
        }
    }
    if key.is_ok() {
        match remembered(&mut warden) {
            Err(error) => findings.error("memory", &error),
            Ok(None) => findings.well("memory", "the log goes on from the head that was last seen here"),
            Ok(Some((words, code))) => findings.coded("memory", words, code),
        }
    }
}

/// How the log departs from the head that was remembered on this machine.
fn remembered(warden: &mut Warden) -> Result<Option<(String, &'static str)>, CliError> {
    let head = warden.checkpoint()?;
    let Some(then) = prove::remembered(&head)? else { return Ok(None) };
    match warden.departs_from(&then)? {
        Some(departure) if warden.declared(&then)?.is_none() => {
            Ok(Some((departure.to_string(), departure.code())))
        }
        _ => Ok(None),
    }
}

fn disk(directory: &Path, findings: &mut Findings) {
    let room = store::room(directory);
    if room.reserved < RESERVED {
        let found = format!("{} of {} MiB are kept for a full disk", room.reserved >> 20, RESERVED >> 20);
        findings.bad("reserve", found, "make room on the disk; the reserve is made again by itself");
    } else {
        findings.well("reserve", "a revocation fits, however full the disk is");
    }
    match room.free {
        Some(free) if free < LITTLE => {
            findings.bad("disk", format!("{} MiB are free", free >> 20), "make room on the disk");
        }
        Some(free) => findings.well("disk", &format!("{} MiB are free", free >> 20)),
        None => findings.well("disk", "the system does not say how much is free"),
    }
}

fn write(finding: &FindingLine, session: &mut Session) -> Result<(), CliError> {
    if session.global.json {
        return session.output.json(finding);
    }
    let word = if finding.well { "well " } else { "WRONG" };
    session.output.line(&format!("{word}  {}  {}", cell(finding.check, 13), finding.found))?;
    let advice = finding.advice.as_deref().map(|advice| session.output.line(&format!("  fix: {advice}")));
    advice.transpose()?;
    let code = finding.code.map(|code| session.output.line(&format!("  code: {code}")));
    code.transpose().map(drop)
}
