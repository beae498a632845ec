//! `agent adopt`, `agent grant`, `agent narrow`: another parent, other capabilities.

use clap::Args;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, find, speak};
use crate::identity::Did;
use crate::registry::Registry;

/// `agent adopt`.
#[derive(Debug, Args)]
pub struct Adopt {
    /// The agent: its DID, its hex digits, or their beginning
    #[arg(value_name = "DID")]
    pub did: String,
    /// Its new parent
    #[arg(long, value_name = "PARENT")]
    pub by: String,
    /// What it may still do; may be repeated [default: what it holds, as far as the new parent may give it]
    #[arg(long, value_name = "CAPABILITY")]
    pub capability: Vec<String>,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `agent grant`.
#[derive(Debug, Args)]
pub struct Grant {
    /// The agent: its DID, its hex digits, or their beginning
    #[arg(value_name = "DID")]
    pub did: String,
    /// What it may do beside what it holds; may be repeated
    #[arg(long, value_name = "CAPABILITY", required = true)]
    pub capability: Vec<String>,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `agent narrow`.
#[derive(Debug, Args)]
pub struct Narrow {
    /// The agent: its DID, its hex digits, or their beginning
    #[arg(value_name = "DID")]
    pub did: String,
    /// What it may do no more, as it is listed; may be repeated
    #[arg(long, value_name = "CAPABILITY", required = true)]
    pub without: Vec<String>,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// What the help of all three says at its end.
pub const AFTER: &str = "\
An adopted agent comes below another parent with everybody below it, and never holds more than before. A grant stays \
within what the parent may give. What is taken from an agent is taken from those below it too.
The parent signs nothing of this: the log vouches for it, and the evidence says attested, not signed. Tokens by which the \
agent acted name its old parent or its old capabilities; its parent issues new ones.

Examples:
  meshwarden agent adopt 28eaf98c --by 5be0cd19 --reason 'spared from the cleanup'
  meshwarden agent grant 28eaf98c --capability read:invoices --reason 'asked for by ops'
  meshwarden agent narrow 28eaf98c --without write:invoices --reason 'never used'

Exit codes: 0 done; 2 usage; 4 refused; 5 the data directory is out of reach.";

/// Runs `agent adopt`.
///
/// # Errors
/// [`CliError`].
pub fn adopt(adopt: &Adopt, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let registry = opened.warden.registry();
    let (did, parent) = (named(registry, &adopt.did)?, named(registry, &adopt.by)?);
    let capabilities = (!adopt.capability.is_empty()).then(|| adopt.capability.clone());
    let actor = session.actor();
    let receipt = opened.warden.adopt(&did, &parent, capabilities, speak::word(&actor, &adopt.reason))?;
    let exit = speak::acknowledge(&receipt, session)?;
    if receipt.waits.is_none() {
        tell(opened.warden.registry(), &did, &parent, session);
    }
    Ok(exit)
}

/// Runs `agent grant`.
///
/// # Errors
/// [`CliError`].
pub fn grant(grant: &Grant, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let did = named(opened.warden.registry(), &grant.did)?;
    let actor = session.actor();
    let receipt = opened.warden.grant(&did, &grant.capability, speak::word(&actor, &grant.reason))?;
    let exit = speak::acknowledge(&receipt, session)?;
    if receipt.waits.is_none() {
        holds(opened.warden.registry(), &did, session);
    }
    Ok(exit)
}

/// Runs `agent narrow`.
///
/// # Errors
/// [`CliError`].
pub fn narrow(narrow: &Narrow, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let did = named(opened.warden.registry(), &narrow.did)?;
    let actor = session.actor();
    let receipt = opened.warden.narrow(&did, &narrow.without, speak::word(&actor, &narrow.reason))?;
    let exit = speak::acknowledge(&receipt, session)?;
    if receipt.waits.is_none() {
        holds(opened.warden.registry(), &did, session);
    }
    Ok(exit)
}

fn named(registry: &Registry, text: &str) -> Result<Did, CliError> {
    Ok(registry.agent(find::agent(registry, text)?).did())
}

fn holds(registry: &Registry, did: &Did, session: &Session) {
    if session.global.json {
        return;
    }
    let held = registry.find(did).map(|row| registry.agent(row).capabilities().collect::<Vec<_>>().join(" "));
    let held = held.filter(|held| !held.is_empty()).unwrap_or_else(|| "nothing".to_owned());
    note(&format!("  {did} holds: {held}"));
}

/// Says what an adopted agent holds, and by whose word.
fn tell(registry: &Registry, did: &Did, parent: &Did, session: &Session) {
    if !session.global.json {
        holds(registry, did, session);
        note(&format!(
            "  attested by operators in the log, not signed by {parent}, who issues its tokens from now on"
        ));
    }
}
