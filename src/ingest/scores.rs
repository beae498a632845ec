//! Trust scores from the file that the reference's trust store writes, or a plain table of them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use serde::Deserialize;

use super::Fault;
use super::source::Source;
use crate::identity::{Did, MAX_SCORE};

/// A scores file is at most this long: 1 GiB.
pub const MAX_SCORES_BYTES: u64 = 1 << 30;

/// A scores file names at most this many agents.
pub const MAX_SCORES: usize = 10_000_000;

/// What is wrong with a scores file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScoresFault {
    /// The text around the scores is broken, too long or unreadable.
    #[error("{0}")]
    Input(Fault),
    /// The file is JSON and holds no table of scores.
    #[error("the file holds no scores")]
    NoScores,
    /// There are two tables: one under `scores`, one beside it.
    #[error("the file holds two tables of scores")]
    TwoTables,
    /// A name in the table is no DID.
    #[error("the name of a score is not a DID")]
    NotADid,
    /// A DID has two scores.
    #[error("the DID has a score already")]
    Duplicate,
    /// The value is neither a number nor an object with one `score` or `total_score`.
    #[error("the score is not a number, nor an object with one score")]
    NotAScore,
    /// The number is not in 0..=1000.
    #[error("the score is not in 0..=1000")]
    OutOfRange,
    /// More than [`MAX_SCORES`] agents.
    #[error("the file names more than 10,000,000 agents")]
    TooMany,
}

/// A scores file refused at a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoresError {
    /// The line, from 1.
    pub line: u64,
    /// The agent, if its DID could be read.
    pub did: Option<Did>,
    /// What is wrong.
    pub fault: ScoresFault,
}

impl ScoresFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Input(fault) => fault.code(),
            Self::NoScores => "scores_missing",
            Self::TwoTables => "scores_two_tables",
            Self::NotADid => "scores_not_a_did",
            Self::Duplicate => "scores_duplicate",
            Self::NotAScore => "scores_not_a_score",
            Self::OutOfRange => "scores_out_of_range",
            Self::TooMany => "scores_too_many",
        }
    }

    /// What to do about it.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Input(Fault::TooLong) => "give a file below 1 GiB, without strings above 1 MiB",
            Self::Input(Fault::Empty) | Self::NoScores => {
                "give {\"scores\": {\"did:mesh:...\": {\"score\": 850}}} or {\"did:mesh:...\": 850}"
            }
            Self::Input(fault) => fault.fix(),
            Self::TwoTables => "keep one of the two",
            Self::NotADid => "name the agent by its whole DID, did:mesh: and hex digits",
            Self::Duplicate => "keep one of the two",
            Self::NotAScore => "write a number, or {\"score\": 850}",
            Self::OutOfRange => "write a score from 0 to 1000",
            Self::TooMany => "split the file",
        }
    }
}

impl fmt::Display for ScoresError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", self.line)?;
        if let Some(did) = &self.did {
            write!(out, "{did}: ")?;
        }
        write!(out, "{}. Fix: {}.", self.fault, self.fault.fix())
    }
}

impl std::error::Error for ScoresError {}

impl From<Fault> for ScoresFault {
    fn from(fault: Fault) -> Self {
        Self::Input(fault)
    }
}

/// Reads `{"scores": {DID: SCORE}}`, other members allowed, or `{DID: SCORE}`; a score is a number or an
/// object with the number as `score` or `total_score`.
///
/// A fraction is cut off, so that it never lifts an agent into a higher tier.
///
/// # Errors
/// [`ScoresError`], the first in the order of the file.
pub fn read_scores<R: Read>(reader: R) -> Result<HashMap<Did, u16>, ScoresError> {
    let mut table = Table {
        source: Source::new(reader.take(MAX_SCORES_BYTES.saturating_add(1))),
        scores: HashMap::new(),
        did: None,
    };
    let mut answer = table.read();
    if table.source.reader().limit() == 0 {
        answer = Err(Fault::TooLong.into());
    }
    match answer {
        Ok(()) => Ok(table.scores),
        Err(fault) => Err(ScoresError { line: table.source.line(), did: table.did, fault }),
    }
}

struct Table<R> {
    source: Source<R>,
    scores: HashMap<Did, u16>,
    did: Option<Did>,
}

/// What a member of the outermost object is.
enum Name {
    Scores,
    Did(Did),
    Other,
}

impl<R: Read> Table<R> {
    fn read(&mut self) -> Result<(), ScoresFault> {
        self.source.skip_byte_order_mark()?;
        match self.source.peek_token()? {
            None => return Err(Fault::Empty.into()),
            Some(b'{') => self.source.bump(),
            Some(_) => return Err(ScoresFault::NoScores),
        }
        let (mut wrapped, mut plain, mut other) = (false, false, false);
        let mut first = true;
        while self.another(&mut first)? {
            match self.name()? {
                Name::Scores if wrapped || plain => return Err(ScoresFault::TwoTables),
                Name::Scores => {
                    wrapped = true;
                    self.wrapped()?;
                }
                Name::Did(_) if wrapped => return Err(ScoresFault::TwoTables),
                Name::Did(_) if other => return Err(ScoresFault::NotADid),
                Name::Did(did) => {
                    plain = true;
                    self.score(did)?;
                }
                Name::Other if plain => return Err(ScoresFault::NotADid),
                Name::Other => {
                    other = true;
                    self.source.skip_value(1)?;
                }
            }
        }
        if self.source.peek_token()?.is_some() {
            return Err(Fault::TrailingText.into());
        }
        if other && !wrapped {
            return Err(ScoresFault::NoScores);
        }
        Ok(())
    }

    fn wrapped(&mut self) -> Result<(), ScoresFault> {
        if self.source.peek()? != Some(b'{') {
            return Err(ScoresFault::NoScores);
        }
        self.source.bump();
        let mut first = true;
        while self.another(&mut first)? {
            match self.name()? {
                Name::Did(did) => self.score(did)?,
                Name::Scores | Name::Other => return Err(ScoresFault::NotADid),
            }
        }
        Ok(())
    }

    /// Passes the comma before another member, or the end of the object.
    fn another(&mut self, first: &mut bool) -> Result<bool, ScoresFault> {
        self.did = None;
        match self.source.peek_token()? {
            Some(b'}') => {
                self.source.bump();
                return Ok(false);
            }
            Some(b',') if !*first => self.source.bump(),
            Some(_) if *first => {}
            Some(_) => {
                return Err(ScoresFault::Input(Fault::Structure { expected: "a comma or } behind a score" }));
            }
            None => return Err(Fault::Truncated.into()),
        }
        *first = false;
        self.source.peek_token()?;
        Ok(true)
    }

    fn name(&mut self) -> Result<Name, ScoresFault> {
        self.source.keep();
        self.source.expect(b'"', "the name of a score")?;
        self.source.skip_string()?;
        let text: Option<Cow<'_, str>> = serde_json::from_slice(self.kept()).ok();
        let name = match text.as_deref() {
            None => return Err(Fault::NotUtf8.into()),
            Some("scores") => Name::Scores,
            Some(text) => Did::parse(text).map_or(Name::Other, Name::Did),
        };
        self.source.release();
        self.source.expect(b':', "a colon behind a name")?;
        self.source.peek_token()?;
        Ok(name)
    }

    fn score(&mut self, did: Did) -> Result<(), ScoresFault> {
        self.did = Some(did.clone());
        self.source.keep();
        self.source.skip_value(2)?;
        let score = whole(number_of(self.kept()).ok_or(ScoresFault::NotAScore)?)?;
        self.source.release();
        if self.scores.len() >= MAX_SCORES {
            return Err(ScoresFault::TooMany);
        }
        match self.scores.insert(did, score) {
            None => Ok(()),
            Some(_) => Err(ScoresFault::Duplicate),
        }
    }

    fn kept(&self) -> &[u8] {
        self.source.kept(0..self.source.kept_len())
    }
}

fn number_of(value: &[u8]) -> Option<f64> {
    #[derive(Deserialize)]
    struct Entry {
        score: Option<f64>,
        total_score: Option<f64>,
    }
    if value.first() != Some(&b'{') {
        return serde_json::from_slice(value).ok();
    }
    let entry: Entry = serde_json::from_slice(value).ok()?;
    match (entry.score, entry.total_score) {
        (Some(score), None) | (None, Some(score)) => Some(score),
        _ => None,
    }
}

fn whole(score: f64) -> Result<u16, ScoresFault> {
    if !(0.0..=f64::from(MAX_SCORE)).contains(&score) {
        return Err(ScoresFault::OutOfRange);
    }
    // Rust has no checked conversion from floats: go through the integer's own text.
    format!("{:.0}", score.floor().abs()).parse().map_err(|_| ScoresFault::OutOfRange)
}
