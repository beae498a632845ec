//! `sponsor`: the humans who answer for agents.

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::cell;
use super::session::Session;
use super::{Exit, find, source, speak, when};
use crate::change::{FactError, OnSponsor, Until};
use crate::registry::{Judgement, Registry};
use crate::text::agents;
use crate::time::Time;
use crate::warden::WardenError;
use crate::wire::SponsorLine;

/// Verify sponsors, give their agents to others, name deputies.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say that a sponsor is who it says, for all its agents
    #[command(after_help = AFTER)]
    Verify(Verify),
    /// Give an agent, or all agents of a sponsor, to another sponsor
    #[command(after_help = AFTER)]
    Transfer(Transfer),
    /// Say whom to call when a sponsor cannot be reached
    #[command(after_help = AFTER)]
    Deputy(Deputy),
    /// Show a sponsor: its agents, their tiers, whom to call (exit code 1 if it has no agents)
    Show(Show),
}

/// `sponsor verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The address
    #[arg(value_name = "EMAIL")]
    pub email: String,
    /// How it was verified; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `sponsor transfer`.
#[derive(Debug, Args)]
pub struct Transfer {
    /// The sponsor whose agents are given away, or one agent
    #[arg(value_name = "EMAIL|DID")]
    pub from: String,
    /// Who answers for them from now on
    #[arg(long, value_name = "EMAIL")]
    pub to: String,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `sponsor deputy`.
#[derive(Debug, Args)]
pub struct Deputy {
    /// The sponsor
    #[arg(value_name = "EMAIL")]
    pub email: String,
    /// Who is called instead
    #[arg(long = "is", value_name = "EMAIL", required_unless_present = "nobody")]
    pub deputy: Option<String>,
    /// Nobody from now on
    #[arg(long, conflicts_with_all = ["deputy", "until"])]
    pub nobody: bool,
    /// Until when [default: until another is named]
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    pub until: Option<Time>,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
}

/// `sponsor show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The address
    #[arg(value_name = "EMAIL")]
    pub email: String,
}

const AFTER: &str = "\
Addresses enter the log as commitments, so that they can be forgotten. Nobody is transferred out of a lock on the sponsor:
lift it first.

Examples:
  meshwarden sponsor show ana@example.org
  meshwarden sponsor verify ana@example.org --reason 'called back on the number in the directory'
  meshwarden sponsor transfer ana@example.org --to bo@example.org --reason 'Ana left'
  meshwarden sponsor deputy bo@example.org --is cy@example.org --until 2026-09-01T00:00:00Z

Exit codes: 0 done; 1 nobody has this sponsor; 2 usage; 4 refused; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    let (reason, step): (&str, Step<'_>) = match command {
        Command::Show(of) => return show(of, session),
        Command::Verify(verify) => {
            let email = verify.email.clone().into();
            (&verify.reason, Box::new(move |_| Ok(OnSponsor::Verify { email })))
        }
        Command::Transfer(transfer) => {
            (&transfer.reason, Box::new(|registry| transferred(transfer, registry)))
        }
        Command::Deputy(named) => {
            let step = OnSponsor::Deputy {
                email: named.email.clone().into(),
                deputy: named.deputy.clone().map(Into::into),
                until: named.until.map(Until),
            };
            (&named.reason, Box::new(move |_| Ok(step)))
        }
    };
    let mut opened = speak::open(session, false)?;
    let step = step(opened.warden.registry())?;
    let actor = session.actor();
    let receipt = opened.warden.sponsor(step, speak::word(&actor, reason))?;
    speak::acknowledge(&receipt, session)
}

/// What is said, once it is known to whom.
type Step<'s> = Box<dyn FnOnce(&Registry) -> Result<OnSponsor, CliError> + 's>;

fn transferred(transfer: &Transfer, registry: &Registry) -> Result<OnSponsor, CliError> {
    let did = |row| registry.agent(row).did().to_string();
    let agents: Vec<String> = match transfer.from.contains('@') {
        true => registry.of_sponsor(&transfer.from).map(did).collect(),
        false => vec![did(find::agent(registry, &transfer.from)?)],
    };
    if agents.is_empty() {
        let nobody = FactError::NoSponsored { email: transfer.from.clone() };
        return Err(WardenError::from(nobody).into());
    }
    Ok(OnSponsor::Transfer { agents, to: transfer.to.clone().into() })
}

fn show(show: &Show, session: &mut Session) -> Result<Exit, CliError> {
    let sight = source::look(session)?;
    let judgement = Judgement::of(&sight.registry, sight.now);
    let line = SponsorLine::of(&sight.registry, &judgement, &show.email);
    let exit = if line.agents.is_empty() { Exit::No } else { Exit::Yes };
    if session.global.json {
        session.output.json(&line)?;
        return Ok(exit);
    }
    let out = &mut session.output;
    out.line(&format!(
        "sponsor   {}{}",
        line.email,
        if line.verified { ", verified by operators" } else { "" }
    ))?;
    if let Some(deputy) = &line.deputy {
        let until = line.deputy_until.as_deref().map_or(String::new(), |until| format!(" until {until}"));
        out.line(&format!("call      {deputy}{until}"))?;
    }
    out.line(&format!("agents    {}, of which {} may act", agents(line.agents.len()), line.active))?;
    let tiers: Vec<String> = line.tiers.iter().map(|(tier, count)| format!("{tier} {count}")).collect();
    out.line(&format!("tiers     {}", tiers.join(", ")))?;
    for agent in &line.agents {
        let (did, state) = (cell(&agent.did, 41), cell(agent.state, 9));
        out.line(&format!("{did}  {state}  {}  {}", cell(agent.tier.unwrap_or("unscored"), 16), agent.name))?;
    }
    Ok(exit)
}
