//! From a file's bytes to records, all or nothing or all that can be read.

use std::io::{self, Read};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Batch, Fault, Framer, IngestError, Place};
use crate::identity::{Did, Identity, Parsed, Reading};

/// So many different names of dropped members are kept.
const MOST_NAMES: usize = 32;

/// How to read an input.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What the records leave open: the time now, and whether a time without a zone is UTC.
    pub reading: Reading,
    /// Whether a record that cannot be read is passed over instead of ending the reading.
    pub skip_invalid: bool,
}

/// A record that was passed over.
#[derive(Debug, Clone, Copy)]
pub struct Refused<'r> {
    /// Its bytes as they came; empty if it has no known end.
    pub source: &'r [u8],
    /// Where it was, and why.
    pub error: &'r IngestError,
}

/// What a reading came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records taken.
    pub taken: u64,
    /// Records passed over.
    pub refused: u64,
    /// Members that were dropped because they could hold a secret.
    pub dropped: Dropped,
}

/// Members that were dropped because they could hold a secret; their values are gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dropped {
    /// How many members, in all records.
    pub count: u64,
    /// Their names, each once, at most 32 and only those made of ASCII letters, digits, `_` and `-`.
    pub names: Vec<String>,
}

/// Reads every record of `reader` and hands it to `on_record`, in the order of the input.
///
/// `on_record` refuses a record by answering a [`Fault`]: [`Fault::Duplicate`] or [`Fault::Registered`] counts as a record that
/// cannot be read, any other ends the reading. With [`Options::skip_invalid`] every refused record goes
/// to `on_refused`; without it the first one ends the reading, and undoing what was taken before is
/// the caller's transaction.
///
/// # Errors
/// [`IngestError`], the first that may not be passed over.
pub fn read_all<R: Read>(
    reader: R,
    options: &Options,
    mut on_record: impl FnMut(&Identity<'_>, Place) -> Result<(), Fault>,
    mut on_refused: impl FnMut(Refused<'_>) -> io::Result<()>,
) -> Result<Summary, IngestError> {
    let mut framer = Framer::new(reader);
    let mut batch = Batch::default();
    let mut summary = Summary::default();
    loop {
        let stop = fill(&mut batch, &mut framer);
        batch.each(
            |text, place| judge(text, *place, options),
            |text, place, judged| {
                let taken =
                    judged.and_then(|parsed| take(parsed, *place, &mut summary.dropped, &mut on_record));
                let Err(error) = taken else {
                    summary.taken = summary.taken.saturating_add(1);
                    return Ok(());
                };
                summary.refused = summary.refused.saturating_add(1);
                refuse(text.as_bytes(), error, options, &mut on_refused)
            },
        )?;
        match stop {
            Stop::Full => {}
            Stop::Ended => return Ok(summary),
            Stop::Fault(error) => {
                summary.refused = summary.refused.saturating_add(1);
                refuse(framer.record(), error, options, &mut on_refused)?;
            }
        }
    }
}

/// Why a batch is no longer.
enum Stop {
    Full,
    Ended,
    Fault(IngestError),
}

fn fill<R: Read>(batch: &mut Batch<Place>, framer: &mut Framer<R>) -> Stop {
    batch.clear();
    while !batch.is_full() {
        match framer.next() {
            None => return Stop::Ended,
            Some(Err(error)) => return Stop::Fault(error),
            Some(Ok(frame)) => batch.push(frame.text, frame.place),
        }
    }
    Stop::Full
}

/// Passes a record over, if that is allowed.
fn refuse(
    source: &[u8],
    error: IngestError,
    options: &Options,
    on_refused: &mut impl FnMut(Refused<'_>) -> io::Result<()>,
) -> Result<(), IngestError> {
    if !options.skip_invalid || !error.recoverable() {
        return Err(error);
    }
    on_refused(Refused { source, error: &error })
        .map_err(|sink| IngestError::new(Fault::Sink(sink.kind()), error.place(), None, false))
}

fn judge<'t>(text: &'t str, place: Place, options: &Options) -> Result<Parsed<'t>, IngestError> {
    Identity::from_json(text, &options.reading)
        .map_err(|error| IngestError::new(Fault::Record(error), place, did_of(text), true))
}

fn take(
    parsed: Parsed<'_>,
    place: Place,
    dropped: &mut Dropped,
    on_record: &mut impl FnMut(&Identity<'_>, Place) -> Result<(), Fault>,
) -> Result<(), IngestError> {
    on_record(&parsed.identity, place).map_err(|fault| {
        let recoverable = matches!(fault, Fault::Duplicate { .. } | Fault::Registered | Fault::Record(_));
        IngestError::new(fault, place, Some(parsed.identity.did.clone()), recoverable)
    })?;
    for name in parsed.dropped {
        dropped.add(name);
    }
    Ok(())
}

impl Dropped {
    fn add(&mut self, name: String) {
        self.count = self.count.saturating_add(1);
        let plain = name.len() <= 64
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if plain && self.names.len() < MOST_NAMES && !self.names.contains(&name) {
            self.names.push(name);
        }
    }
}

/// The DID of a record that is refused for something else.
fn did_of(text: &str) -> Option<Did> {
    #[derive(Deserialize)]
    struct Record<'r> {
        #[serde(borrow)]
        did: &'r RawValue,
    }
    #[derive(Deserialize)]
    struct Parts {
        unique_id: String,
    }
    let record: Record<'_> = serde_json::from_str(text).ok()?;
    let did = record.did.get();
    match serde_json::from_str::<String>(did) {
        Ok(text) => Did::parse(&text).ok(),
        Err(_) => Did::from_unique_id(&serde_json::from_str::<Parts>(did).ok()?.unique_id).ok(),
    }
}
