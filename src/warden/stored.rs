//! Stored records back into a registry.

use std::ops::ControlFlow;

use super::WardenError;
use crate::audit::Personal;
use crate::encoding::commitment::opened;
use crate::identity::{Identity, Reading, RecordError};
use crate::ingest::Batch;
use crate::registry::{Intake, Registry};
use crate::store::{RecordRow, View};
use crate::time::Time;

/// Registers the stored records of these rows, all of them or none.
pub(super) fn with_records(
    view: &dyn View,
    registry: Registry,
    (from, to): (u32, u32),
) -> Result<Registry, WardenError> {
    let mut intake = registry.intake(false);
    let mut batch = Batch::default();
    let mut outcome = Ok(());
    let mut next = from;
    view.records(from, &mut |record| {
        if next >= to {
            return ControlFlow::Break(());
        }
        // A gap would give every later agent the standing of another.
        let put = match record.row == next {
            true => put(&mut batch, &record),
            false => Err(WardenError::MissingRecord { row: next }),
        };
        next = next.saturating_add(1);
        if put.is_err() || batch.is_full() {
            // Of two records that are damaged, the first is named.
            outcome = register(&mut intake, &mut batch).and(put);
        }
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome?;
    register(&mut intake, &mut batch)?;
    if next < to {
        return Err(WardenError::MissingRecord { row: next });
    }
    Ok(intake.settle())
}

/// The row and the entry of a stored record, and its personal texts if they lie beside it.
type Stored = (u32, u64, Option<Box<[u8]>>);

fn put(batch: &mut Batch<Stored>, record: &RecordRow<'_>) -> Result<(), WardenError> {
    let text = std::str::from_utf8(record.bytes).map_err(|_| WardenError::Record {
        row: record.row,
        error: RecordError::Syntax { line: 1, column: 1 },
    })?;
    let personal = match record.personal {
        Personal::Beside(opening) => opened(opening).map(Into::into),
        Personal::Within | Personal::Forgotten(_) => None,
    };
    batch.push(text, (record.row, record.entry, personal));
    Ok(())
}

/// Registers what a batch holds, and empties it.
fn register(intake: &mut Intake, batch: &mut Batch<Stored>) -> Result<(), WardenError> {
    const STORED: Reading = Reading { now: Time::MIN, assume_utc: false };
    const BROKEN: RecordError = RecordError::Syntax { line: 1, column: 1 };
    batch.each(
        |text, (_, _, personal)| {
            let identity = Identity::from_json(text, &STORED)?.identity;
            match personal {
                None => Ok(identity),
                Some(personal) => identity.with_personal(personal).ok_or(BROKEN),
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
    batch.clear();
    Ok(())
}
