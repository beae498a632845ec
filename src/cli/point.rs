//! `point`: the programs that enforce verdicts, and those that tell of behaviour.

use clap::{Args, Subcommand, ValueEnum};

use super::error::CliError;
use super::output::{cell, note};
use super::session::Session;
use super::{Exit, public, speak};
use crate::change::operators::{Duty, Enrol, Enrolled};
use crate::encoding::{Digest32, hex};
use crate::text::plural;
use crate::wire::PointLine;

/// Enrol, list and dismiss enforcement points and signal sources.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a program known by name, by a key, a user of the verifier's machine, or a client certificate
    #[command(after_help = AFTER)]
    Enrol(Order),
    /// List the programs that are enrolled
    List,
    /// Know a program no more: nothing counts that it sends from now on
    Dismiss(Named),
}

/// What a program is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum For {
    /// Refuse requests, and say what the original of a request was
    EnforcementPoint,
    /// Tell how agents behave; the policy names it among its sources
    SignalSource,
}

impl From<For> for Duty {
    fn from(role: For) -> Self {
        match role {
            For::EnforcementPoint => Self::EnforcementPoint,
            For::SignalSource => Self::SignalSource,
        }
    }
}

/// The options of `point enrol`.
#[derive(Debug, Args)]
pub struct Order {
    /// Its name: lower-case letters, digits, '.', '_' and '-'; no operator has it
    pub name: String,
    /// What it is for
    #[arg(long, default_value = "enforcement-point")]
    pub role: For,
    /// The key that signs its requests: base64, ssh-ed25519 ..., or a file that holds one
    #[arg(long, value_name = "KEY", required_unless_present_any = ["uid", "certificate"], allow_hyphen_values = true)]
    pub key: Option<String>,
    /// The user that it runs as on the verifier's machine: every program of that user speaks for it
    #[arg(long, value_name = "NUMBER")]
    pub uid: Option<u32>,
    /// SHA-256 of its TLS client certificate (DER), in hex
    #[arg(long, value_name = "HEX", value_parser = digest)]
    pub certificate: Option<Digest32>,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT", default_value = "", allow_hyphen_values = true)]
    pub reason: String,
}

/// Whom, and why.
#[derive(Debug, Args)]
pub struct Named {
    /// Its name
    pub name: String,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: String,
}

const AFTER: &str = "\
A verifier believes an enforcement point, and nobody else, what the original of a forwarded request was. A proxy on the \
verifier's machine is known by the user that it runs as, through the Unix socket of `serve --socket`; give that user to \
the proxy alone.

Examples:
  meshwarden point enrol edge --uid 33 --reason 'nginx on this machine'
  meshwarden point enrol gateway --key gateway.pub --reason 'orders gateway'
  meshwarden point enrol behaviour --role signal-source --key behaviour.pub

Exit codes: 0 done; 2 usage; 4 refused; 5 the data directory is out of reach.";

fn digest(text: &str) -> Result<Digest32, String> {
    let plain: String = text.chars().filter(|character| *character != ':').collect();
    hex::decode_digest(&plain.to_ascii_lowercase()).ok_or_else(|| "not 64 hex digits".to_owned())
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let actor = session.actor();
    let receipt = match command {
        Command::List => return list(&opened.warden.snapshot().operators, session),
        Command::Enrol(order) => {
            let key = order.key.as_deref().map(public::key).transpose()?.map(|key| key.to_base64());
            let (name, uid, certificate) = (order.name.clone(), order.uid, order.certificate);
            let enrol = Enrol { name, role: order.role.into(), key, uid, certificate };
            opened.warden.enrol(enrol, speak::word(&actor, &order.reason))?
        }
        Command::Dismiss(named) => {
            opened.warden.dismiss(named.name.clone(), speak::word(&actor, &named.reason))?
        }
    };
    speak::acknowledge(&receipt, session)
}

fn list(operators: &crate::change::operators::Operators, session: &mut Session) -> Result<Exit, CliError> {
    let mut count = 0_u64;
    for program in operators.enrolled() {
        count = count.saturating_add(1);
        if session.global.json {
            session.output.json(&PointLine::of(program))?;
        } else {
            session.output.line(&words(program))?;
        }
    }
    if !session.global.json {
        session.output.flush()?;
        note(&plural(count, "program", "programs"));
    }
    Ok(Exit::Yes)
}

/// One line about a program.
fn words(program: &Enrolled) -> String {
    let key = program.key.map(|key| key.key_id().to_string());
    let uid = program.uid.map(|uid| format!("uid {uid}"));
    let certificate = program.certificate.map(|digest| format!("certificate {}", hex::encode(&digest)));
    let known: Vec<String> = [key, uid, certificate].into_iter().flatten().collect();
    format!("{}  {}  {}", cell(&program.name, 20), cell(program.duty.as_str(), 17), known.join("  "))
}
