//! `log`: what was changed, by whom, and whether the log still says so.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::{cell, note};
use super::session::Session;
use super::{Exit, decisions, diff, erase, evidence, notify, prove, source, speak};
use crate::encoding::hex;
use crate::text::plural;
use crate::warden::{self, Place};
use crate::wire::{LogLine, LogReportLine, codes};

/// List the log of changes, or check it.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the entries, oldest first
    List(List),
    /// Check every hash, fold the log again, and compare with what is shown (exit code 1 if anything differs)
    #[command(after_help = prove::AFTER)]
    Verify(Verify),
    /// Show what differs between two moments, and which entries did it (exit code 1 if anything differs)
    #[command(after_help = diff::AFTER)]
    Diff(diff::Diff),
    /// Sign the head of the log, to be kept elsewhere
    #[command(after_help = prove::AFTER)]
    Checkpoint,
    /// Print the key that signs the heads of the log
    Key,
    /// Replace that key; the admins sign it, and everybody is told
    #[command(after_help = ROTATION)]
    RotateKey(RotateKey),
    /// Write the evidence that an entry is in the log
    #[command(after_help = prove::AFTER)]
    Prove(prove::Prove),
    /// Forget whom an agent belongs to; every proof still holds
    #[command(after_help = erase::AFTER)]
    Erase(erase::Erase),
    /// Check an evidence file; needs no registry (exit code 1 if it proves nothing)
    #[command(after_help = prove::AFTER)]
    Check(Box<prove::Check>),
    /// Show what was found against a verifier (exit code 1 if anything is)
    #[command(after_help = evidence::AFTER)]
    Evidence(evidence::Evidence),
}

/// `log verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The log must have grown from this checkpoint, too [default: from the one that was remembered]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}

/// `log rotate-key`.
#[derive(Debug, Args)]
pub struct RotateKey {
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: String,
}

const ROTATION: &str = "\
The new key is announced in the log, signed by the admins, and signs from that entry on; heads that the old key signed \
still hold. Whoever pinned the old key pins the new one: meshwarden log key.

Exit codes: 0 done; 3 it waits for approval; 4 refused; 5 the data directory is out of reach.";

/// `log list`.
#[derive(Debug, Args)]
pub struct List {
    /// Begin with this entry
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    pub from: u64,
    /// List at most so many entries
    #[arg(long, value_name = "COUNT", default_value_t = u64::MAX, hide_default_value = true)]
    pub most: u64,
    /// List the log of decisions instead, as far as it is kept
    #[arg(long)]
    pub decisions: bool,
}

/// Entries that are read at a time.
const PAGE: u64 = 1000;

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    if let Command::Evidence(evidence) = command {
        return evidence::run(evidence, session);
    }
    if let Command::Check(check) = command {
        return prove::check(check, session);
    }
    if let Command::Diff(between) = command {
        return diff::run(between, session);
    }
    let place = source::place(session)?;
    if let Place::File(path) = &place
        && !source::has_log(session, path)?
    {
        return Err(CliError::NoRegistry(path.clone()));
    }
    let mut opened = source::open(&place, session)?;
    match command {
        Command::List(list) if list.decisions => decisions::list(list, &mut opened.warden, session),
        Command::List(list) => run_list(list, &mut opened.warden, session),
        Command::Verify(verify) => run_verify(verify, &mut opened.warden, session),
        Command::Checkpoint => prove::checkpoint(&mut opened.warden, session),
        Command::Key => prove::key(&mut opened.warden, session),
        Command::RotateKey(rotate) => {
            let actor = session.actor();
            let receipt = opened.warden.rotate_log_key(speak::word(&actor, &rotate.reason))?;
            if receipt.waits.is_none() {
                notify::tell(
                    notify::of_fact(&receipt, "log_key", &rotate.reason),
                    &mut opened.warden,
                    session,
                );
            }
            speak::acknowledge(&receipt, session)
        }
        Command::Erase(erase) => erase::run(erase, &mut opened.warden, session),
        Command::Prove(of) => prove::prove(of, &mut opened.warden, session),
        Command::Diff(between) => diff::run(between, session),
        Command::Check(check) => prove::check(check, session),
        Command::Evidence(evidence) => evidence::run(evidence, session),
    }
}

fn run_list(list: &List, warden: &mut warden::Warden, session: &mut Session) -> Result<Exit, CliError> {
    let (mut from, mut left) = (list.from, list.most);
    while left > 0 {
        let page = warden.entries(from, usize::try_from(left.min(PAGE)).unwrap_or(usize::MAX))?;
        let Some(last) = page.last() else { break };
        (from, left) = (last.index.saturating_add(1), left.saturating_sub(page.len() as u64));
        for entry in page {
            write(&entry.into(), session)?;
        }
    }
    Ok(Exit::Yes)
}

/// Writes one entry.
///
/// # Errors
/// [`CliError`].
pub fn write(line: &LogLine, session: &mut Session) -> Result<(), CliError> {
    if session.global.json {
        return session.output.json(line);
    }
    let reach = if line.cascade { " and below" } else { "" };
    let until = line.until.as_deref().map_or(String::new(), |until| format!(" until {until}"));
    let reason = if line.reason.is_empty() { String::new() } else { format!(": {}", line.reason) };
    let count = if counts(line) { format!(" ({})", line.count) } else { String::new() };
    let about = format!("{}{reach}{count}{until}  ", line.subject);
    session.output.line(&format!(
        "{}  {}  {}  {}by {}{reason}",
        cell(&line.index.to_string(), 6),
        cell(&line.time, 27),
        cell(line.kind, 13),
        if about.trim().is_empty() { "" } else { &about },
        by(line)
    ))
}

/// Who ordered an entry, and who else signed it; what nobody signed is only said.
fn by(line: &LogLine) -> String {
    match line.signers.split_first() {
        None => line.actor.clone(),
        Some((first, [])) => format!("{first} (signed)"),
        Some((first, more)) => format!("{first} (signed, and by {})", more.join(", ")),
    }
}

/// Whether an entry reaches agents that its subject does not name.
fn counts(line: &LogLine) -> bool {
    line.cascade || line.kind == "import"
}

fn run_verify(verify: &Verify, warden: &mut warden::Warden, session: &mut Session) -> Result<Exit, CliError> {
    let mut report = warden.verify_log()?;
    let head = match warden.checkpoint() {
        Err(error @ warden::WardenError::LostLogKey { .. }) if verify.checkpoint.is_none() => {
            note(&format!("{error}: neither decisions nor a head of an earlier day were compared"));
            None
        }
        Err(warden::WardenError::AtTheVerifier { .. }) if verify.checkpoint.is_none() => {
            note("each head of the verifier was compared when it was taken; its decisions lie there");
            None
        }
        head => Some(head?),
    };
    let given = verify.checkpoint.as_deref().zip(head.as_ref());
    let given = given.map(|(path, head)| prove::read(path, head)).transpose()?;
    let remembered = head.as_ref().map(prove::remembered).transpose()?.flatten();
    for then in given.into_iter().chain(remembered) {
        if report.fault.is_none()
            && let Some(departure) = warden.departs_from(&then)?
        {
            if let Some(index) = warden.declared(&then)? {
                note(&format!(
                    "the log was brought back from a backup, as entry {index} says: of the {} entries that it had, the last \
                     are gone",
                    then.tree.size
                ));
                continue;
            }
            (report.fault, report.code) = (Some(departure.to_string()), Some(departure.code()));
        }
    }
    if let Some(head) = head.as_ref().filter(|_| report.fault.is_none() && warden.snapshot().kind.lasts()) {
        prove::remember(head);
    }
    let decisions = if head.is_some() { decisions::verify(warden)? } else { decisions::Checked::default() };
    if report.fault.is_none()
        && let Some((words, code)) = decisions.fault
    {
        (report.fault, report.code) = (Some(words), Some(code));
    }
    let line = LogReportLine {
        sound: report.fault.is_none(),
        code: report.code,
        reason: report.fault,
        log: report.log.to_string(),
        entries: report.entries,
        records: report.records,
        root: hex::encode(&report.root),
        decisions: decisions.entries,
        decisions_kept: decisions.kept,
    };
    if session.global.json {
        session.output.json(&line)?;
    } else {
        let out = &mut session.output;
        match (&line.reason, line.code) {
            (Some(reason), code) => {
                let code = code.unwrap_or_default();
                out.line(&format!("BROKEN  {reason}"))?;
                out.line(&format!("  fix: {}", codes::advice(code)))?;
                out.line(&format!("  code: {code}"))?;
            }
            (None, _) => {
                out.line("sound: every entry and record hashes, and the state is the fold of the log")?
            }
        }
        out.line(&format!("{} entries, {} records, log {}", line.entries, line.records, line.log))?;
        out.line(&format!("root {}", line.root))?;
        if line.decisions > 0 {
            let decisions = plural(line.decisions, "decision", "decisions");
            out.line(&format!("{decisions}, of which {} kept", line.decisions_kept))?;
        }
    }
    Ok(if line.sound { Exit::Yes } else { Exit::No })
}
