//! Denials of callers whom nobody knows: counted by the minute, so that a stranger fills nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{DecisionError, document};
use crate::encoding::canonical;
use crate::text::within;
use crate::time::{Span, Time};

/// So many codes are counted apart in one minute; what has yet another one is counted as `other`.
pub const MAX_REFUSAL_CODES: usize = 64;

/// So many denials of a minute are kept as samples, the first of a code each.
pub const MAX_SAMPLES: usize = 4;

/// A code, and each text of a sample, has at most so many bytes.
const MAX_TEXT: usize = 200;

const OTHER: &str = "other";

/// The denials of one minute in which nobody proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    /// When the minute began.
    pub minute: Time,
    /// How many, by the code of the first check that failed.
    pub counts: BTreeMap<String, u64>,
    /// A few of them.
    pub samples: Vec<Sample>,
}

/// One denial of an unknown caller; every text is the stranger's, and cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The code of the first check that failed.
    pub code: String,
    /// What was there instead of what would have passed.
    pub found: String,
    /// What was asked for.
    pub action: String,
    /// Where the request came from, as the gateway saw it.
    pub peer: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    minute: String,
    counts: BTreeMap<String, u64>,
    samples: Vec<Sample>,
}

impl Refusals {
    /// Nobody was denied yet in the minute of `now`.
    pub fn at(now: Time) -> Self {
        Self { minute: minute(now), counts: BTreeMap::new(), samples: Vec::new() }
    }

    /// Whether `now` lies in a later minute.
    pub fn is_over(&self, now: Time) -> bool {
        minute(now) > self.minute
    }

    /// Counts one denial; the first of a code is kept as a sample while there is room.
    pub fn count(&mut self, sample: Sample) {
        let sample = sample.cut();
        let room = self.counts.len() < MAX_REFUSAL_CODES.saturating_sub(1);
        let known = self.counts.contains_key(&sample.code);
        let code = if room || known { sample.code.as_str() } else { OTHER };
        let count = self.counts.entry(code.to_owned()).or_default();
        *count = count.saturating_add(1).min(canonical::MAX_SAFE_INTEGER);
        if !known && self.samples.len() < MAX_SAMPLES {
            self.samples.push(sample);
        }
    }

    /// How many were denied.
    pub fn total(&self) -> u64 {
        self.counts.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn members(&self) -> Map<String, Value> {
        Map::from_iter([
            ("minute".to_owned(), json!(self.minute.to_string())),
            ("counts".to_owned(), json!(self.counts)),
            ("samples".to_owned(), json!(self.samples)),
        ])
    }

    pub(super) fn read(members: Map<String, Value>) -> Result<Self, DecisionError> {
        let Document { minute, counts, samples } = document(members)?;
        let counted = counts.values().all(|count| (1..=canonical::MAX_SAFE_INTEGER).contains(count));
        if counts.is_empty() || counts.len() > MAX_REFUSAL_CODES || !counted {
            return Err(DecisionError::Unreadable { member: "counts" });
        }
        if samples.len() > MAX_SAMPLES || samples.iter().any(|sample| sample.clone().cut() != *sample) {
            return Err(DecisionError::Unreadable { member: "samples" });
        }
        let time = Time::parse(&minute).ok().filter(|time| *time == self::minute(*time));
        Ok(Self { minute: time.ok_or(DecisionError::Unreadable { member: "minute" })?, counts, samples })
    }

    /// The bytes under which an unfinished minute is kept.
    pub fn to_draft(&self) -> Vec<u8> {
        canonical::to_bytes(&Value::Object(self.members())).unwrap_or_default()
    }

    /// Reads what [`Refusals::to_draft`] writes.
    ///
    /// # Errors
    /// [`DecisionError`].
    pub fn from_draft(bytes: &[u8]) -> Result<Self, DecisionError> {
        Self::read(serde_json::from_slice(bytes)?)
    }
}

impl Sample {
    fn cut(self) -> Self {
        Self {
            code: within(&self.code, MAX_TEXT),
            found: within(&self.found, MAX_TEXT),
            action: within(&self.action, MAX_TEXT),
            peer: self.peer.map(|peer| within(&peer, MAX_TEXT)),
        }
    }
}

/// The beginning of the minute of `time`.
fn minute(time: Time) -> Time {
    let within = time.micros().rem_euclid(Span::seconds(60).micros());
    time.micros().checked_sub(within).and_then(Time::from_micros).unwrap_or(Time::MIN)
}
