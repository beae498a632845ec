//! `agent`: list, show, suspend, revoke, reactivate.

use clap::{Args, Subcommand, ValueEnum};

use super::error::CliError;
use super::output::{Output, cell};
use super::session::Session;
use super::when::Then;
use super::{Exit, contain, enrol, find, give, history, query, reach, rekey, seal, source, told};
use crate::identity::{did_document, public_jwk};
use crate::registry::query::{Callers, Query};
use crate::registry::{Judgement, Registry, Row};
use crate::text::agents;
use crate::wire::{AgentDetail, AgentLine, SheetFormat, Step, codes, ends, sheet};

/// List and show agents; suspend, revoke and reactivate them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List agents in the order of registration
    #[command(after_help = query::AFTER.as_str())]
    List(List),
    /// Show everything about one agent
    Show(Show),
    /// Say whether an agent can do something, and along which delegations (exit code 1 if it cannot)
    #[command(after_help = reach::AFTER)]
    Why(reach::Why),
    /// Name everybody who can do something, those next to a root first (exit code 1 if nobody can)
    #[command(after_help = reach::AFTER)]
    Reach(reach::Reach),
    /// List the entries of the log that are about one agent, the newest first
    #[command(after_help = history::AFTER)]
    History(history::History),
    /// Stop an agent until somebody reactivates it
    #[command(after_help = contain::AFTER)]
    Suspend(contain::Suspend),
    /// Stop an agent for good; nothing brings it back
    #[command(after_help = contain::AFTER)]
    Revoke(contain::Revoke),
    /// Wake a suspended agent
    #[command(after_help = contain::AFTER)]
    Reactivate(contain::Reactivate),
    /// Let nothing new come from an agent, or from below it
    #[command(after_help = seal::AFTER)]
    Seal(seal::Seal),
    /// Register an agent with what you grant it
    #[command(after_help = enrol::AFTER_CREATE)]
    Create(enrol::Create),
    /// Register a child with what its parent grants it, signed by the parent's key
    #[command(after_help = enrol::AFTER_DELEGATE)]
    Delegate(enrol::Delegate),
    /// Put an agent below another parent, with everybody below it
    #[command(after_help = give::AFTER)]
    Adopt(give::Adopt),
    /// Let an agent do more, within what its parent may give
    #[command(after_help = give::AFTER)]
    Grant(give::Grant),
    /// Let an agent do less
    #[command(after_help = give::AFTER)]
    Narrow(give::Narrow),
    /// Give an agent another key, signed with both
    #[command(after_help = rekey::AFTER)]
    Rotate(rekey::Rotate),
    /// Replace a key that was stolen or lost
    #[command(after_help = rekey::AFTER)]
    Rekey(rekey::Replace),
    /// Vouch for an agent, its key, name, sponsor and capabilities together
    #[command(after_help = rekey::AFTER)]
    Attest(rekey::Attest),
}

/// `agent list`.
#[derive(Debug, Args)]
pub struct List {
    /// Only agents that this means, such as 'trust<300 and state=active and cap:"deploy:*"'
    #[arg(
        long,
        short,
        value_name = "QUERY",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub query: String,
    /// Form, for a file: csv, jsonl, md (Markdown), or a picture of their lineage: svg, mmd (Mermaid), dot (Graphviz)
    #[arg(long, value_name = "FORM", value_parser = form, conflicts_with = "json")]
    pub format: Option<SheetFormat>,
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

fn form(text: &str) -> Result<SheetFormat, String> {
    let names = SheetFormat::ALL.map(SheetFormat::as_str);
    SheetFormat::parse(text).ok_or_else(|| format!("the forms are {}", names.join(", ")))
}

/// `agent show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The agent: its DID, its hex digits, or their beginning
    #[arg(value_name = "DID")]
    pub did: String,
    /// What to show
    #[arg(long, value_enum, default_value_t = Form::All)]
    pub format: Form,
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

/// Forms of one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Everything; words, or one object with --json
    All,
    /// The record, as the reference implementation writes it
    Record,
    /// The W3C DID document
    DidDocument,
    /// The public key as a JSON Web Key
    Jwk,
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: Command, session: &mut Session) -> Result<Exit, CliError> {
    match command {
        Command::List(list) => run_list(&list, session),
        Command::Show(show) => run_show(&show, session),
        Command::Why(why) => reach::why(&why, session),
        Command::Reach(asked) => reach::reach(&asked, session),
        Command::History(history) => history::run(&history, session),
        Command::Suspend(suspend) => contain::suspend(&suspend, session),
        Command::Revoke(revoke) => contain::revoke(&revoke, session),
        Command::Reactivate(reactivate) => contain::reactivate(&reactivate, session),
        Command::Seal(sealed) => seal::run(&sealed, session),
        Command::Create(create) => enrol::create(&create, session),
        Command::Delegate(delegate) => enrol::delegate(&delegate, session),
        Command::Adopt(adopt) => give::adopt(&adopt, session),
        Command::Grant(grant) => give::grant(&grant, session),
        Command::Narrow(narrow) => give::narrow(&narrow, session),
        Command::Rotate(rotate) => rekey::rotate(&rotate, session),
        Command::Rekey(replace) => rekey::replace(&replace, session),
        Command::Attest(attest) => rekey::attest(&attest, session),
    }
}

fn run_list(list: &List, session: &mut Session) -> Result<Exit, CliError> {
    let query = Query::parse(&list.query)?;
    if let Some(mut arriving) = told::early(session, list.then.at.is_some() || list.format.is_some())? {
        return told::list(&query, &mut arriving, session);
    }
    let (sight, warden) = source::look_with(session, list.then.at)?;
    let registry = &sight.registry;
    let judgement = Judgement::of(registry, sight.now);
    let callers =
        warden.map_or_else(|| Ok(Callers::unknown()), |mut warden| warden.callers(&query, sight.now))?;
    let rows: Vec<Row> = query.over(registry, &judgement, &callers)?.rows().collect();
    if let Some(format) = list.format {
        session.output.raw(&sheet(registry, &judgement, &rows, format))?;
        return Ok(if sight.refused > 0 { Exit::Partial } else { Exit::Yes });
    }
    if !session.global.json {
        session.output.line(&columns(HEADINGS))?;
    }
    for row in &rows {
        if session.global.json {
            session.output.json(&AgentLine::of(registry, &judgement, *row))?;
        } else {
            write_row(registry, &judgement, *row, &mut session.output)?;
        }
    }
    if !session.global.json {
        session.output.flush()?;
        super::output::note(&format!("{} of {} agents", rows.len(), registry.len()));
    }
    Ok(if sight.refused > 0 { Exit::Partial } else { Exit::Yes })
}

const DID: usize = 41;
const STATE: usize = 9;
const TIER: usize = 16;
const SCORE: usize = 5;
const NAME: usize = 28;

/// The columns of the table.
pub fn columns([did, state, tier, score, name, sponsor]: [&str; 6]) -> String {
    format!(
        "{}  {}  {}  {}  {}  {sponsor}",
        cell(did, DID),
        cell(state, STATE),
        cell(tier, TIER),
        cell(score, SCORE),
        cell(name, NAME)
    )
}

/// What stands above them.
pub const HEADINGS: [&str; 6] = ["DID", "STATE", "TIER", "SCORE", "NAME", "SPONSOR"];

fn write_row(registry: &Registry, judgement: &Judgement, row: Row, out: &mut Output) -> Result<(), CliError> {
    let agent = registry.agent(row);
    let trust = registry.scored(row, judgement.at());
    let score = trust.map_or_else(|| "-".to_owned(), |trust| trust.score.to_string());
    let tier = trust.map_or("unscored", |trust| trust.tier.as_str());
    let (did, state) = (agent.did().to_string(), judgement.state(row).as_str());
    out.line(&columns([&did, state, tier, &score, agent.name(), agent.sponsor()]))
}

fn run_show(show: &Show, session: &mut Session) -> Result<Exit, CliError> {
    if let Some(mut arriving) = told::early(session, show.then.at.is_some() || show.format != Form::All)? {
        return told::show(&show.did, &mut arriving, session);
    }
    let sight = source::look_at(session, show.then.at)?;
    let row = find::agent(&sight.registry, &show.did)?;
    let judgement = Judgement::of(&sight.registry, sight.now);
    let record = || sight.registry.agent(row).identity(sight.now);
    match show.format {
        Form::Record => session.output.json(&record().to_json())?,
        Form::DidDocument => session.output.json(&did_document(&record()))?,
        Form::Jwk => session.output.json(&public_jwk(&record()))?,
        Form::All => {
            let detail = AgentDetail::of(&sight.registry, &judgement, row);
            if session.global.json {
                session.output.json(&detail)?;
            } else {
                write_detail(&detail, sight.registry.agent(row).description(), &mut session.output)?;
            }
        }
    }
    Ok(Exit::Yes)
}

fn write_detail(detail: &AgentDetail, description: Option<&str>, out: &mut Output) -> Result<(), CliError> {
    let agent = &detail.agent;
    let mut field = |name: &str, value: Option<&str>| match value {
        Some(value) if !value.is_empty() => out.line(&format!("{}  {value}", cell(name, 13))),
        _ => Ok(()),
    };
    field("did", Some(&agent.did))?;
    let alike = detail.confusable_with.join(" ");
    field(
        "confusable",
        (!alike.is_empty()).then(|| format!("with {alike}, which differs only in case")).as_deref(),
    )?;
    field("name", Some(&agent.name))?;
    field("state", Some(agent.state))?;
    field("why", detail.lineage.reason.as_deref())?;
    field("rule", agent.code)?;
    field("fix", agent.code.map(codes::advice))?;
    field("status", Some(agent.status))?;
    field("reason", agent.reason.as_deref())?;
    field("until", agent.until.as_deref())?;
    let score = agent.score.zip(agent.tier).map(|(score, tier)| format!("{score} ({tier})"));
    field("trust", Some(score.as_deref().unwrap_or("unscored")))?;
    field("sponsor", Some(&agent.sponsor_email))?;
    field("organization", agent.organization.as_deref())?;
    field("description", description)?;
    field("capabilities", Some(&agent.capabilities.join(" ")))?;
    field("effective", Some(&detail.lineage.effective_capabilities.join(" ")))?;
    field("expires", agent.expires_at.as_deref())?;
    let bound = if detail.bound { "the DID is derived from it" } else { "the DID is not derived from it" };
    field("key", Some(&format!("{} ({bound})", detail.key_id)))?;
    field("parent", agent.parent_did.as_deref())?;
    field("evidence", detail.evidence)?;
    let attested = detail.attested.as_ref();
    field("attested", attested.map(|by| format!("by {} until {}", by.attester, by.until)).as_deref())?;
    let listed = detail.listed.as_ref().map(|entry| {
        let until = entry.until.as_deref().map_or("for ever".to_owned(), |until| format!("until {until}"));
        format!("as revoked since {}, {until}: {}", entry.since, entry.reason)
    });
    field("listed", listed.as_deref())?;
    let locked = detail
        .locked
        .as_ref()
        .map(|lock| format!("by entry {} on the {} {}: {}", lock.index, lock.kind, lock.on, lock.reason));
    field("locked", locked.as_deref())?;
    field("tags", Some(&detail.tags.join(" ")))?;
    let due = detail
        .due
        .as_ref()
        .map(|case| format!("its time is up; {case} holds it, decide before it is closed"));
    field("due", due.as_deref())?;
    field("below", Some(&agents(agent.descendants)))?;
    field("version", Some(&agent.version.to_string()))?;
    field("sealed", agent.sealed_at.map(|index| format!("from entry {index} on")).as_deref())?;
    out.line("lineage, from the root:")?;
    let (head, tail) = ends(&detail.path, MOST_STEPS);
    for (depth, step) in head.iter().enumerate() {
        write_step(depth, step, out)?;
    }
    let shown = head.len().saturating_add(tail.len());
    let left_out = detail.path.len().saturating_sub(shown).saturating_add(detail.path_left_out);
    if left_out > 0 {
        out.line(&format!("{}… {left_out} more …", indent(head.len())))?;
    }
    let below = head.len().saturating_add(left_out);
    tail.iter().enumerate().try_for_each(|(at, step)| write_step(below.saturating_add(at), step, out))
}

/// So many hops are shown at each end of a long lineage.
const MOST_STEPS: usize = 20;

/// Two columns a hop, and never more than half a narrow terminal.
fn indent(depth: usize) -> String {
    "  ".repeat(depth.saturating_add(1).min(20))
}

fn write_step(depth: usize, step: &Step, out: &mut Output) -> Result<(), CliError> {
    let indent = indent(depth);
    let broken = step.code.map_or(String::new(), |code| format!("  BROKEN {code}"));
    out.line(&format!("{indent}{}  {}  {}{broken}", step.did, step.state, step.name))?;
    if step.narrowed_away.is_empty() {
        return Ok(());
    }
    out.line(&format!("{indent}  without {}", step.narrowed_away.join(" ")))
}
