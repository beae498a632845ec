//! Everything that a source says, read and checked before any lock is taken.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use crate::audit::StoredRecord;
use crate::encoding::commitment::opened;
use crate::identity::{Identity, Reading};
use crate::ingest::{Fault, Options, Place, Refused, Summary, read_all};
use crate::registry::{Intake, RegisterError, Registry, Row};
use crate::time::Time;

use super::clock::Salts;
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
    (now, salts): (Time, Salts),
    on_refused: impl FnMut(Refused<'_>) -> io::Result<()>,
) -> Result<Gathered, WardenError> {
    let reading = Options {
        reading: Reading { now, assume_utc: options.assume_utc },
        skip_invalid: options.skip_invalid,
    };
    let mut taking = Taking::new(state, options, salts)?;
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
        self.spool.each(|record| {
            let text = std::str::from_utf8(&record.bytes).unwrap_or_default();
            let row = u32::MAX;
            let parsed =
                Identity::from_json(text, &STORED).map_err(|error| WardenError::Record { row, error })?;
            let personal = opened(&record.opening).unwrap_or_default();
            let identity = parsed.identity.with_personal(personal);
            let identity = identity.ok_or(WardenError::MissingRecord { row })?;
            intake.register(&identity, false, state.head.size).map(drop).map_err(|error| match error {
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

    fn push(&mut self, record: &StoredRecord) -> io::Result<()> {
        for part in [&record.bytes, &record.opening] {
            self.0.write_all(&(part.len() as u64).to_le_bytes())?;
            self.0.write_all(part)?;
        }
        Ok(())
    }

    /// Hands out every record, in order.
    pub(super) fn each(
        &mut self,
        mut take: impl FnMut(&StoredRecord) -> Result<(), WardenError>,
    ) -> Result<(), WardenError> {
        let failed = |error: &io::Error| spool_failed(error);
        self.0.flush().map_err(|error| failed(&error))?;
        let file = self.0.get_mut();
        file.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
        let mut spooled = BufReader::with_capacity(1 << 20, file);
        let mut record = StoredRecord { bytes: Vec::new(), opening: Vec::new() };
        while !spooled.fill_buf().map_err(|error| failed(&error))?.is_empty() {
            for part in [&mut record.bytes, &mut record.opening] {
                read_part(&mut spooled, part).map_err(|error| failed(&error))?;
            }
            take(&record)?;
        }
        Ok(())
    }
}

fn read_part(from: &mut impl Read, part: &mut Vec<u8>) -> io::Result<()> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    part.clear();
    from.take(u64::from_le_bytes(length)).read_to_end(part).map(drop)
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
    salts: Salts,
    failure: Option<io::Error>,
}

impl<'o> Taking<'o> {
    fn new(state: &State, options: &'o ImportOptions, salts: Salts) -> Result<Self, WardenError> {
        let before = before(state, options);
        Ok(Self {
            first: before.row_count(),
            intake: before.intake(false),
            spool: Spool::new()?,
            options,
            index: state.head.size,
            places: Vec::new(),
            used_scores: 0,
            salts,
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
        let record = StoredRecord::of(identity, self.salts.next());
        self.spool.push(&record).map_err(|error| {
            self.failure = Some(error);
            Fault::Stopped
        })
    }

    fn place_of(&self, row: Row) -> Option<&Place> {
        row.index().checked_sub(self.first).and_then(|at| self.places.get(at))
    }
}
