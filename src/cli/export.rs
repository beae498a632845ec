//! `export`: the registry as the reference implementation writes it, or its revocation list.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::when::Then;
use super::{Exit, source};
use crate::identity::{Did, Status};
use crate::registry::{Agent, Registry, Standing};
use crate::text::plural;
use crate::time::Time;
use crate::wire::{safe_json, to_json};

/// Write the registry, or its revocation list, to standard output.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Export {
    /// One JSON array, or one object per line
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub format: Format,
    /// Write the list of revoked agents that the reference implementation loads (RevocationList)
    #[arg(long)]
    pub revocation_list: bool,
    /// Put suspended agents on the revocation list too, until their suspension ends
    #[arg(long, requires = "revocation_list")]
    pub and_suspended: bool,
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

/// How many records make a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON array
    Json,
    /// JSON Lines: one object per line
    Jsonl,
}

const AFTER: &str = "\
The records are those of the registry as it stands: a revoked agent is written as revoked. A score follows as the \
member `trust_score`. Agents that are merely cut off keep their status; a revocation list does not name them.

Examples:
  meshwarden export > mesh.json
  meshwarden export --revocation-list --and-suspended > revoked.json";

/// One entry of the reference's RevocationList file.
#[derive(Serialize)]
struct Revocation {
    agent_did: String,
    revoked_at: String,
    reason: String,
    revoked_by: Option<String>,
    expires_at: Option<String>,
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(export: &Export, session: &mut Session) -> Result<Exit, CliError> {
    let sight = source::look_at(session, export.then.at)?;
    let registry = &sight.registry;
    if export.revocation_list {
        let here = revocations(registry, export.and_suspended, sight.now);
        // Whom a later file left out is not forgiven.
        let gone = sight.absent.iter().filter(|(_, standing)| standing.status == Status::Revoked);
        let list = here.chain(gone.map(|(did, standing)| revocation_of(did, standing)));
        write(export.format, list.map(|entry| to_json(&entry).map_err(std::io::Error::from)), session)?;
        if !export.and_suspended {
            let now = sight.now;
            let suspended = |row: &_| registry.agent(*row).status(now) == Status::Suspended;
            match registry.rows().filter(suspended).count() {
                0 => {}
                count => {
                    let who = plural(count, "suspended agent is", "suspended agents are");
                    note(&format!("{who} not on the list; --and-suspended puts them there"));
                }
            }
        }
    } else {
        let now = sight.now;
        let record = |row| {
            let mut text = String::new();
            registry.agent(row).identity(now).write_json(&mut text);
            Ok(safe_json(&text).into_owned())
        };
        write(export.format, registry.rows().map(record), session)?;
    }
    Ok(if sight.refused > 0 { Exit::Partial } else { Exit::Yes })
}

/// Writes one object per line, in brackets for an array.
pub fn write(
    format: Format,
    objects: impl Iterator<Item = std::io::Result<String>>,
    session: &mut Session,
) -> Result<(), CliError> {
    let out = &mut session.output;
    let array = format == Format::Json;
    if array {
        out.raw("[")?;
    }
    let mut first = true;
    for object in objects {
        let before = match (array, first) {
            (true, true) => "\n",
            (true, false) => ",\n",
            (false, _) => "",
        };
        first = false;
        out.raw(before)?;
        out.raw(&object?)?;
        if !array {
            out.raw("\n")?;
        }
    }
    if array {
        out.raw(if first { "]\n" } else { "\n]\n" })?;
    }
    Ok(())
}

fn revocations(registry: &Registry, and_suspended: bool, now: Time) -> impl Iterator<Item = Revocation> {
    registry.rows().filter_map(move |row| {
        let agent = registry.agent(row);
        match agent.status(now) {
            Status::Revoked => Some(revocation(agent, None)),
            Status::Suspended if and_suspended => Some(revocation(agent, agent.until())),
            Status::Suspended | Status::Active => None,
        }
    })
}

fn revocation_of(did: &Did, standing: &Standing) -> Revocation {
    Revocation {
        agent_did: did.to_string(),
        revoked_at: standing.updated_at.to_string(),
        reason: standing.reason.clone().unwrap_or_default(),
        revoked_by: None,
        expires_at: None,
    }
}

fn revocation(agent: Agent<'_>, until: Option<Time>) -> Revocation {
    Revocation {
        agent_did: agent.did().to_string(),
        revoked_at: agent.updated_at().to_string(),
        reason: agent.reason().unwrap_or_default().to_owned(),
        revoked_by: None,
        expires_at: until.map(|time| time.to_string()),
    }
}
