//! `tag`: words on agents.

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::{cell, note};
use super::session::Session;
use super::{Exit, find, source, speak};
use crate::change::{Tagging, is_tag};
use crate::text::agents;
use crate::wire::TagLine;

/// Put words on agents, take them off, list them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put tags on an agent
    #[command(after_help = AFTER)]
    Add(Order),
    /// Take tags off an agent
    #[command(after_help = AFTER)]
    Remove(Order),
    /// List the agents that have tags
    List(List),
}

/// Whom, which.
#[derive(Debug, Args)]
pub struct Order {
    /// The agent: its DID, its hex digits, or their beginning
    #[arg(value_name = "DID")]
    pub did: String,
    /// The tags: visible characters without blanks, at most 64 bytes each
    #[arg(value_name = "TAG", required = true)]
    pub tags: Vec<String>,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
}

/// `tag list`.
#[derive(Debug, Args)]
pub struct List {
    /// Only agents with this tag
    #[arg(value_name = "TAG")]
    pub tag: Option<String>,
}

const AFTER: &str = "\
An agent has at most 32 tags. They stay whatever file its record comes from, and are not a part of it. A tag by which a \
lock holds agents comes off only after the lock.

Examples:
  meshwarden tag add 28eaf98c billing pci
  meshwarden tag list pci
  meshwarden lock add --tag pci --reason 'audit'

Exit codes: 0 done; 2 usage; 4 refused; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    let (order, tagging) = match command {
        Command::List(only) => return list(only, session),
        Command::Add(order) => (order, Tagging { add: order.tags.clone(), remove: Vec::new() }),
        Command::Remove(order) => (order, Tagging { add: Vec::new(), remove: order.tags.clone() }),
    };
    if !order.tags.iter().all(|tag| is_tag(tag)) {
        return Err(CliError::Usage("a tag is visible characters without blanks, at most 64 bytes of them"));
    }
    let mut opened = speak::open(session, false)?;
    let registry = opened.warden.registry();
    let did = registry.agent(find::agent(registry, &order.did)?).did();
    let actor = session.actor();
    let receipt = opened.warden.tag(&did, tagging, speak::word(&actor, &order.reason))?;
    speak::acknowledge(&receipt, session)
}

fn list(list: &List, session: &mut Session) -> Result<Exit, CliError> {
    let sight = source::look(session)?;
    let registry = &sight.registry;
    let mut count = 0_u64;
    for row in registry.rows() {
        let tags: Vec<String> = registry.tags(row).map(str::to_owned).collect();
        if tags.is_empty() || list.tag.as_ref().is_some_and(|tag| !tags.contains(tag)) {
            continue;
        }
        let agent = registry.agent(row);
        let line = TagLine { did: agent.did().to_string(), name: agent.name().to_owned(), tags };
        count = count.saturating_add(1);
        if session.global.json {
            session.output.json(&line)?;
        } else {
            let (did, name) = (cell(&line.did, 41), cell(&line.name, 28));
            session.output.line(&format!("{did}  {name}  {}", line.tags.join(" ")))?;
        }
    }
    if !session.global.json {
        session.output.flush()?;
        note(&agents(count));
    }
    Ok(Exit::Yes)
}
