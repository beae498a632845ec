//! `change`: what waits for signatures.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::error::CliError;
use super::output::{cell, note};
use super::session::Session;
use super::{Exit, notify, policy_change, speak};
use crate::change::operators::{OperatorError, Operators, Proposal};
use crate::change::{ChangeId, Kind, Order, Plan, What, request_of};
use crate::policy::{Policy, difference};
use crate::registry::{Judgement, Registry};
use crate::text::{agents, plural, visible};
use crate::warden::{FactReceipt, Snapshot, WardenError};
use crate::wire::ProposalLine;

/// List, show, approve and withdraw changes that wait for signatures.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the changes that wait
    List,
    /// Show a change that waits: what it would do now, and the digest of what is signed
    #[command(after_help = AFTER)]
    Show(Which),
    /// Sign a change that waits; the last signature that it needs carries it out
    #[command(after_help = AFTER)]
    Approve(Which),
    /// Take back a change that waits
    #[command(after_help = AFTER)]
    Withdraw(Withdraw),
}

/// Which change.
#[derive(Debug, Args)]
pub struct Which {
    /// The change: its id, or the first digits of it
    #[arg(value_name = "ID")]
    pub id: String,
}

/// The options of `change withdraw`.
#[derive(Debug, Args)]
pub struct Withdraw {
    /// Which.
    #[command(flatten)]
    pub which: Which,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: String,
}

const AFTER: &str = "\
What gives authority, and what revokes more agents than the policy lets one person revoke, needs the signatures of \
several people over the same bytes. Agents that a waiting change would revoke are held back at once, for as long as it \
waits. Nobody approves twice, nor what they ordered themselves.

Examples:
  meshwarden change list
  meshwarden change show 4f21
  meshwarden change approve 4f21 --operator-key bo.pem
  meshwarden change withdraw 4f21 --reason 'false alarm'

Exit codes: 0 done; 2 usage; 3 approved, but it waits for more; 4 refused; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let snapshot = opened.warden.snapshot();
    let now = opened.warden.now();
    match command {
        Command::List => {
            let waiting = snapshot.operators.waiting(now);
            for (id, proposal) in &waiting {
                write(*id, proposal, session)?;
            }
            if !session.global.json {
                session.output.flush()?;
                note(&plural(waiting.len(), "change waits", "changes wait"));
            }
            Ok(Exit::Yes)
        }
        Command::Show(which) => {
            let (id, proposal) = find(&snapshot.operators, &which.id, now)?;
            if session.global.json {
                session.output.json(&ProposalLine::of(id, proposal))?;
                return Ok(Exit::Yes);
            }
            for line in words(id, proposal, &snapshot, now) {
                session.output.line(&line)?;
            }
            Ok(Exit::Yes)
        }
        Command::Approve(which) => {
            let (id, proposal) = find(&snapshot.operators, &which.id, now)?;
            if !session.global.json {
                words(id, proposal, &snapshot, now).iter().for_each(|line| note(line));
            }
            let (kind, reason) = (proposal.payload.kind(), proposal.payload.reason.clone());
            let receipt = FactReceipt::from(opened.warden.approve(id)?);
            if receipt.waits.is_none() && matches!(kind, Kind::Operator | Kind::LogKey) {
                let event = if kind == Kind::Operator { "operator" } else { "log_key" };
                notify::tell(notify::of_fact(&receipt, event, &reason), &mut opened.warden, session);
            }
            speak::acknowledge(&receipt, session)
        }
        Command::Withdraw(withdraw) => {
            let (id, _) = find(&snapshot.operators, &withdraw.which.id, now)?;
            let actor = session.actor();
            let receipt = opened.warden.withdraw(id, speak::word(&actor, &withdraw.reason))?;
            speak::acknowledge(&receipt, session)
        }
    }
}

/// The change whose id begins so.
fn find<'o>(
    operators: &'o Operators,
    text: &str,
    now: crate::time::Time,
) -> Result<(ChangeId, &'o Proposal), CliError> {
    let waiting = operators.waiting(now);
    let mut found = waiting.into_iter().filter(|(id, _)| text.len() >= 4 && id.to_string().starts_with(text));
    match (found.next(), found.next()) {
        (Some(found), None) => Ok(found),
        (Some(_), Some(_)) => {
            Err(CliError::Usage("more than one waiting change begins so; give more digits"))
        }
        (None, _) => Err(WardenError::from(OperatorError::NotWaiting).into()),
    }
}

fn write(id: ChangeId, proposal: &Proposal, session: &mut Session) -> Result<(), CliError> {
    let line = ProposalLine::of(id, proposal);
    if session.global.json {
        return session.output.json(&line);
    }
    let short: String = line.id.chars().take(8).collect();
    session.output.line(&format!(
        "{short}  {}  {}  by {}, {} of {} signatures, until {}: {}",
        cell(line.kind, 10),
        line.subject,
        line.actor,
        line.waits.signers.len(),
        line.waits.needed,
        line.waits.expires,
        line.reason
    ))
}

/// Everything that whoever approves should know, what it would do then and now included.
fn words(id: ChangeId, proposal: &Proposal, snapshot: &Snapshot, now: crate::time::Time) -> Vec<String> {
    let line = ProposalLine::of(id, proposal);
    let mut lines = vec![
        format!("{} {}", line.kind, visible(&line.subject)).trim_end().to_owned(),
        format!("  change     {}", line.id),
        format!("  SHA-256    {}", line.waits.digest),
        format!("  ordered by {} at {}", line.actor, proposal.payload.created),
        format!(
            "  signed by  {} ({} of {})",
            line.waits.signers.join(", "),
            line.waits.signers.len(),
            line.waits.needed
        ),
        format!("  expires    {}", line.waits.expires),
        format!("  reason     {}", visible(&line.reason)),
    ];
    // Nobody signs what was not shown: what is given to whom stands in the parameters alone.
    if proposal.payload.order.fact().is_some() {
        lines.push(format!("  says       {}", visible(&parameters(proposal))));
    }
    if proposal.payload.order.targets().is_some() {
        lines.push(format!(
            "  then       {} named",
            agents(usize::try_from(line.count).unwrap_or(usize::MAX))
        ));
        lines.push(format!("  now        {}", now_words(&proposal.payload.order, &snapshot.registry, now)));
    }
    lines.extend(policy_words(&proposal.payload.order, &snapshot.policy));
    lines
}

/// What a proposed policy would change in the one that is in force now.
fn policy_words(order: &Order, present: &Policy) -> Vec<String> {
    let Some(What::Policy(set)) = order.fact().map(|fact| &fact.what) else { return Vec::new() };
    let changes = match Policy::from_json(&set.policy) {
        Ok(proposed) => difference(present, &proposed),
        Err(error) => return vec![format!("  now        it would be refused: {error}")],
    };
    if changes.is_empty() {
        return vec!["  now        it is the policy in force already".to_owned()];
    }
    changes.into_iter().map(|change| format!("  {}", policy_change::words(&change.into()))).collect()
}

/// What the signed bytes say, as they say it.
fn parameters(proposal: &Proposal) -> String {
    let payload: Value = serde_json::from_slice(proposal.change.payload_bytes()).unwrap_or_default();
    payload.get("parameters").map(Value::to_string).unwrap_or_default()
}

fn now_words(order: &Order, registry: &Registry, now: crate::time::Time) -> String {
    let (request, except) = match request_of(order) {
        Ok(Some(wish)) => wish,
        _ => return "nobody".to_owned(),
    };
    let plan = match except.is_empty() {
        true => Plan::make(registry, &Judgement::of(registry, now), request),
        false => Plan::sparing(registry, request, &except, now),
    };
    match plan {
        Err(error) => format!("it would be refused: {error}"),
        Ok(plan) => {
            let (count, falls) = (agents(plan.count()), plan.impact.losing());
            format!("{count} change status, {falls} would lose their power")
        }
    }
}
