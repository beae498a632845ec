//! `agent why`, `agent reach`: along which delegations somebody can do something, and who can.

use clap::Args;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::when::Then;
use super::{Exit, find, source};
use crate::policy::who_can;
use crate::registry::Judgement;
use crate::text::agents;
use crate::wire::{ReachLine, codes};

/// `agent why`.
#[derive(Debug, Args)]
pub struct Why {
    /// The agent: its DID, its hex digits, or their beginning
    #[arg(value_name = "DID")]
    pub did: String,
    /// What it is to do, such as deploy:prod, or all of a kind: deploy:*
    #[arg(value_name = "CAPABILITY", allow_hyphen_values = true)]
    pub capability: String,
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

/// `agent reach`.
#[derive(Debug, Args)]
pub struct Reach {
    /// What is to be done, such as deploy:prod, or all of a kind: deploy:*
    #[arg(value_name = "CAPABILITY", allow_hyphen_values = true)]
    pub capability: String,
    /// Name at most so many
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    pub limit: usize,
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

/// What the help of both says at its end.
pub const AFTER: &str = "\
Each hop is asked as a verdict would ask it: its lineage, its state, what it holds, and what policy says of it. Rules per \
hop are left out, since they ask about a resource, too; and whoever calls still has to show a chain of tokens.
Who can reach is told from the roots down. To contain them all: meshwarden agent suspend -q 'reach:\"deploy:prod\"'

Examples:
  meshwarden agent why 28eaf98c deploy:prod
  meshwarden agent reach deploy:prod --json

Exit codes: 0 it can, or somebody can; 1 it cannot, or nobody can; 2 usage or input.";

/// Runs `agent why`.
///
/// # Errors
/// [`CliError`].
pub fn why(why: &Why, session: &mut Session) -> Result<Exit, CliError> {
    let sight = source::look_at(session, why.then.at)?;
    let judgement = Judgement::of(&sight.registry, sight.now);
    let row = find::agent(&sight.registry, &why.did)?;
    let reach = sight.policy.reach(&sight.registry, &judgement, row, &why.capability);
    let line = ReachLine::of(&sight.registry, row, &why.capability, &reach);
    if session.global.json {
        session.output.json(&line)?;
    } else {
        write(&line, session)?;
    }
    Ok(if line.can { Exit::Yes } else { Exit::No })
}

fn write(line: &ReachLine, session: &mut Session) -> Result<(), CliError> {
    let out = &mut session.output;
    let word = if line.can { "can" } else { "CANNOT" };
    out.line(&format!("{}  {}  {word} {}", line.did, line.name, line.capability))?;
    for (depth, hop) in line.hops.iter().enumerate() {
        let indent = "  ".repeat(depth.saturating_add(1));
        let by = hop.by.as_ref().map_or("nothing that allows it".to_owned(), |by| format!("by {by}"));
        let evidence = hop.evidence.map_or(String::new(), |evidence| format!("  {evidence}"));
        let ends = hop.code.map_or(String::new(), |code| format!("  ENDS HERE {code}"));
        out.line(&format!("{indent}{}  {}  {}  {by}{evidence}{ends}", hop.did, hop.state, hop.name))?;
    }
    if let (Some(code), Some(reason)) = (line.code, &line.reason) {
        out.line(&format!("why  {reason}"))?;
        out.line(&format!("fix  {}", codes::advice(code)))?;
    }
    Ok(())
}

/// Runs `agent reach`.
///
/// # Errors
/// [`CliError`].
pub fn reach(asked: &Reach, session: &mut Session) -> Result<Exit, CliError> {
    let sight = source::look_at(session, asked.then.at)?;
    let judgement = Judgement::of(&sight.registry, sight.now);
    let rows = who_can(&sight.registry, &judgement, &asked.capability);
    for row in rows.iter().take(asked.limit) {
        let reach = sight.policy.reach(&sight.registry, &judgement, *row, &asked.capability);
        let line = ReachLine::of(&sight.registry, *row, &asked.capability, &reach);
        if session.global.json {
            session.output.json(&line)?;
            continue;
        }
        let path: Vec<&str> = line.hops.iter().map(|hop| hop.name.as_str()).collect();
        let ends = line.code.map_or(String::new(), |code| format!("  POLICY SAYS NO: {code}"));
        session.output.line(&format!("{:>3}  {}  {}{ends}", line.degree, line.did, path.join(" > ")))?;
    }
    if !session.global.json {
        session.output.flush()?;
        let left_out = rows.len().saturating_sub(asked.limit);
        let more = if left_out > 0 { format!("; {left_out} are not named") } else { String::new() };
        note(&format!("{} can reach {}{more}", agents(rows.len()), asked.capability));
    }
    Ok(if rows.is_empty() { Exit::No } else { Exit::Yes })
}
