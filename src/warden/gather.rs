//! Everything that a source says, read and checked before any lock is taken.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use crate::identity::{Identity, Reading};
use crate::ingest::{Fault, Options, Place, Refused, Summary, read_all};
use crate::registry::{Intake, RegisterError, Registry, Row};
use crate::time::Time;

use super::fold::State;
use super::{ImportOptions, WardenError};

/// What a source said: the registry that it makes, and each record as it will be stored.
pub(super) struct Gathered {
    pub registry: Registry,
    pub spool: Spool,
    pub summary: Summary,
    pub used_scores: usize,
}

/// Reads and registers the records of `reader` on top of `state`, or in place of it.
pub(super) fn gather(
    reader: impl Read,
    state: &State,
    options: &ImportOptions,
    now: Time,
    on_refused: impl FnMut(Refused<'_>) -> io::Result<()>,
) -> Result<Gathered, WardenError> {
    let reading = Options {
        reading: Reading { now, assume_utc: options.assume_utc },
        skip_invalid: options.skip_invalid,
    };
    let mut taking = Taking::new(state, options)?;
    let outcome = read_all(reader, &reading, |identity, place| taking.take(identity, place), on_refused);
    if let Some(error) = taking.failure {
        return Err(spool_failed(&error));
    }
    let summary = outcome?;
    Ok(Gathered {
        registry: taking.intake.settle(),
        spool: taking.spool,
        summary,
        used_scores: taking.used_scores,
    })
}

impl Gathered {
    /// Registers the same records on top of a later state.
    pub(super) fn again(&mut self, state: &State, options: &ImportOptions) -> Result<(), WardenError> {
        const STORED: Reading = Reading { now: Time::MIN, assume_utc: false };
        let mut intake = before(state, options).intake(false);
        self.spool.each(|line| {
            let text = std::str::from_utf8(line).unwrap_or_default();
            let row = u32::MAX;
            let parsed =
                Identity::from_json(text, &STORED).map_err(|error| WardenError::Record { row, error })?;
            intake.register(&parsed.identity, false, state.head.size).map(drop).map_err(|error| match error {
                RegisterError::Duplicate { did, .. } => WardenError::TakenMeanwhile { did },
                RegisterError::AttestationRequired | RegisterError::Full => {
                    WardenError::RepeatedRecord { row }
                }
            })
        })?;
        self.registry = intake.settle();
        Ok(())
    }
}

fn before(state: &State, options: &ImportOptions) -> Registry {
    if options.replaces { Registry::default() } else { state.registry.clone() }
}

fn spool_failed(error: &io::Error) -> WardenError {
    WardenError::file(&std::env::temp_dir(), error)
}

/// Records in an unnamed private file: a million of them are not held in memory while a lock is waited for.
pub(super) struct Spool(BufWriter<File>);

impl Spool {
    fn new() -> Result<Self, WardenError> {
        let file = tempfile::tempfile().map_err(|error| spool_failed(&error))?;
        Ok(Self(BufWriter::with_capacity(1 << 20, file)))
    }

    fn push(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(line.as_bytes())?;
        self.0.write_all(b"\n")
    }

    /// Hands out every record, in order, without its line break.
    pub(super) fn each(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Result<(), WardenError>,
    ) -> Result<(), WardenError> {
        let failed = |error: &io::Error| spool_failed(error);
        self.0.flush().map_err(|error| failed(&error))?;
        let file = self.0.get_mut();
        file.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
        let mut lines = BufReader::with_capacity(1 << 20, file);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).map_err(|error| failed(&error))? > 0 {
            take(line.strip_suffix(b"\n").unwrap_or(&line))?;
            line.clear();
        }
        Ok(())
    }
}

/// Registers and spools one record after the other.
struct Taking<'o> {
    intake: Intake,
    spool: Spool,
    options: &'o ImportOptions,
    index: u64,
    /// Where the records of this import were, from the row `first` on.
    places: Vec<Place>,
    first: usize,
    used_scores: usize,
    line: String,
    failure: Option<io::Error>,
}

impl<'o> Taking<'o> {
    fn new(state: &State, options: &'o ImportOptions) -> Result<Self, WardenError> {
        let before = before(state, options);
        Ok(Self {
            first: before.row_count(),
            intake: before.intake(false),
            spool: Spool::new()?,
            options,
            index: state.head.size,
            places: Vec::new(),
            used_scores: 0,
            line: String::new(),
            failure: None,
        })
    }

    fn take(&mut self, identity: &Identity<'_>, place: Place) -> Result<(), Fault> {
        match self.options.scores.get(&identity.did) {
            None => self.put(identity, place),
            Some(score) => {
                self.used_scores += 1;
                let mut scored = identity.clone();
                scored.trust_score = Some(*score);
                self.put(&scored, place)
            }
        }
    }

    fn put(&mut self, identity: &Identity<'_>, place: Place) -> Result<(), Fault> {
        self.intake.register(identity, false, self.index).map_err(|error| match error {
            RegisterError::Duplicate { holder, .. } => match self.place_of(holder) {
                Some(first) => Fault::Duplicate { first: *first },
                None => Fault::Registered,
            },
            RegisterError::AttestationRequired | RegisterError::Full => Fault::Stopped,
        })?;
        self.places.push(place);
        self.line.clear();
        identity.write_json(&mut self.line);
        self.spool.push(&self.line).map_err(|error| {
            self.failure = Some(error);
            Fault::Stopped
        })
    }

    fn place_of(&self, row: Row) -> Option<&Place> {
        row.index().checked_sub(self.first).and_then(|at| self.places.get(at))
    }
}
