//! `operator`: the people who may change things.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::error::CliError;
use super::notify;
use super::output::{cell, note};
use super::session::Session;
use super::{Exit, key, public, speak};
use crate::change::SignedChange;
use crate::change::operators::{Newcomer, Operate, Operator, Recover, Role, invitation};
use crate::encoding::base64;
use crate::text::plural;
use crate::wire::OperatorLine;

/// List, invite, add, suspend and remove operators; change their roles and keys.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the operators
    List,
    /// Write an invitation for somebody, to be accepted with the newcomer's own key
    #[command(after_help = JOINING)]
    Invite(Invite),
    /// Accept an invitation: sign it with the key that will sign your changes
    #[command(after_help = JOINING)]
    Accept(Accept),
    /// Add whoever accepted an invitation; of somebody who is there already, one more key
    #[command(after_help = JOINING)]
    Add(Add),
    /// Take a key from an operator who has another one
    DropKey(DropKey),
    /// Suspend an operator at once; any one admin can
    Suspend(Named),
    /// Let a suspended operator act again
    Restore(Named),
    /// Remove an operator for good; the name stays taken
    Remove(Named),
    /// Give an operator another role
    Role(GiveRole),
    /// Replace all admins with the keys of the recovery set
    #[command(after_help = RECOVERY)]
    Recover(Recovery),
}

/// What somebody may order.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Of {
    /// Look
    Viewer,
    /// Take authority away
    Responder,
    /// Everything
    Admin,
}

impl From<Of> for Role {
    fn from(of: Of) -> Self {
        match of {
            Of::Viewer => Self::Viewer,
            Of::Responder => Self::Responder,
            Of::Admin => Self::Admin,
        }
    }
}

/// The options of `operator invite`.
#[derive(Debug, Args)]
pub struct Invite {
    /// The newcomer's name: lower-case letters, digits, '.', '_' and '-'
    pub name: String,
    /// What the newcomer may order
    #[arg(long)]
    pub role: Of,
    /// Where the verifier of this log is asked, for the newcomer [default: the one that is worked on]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

/// The options of `operator accept`.
#[derive(Debug, Args)]
pub struct Accept {
    /// The invitation; - for standard input
    #[arg(value_name = "INVITATION")]
    pub invitation: PathBuf,
    /// The newcomer's key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Where the passphrase of the key file comes from.
    #[command(flatten)]
    pub given: key::Given,
    /// Write the verifier, with the key of its log, into the configuration as this context: nothing else is believed there
    #[arg(long, value_name = "NAME")]
    pub pin: Option<String>,
    /// With --pin: the context is production
    #[arg(long, requires = "pin")]
    pub production: bool,
}

/// The options of `operator add`.
#[derive(Debug, Args)]
pub struct Add {
    /// What `operator accept` printed; - for standard input
    #[arg(value_name = "ACCEPTED")]
    pub accepted: PathBuf,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: String,
}

/// The options of `operator drop-key`.
#[derive(Debug, Args)]
pub struct DropKey {
    /// Whose.
    #[command(flatten)]
    pub named: Named,
    /// The key: its id as `operator list` shows it, base64, ssh-ed25519 ..., or a file that holds one
    #[arg(long, value_name = "KEY")]
    pub key: String,
}

/// Whom, and why.
#[derive(Debug, Args)]
pub struct Named {
    /// The operator's name
    pub name: String,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: String,
}

/// The options of `operator role`.
#[derive(Debug, Args)]
pub struct GiveRole {
    /// Whom.
    #[command(flatten)]
    pub named: Named,
    /// Which role
    #[arg(long)]
    pub role: Of,
}

/// The options of `operator recover`.
#[derive(Debug, Args)]
pub struct Recovery {
    /// A new admin, as NAME=KEY; twice or more. Without any, FILE is signed once more
    #[arg(long = "admin", value_name = "NAME=KEY")]
    pub admins: Vec<String>,
    /// The recovery that others began to sign; - for standard input
    #[arg(long, value_name = "FILE", required_unless_present = "admins", conflicts_with = "admins")]
    pub sign: Option<PathBuf>,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT", required_unless_present = "sign", allow_hyphen_values = true)]
    pub reason: Option<String>,
    /// Hand it in: all who must have signed
    #[arg(long)]
    pub submit: bool,
}

const JOINING: &str = "\
An admin writes an invitation, the newcomer signs it with a key of their own, an admin adds what came back: so that \
nobody is given a key that another person holds. Adding needs the approval of a second admin.

Examples:
  meshwarden operator invite grace --role responder > grace.invitation
  meshwarden operator accept grace.invitation --key ~/.ssh/id_ed25519 > grace.accepted
  meshwarden operator add grace.accepted --reason 'on call from Monday'";

const RECOVERY: &str = "\
The recovery set can only replace the admins. Each holder signs in turn with --operator-key and passes the file on; the \
last one submits it.

Examples:
  meshwarden operator recover --admin dee=dee.pub --admin eli=eli.pub --reason 'keys lost' \\
    --operator-key recovery-1.pem > recovery.json
  meshwarden operator recover --sign recovery.json --operator-key recovery-3.pem --submit";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    match command {
        Command::List => list(session),
        Command::Invite(invite) => run_invite(invite, session),
        Command::Accept(accept) => run_accept(accept, session),
        Command::Add(add) => run_add(add, session),
        Command::DropKey(DropKey { named, key }) => {
            let held = speak::open(session, false)?.warden.snapshot().operators;
            let mut held = held.get(&named.name).into_iter().flat_map(|person| &person.keys);
            let key = match held.find(|held| held.key_id().to_string() == *key) {
                Some(held) => held.to_base64(),
                None => public::key(key)?.to_base64(),
            };
            operate(Operate::DropKey { name: named.name.clone(), key }, &named.reason, session)
        }
        Command::Suspend(named) => {
            operate(Operate::Suspend { name: named.name.clone() }, &named.reason, session)
        }
        Command::Restore(named) => {
            operate(Operate::Restore { name: named.name.clone() }, &named.reason, session)
        }
        Command::Remove(named) => {
            operate(Operate::Remove { name: named.name.clone() }, &named.reason, session)
        }
        Command::Role(GiveRole { named, role }) => {
            let (name, role) = (named.name.clone(), (*role).into());
            operate(Operate::Role { name, role }, &named.reason, session)
        }
        Command::Recover(recovery) => recover(recovery, session),
    }
}

fn list(session: &mut Session) -> Result<Exit, CliError> {
    let opened = speak::open(session, false)?;
    let operators = opened.warden.snapshot().operators;
    for operator in operators.iter() {
        if session.global.json {
            session.output.json(&OperatorLine::of(operator))?;
        } else {
            session.output.line(&words(operator))?;
        }
    }
    if !session.global.json {
        session.output.flush()?;
        note(&match (operators.held(), operators.solo(), operators.recovery()) {
            (false, ..) => {
                "nobody holds this log: its changes are unsigned; begin with `meshwarden init`".to_owned()
            }
            (_, true, _) => "SOLO: one person holds this log alone; nobody approves anything".to_owned(),
            (_, _, None) => {
                "NO RECOVERY SET: whoever loses the admins' keys can change nothing any more".to_owned()
            }
            (_, _, Some(set)) => format!(
                "{} of {} recovery keys can replace the admins",
                set.threshold,
                plural(set.keys.len(), "key", "keys").split(' ').next().unwrap_or_default()
            ),
        });
    }
    Ok(Exit::Yes)
}

/// One line about an operator.
pub fn words(operator: &Operator) -> String {
    let keys: Vec<String> = operator.keys.iter().map(|key| key.key_id().to_string()).collect();
    let (role, state) = (operator.role.as_str(), operator.standing.as_str());
    format!("{}  {}  {}  {}", cell(&operator.name, 20), cell(role, 9), cell(state, 9), keys.join(" "))
}

fn run_invite(invite: &Invite, session: &mut Session) -> Result<Exit, CliError> {
    if !crate::change::operators::is_name(&invite.name) {
        let name = invite.name.clone();
        return Err(
            crate::warden::WardenError::from(crate::change::operators::OperatorError::Name { name }).into()
        );
    }
    let mut opened = speak::open(session, false)?;
    let log = opened.warden.snapshot().log.to_string();
    let role = Role::from(invite.role).as_str();
    let mut said = json!({"type": INVITATION, "log": log, "name": invite.name, "role": role});
    let url = invite.url.clone().or_else(|| session.verifier().map(str::to_owned));
    // Whoever joins knows the key of the log from a person, and not from whoever answers at that address.
    let pinned = match session.verifier() {
        Some(url) => Some(session.remote(url)?.log_key),
        None => opened.warden.verifier().ok(),
    };
    let more = [("verifier", url), ("log_key", pinned.map(|key| key.to_string()))];
    if let Some(members) = said.as_object_mut() {
        let more = more.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))));
        members.extend(more);
    }
    session.output.json(&said)?;
    Ok(Exit::Yes)
}

const INVITATION: &str = "meshwarden.operator.invitation.v1";
const ACCEPTED: &str = "meshwarden.operator.accepted.v1";

fn run_accept(accept: &Accept, session: &mut Session) -> Result<Exit, CliError> {
    let said = document(&accept.invitation, INVITATION)?;
    let (log, name, role) = (member(&said, "log")?, member(&said, "name")?, role(&said)?);
    let key = key::open(&accept.key, &accept.given)?;
    let bytes = key.public_key().bytes();
    let signature = base64::encode(&key.sign(&invitation(&log, &name, role, &bytes)));
    if let Some(context) = &accept.pin {
        let table = super::pin::Table {
            name: context,
            url: &member(&said, "verifier")?,
            log_key: &member(&said, "log_key")?,
            operator: &name,
            key: &accept.key,
            production: accept.production,
        };
        super::pin::write(&table, &log, session)?;
    }
    note(&format!("{name} accepts to be {} of the log {log}, with {}", role.as_str(), bytes.key_id()));
    session.output.json(&json!({
        "type": ACCEPTED, "log": log, "name": name, "role": role.as_str(), "key": bytes.to_base64(),
        "accepted": signature,
    }))?;
    Ok(Exit::Yes)
}

fn run_add(add: &Add, session: &mut Session) -> Result<Exit, CliError> {
    let said = document(&add.accepted, ACCEPTED)?;
    let (name, key, role) = (member(&said, "name")?, member(&said, "key")?, role(&said)?);
    let accepted = Some(member(&said, "accepted")?);
    let opened = speak::open(session, false)?;
    let known = opened.warden.snapshot().operators.get(&name).is_some();
    drop(opened);
    let order = if known {
        Operate::AddKey { name, key, accepted }
    } else {
        Operate::Add(Newcomer { name, key, role, accepted })
    };
    operate(order, &add.reason, session)
}

fn operate(order: Operate, reason: &str, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let actor = session.actor();
    let receipt = opened.warden.operate(order, speak::word(&actor, reason))?;
    notify::tell(notify::of_fact(&receipt, "operator", reason), &mut opened.warden, session);
    speak::acknowledge(&receipt, session)
}

fn recover(recovery: &Recovery, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let actor = session.actor();
    let reason = recovery.reason.as_deref().unwrap_or_default();
    let change = match &recovery.sign {
        Some(path) => {
            let text = speak::large(path)?;
            let read = SignedChange::from_bytes(text.trim().as_bytes());
            read.map_err(crate::warden::WardenError::Change)?
        }
        None => {
            let admins = recovery.admins.iter().map(|text| {
                let (name, key) = text.split_once('=').ok_or(CliError::Usage("--admin takes NAME=KEY"))?;
                let key = public::key(key)?.to_base64();
                Ok(Newcomer { name: name.to_owned(), key, role: Role::Admin, accepted: None })
            });
            let operators = admins.collect::<Result<_, CliError>>()?;
            opened.warden.draft_recovery(Recover { operators }, speak::word(&actor, reason))?
        }
    };
    let signed = opened.warden.sign_recovery(change)?;
    if !recovery.submit {
        let bytes = signed.to_bytes().map_err(crate::warden::WardenError::Change)?;
        session.output.raw(&String::from_utf8_lossy(&bytes))?;
        session.output.raw("\n")?;
        note(&format!("signed by {}; pass it on, and let the last one say --submit", signed.signers().len()));
        return Ok(Exit::Yes);
    }
    let taken = opened.warden.submit(&signed)?;
    let receipt = crate::warden::FactReceipt::from(taken);
    notify::tell(notify::of_fact(&receipt, "recover", reason), &mut opened.warden, session);
    speak::acknowledge(&receipt, session)
}

fn document(path: &std::path::Path, kind: &str) -> Result<Value, CliError> {
    let text = speak::text(path)?;
    let value: Value = serde_json::from_str(&text).unwrap_or_default();
    if value.get("type").and_then(Value::as_str) == Some(kind) {
        return Ok(value);
    }
    Err(CliError::Usage("the file is not what `operator invite`, or `operator accept`, prints"))
}

fn member(value: &Value, name: &str) -> Result<String, CliError> {
    let text = value.get(name).and_then(Value::as_str).filter(|text| text.len() <= 256);
    let missing = "the file lacks log, name, role, key, accepted, or with --pin verifier and log_key";
    text.map(str::to_owned).ok_or(CliError::Usage(missing))
}

fn role(value: &Value) -> Result<Role, CliError> {
    Role::parse(&member(value, "role")?).ok_or(CliError::Usage("the role is not viewer, responder or admin"))
}
