//! What may be said about an agent's behaviour, as the log holds it.

use serde_json::{Map, Value, json};

use super::{Dimension, Points, Share};
use crate::identity::Did;
use crate::time::Time;

/// The most points that one positive signal may give.
pub const MAX_BONUS: Points = Points::whole(100);

/// The interactions after which two agents count as closely tied (IDT 12.2).
pub const SATURATED: u8 = 100;

/// The longest name of a source, in bytes.
pub const MAX_SOURCE_NAME: usize = 64;

/// One statement about one agent, at its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its log index.
    pub index: u64,
    /// The time of its log entry.
    pub at: Time,
    /// Whom it is about.
    pub subject: Did,
    /// The registered source that said it.
    pub source: String,
    /// What was said.
    pub kind: Kind,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Its score is this; the past is settled, and decay starts anew.
    Assessed(Points),
    /// It did well: so many points, at most [`MAX_BONUS`] either way, and decay starts anew (IDT 12.1).
    Positive(Points),
    /// A measurement of one dimension; from one half up it is a positive signal (IDT 11.2).
    Signal(Dimension, Share),
    /// It did harm of this severity: up to 100 points, and contagion to those it deals with (IDT 12.2).
    Violation(Share),
    /// It dealt with another agent so many times, at most [`SATURATED`].
    Interaction(Did, u8),
}

/// Why a JSON value is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing, unknown or out of bounds")]
pub struct EventError(pub &'static str);

impl EventError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        "trust_event_malformed"
    }
}

impl Kind {
    /// The word in the log.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Assessed(_) => "assessed",
            Self::Positive(_) => "positive",
            Self::Signal(..) => "signal",
            Self::Violation(_) => "violation",
            Self::Interaction(..) => "interaction",
        }
    }
}

impl Event {
    /// The members that the log keeps, integers in billionths; index and time are the entry's own.
    pub fn to_json(&self) -> Value {
        let said = match &self.kind {
            Kind::Assessed(points) | Kind::Positive(points) => {
                vec![("points", json!(points.as_billionths()))]
            }
            Kind::Violation(severity) => vec![("severity", json!(severity.as_billionths()))],
            Kind::Signal(dimension, value) => {
                vec![("dimension", json!(dimension.as_str())), ("value", json!(value.as_billionths()))]
            }
            Kind::Interaction(with, times) => {
                vec![("with", json!(with.to_string())), ("times", json!(times))]
            }
        };
        let about = [
            ("kind", json!(self.kind.as_str())),
            ("source", json!(self.source)),
            ("subject", json!(self.subject.to_string())),
        ];
        about
            .into_iter()
            .chain(said)
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Map<_, _>>()
            .into()
    }

    /// Reads what [`Event::to_json`] writes, and nothing else.
    ///
    /// # Errors
    /// [`EventError`] names the member.
    pub fn from_json(value: &Value, index: u64, at: Time) -> Result<Self, EventError> {
        let members = value.as_object().ok_or(EventError("the event"))?;
        let source = text(members, "source")?;
        if source.is_empty() || source.len() > MAX_SOURCE_NAME {
            return Err(EventError("source"));
        }
        let kind = match text(members, "kind")? {
            "assessed" => Kind::Assessed(points(members, Points::MAX)?),
            "positive" => Kind::Positive(points(members, MAX_BONUS)?),
            "violation" => Kind::Violation(share(members, "severity")?),
            "signal" => {
                let dimension = Dimension::parse(text(members, "dimension")?);
                Kind::Signal(dimension.ok_or(EventError("dimension"))?, share(members, "value")?)
            }
            "interaction" => {
                let times = members.get("times").and_then(Value::as_u64);
                let times = times.and_then(|times| u8::try_from(times).ok());
                let times = times.filter(|times| (1..=SATURATED).contains(times));
                Kind::Interaction(did(members, "with")?, times.ok_or(EventError("times"))?)
            }
            _ => return Err(EventError("kind")),
        };
        let event = Self { index, at, subject: did(members, "subject")?, source: source.to_owned(), kind };
        // One spelling only: what a member too many would say is said by nobody.
        if event.to_json() == *value { Ok(event) } else { Err(EventError("a member")) }
    }
}

fn text<'v>(members: &'v Map<String, Value>, name: &'static str) -> Result<&'v str, EventError> {
    members.get(name).and_then(Value::as_str).ok_or(EventError(name))
}

fn did(members: &Map<String, Value>, name: &'static str) -> Result<Did, EventError> {
    Did::parse(text(members, name)?).map_err(|_| EventError(name))
}

fn points(members: &Map<String, Value>, most: Points) -> Result<Points, EventError> {
    let points = members.get("points").and_then(Value::as_i64).map(Points::billionths);
    let least = if most == Points::MAX { Points::ZERO } else { most.negated() };
    points.filter(|points| (least..=most).contains(points)).ok_or(EventError("points"))
}

fn share(members: &Map<String, Value>, name: &'static str) -> Result<Share, EventError> {
    let count = members.get(name).and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
    count.and_then(Share::billionths).ok_or(EventError(name))
}
