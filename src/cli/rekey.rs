//! `agent rotate`, `agent rekey`, `agent attest`: keys change, and somebody vouches for an agent.

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::key::{self, Given};
use super::session::Session;
use super::{Exit, find, grant, source, speak, when};
use crate::identity::{Attestation, Rekey, Rotation};
use crate::time::Span;

/// `agent rotate`.
#[derive(Debug, Args)]
pub struct Rotate {
    /// The agent
    #[arg(value_name = "DID")]
    pub did: String,
    /// Its present key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Its next key file
    #[arg(long, value_name = "FILE")]
    pub new_key: PathBuf,
    /// Where the passphrases of the key files come from.
    #[command(flatten)]
    pub given: Given,
}

/// `agent rekey`.
#[derive(Debug, Args)]
pub struct Replace {
    /// The agent whose key was stolen or lost
    #[arg(value_name = "DID")]
    pub did: String,
    /// The key file that takes its place; the new key signs too
    #[arg(long, value_name = "FILE")]
    pub new_key: PathBuf,
    /// Where the passphrase of the key file comes from.
    #[command(flatten)]
    pub given: Given,
    /// What its keys signed counts only if the log had it before this entry [default: what it has now]
    #[arg(long, value_name = "INDEX")]
    pub cut: Option<u64>,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `agent attest`.
#[derive(Debug, Args)]
#[group(id = "by", required = true, multiple = false, args = ["attester_key", "statement"])]
pub struct Attest {
    /// The agent
    #[arg(value_name = "DID")]
    pub did: String,
    /// The attester's key file; the policy must name its public key
    #[arg(long, value_name = "FILE")]
    pub attester_key: Option<PathBuf>,
    /// Where the passphrase of the key file comes from.
    #[command(flatten)]
    pub given: Given,
    /// For how long, such as 30d
    #[arg(long = "for", id = "for_", value_name = "LENGTH", value_parser = when::span, default_value = "90d")]
    pub length: Span,
    /// A statement that was signed elsewhere; - for standard input
    #[arg(long, value_name = "FILE")]
    pub statement: Option<PathBuf>,
    /// Print the statement, and change nothing
    #[arg(long)]
    pub print: bool,
}

/// What the help of all three says at its end.
pub const AFTER: &str = "\
A rotation is signed with both keys; the old one counts for as long as the policy's overlap lets it. A rekey is the \
operators' word: of what the old keys signed, only what was in the log before the cut still counts, whatever date it \
bears. An attestation counts for the key, name, sponsor and capabilities that it was made for, and no others, and only \
if the policy names its attester.

Examples:
  meshwarden agent rotate 28eaf98c --key planner.pem --new-key planner-2.pem
  meshwarden agent rekey 28eaf98c --new-key planner-3.pem --reason 'laptop stolen' --cut 118
  meshwarden agent attest 28eaf98c --attester-key attester.pem --for 30d

Exit codes: 0 done; 2 usage or input; 4 refused; 5 the data directory is out of reach.";

/// Runs `agent rotate`.
///
/// # Errors
/// [`CliError`].
pub fn rotate(rotate: &Rotate, session: &mut Session) -> Result<Exit, CliError> {
    let old = key::open(&rotate.key, &rotate.given)?;
    let new = key::open(&rotate.new_key, &rotate.given)?;
    let mut opened = speak::open(session, false)?;
    let registry = opened.warden.registry();
    let row = find::agent(registry, &rotate.did)?;
    grant::is_key_of(registry, row, &rotate.key, &old, opened.warden.now())?;
    let did = registry.agent(row).did();
    let sequence = registry.keys_replaced(row).saturating_add(1);
    let statement = Rotation::sign(did.clone(), &old, &new, sequence, opened.warden.now());
    let actor = session.actor();
    let receipt = opened.warden.rotate(&did, statement.to_json().to_string(), speak::word(&actor, ""))?;
    speak::acknowledge(&receipt, session)
}

/// Runs `agent rekey`.
///
/// # Errors
/// [`CliError`].
pub fn replace(replace: &Replace, session: &mut Session) -> Result<Exit, CliError> {
    let new = key::open(&replace.new_key, &replace.given)?;
    let mut opened = speak::open(session, false)?;
    let registry = opened.warden.registry();
    let agent = registry.agent(find::agent(registry, &replace.did)?);
    let did = agent.did();
    let statement = Rekey::sign(did.clone(), agent.public_key(), &new).to_json().to_string();
    let actor = session.actor();
    let word = speak::word(&actor, &replace.reason);
    let receipt = opened.warden.rekey(&did, statement, replace.cut, word)?;
    speak::acknowledge(&receipt, session)
}

/// Runs `agent attest`.
///
/// # Errors
/// [`CliError`].
pub fn attest(attest: &Attest, session: &mut Session) -> Result<Exit, CliError> {
    let given = attest.statement.as_deref().map(speak::statement).transpose()?;
    let key = attest.attester_key.as_deref().map(|path| key::open(path, &attest.given)).transpose()?;
    let sight = source::look(session)?;
    let agent = sight.registry.agent(find::agent(&sight.registry, &attest.did)?);
    let signed = key.map(|key| {
        let until = sight.now.plus(attest.length);
        Attestation::sign(&agent.identity(sight.now), sight.now, until, &key).to_json().to_string()
    });
    let Some(statement) = given.or(signed) else {
        return Err(CliError::Usage("name the attester's key with --attester-key, or a --statement"));
    };
    if attest.print {
        session.output.line(&statement)?;
        return Ok(Exit::Yes);
    }
    let mut opened = speak::open(session, false)?;
    let actor = session.actor();
    let receipt = opened.warden.attest(&agent.did(), statement, speak::word(&actor, ""))?;
    speak::acknowledge(&receipt, session)
}
