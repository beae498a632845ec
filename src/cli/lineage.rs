//! `lineage verify`: whether delegations hold, hop by hop.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::cell;
use super::session::Session;
use super::source::{self, Sight};
use super::when::Then;
use super::{Exit, find};
use crate::registry::{EffectiveSets, Judgement, Row};
use crate::wire::{LineageLine, codes};

/// Judge delegation lineages.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say whether lineages hold, and if not, which hop breaks which rule
    #[command(after_help = AFTER)]
    Verify(Verify),
}

/// `lineage verify`.
#[derive(Debug, Args)]
#[command(override_usage = "meshwarden lineage verify [--at TIME|ENTRIES] <DID | --all> [FILE]")]
pub struct Verify {
    /// The agent: its DID, its hex digits, or their beginning; with --all the FILE instead
    #[arg(value_name = "DID")]
    pub first: Option<String>,
    /// Registry file to judge as it is (- is standard input); no data directory is touched
    #[arg(value_name = "FILE")]
    pub second: Option<PathBuf>,
    /// Judge every agent, in the order of registration
    #[arg(long)]
    pub all: bool,
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

const AFTER: &str = "\
Without FILE the data directory is judged, or the file of --registry together with what was done to it.

Examples:
  meshwarden lineage verify 28eaf98c
  meshwarden lineage verify --all --json mesh.json
  meshwarden lineage verify --all --at 2026-03-01T12:00:00Z mesh.json

Exit codes: 0 every lineage asked about is valid; 1 one is broken; 2 usage or input; 3 valid, but records were refused.
A valid lineage is not enough to act: the agent itself must be active, too (member `active` in JSON).";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: Command, session: &mut Session) -> Result<Exit, CliError> {
    let Command::Verify(verify) = command;
    let (did, file) = match (verify.all, verify.first, verify.second) {
        (true, Some(_), Some(_)) => return Err(CliError::Usage("give either a DID or --all")),
        (true, file, None) => (None, file.map(PathBuf::from)),
        (true, None, file) => (None, file),
        (false, Some(did), file) => (Some(did), file),
        (false, None, _) => return Err(CliError::Usage("give a DID, or --all")),
    };
    let sight = match &file {
        Some(file) => source::read_file(file, session).and_then(|sight| source::at(sight, verify.then.at))?,
        None => source::look_at(session, verify.then.at)?,
    };
    let judgement = Judgement::of(&sight.registry, sight.now);
    let all_valid = match did {
        Some(did) => {
            let row = find::agent(&sight.registry, &did)?;
            tell(&sight, &judgement, row, session)?
        }
        None => all(&sight, &judgement, file.as_deref(), session)?,
    };
    Ok(match (all_valid, sight.refused) {
        (false, _) => Exit::No,
        (true, 0) => Exit::Yes,
        (true, _) => Exit::Partial,
    })
}

fn all(
    sight: &Sight,
    judgement: &Judgement,
    file: Option<&Path>,
    session: &mut Session,
) -> Result<bool, CliError> {
    let mut invalid = 0_usize;
    let effective = EffectiveSets::of(&sight.registry);
    for row in sight.registry.rows() {
        if session.global.json {
            let line = LineageLine::among(&effective, &sight.registry, judgement, row);
            invalid = invalid.saturating_add(usize::from(!line.valid));
            session.output.json(&line)?;
        } else if !judgement.verdict_of(row).lineage_valid() {
            invalid = invalid.saturating_add(1);
            let line = LineageLine::among(&effective, &sight.registry, judgement, row);
            let code = cell(line.code.unwrap_or_default(), 21);
            session.output.line(&format!("{}  {code}  {}", line.did, line.reason.unwrap_or_default()))?;
        }
    }
    if !session.global.json {
        let what = file.map_or(String::new(), |file| format!(" of {}", file.display()));
        let agents = sight.registry.len();
        session
            .output
            .line(&format!("{invalid} of {agents} lineages{what} are broken at {}", judgement.at()))?;
    }
    Ok(invalid == 0)
}

fn tell(sight: &Sight, judgement: &Judgement, row: Row, session: &mut Session) -> Result<bool, CliError> {
    let line = LineageLine::of(&sight.registry, judgement, row);
    if session.global.json {
        session.output.json(&line)?;
        return Ok(line.valid);
    }
    let out = &mut session.output;
    out.line(&format!("{}  {}", line.did, sight.registry.agent(row).name()))?;
    match (line.code, &line.reason) {
        (Some(code), Some(reason)) => {
            out.line(&format!("lineage  broken: {code}"))?;
            out.line(&format!("  {reason}"))?;
            out.line(&format!("  fix: {}", codes::advice(code)))?;
        }
        _ => out.line("lineage  valid, every hop up to the root")?,
    }
    let own = if line.active { "active" } else { "not active: its own status or expiry stops it" };
    out.line(&format!("agent    {own}"))?;
    let held = line.effective_capabilities.join(" ");
    out.line(&format!(
        "holds    {}",
        if held.is_empty() { "nothing that every ancestor holds too" } else { &held }
    ))?;
    Ok(line.valid)
}
