//! `lock`: standing rules that hold agents, those that come later too.

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::{cell, note};
use super::session::Session;
use super::{Exit, find, source, speak};
use crate::change::LockOn;
use crate::identity::KeyBytes;
use crate::registry::{Lock, Registry, Row};
use crate::text::{agents, plural};
use crate::wire::LockLine;

/// Make, list and lift standing rules.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Hold a subtree, the agents of a sponsor, of an organization or with a tag, or whoever has a key
    #[command(after_help = AFTER)]
    Add(Order),
    /// Lift a rule by what it names
    #[command(after_help = AFTER)]
    Lift(Order),
    /// List the rules
    List,
}

/// Whom, and why.
#[derive(Debug, Args)]
pub struct Order {
    /// Whom it holds.
    #[command(flatten)]
    pub on: On,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Whom a rule holds.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct On {
    /// An agent and everybody below it
    #[arg(long, value_name = "DID")]
    pub subtree: Option<String>,
    /// The agents of a sponsor, and everybody below them
    #[arg(long, value_name = "EMAIL")]
    pub sponsor: Option<String>,
    /// The agents of an organization, and everybody below them
    #[arg(long, value_name = "NAME")]
    pub organization: Option<String>,
    /// The agents with a tag, and everybody below them
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// Whoever has this public key: in base64, or as the id key-... of a registered agent's
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub key: Option<String>,
}

const AFTER: &str = "\
Whom a lock names can do nothing, nor can anybody below, until it is lifted; it also holds agents that come later, so \
that nobody registers or rotates a way around it. The stored status of the agents stays as it is.

Examples:
  meshwarden lock add --sponsor mallory@example.org --reason 'account taken over'
  meshwarden lock list
  meshwarden lock lift --sponsor mallory@example.org --reason 'account is back'

Exit codes: 0 done; 2 usage; 4 refused; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    let order = match command {
        Command::List => return list(session),
        Command::Add(order) | Command::Lift(order) => order,
    };
    let mut opened = speak::open(session, false)?;
    let on = order.on.read(opened.warden.registry())?;
    let actor = session.actor();
    let word = speak::word(&actor, &order.reason);
    let receipt = match command {
        Command::Lift(_) => opened.warden.unlock(on, word)?,
        _ => opened.warden.lock(on, word)?,
    };
    let exit = speak::acknowledge(&receipt, session)?;
    if matches!(command, Command::Add(_)) && receipt.waits.is_none() && !session.global.json {
        let snapshot = opened.warden.snapshot();
        let holds = |row: &Row| {
            snapshot.registry.lock_on(*row, receipt.time).is_some_and(|lock| lock.index == receipt.index)
        };
        let held = snapshot.registry.rows().filter(holds).count();
        note(&format!("  it holds {} now, and whoever comes to fit it", agents(held)));
    }
    Ok(exit)
}

/// The key of a registered agent by its id, else the base64 of one.
fn key(registry: &Registry, text: &str) -> Option<String> {
    if KeyBytes::from_base64(text).is_some() {
        return Some(text.to_owned());
    }
    let keys = registry.rows().map(|row| registry.agent(row).public_key());
    keys.filter(|key| key.key_id().to_string() == text).map(|key| key.to_base64()).next()
}

impl On {
    fn read(&self, registry: &Registry) -> Result<LockOn, CliError> {
        if let Some(tag) = &self.tag {
            return Ok(LockOn::Tag(tag.clone()));
        }
        match (&self.subtree, &self.sponsor, &self.organization, &self.key) {
            (Some(did), ..) => {
                Ok(LockOn::Subtree(registry.agent(find::agent(registry, did)?).did().to_string()))
            }
            (_, Some(sponsor), ..) => Ok(LockOn::Sponsor(sponsor.clone().into())),
            (_, _, Some(name), _) => Ok(LockOn::Organization(name.clone())),
            (.., Some(text)) => key(registry, text).map(LockOn::Key).ok_or(CliError::Usage(
                "--key is neither the base64 of 32 bytes nor the key id of an agent here",
            )),
            _ => Err(CliError::Usage("say whom: --subtree, --sponsor, --organization, --tag or --key")),
        }
    }
}

fn list(session: &mut Session) -> Result<Exit, CliError> {
    let sight = source::look(session)?;
    let mut locks: Vec<&Lock> = sight.registry.facts().locks.iter().collect();
    locks.sort_by_key(|lock| lock.index);
    for lock in &locks {
        let line = LockLine::of(lock);
        if session.global.json {
            session.output.json(&line)?;
        } else {
            let (since, kind) = (cell(&line.since, 27), cell(line.kind, 12));
            session.output.line(&format!("{since}  {kind}  {}: {}", line.on, line.reason))?;
        }
    }
    if !session.global.json {
        session.output.flush()?;
        note(&plural(locks.len(), "lock", "locks"));
    }
    Ok(Exit::Yes)
}
