//! `agent suspend`, `agent revoke`, `agent reactivate`: see what falls, confirm, and it lasts.

use clap::Args;

use super::confirm::{confirm, somebody_there};
use super::enforced::Waiting;
use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, find, notify, source, speak, told, when};
use crate::change::{Exception, Plan, Request, Verb};
use crate::identity::Did;
use crate::registry::query::{Callers, Query};
use crate::registry::{Judgement, Registry, Row, Scope};
use crate::text::agents;
use crate::time::{Span, Time};
use crate::warden::{Kind, Place, Receipt, Rejection, Warden, Word};
use crate::wire::{ImpactLine, ReceiptLine, SpareLine, WaitsLine};

/// Whom, why, how far.
#[derive(Debug, Args)]
pub struct Common {
    /// The agent: its DID, its hex digits, or their beginning if it fits one agent only; several are one change
    #[arg(value_name = "DID", required_unless_present = "query")]
    pub dids: Vec<String>,
    /// All agents that this means (see: agent list --help)
    #[arg(long, short, value_name = "QUERY", conflicts_with_all = ["dids", "cascade"], allow_hyphen_values = true)]
    pub query: Option<String>,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Everything below the agent too, each by name, as one entry; nothing new may come below it
    #[arg(long, visible_alias = "subtree")]
    pub cascade: bool,
    /// Show what would happen, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// Who does not fall.
#[derive(Debug, Default, Args)]
pub struct Spared {
    /// With --cascade: spare this agent and everybody below it, who come below another parent; may be repeated
    #[arg(long, value_name = "DID")]
    pub except: Vec<String>,
    /// Who adopts those who are spared [default: the nearest agent above that may delegate]
    #[arg(long, value_name = "DID", requires = "except")]
    pub adopt_by: Option<String>,
}

/// `agent suspend`.
#[derive(Debug, Args)]
pub struct Suspend {
    /// Whom, why, how far.
    #[command(flatten)]
    pub common: Common,
    /// Who does not fall.
    #[command(flatten)]
    pub spared: Spared,
    /// Whether to wait.
    #[command(flatten)]
    pub waiting: Waiting,
    /// When the suspension ends by itself [default: it does not]
    #[arg(long, value_name = "TIME", value_parser = when::time, conflicts_with = "for_")]
    pub until: Option<Time>,
    /// For how long, such as 90s, 15m, 4h, 2d
    #[arg(long = "for", id = "for_", value_name = "LENGTH", value_parser = when::span)]
    pub length: Option<Span>,
}

/// `agent revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// Whom, why, how far.
    #[command(flatten)]
    pub common: Common,
    /// Who does not fall.
    #[command(flatten)]
    pub spared: Spared,
    /// Whether to wait.
    #[command(flatten)]
    pub waiting: Waiting,
    /// Do not wait for the approval that policy asks for; everybody is told
    #[arg(long)]
    pub break_glass: bool,
}

/// `agent reactivate`.
#[derive(Debug, Args)]
pub struct Reactivate {
    /// Whom, why, how far.
    #[command(flatten)]
    pub common: Common,
    /// Also when the agent was suspended for security
    #[arg(long)]
    pub override_security: bool,
}

/// What the help of all three says at its end.
pub const AFTER: &str = "\
Without --cascade the agents below keep their stored status and are merely cut off, for as long as this one is stopped.
Reactivating with --cascade wakes only those that the same change put to sleep.
--except spares a branch: in the same entry it comes below an agent outside, holds no more than before, and needs tokens of \
its new parent. That gives authority, so it needs what agent adopt needs.
On a terminal you are asked: y for one agent, the first eight digits of its DID for a subtree, the number of agents for a list. Without one, say --yes.

Examples:
  meshwarden agent suspend 28eaf98c --for 4h --reason 'odd calls at night'
  meshwarden agent revoke 28eaf98c --cascade --reason 'key leaked' --dry-run
  meshwarden agent revoke 28eaf98c --cascade --except 5be0cd19 --reason 'all but billing' --dry-run
  meshwarden agent suspend 28eaf98c 5be0cd19 --reason 'one entry for both'
  meshwarden agent suspend -q 'tag:batch trust<300' --reason 'odd scores' --dry-run
  meshwarden agent reactivate 28eaf98c --cascade --reason 'false alarm' --yes

Exit codes: 0 done; 2 usage; 3 not confirmed by all in time (--wait); 4 refused, not confirmed, or an agent changed \
meanwhile; 5 the data directory is out of reach.";

/// Runs `agent suspend`.
///
/// # Errors
/// [`CliError`].
pub fn suspend(suspend: &Suspend, session: &mut Session) -> Result<Exit, CliError> {
    let until = |now: Time| suspend.until.or_else(|| suspend.length.map(|length| now.plus(length)));
    carry_out(
        (&suspend.common, &suspend.spared, Some(&suspend.waiting)),
        |now| Verb::Suspend { until: until(now) },
        false,
        session,
    )
}

/// Runs `agent revoke`.
///
/// # Errors
/// [`CliError`].
pub fn revoke(revoke: &Revoke, session: &mut Session) -> Result<Exit, CliError> {
    carry_out(
        (&revoke.common, &revoke.spared, Some(&revoke.waiting)),
        |_| Verb::Revoke,
        revoke.break_glass,
        session,
    )
}

/// Runs `agent reactivate`.
///
/// # Errors
/// [`CliError`].
pub fn reactivate(reactivate: &Reactivate, session: &mut Session) -> Result<Exit, CliError> {
    let verb = Verb::Reactivate { override_security: reactivate.override_security };
    carry_out((&reactivate.common, &Spared::default(), None), |_| verb, false, session)
}

fn carry_out(
    (order, spared, waiting): (&Common, &Spared, Option<&Waiting>),
    verb: impl FnOnce(Time) -> Verb,
    break_glass: bool,
    session: &mut Session,
) -> Result<Exit, CliError> {
    let early = spared.except.is_empty() && waiting.is_some();
    if let Some(arriving) = if early { told::early(session, false)? } else { None } {
        let verb = verb(session.now);
        return told::contain((order, waiting), (verb, break_glass), *arriving, session);
    }
    if order.dry_run {
        let (sight, mut warden) = source::look_with(session, None)?;
        let callers = callers(order, warden.as_mut(), sight.now)?;
        let plan = plan(order, spared, (verb(sight.now), &callers), (&sight.registry, sight.now))?;
        show(&sight.registry, &plan, session)?;
        return Ok(Exit::Yes);
    }
    let place = source::place(session)?;
    if place == Place::Stdin {
        return Err(CliError::Usage("standard input can be looked at only; name a file or a data directory"));
    }
    if !order.yes {
        somebody_there()?;
    }
    // Waking is only for whoever can be believed.
    let stops = waiting.is_some();
    let mut opened =
        if stops { source::open_to_stop(&place, session)? } else { source::open(&place, session)? };
    let snapshot = opened.warden.snapshot();
    let now = opened.warden.now();
    let callers = callers(order, Some(&mut opened.warden), now)?;
    let plan = plan(order, spared, (verb(now), &callers), (&snapshot.registry, now))?;
    if !order.yes {
        confirm(&snapshot.registry, &plan, &words(&snapshot.registry, &plan))?;
    }
    let shown = snapshot.registry.row_count();
    let actor = session.actor();
    let word = Word { break_glass, ..speak::word(&actor, &order.reason) };
    let receipt = opened.warden.commit(&plan.frozen, shown, word).map_err(rejected)?;
    acknowledge(&receipt, &snapshot.kind, session)
        .and_then(|()| session.output.flush())
        .map_err(|error| error.after(receipt.index))?;
    if break_glass {
        notify::tell(notify::of_receipt(&receipt, "break_glass", &order.reason), &mut opened.warden, session);
    }
    if receipt.waits.is_some() {
        return Ok(Exit::Partial);
    }
    // Whatever comes of waiting, the change lasts.
    let waited = waiting.map(|waiting| waiting.wait(&mut opened.warden, receipt.index, session));
    waited.unwrap_or(Ok(Exit::Yes)).map_err(|error| error.after(receipt.index))
}

fn plan(
    order: &Common,
    spared: &Spared,
    (verb, callers): (Verb, &Callers),
    (registry, now): (&Registry, Time),
) -> Result<Plan, CliError> {
    let named = |text: &String| find::agent(registry, text).map(|row| registry.agent(row).did());
    let scope = if order.cascade { Scope::Subtree } else { Scope::One };
    let dids = match &order.query {
        Some(text) => meant(text, callers, (registry, now))?,
        None => order.dids.iter().map(named).collect::<Result<Vec<_>, _>>()?,
    };
    if order.cascade && dids.len() > 1 {
        return Err(CliError::Usage("--cascade takes one agent; several are stopped each alone"));
    }
    let request = Request { scope, ..Request::listed(verb, dids).ok_or(CliError::Nobody)? };
    if spared.except.is_empty() {
        return Ok(Plan::make(registry, &Judgement::of(registry, now), request)?);
    }
    let by = spared.adopt_by.as_ref().map(named).transpose()?;
    let except = spared.except.iter().map(|text| Ok(Exception { did: named(text)?, by: by.clone() }));
    let except = except.collect::<Result<Vec<_>, CliError>>()?;
    Ok(Plan::sparing(registry, request, &except, now)?)
}

/// Who asked for verdicts, as far as the query of the order wants to know.
fn callers(order: &Common, warden: Option<&mut Warden>, now: Time) -> Result<Callers, CliError> {
    match (&order.query, warden) {
        (Some(text), Some(warden)) => Ok(warden.callers(&Query::parse(text)?, now)?),
        _ => Ok(Callers::unknown()),
    }
}

/// Whom a query means.
fn meant(text: &str, callers: &Callers, (registry, now): (&Registry, Time)) -> Result<Vec<Did>, CliError> {
    let judgement = Judgement::of(registry, now);
    let filter = Query::parse(text)?.over(registry, &judgement, callers)?;
    Ok(filter.rows().map(|row| registry.agent(row).did()).collect())
}

fn rejected(rejection: Rejection) -> CliError {
    match rejection {
        Rejection::Failed(error) => error.into(),
        Rejection::Replaced => CliError::Replaced,
        Rejection::Stale(differences) => match differences.first() {
            Some(first) => CliError::Stale { count: differences.len(), first: first.did.clone() },
            None => CliError::Replaced,
        },
    }
}

fn show(registry: &Registry, plan: &Plan, session: &mut Session) -> Result<(), CliError> {
    if session.global.json {
        return session.output.json(&ImpactLine::of(registry, plan));
    }
    for line in words(registry, plan) {
        session.output.line(&line)?;
    }
    session.output.flush()?;
    note("dry run: nothing was changed");
    Ok(())
}

/// What a plan would do, in a few lines.
fn words(registry: &Registry, plan: &Plan) -> Vec<String> {
    let impact = ImpactLine::of(registry, plan);
    let reach = if impact.cascade { ", and everything below it" } else { "" };
    let until = impact.until.as_deref().map_or(String::new(), |until| format!(", until {until}"));
    let mut lines = vec![
        match plan.frozen.request.others.len() {
            0 => format!("{} {}  {}{reach}{until}", impact.verb, impact.did, impact.name),
            others => format!("{} {}, each alone{until}", impact.verb, agents(others.saturating_add(1))),
        },
        format!("  agents that change status: {}", impact.targets.len()),
    ];
    if !plan.frozen.request.others.is_empty() {
        lines.extend(named(registry, plan));
    }
    let losing: usize = impact.losing_by_level.iter().sum();
    if plan.frozen.request.verb.contains() {
        let levels = impact.losing_by_level.iter().enumerate();
        let levels: Vec<String> = levels.map(|(hops, count)| format!("{hops}: {count}")).collect();
        lines
            .push(format!("  agents that lose their power: {losing} (by hops below: {})", levels.join(", ")));
        if impact.orphaned > 0 {
            lines.push(format!("  of those merely cut off, their status unchanged: {}", impact.orphaned));
        }
        let lost =
            if impact.capabilities_lost.is_empty() { "none" } else { &impact.capabilities_lost.join(" ") };
        lines.push(format!("  capabilities lost: {lost}"));
    }
    for spare in &impact.spared {
        let held = if spare.capabilities.is_empty() { "nothing" } else { &spare.capabilities.join(" ") };
        lines.push(format!("  spared: {}, {}, below {}", spare.did, agents(spare.count), spare.parent));
        lines.push(format!(
            "    holds {held}; attested by operators in the log, not signed by its new parent"
        ));
    }
    lines
}

/// The first of whom a list names, and who is left out of it.
fn named(registry: &Registry, plan: &Plan) -> Vec<String> {
    const NAMED: usize = 20;
    let line = |row: Row| format!("    {}  {}", registry.agent(row).did(), registry.agent(row).name());
    let mut lines: Vec<String> = plan.frozen.members.iter().take(NAMED).map(|(row, _)| line(*row)).collect();
    if plan.count() > NAMED {
        lines.push(format!("    and {} more", plan.count() - NAMED));
    }
    let left = &plan.left;
    lines.extend(
        left.iter()
            .take(NAMED)
            .map(|(row, why)| format!("  left out: {}: {why}", registry.agent(*row).did())),
    );
    if left.len() > NAMED {
        lines.push(format!("  left out: {} more", left.len() - NAMED));
    }
    lines
}

fn acknowledge(receipt: &Receipt, kind: &Kind, session: &mut Session) -> Result<(), CliError> {
    let offline = matches!(kind, Kind::OfflineCopy(_));
    let line = ReceiptLine {
        index: receipt.index,
        time: receipt.time.to_string(),
        verb: receipt.verb,
        did: receipt.did.to_string(),
        count: receipt.count,
        newcomers: receipt.newcomers.iter().map(ToString::to_string).collect(),
        spared: receipt.spared.iter().map(SpareLine::of).collect(),
        waits: receipt.waits.as_ref().map(WaitsLine::of),
        enforced_by: if offline { "nobody" } else { "unknown" },
    };
    if session.global.json {
        return session.output.json(&line);
    }
    if let Some(waits) = &receipt.waits {
        speak::waiting(receipt.verb, waits, session.global.data.as_deref());
        let held =
            if receipt.verb == "revoke" { "HELD BACK at once, with everything below" } else { "as before" };
        return session.output.line(&format!("{} {held} until then; entry {}", line.did, line.index));
    }
    let out = &mut session.output;
    let whom = match receipt.listed {
        true => agents(line.count),
        false => format!("{}: {}", line.did, agents(line.count)),
    };
    out.line(&format!("{} {whom}, entry {} at {}", done(line.verb), line.index, line.time))?;
    for newcomer in &line.newcomers {
        out.line(&format!("  also {newcomer}, which appeared meanwhile"))?;
    }
    for spare in &line.spared {
        let below = agents(spare.count);
        out.line(&format!("  spared {} ({below}), now below {}", spare.did, spare.parent))?;
    }
    out.line(match kind {
        Kind::OfflineCopy(_) => {
            "  recorded in this OFFLINE COPY, ENFORCED BY NOBODY: the agents themselves were not reached"
        }
        Kind::Verifier { .. } => "  in force at the verifier; who enforces it is told by --wait",
        Kind::Directory(_) | Kind::Demo => {
            "  in force in this data directory; whether anything else enforces it is unknown"
        }
    })
}

pub(super) fn done(verb: &str) -> &'static str {
    match verb {
        "suspend" => "suspended",
        "revoke" => "revoked",
        _ => "reactivated",
    }
}
