//! Stored records back into a registry.

use std::ops::{ControlFlow, Range};
use std::sync::{Mutex, PoisonError};

use super::WardenError;
use crate::audit::Personal;
use crate::encoding::commitment::opened;
use crate::identity::{Identity, Reading, RecordError};
use crate::ingest::{Batch, abreast};
use crate::registry::{Intake, Registry};
use crate::store::{RecordRow, View};
use crate::time::Time;

/// Registers the stored records of these rows, all of them or none; whoever asks settles.
///
/// While some are registered, the next are read.
pub(super) fn with_records(
    view: &dyn View,
    registry: Registry,
    (from, to): (u32, u32),
) -> Result<Intake, WardenError> {
    let mut intake = registry.intake(false);
    let (mut read, mut fresh, mut next) = (Records::default(), Records::default(), from);
    loop {
        let count = read.batch.len();
        let work = Mutex::new((&mut read, &mut intake));
        let (outcome, registered) = abreast(
            count,
            || fresh.read(view, &mut next, to),
            || {
                let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
                let (read, intake) = &mut *work;
                read.register(intake)
            },
        );
        // Of two records that are damaged, the first is named.
        registered?;
        outcome.or_else(|error| fresh.register(&mut intake).and(Err(error)))?;
        if fresh.batch.is_empty() {
            break;
        }
        std::mem::swap(&mut read, &mut fresh);
    }
    if next < to { Err(WardenError::MissingRecord { row: next }) } else { Ok(intake) }
}

/// The row and the entry of a stored record, and where its personal texts are, if they lie beside it.
type Stored = (u32, u64, Option<Range<usize>>);

/// Records that are read together.
#[derive(Default)]
struct Records {
    batch: Batch<Stored>,
    /// What lies beside them, one behind the other.
    beside: Vec<u8>,
}

impl Records {
    /// Reads records from the row `next` on, until there are enough.
    fn read(&mut self, view: &dyn View, next: &mut u32, to: u32) -> Result<(), WardenError> {
        let mut outcome = Ok(());
        view.records(*next, &mut |record| {
            if *next >= to {
                return ControlFlow::Break(());
            }
            // A gap would give every later agent the standing of another.
            outcome = match record.row == *next {
                true => self.put(&record),
                false => Err(WardenError::MissingRecord { row: *next }),
            };
            *next = next.saturating_add(1);
            let more = outcome.is_ok() && !self.batch.is_full();
            if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        outcome
    }

    fn put(&mut self, record: &RecordRow<'_>) -> Result<(), WardenError> {
        let text = std::str::from_utf8(record.bytes).map_err(|_| WardenError::Record {
            row: record.row,
            error: RecordError::Syntax { line: 1, column: 1 },
        })?;
        let personal = match record.personal {
            Personal::Beside(opening) => opened(opening),
            Personal::Within | Personal::Forgotten(_) => None,
        };
        let personal = personal.map(|personal| {
            let from = self.beside.len();
            self.beside.extend_from_slice(personal);
            from..self.beside.len()
        });
        self.batch.push(text, (record.row, record.entry, personal));
        Ok(())
    }

    /// Registers them all, and forgets them.
    fn register(&mut self, intake: &mut Intake) -> Result<(), WardenError> {
        const STORED: Reading = Reading { now: Time::MIN, assume_utc: false };
        const BROKEN: RecordError = RecordError::Syntax { line: 1, column: 1 };
        self.batch.each(
            |text, (_, _, personal)| {
                let identity = Identity::from_json(text, &STORED)?.identity;
                match personal {
                    None => Ok(identity),
                    Some(place) => {
                        let personal = self.beside.get(place.clone());
                        personal.and_then(|personal| identity.with_personal(personal)).ok_or(BROKEN)
                    }
                }
            },
            |_, (row, entry, _), judged| {
                let identity = judged.map_err(|error| WardenError::Record { row: *row, error })?;
                intake
                    .register(&identity, false, *entry)
                    .map(drop)
                    .map_err(|_| WardenError::RepeatedRecord { row: *row })
            },
        )?;
        self.batch.clear();
        self.beside.clear();
        Ok(())
    }
}
