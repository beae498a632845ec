//! `trust signal`, `trust void`: what registered sources say about agents, and what is taken back.

use clap::{Args, Subcommand};

use super::error::CliError;
use super::session::Session;
use super::{Exit, find, speak};
use crate::trust::{Dimension, Event, Kind, Points, Share};

/// `trust signal`.
#[derive(Debug, Args)]
pub struct Signal {
    /// The agent that it is about
    #[arg(value_name = "DID")]
    pub did: String,
    /// Who says it: a source that the policy registers
    #[arg(long, value_name = "NAME")]
    pub source: String,
    /// What is said.
    #[command(subcommand)]
    pub said: Said,
}

/// What a source says.
#[derive(Debug, Subcommand)]
pub enum Said {
    /// Its score is this; what was said before is settled
    Assess {
        /// 0 to 1000
        #[arg(value_name = "SCORE", value_parser = clap::value_parser!(u16).range(0..=1000))]
        score: u16,
    },
    /// It did well
    Praise {
        /// 1 to 100
        #[arg(value_name = "POINTS", value_parser = clap::value_parser!(u8).range(1..=100))]
        points: u8,
    },
    /// It did harm: up to 100 points, and a part of it to those that it deals with
    Violation {
        /// Percent, 1 to 100
        #[arg(value_name = "SEVERITY", value_parser = clap::value_parser!(u16).range(1..=100))]
        severity: u16,
    },
    /// A measurement of one dimension
    Measure {
        /// Which
        #[arg(value_name = "DIMENSION", value_parser = dimension)]
        dimension: Dimension,
        /// Percent, 0 to 100
        #[arg(value_name = "VALUE", value_parser = clap::value_parser!(u16).range(0..=100))]
        value: u16,
    },
    /// It dealt with another agent
    Interaction {
        /// The other
        #[arg(value_name = "DID")]
        with: String,
        /// How many times
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=100))]
        times: u8,
    },
}

/// `trust void`.
#[derive(Debug, Args)]
pub struct Void {
    /// The log index of the signal
    #[arg(value_name = "INDEX")]
    pub entry: u64,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// What the help of both says at its end.
pub const AFTER: &str = "\
A source is heard if the policy registers it, as often as the policy lets it, and never about itself. A signal that \
was wrong is taken back whole, with what it did to others by contagion.

Examples:
  meshwarden trust signal 28eaf98c --source siem violation 80
  meshwarden trust explain 28eaf98c
  meshwarden trust void 118 --reason 'a test of the alarm'

Exit codes: 0 done; 2 usage; 4 refused; 5 the data directory is out of reach.";

fn dimension(word: &str) -> Result<Dimension, String> {
    let words = Dimension::ALL.map(Dimension::as_str).join(", ");
    Dimension::parse(word).ok_or_else(|| format!("is none of {words}"))
}

/// Runs `trust signal`.
///
/// # Errors
/// [`CliError`].
pub fn signal(signal: &Signal, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let registry = opened.warden.registry();
    let agent = |text: &str| find::agent(registry, text).map(|row| registry.agent(row).did());
    let percent = |count: u16| Share::thousandths(count.saturating_mul(10)).unwrap_or(Share::NONE);
    let kind = match &signal.said {
        Said::Assess { score } => Kind::Assessed(Points::whole(i32::from(*score))),
        Said::Praise { points } => Kind::Positive(Points::whole(i32::from(*points))),
        Said::Violation { severity } => Kind::Violation(percent(*severity)),
        Said::Measure { dimension, value } => Kind::Signal(*dimension, percent(*value)),
        Said::Interaction { with, times } => Kind::Interaction(agent(with)?, *times),
    };
    let (subject, source) = (agent(&signal.did)?, signal.source.clone());
    if matches!(&kind, Kind::Interaction(with, _) if *with == subject) {
        return Err(CliError::Usage("an agent does not deal with itself: name another one"));
    }
    let event = Event { index: 0, at: opened.warden.now(), subject, source, kind };
    let actor = session.actor();
    let receipt = opened.warden.signal(&event, speak::word(&actor, ""))?;
    speak::acknowledge(&receipt, session)
}

/// Runs `trust void`.
///
/// # Errors
/// [`CliError`].
pub fn void(void: &Void, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let actor = session.actor();
    let receipt = opened.warden.void(void.entry, speak::word(&actor, &void.reason))?;
    speak::acknowledge(&receipt, session)
}
