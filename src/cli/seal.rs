//! `agent seal`: nothing new comes from an agent, or from below it.

use clap::Args;

use super::error::CliError;
use super::session::Session;
use super::{Exit, find, speak};

/// `agent seal`.
#[derive(Debug, Args)]
pub struct Seal {
    /// The agent: its DID, its hex digits, or their beginning
    #[arg(value_name = "DID")]
    pub did: String,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// What the help says at its end.
pub const AFTER: &str = "\
From now on nothing registers, delegates, rotates or refreshes at or below the agent; what it does already goes on.
Reactivating the agent breaks the seal. Suspending or revoking with --cascade seals, too.

Example:
  meshwarden agent seal 28eaf98c --reason 'spawns children nobody asked for'

Exit codes: 0 done; 2 usage; 4 refused; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(seal: &Seal, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let registry = opened.warden.registry();
    let did = registry.agent(find::agent(registry, &seal.did)?).did();
    let actor = session.actor();
    let receipt = opened.warden.seal(&did, speak::word(&actor, &seal.reason))?;
    speak::acknowledge(&receipt, session)
}
