//! `pulse`: how the mesh stands, in figures, each with the query that lists the agents behind it.

use clap::Args;

use super::Exit;
use super::error::CliError;
use super::output::{cell, note};
use super::session::Session;
use super::source;
use super::when::Then;
use crate::registry::{Figure, Judgement, Pulse, Registry, pulse};
use crate::store::Minute;
use crate::warden::Warden;
use crate::wire::PulseLine;

/// `pulse`.
#[derive(Debug, Args)]
pub struct Command {
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

/// What the help says at its end.
pub const AFTER: &str = "\
Each figure comes with its query: meshwarden agent list -q QUERY lists the agents behind it. Verdicts of the last half \
hour are told where they are kept: in the data directory of the verifier.

Exit codes: 0 nothing asks for anybody; 1 something does; 2 usage or input.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    let (sight, warden) = source::look_with(session, command.then.at)?;
    let judgement = Judgement::of(&sight.registry, sight.now);
    let pulse = Pulse::of(&sight.registry, &judgement);
    let mut urgent = pulse.urgent(&judgement);
    let minutes = warden.map(|mut warden| told(&mut warden, &judgement, &sight.registry, &mut urgent));
    let minutes = minutes.transpose()?.flatten();
    let calm = urgent.iter().all(|figure| figure.count == 0) && pulse.silent.is_empty();
    let figures = urgent
        .into_iter()
        .chain(pulse::by_rule(&judgement).map(|(_, figure)| figure))
        .chain(pulse::by_state(&judgement).map(|(_, figure)| figure))
        .chain(pulse::by_tier(&judgement).map(|(_, figure)| figure));
    let silent = pulse.silent.into_iter().map(|name| PulseLine::SilentSource { name });
    let kept = minutes.is_some();
    let minutes = minutes.into_iter().flatten().map(minute);
    for line in figures.map(PulseLine::from).chain(silent).chain(minutes) {
        if session.global.json {
            session.output.json(&line)?;
        } else {
            session.output.line(&words(&line))?;
        }
    }
    if !session.global.json && !kept {
        session.output.flush()?;
        note("no verdicts are kept here");
    }
    Ok(if calm { Exit::Yes } else { Exit::No })
}

/// The verdicts of the last minutes; adds the figures that rest on verdicts.
fn told(
    warden: &mut Warden,
    judgement: &Judgement,
    registry: &Registry,
    urgent: &mut Vec<Figure>,
) -> Result<Option<Vec<Minute>>, CliError> {
    let minutes = warden.minutes(judgement.at().minus(pulse::LOOK_BACK))?;
    if minutes.is_some() {
        urgent.extend(warden.figures(registry, judgement)?);
    }
    Ok(minutes)
}

fn minute(Minute { begin, allowed, denied, strangers }: Minute) -> PulseLine {
    PulseLine::Minute { begin: begin.to_string(), allowed, denied, strangers }
}

fn words(line: &PulseLine) -> String {
    match line {
        PulseLine::Figure { name, count, query } => {
            format!("{}  {}  {query}", cell(&count.to_string(), 9), cell(name, 24))
        }
        PulseLine::SilentSource { name } => {
            format!("{}  {}  {name}", cell("silent", 9), cell("source of trust signals", 24))
        }
        PulseLine::Minute { begin, allowed, denied, strangers } => {
            format!("{begin}  {allowed} allowed, {denied} denied, {strangers} strangers denied")
        }
    }
}
