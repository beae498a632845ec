//! `case export`: a case for people who were not there: Markdown, JSON, pictures, and proofs of every entry.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::DirBuilder;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use super::case::{Export, detail, known};
use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, speak};
use crate::identity::Did;
use crate::keystore::make_private;
use crate::registry::{CaseId, Judgement, Registry, Row};
use crate::text::plural;
use crate::time::Time;
use crate::warden::{Snapshot, Warden};
use crate::wire::{CaseAgent, CaseFile, Node, Picture, markdown, to_json};

/// What the help says at its end.
pub const AFTER: &str = "\
Writes case.md, case.json, a picture of the lineage of each agent that the case touched, the signed head of the log, and one \
evidence file for each entry, which meshwarden log check verifies with nothing else. With --redact people and agents get \
pseudonyms, free text is left out, and so are the entries themselves: their hashes stay, and whoever holds the log can \
still prove them.

Examples:
  meshwarden case export C-7 --to incident-7
  meshwarden log check incident-7/evidence/12.json
  meshwarden case export C-7 --to for-the-vendor --redact

Exit codes: 0 done; 2 usage; 4 refused; 5 the data directory is out of reach.";

/// So many agents are drawn at most.
const MOST_PICTURES: usize = 20;
/// So many agents stand in one picture at most.
const MOST_NODES: usize = 60;
/// What stands for a text that is left out.
const LEFT_OUT: &str = "(left out)";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(export: &Export, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let file = write_case(&mut opened.warden, export.id, &export.to, export.redact)?;
    if session.global.json {
        session.output.json(&file)?;
    } else {
        let entries = plural(file.timeline.len(), "entry", "entries");
        note(&format!("{}: {} with {entries} of the log", export.to.display(), file.case.case));
    }
    Ok(Exit::Yes)
}

/// Writes a case into a directory that is made for it; the log is folded once.
///
/// # Errors
/// [`CliError`].
pub fn write_case(warden: &mut Warden, id: CaseId, to: &Path, redact: bool) -> Result<CaseFile, CliError> {
    let mut detail = detail(warden, id)?;
    let case = known(warden.registry(), id)?;
    let (size, now) = (warden.snapshot().head.size, warden.now());
    let end = case.closed.map_or(size, |(last, _)| last.saturating_add(1));
    let (before, after) = warden.as_of_both(case.id.index(), end)?;
    let until = case.closed.map_or(now, |(_, at)| at);
    let touched = touched(&after.registry, detail.timeline.iter().map(|step| step.subject.as_str()));
    let agents = agents((&before, case.opened), (&after, until), &touched);
    let judged = Judgement::of(&after.registry, until);
    let drawn = touched.iter().take(MOST_PICTURES);
    let mut pictures: Vec<Picture> = drawn.map(|row| picture(&after.registry, &judged, *row)).collect();
    let evidence = match redact {
        true => Vec::new(),
        false => case
            .entries
            .iter()
            .map(|index| Ok((*index, warden.prove(*index)?.to_json())))
            .collect::<Result<_, CliError>>()?,
    };
    let head = warden.checkpoint()?;
    let mut file = CaseFile {
        type_name: "meshwarden.case.v1",
        redacted: redact,
        case: detail.case.clone(),
        timeline: std::mem::take(&mut detail.timeline),
        agents,
        pictures: (0..pictures.len()).map(|number| format!("lineage-{number}.svg")).collect(),
        evidence: evidence.iter().map(|(index, _)| format!("evidence/{index}.json")).collect(),
        checkpoint: head.note.to_string(),
        key: head.verifier.to_string(),
    };
    if redact {
        Pseudonyms::default().redact(&mut file, &mut pictures);
    }
    write(to, &file, &pictures, &evidence)?;
    Ok(file)
}

/// The agents that subjects name, each once.
fn touched<'s>(registry: &Registry, subjects: impl Iterator<Item = &'s str>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for row in subjects.filter_map(|subject| registry.find(&Did::parse(subject).ok()?)) {
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows
}

fn agents(
    (before, from): (&Snapshot, Time),
    (after, until): (&Snapshot, Time),
    rows: &[Row],
) -> Vec<CaseAgent> {
    let line = |row: &Row| {
        let agent = after.registry.agent(*row);
        let then = before.registry.find(&agent.did());
        CaseAgent {
            did: agent.did().to_string(),
            name: agent.name().to_owned(),
            sponsor_email: agent.sponsor().to_owned(),
            before: then.map(|row| before.registry.verdict_at(row, from).state.as_str()),
            after: after.registry.verdict_at(*row, until).state.as_str(),
            parent_before: then.and_then(|row| before.registry.agent(row).parent_did()),
            parent_after: agent.parent_did(),
        }
    };
    rows.iter().map(line).collect()
}

/// The lineage of an agent, and the agents below it.
fn picture(registry: &Registry, judgement: &Judgement, meant: Row) -> Picture {
    let lineage = registry.lineage();
    let mut rows = lineage.path(meant);
    let below = lineage.subtree(meant).skip(1).filter_map(|position| lineage.at(position));
    rows.extend(below.filter(|row| *row != meant));
    let left_out = rows.len().saturating_sub(MOST_NODES);
    rows.truncate(MOST_NODES);
    let numbers: BTreeMap<Row, usize> = rows.iter().enumerate().map(|(number, row)| (*row, number)).collect();
    let mut nodes: Vec<Node> = Vec::new();
    for row in &rows {
        let agent = registry.agent(*row);
        let above = lineage.parent(*row).and_then(|parent| numbers.get(&parent)).copied();
        let level = above.and_then(|above| nodes.get(above)).map_or(0, |node| node.level.saturating_add(1));
        nodes.push(Node {
            did: agent.did().to_string(),
            name: agent.name().to_owned(),
            state: judgement.state(*row).as_str(),
            level,
            above,
            meant: *row == meant,
        });
    }
    Picture { nodes, left_out }
}

/// Who is who, for nobody to see.
#[derive(Default)]
struct Pseudonyms {
    agents: BTreeMap<String, String>,
    people: BTreeMap<String, String>,
}

impl Pseudonyms {
    fn agent(&mut self, did: &str) -> String {
        let next = format!("agent-{}", self.agents.len().saturating_add(1));
        self.agents.entry(did.to_owned()).or_insert(next).clone()
    }

    fn person(&mut self, name: &str) -> String {
        let next = format!("person-{}", self.people.len().saturating_add(1));
        self.people.entry(name.to_owned()).or_insert(next).clone()
    }

    fn redact(&mut self, file: &mut CaseFile, pictures: &mut [Picture]) {
        let case = &mut file.case;
        case.title = LEFT_OUT.to_owned();
        case.owner = self.person(&case.owner);
        case.people = case.people.iter().map(|name| self.person(name)).collect();
        for step in &mut file.timeline {
            step.actor = self.person(&step.actor);
            step.signers = step.signers.iter().map(|name| self.person(name)).collect();
            step.subject = match Did::parse(&step.subject) {
                Ok(_) => self.agent(&step.subject),
                Err(_) if step.subject.is_empty() => String::new(),
                Err(_) => LEFT_OUT.to_owned(),
            };
            if !step.text.is_empty() {
                step.text = LEFT_OUT.to_owned();
            }
        }
        for agent in &mut file.agents {
            agent.did = self.agent(&agent.did);
            agent.name = String::new();
            agent.sponsor_email = self.person(&agent.sponsor_email);
            for parent in [&mut agent.parent_before, &mut agent.parent_after] {
                *parent = parent.take().map(|parent| self.agent(&parent));
            }
        }
        for node in pictures.iter_mut().flat_map(|picture| &mut picture.nodes) {
            node.did = self.agent(&node.did);
            node.name = String::new();
        }
    }
}

fn write(
    to: &Path,
    file: &CaseFile,
    pictures: &[Picture],
    evidence: &[(u64, String)],
) -> Result<(), CliError> {
    let make = |path: &Path| {
        DirBuilder::new().mode(0o700).create(path).map_err(|error| CliError::file(path, &error))
    };
    make(to)?;
    let json = to_json(file).map_err(std::io::Error::from)?;
    put(&to.join("case.json"), &format!("{json}\n"))?;
    put(&to.join("case.md"), &page(file, pictures))?;
    put(&to.join("checkpoint"), &file.checkpoint)?;
    for (name, picture) in file.pictures.iter().zip(pictures) {
        put(&to.join(name), &picture.svg())?;
    }
    if !evidence.is_empty() {
        make(&to.join("evidence"))?;
    }
    evidence.iter().try_for_each(|(index, text)| put(&to.join(format!("evidence/{index}.json")), text))
}

fn put(path: &Path, text: &str) -> Result<(), CliError> {
    let written = make_private(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| CliError::file(path, &error))
}

/// The case as a page.
fn page(file: &CaseFile, pictures: &[Picture]) -> String {
    let case = &file.case;
    let people: Vec<String> = case.people.iter().map(|name| markdown(name)).collect();
    let closed = case.closed.as_deref().map_or("open".to_owned(), |at| format!("closed at {at}"));
    let mut out = format!("# {}: {}\n\n", case.case, markdown(&case.title));
    let _ = writeln!(out, "- opened at {}, {closed}\n- owner: {}", case.opened, markdown(&case.owner));
    let _ = writeln!(out, "- people: {}", people.join(", "));
    if file.redacted {
        let _ = writeln!(out, "- redacted: names, addresses and free text are left out");
    }
    out.push_str("\n## Timeline\n\n| entry | time | who | what | about | why |\n|---|---|---|---|---|---|\n");
    for step in &file.timeline {
        let reach = if step.cascade { format!(" and below ({})", step.count) } else { String::new() };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {}{reach} | {} |",
            step.index,
            step.time,
            markdown(&step.actor),
            markdown(&step.kind),
            markdown(&step.subject),
            markdown(&step.text.replace(['\n', '\r'], " "))
        );
    }
    out.push_str("\n## Agents, before and after\n\n| agent | name | sponsor | before | after |\n|---|---|---|---|---|\n");
    for agent in &file.agents {
        let moved = match (&agent.parent_before, &agent.parent_after) {
            (before, Some(after)) if before.as_ref() != Some(after) => format!(", below {}", markdown(after)),
            _ => String::new(),
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {}{moved} |",
            markdown(&agent.did),
            markdown(&agent.name),
            markdown(&agent.sponsor_email),
            markdown(agent.before.unwrap_or("not registered")),
            markdown(agent.after)
        );
    }
    for (name, picture) in file.pictures.iter().zip(pictures) {
        let _ = write!(out, "\n## Lineage ({name})\n\n```mermaid\n{}```\n", picture.mermaid());
    }
    out.push_str("\n## Proof\n\n");
    for (step, evidence) in file.timeline.iter().zip(&file.evidence) {
        let _ = writeln!(out, "- entry {}: `{evidence}`, leaf `{}`", step.index, step.leaf);
    }
    if file.evidence.is_empty() {
        for step in &file.timeline {
            let _ = writeln!(out, "- entry {}: leaf `{}`", step.index, step.leaf);
        }
    }
    let _ = write!(
        out,
        "\nThe log's key:\n\n```\n{}\n```\n\nThe signed head:\n\n```\n{}```\n",
        file.key, file.checkpoint
    );
    out
}
