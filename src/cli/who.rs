//! `who`: the agent behind whatever somebody holds, whose it is, and by what chain it acts.

use std::io::Read as _;

use clap::Args;

use super::error::CliError;
use super::output::{Output, note};
use super::session::Session;
use super::when::Then;
use super::{Exit, chain, source, verdicts};
use crate::delegation::Token;
use crate::registry::{By, Judgement, Registry, Sighting, moment, who};
use crate::text::{agents, plural};
use crate::time::Time;
use crate::warden::Recognized;
use crate::wire::{AgentDetail, DecisionLine, TokenLine, WhoLine};

/// `who`.
#[derive(Debug, Args)]
pub struct Who {
    /// A token, jti, key id, fingerprint, request id, DID or part of one, email, name, or a line with any of these; - for standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: String,
    /// More words of the same text
    // Words that could begin with a hyphen would swallow the options behind them.
    #[arg(value_name = "MORE", hide = true)]
    pub more: Vec<String>,
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

/// What the help says at its end.
pub const AFTER: &str = "\
Paste what you have. Nothing in it is believed: it is only looked up, and a token's signature is not checked (for that:
token verify). When the text speaks of a time, verdicts within 5 minutes of it are told, else the last ones.

Examples:
  meshwarden who 'GET /pay 403 did:mesh:28eaf98c... key-1f3a...'
  grep 'alert' gateway.log | tail -1 | meshwarden who -

Exit codes: 0 somebody was recognized; 1 nobody was; 2 usage or input.";

/// So many bytes of standard input are read.
const MOST: u64 = 1 << 18;

/// Of so many agents the verdicts are told.
const MOST_WITH_VERDICTS: usize = 10;

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Who, session: &mut Session) -> Result<Exit, CliError> {
    let text = if command.text == "-" && command.more.is_empty() {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(MOST).read_to_end(&mut bytes)?;
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        [std::slice::from_ref(&command.text), &command.more].concat().join(" ")
    };
    let (sight, mut warden) = source::look_with(session, command.then.at)?;
    let judgement = Judgement::of(&sight.registry, sight.now);
    let mut sightings = who(&sight.registry, &text, sight.now);
    let recognized = warden.as_mut().map(|warden| warden.recognize(&text)).transpose()?;
    put_first(&mut sightings, recognized.unwrap_or_default(), &sight.registry);
    let moment = moment(&text);
    for (at, sighting) in sightings.iter().enumerate() {
        let did = sight.registry.agent(sighting.row).did();
        // A text that names a crowd is about nobody's verdicts in particular.
        let asked = warden.as_mut().filter(|_| at < MOST_WITH_VERDICTS);
        let verdicts = asked.map(|warden| warden.verdicts_of(&did, moment)).transpose()?.unwrap_or_default();
        let chain = chain::logged(&sight.registry, sighting.row);
        let tokens = chain.iter().flat_map(|chain| chain.tokens()).map(Token::claims);
        let line = WhoLine {
            by: sighting.by.as_str(),
            text: sighting.text.clone(),
            agent: AgentDetail::of(&sight.registry, &judgement, sighting.row),
            chain: tokens.map(|claims| TokenLine::of(claims, None, None)).collect(),
            verdicts: verdicts.iter().map(DecisionLine::of).collect(),
        };
        if session.global.json {
            session.output.json(&line)?;
        } else {
            write(&line, moment, &mut session.output)?;
        }
    }
    if sightings.is_empty() && !session.global.json {
        note("nobody is recognized by this");
    }
    Ok(if sightings.is_empty() { Exit::No } else { Exit::Yes })
}

/// Puts those whom the decision log knows by a request before the others, and those it knows by a token behind.
fn put_first(sightings: &mut Vec<Sighting>, recognized: Vec<Recognized>, registry: &Registry) {
    let mut first = 0;
    for Recognized { did, by, text } in recognized {
        let Some(row) = registry.find(&did) else { continue };
        if by == By::RequestId {
            sightings.retain(|sighting| sighting.row != row);
            sightings.insert(first.min(sightings.len()), Sighting { row, by, text });
            first = first.saturating_add(1);
        } else if sightings.iter().all(|sighting| sighting.row != row) {
            sightings.push(Sighting { row, by, text });
        }
    }
}

fn write(line: &WhoLine, moment: Option<Time>, out: &mut Output) -> Result<(), CliError> {
    let agent = &line.agent.agent;
    out.line(&format!("{}  {}  {}", agent.did, agent.state.to_uppercase(), agent.name))?;
    out.line(&format!("  recognized by  {}: {}", line.by.replace('_', " "), line.text))?;
    if let Some(why) = &line.agent.lineage.reason {
        out.line(&format!("  why            {why}"))?;
    }
    out.line(&format!("  sponsor        {}", agent.sponsor_email))?;
    let trust = agent.score.zip(agent.tier).map(|(score, tier)| format!("{score} ({tier})"));
    out.line(&format!("  trust          {}", trust.as_deref().unwrap_or("unscored")))?;
    out.line(&format!("  may do         {}", line.agent.lineage.effective_capabilities.join(" ")))?;
    out.line(&format!("  below it       {}", agents(agent.descendants)))?;
    for step in &line.agent.path {
        out.line(&format!("  from           {}  {}  {}", step.did, step.state, step.name))?;
    }
    match line.chain.last() {
        Some(leaf) => {
            out.line(&format!(
                "  chain          {} in the log, until {}",
                plural(line.chain.len(), "token", "tokens"),
                leaf.exp
            ))?;
        }
        None => out.line("  chain          none in the log")?,
    }
    let around = moment.map_or(String::new(), |moment| format!(" within 5 minutes of {moment}"));
    if line.verdicts.is_empty() {
        return out.line(&format!("  verdicts       none{around}"));
    }
    out.line(&format!("  verdicts       the last{around}"))?;
    line.verdicts.iter().try_for_each(|verdict| verdicts::write(verdict, "    ", out))
}
