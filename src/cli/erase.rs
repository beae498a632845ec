//! `log erase`: what the log keeps about people can be forgotten, and every proof still holds.

use clap::Args;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, find, speak};
use crate::identity::Did;
use crate::warden::Warden;
use crate::wire::ErasedLine;

/// `log erase`.
#[derive(Debug, Args)]
pub struct Erase {
    /// The agent: its DID, its hex digits, or their beginning
    #[arg(value_name = "DID")]
    pub did: String,
    /// Why; it enters the log and stays there, so it names nobody
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: String,
}

/// What the help says at its end.
pub const AFTER: &str = "\
Forgets an agent's name, sponsor, description and unknown members, and what attesters said of it; when nobody else has \
its sponsor, also the address in rules that were lifted. The log has them as salted commitments, so that every proof and \
every checkpoint still holds. Who acted, and why, is not forgotten: reasons and actors are a part of what was done.

Not reached: backups, exports and registry files made before, and what others read meanwhile. An agent whose sponsor a \
lock or the policy names is refused: lock its subtree, or revoke it, and lift the rule first.

Example:
  meshwarden log erase 28eaf98c --reason 'request of 3 March'

Exit codes: 0 done; 2 usage; 3 forgotten, and old pages could not be wiped yet (run it again); 4 refused; 5 out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(erase: &Erase, warden: &mut Warden, session: &mut Session) -> Result<Exit, CliError> {
    let registry = warden.registry();
    let did = match Did::parse(&erase.did) {
        Ok(did) => did,
        Err(_) => registry.agent(find::agent(registry, &erase.did)?).did(),
    };
    let actor = session.actor();
    let (receipt, wiped) = warden.erase(&did, speak::word(&actor, &erase.reason))?;
    let index = receipt.map(|receipt| receipt.index);
    if session.global.json {
        session.output.json(&ErasedLine { did: did.to_string(), index, wiped: wiped.is_ok() })?;
    }
    match (index, session.global.json) {
        (_, true) => {}
        (Some(index), _) => note(&format!("erase {did}: entry {index} of the log")),
        (None, _) => note(&format!("{did}: nothing that could be forgotten is kept")),
    }
    let Err(error) = wiped else { return Ok(Exit::Yes) };
    note(&format!("forgotten, but not yet wiped from free pages: {error}; run the command again"));
    Ok(Exit::Partial)
}
