//! `case`: what is done for one reason, kept in the log and shared.

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::{cell, note};
use super::session::Session;
use super::{Exit, case_export, source, speak};
use crate::change::{MAX_NOTE_BYTES, OnCase, What};
use crate::encoding::hex;
use crate::registry::{Case, CaseId, Registry};
use crate::text::plural;
use crate::time::Span;
use crate::warden::{Warden, WardenError};
use crate::wire::{CaseDetail, CaseLine, CaseStep, DueLine};

/// Open, share, hand over, close and export cases.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open a case; prints its name
    #[command(after_help = AFTER)]
    Open(Open),
    /// Take part in a case
    Join(Id),
    /// Say something in a case; - reads it from standard input
    Note(Note),
    /// Answer for a case from now on
    Claim(Id),
    /// Give your case to somebody else
    Handover(Handover),
    /// Close a case
    #[command(after_help = AFTER)]
    Close(Close),
    /// List the open cases
    List(List),
    /// Show a case: its people, its timeline, what is due
    Show(Id),
    /// Write a case into a directory: Markdown, JSON, lineage pictures, proofs
    #[command(after_help = case_export::AFTER)]
    Export(Export),
}

/// Which case.
#[derive(Debug, Args)]
pub struct Id {
    /// The case, such as C-7
    #[arg(value_name = "CASE", value_parser = id)]
    pub id: CaseId,
}

/// `case open`.
#[derive(Debug, Args)]
pub struct Open {
    /// What it is about
    #[arg(value_name = "TITLE", allow_hyphen_values = true)]
    pub title: String,
}

/// `case note`.
#[derive(Debug, Args)]
pub struct Note {
    /// The case, such as C-7
    #[arg(value_name = "CASE", value_parser = id)]
    pub id: CaseId,
    /// What to say
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: String,
}

/// `case handover`.
#[derive(Debug, Args)]
pub struct Handover {
    /// The case, such as C-7
    #[arg(value_name = "CASE", value_parser = id)]
    pub id: CaseId,
    /// To whom
    #[arg(long, value_name = "NAME")]
    pub to: String,
    /// What they must know
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
}

/// `case close`.
#[derive(Debug, Args)]
pub struct Close {
    /// The case, such as C-7
    #[arg(value_name = "CASE", value_parser = id)]
    pub id: CaseId,
    /// How it ended
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Suspensions that only the case holds end with it
    #[arg(long)]
    pub release: bool,
}

/// `case list`.
#[derive(Debug, Args)]
pub struct List {
    /// Closed cases too
    #[arg(long)]
    pub all: bool,
}

/// `case export`.
#[derive(Debug, Args)]
pub struct Export {
    /// The case, such as C-7
    #[arg(value_name = "CASE", value_parser = id)]
    pub id: CaseId,
    /// Directory that is made for it
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// For outsiders: pseudonyms for people and agents, no free text, and no entries
    #[arg(long)]
    pub redact: bool,
}

const AFTER: &str = "\
Say --case C-7 with any change to put it under the case. While a case is open, a suspension with a time that was made \
under it does not end by itself: it is shown as due, and closing the case asks for --release. Undoing what somebody else \
did under an open case names that case with --case.

Examples:
  meshwarden case open 'billing agents call payroll'
  meshwarden agent suspend 28eaf98c --for 4h --reason 'odd calls' --case C-7
  meshwarden case note C-7 'vendor says that the key leaked on Friday'
  meshwarden case close C-7 --reason 'keys replaced'

Exit codes: 0 done; 2 usage; 4 refused; 5 the data directory is out of reach.";

/// Suspensions that end within this time are told.
const SOON: Span = Span::seconds(3600);

/// Reads the name of a case.
///
/// # Errors
/// What is wrong with it, for people.
pub fn id(text: &str) -> Result<CaseId, String> {
    CaseId::parse(text).ok_or_else(|| "is no case; a case is named as C-7".to_owned())
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    match command {
        Command::Open(open) => step(None, OnCase::Open { title: open.title.clone() }, "", session),
        Command::Join(Id { id }) => step(Some(*id), OnCase::Join {}, "", session),
        Command::Claim(Id { id }) => step(Some(*id), OnCase::Claim {}, "", session),
        Command::Note(note) => {
            step(Some(note.id), OnCase::Note { text: said(&note.text)?, seen: None }, "", session)
        }
        Command::Handover(over) => {
            step(Some(over.id), OnCase::Handover { to: over.to.clone() }, &over.reason, session)
        }
        Command::Close(close) => close_case(close, session),
        Command::List(list) => run_list(list, session),
        Command::Show(Id { id }) => show(*id, session),
        Command::Export(export) => case_export::run(export, session),
    }
}

fn said(text: &str) -> Result<String, CliError> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut read = String::new();
    let most = MAX_NOTE_BYTES.saturating_add(1) as u64;
    let path = std::path::Path::new("-");
    std::io::stdin()
        .lock()
        .take(most)
        .read_to_string(&mut read)
        .map_err(|error| CliError::file(path, &error))?;
    Ok(read.trim().to_owned())
}

fn step(id: Option<CaseId>, step: OnCase, reason: &str, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let actor = session.actor();
    let opens = matches!(step, OnCase::Open { .. });
    let receipt = opened.warden.case(id, step, speak::word(&actor, reason))?;
    if opens && !session.global.json && receipt.waits.is_none() {
        session.output.line(&CaseId::of(receipt.index).to_string())?;
        return Ok(Exit::Yes);
    }
    speak::acknowledge(&receipt, session)
}

fn close_case(close: &Close, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let (now, actor) = (opened.warden.now(), session.actor());
    let released = opened.warden.registry().ending(close.id, now);
    let registry = opened.warden.registry();
    let dids: Vec<String> = released.iter().map(|row| registry.agent(*row).did().to_string()).collect();
    let close_step = OnCase::Close { release: close.release };
    let receipt = opened.warden.case(Some(close.id), close_step, speak::word(&actor, &close.reason))?;
    if !session.global.json {
        dids.iter().for_each(|did| note(&format!("  {did}: its suspension ended with the case")));
    }
    speak::acknowledge(&receipt, session)
}

fn run_list(list: &List, session: &mut Session) -> Result<Exit, CliError> {
    let sight = source::look(session)?;
    let cases = sight.registry.facts().cases.iter().filter(|case| list.all || case.is_open());
    let mut count = 0_u64;
    for case in cases {
        let line = CaseLine::of(&sight.registry, case, sight.now);
        count = count.saturating_add(1);
        if session.global.json {
            session.output.json(&line)?;
            continue;
        }
        let due = if line.due > 0 { format!("  {} DUE", line.due) } else { String::new() };
        let (name, state, owner) = (cell(&line.case, 8), cell(line.state, 6), cell(&line.owner, 16));
        session.output.line(&format!("{name}  {state}  {owner}  {}{due}", line.title))?;
    }
    if !session.global.json {
        session.output.flush()?;
        note(&plural(count, "case", "cases"));
    }
    Ok(Exit::Yes)
}

fn show(id: CaseId, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let detail = detail(&mut opened.warden, id)?;
    if session.global.json {
        session.output.json(&detail)?;
        return Ok(Exit::Yes);
    }
    let (out, line) = (&mut session.output, &detail.case);
    out.line(&format!("{}  {}  {}", line.case, line.state, line.title))?;
    out.line(&format!("owner    {}", line.owner))?;
    out.line(&format!("people   {}", line.people.join(", ")))?;
    for due in &detail.ending {
        let until = due.until.as_deref().unwrap_or_default();
        let words = if due.due { "DUE since" } else { "ends at" };
        out.line(&format!("{words}  {until}  {}  {}", due.did, due.name))?;
    }
    for step in &detail.timeline {
        let reach = if step.cascade { " and below" } else { "" };
        let count = if step.count > 1 { format!(" ({})", step.count) } else { String::new() };
        let text = if step.text.is_empty() { String::new() } else { format!(": {}", step.text) };
        let about = format!("{}{reach}{count}", step.subject);
        let (index, kind) = (cell(&step.index.to_string(), 6), cell(&step.kind, 13));
        out.line(&format!("{index}  {}  {kind}  {}  {about}{text}", cell(&step.time, 27), step.actor))?;
    }
    Ok(Exit::Yes)
}

/// A case with its timeline.
///
/// # Errors
/// [`CliError`]; there may be no such case.
pub fn detail(warden: &mut Warden, id: CaseId) -> Result<CaseDetail, CliError> {
    let now = warden.now();
    let case = known(warden.registry(), id)?;
    let timeline: Result<_, CliError> = case.entries.iter().map(|index| timeline(warden, *index)).collect();
    let registry = warden.registry();
    let ending = if case.is_open() { registry.ending(id, now.plus(SOON)) } else { Vec::new() };
    Ok(CaseDetail {
        case: CaseLine::of(registry, &case, now),
        timeline: timeline?,
        ending: ending.into_iter().map(|row| DueLine::of(registry, row, now)).collect(),
    })
}

/// The case of this name.
///
/// # Errors
/// [`CliError::Warden`].
pub fn known(registry: &Registry, id: CaseId) -> Result<Case, CliError> {
    let unknown = || crate::change::FactError::CaseUnknown { case: id.to_string() };
    let case = registry.facts().cases.get(id).cloned();
    case.ok_or_else(|| CliError::from(WardenError::from(unknown())))
}

fn timeline(warden: &mut Warden, index: u64) -> Result<CaseStep, CliError> {
    let line = warden.entries(index, 1)?.pop();
    let said = warden.entry(index)?.map(|(_, payload)| payload);
    let (Some(line), Some(said)) = (line, said) else {
        return Err(WardenError::NotYet { asked: index.saturating_add(1), size: index }.into());
    };
    let (kind, subject, text) = match said.order.fact().map(|fact| &fact.what) {
        Some(What::Case(step)) => {
            let (subject, text) = match step {
                OnCase::Open { title } => (String::new(), title.clone()),
                OnCase::Note { text, .. } => (String::new(), text.clone()),
                OnCase::Handover { to } => (to.clone(), said.reason.clone()),
                OnCase::Join {} | OnCase::Claim {} | OnCase::Close { .. } => {
                    (String::new(), said.reason.clone())
                }
            };
            (step.verb().to_owned(), subject, text)
        }
        _ => (line.kind.as_str().to_owned(), line.subject, line.reason),
    };
    Ok(CaseStep {
        index,
        time: line.time.to_string(),
        kind,
        actor: line.actor,
        signers: line.signers,
        subject,
        count: line.count,
        cascade: line.cascade,
        text,
        leaf: hex::encode(&line.leaf),
    })
}
