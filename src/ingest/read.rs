//! From a file's bytes to records, all or nothing or all that can be read.

use std::io::{self, Read};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::batch::{Batch, abreast};
use super::{Fault, Framer, IngestError, Place};
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
    on_record: impl FnMut(&Identity<'_>, Place) -> Result<(), Fault>,
    on_refused: impl FnMut(Refused<'_>) -> io::Result<()>,
) -> Result<Summary, IngestError> {
    let mut framer = Framer::new(reader);
    let mut sink = Sink { options, on_record, on_refused, summary: Summary::default() };
    // While one batch is taken here, the other is judged on a second thread.
    let (mut one, mut other) = (Batch::default(), Batch::default());
    let mut stop = fill(&mut one, &mut framer, options);
    let mut judged = judge(&one, options);
    loop {
        let next_stop = follow(&stop, &mut other, &mut framer, options);
        let (ended, next) =
            abreast(other.len(), || sink.take_all(&one, judged, stop), || judge(&other, options));
        if ended? {
            return Ok(sink.summary);
        }
        stop = follow(&next_stop, &mut one, &mut framer, options);
        let (ended, next) =
            abreast(one.len(), || sink.take_all(&other, next, next_stop), || judge(&one, options));
        if ended? {
            return Ok(sink.summary);
        }
        judged = next;
    }
}

/// Why a batch is no longer.
enum Stop {
    Full,
    Ended,
    /// What is refused behind the last record, and its bytes.
    Fault(IngestError, Vec<u8>),
}

fn fill<R: Read>(batch: &mut Batch<Place>, framer: &mut Framer<R>, options: &Options) -> Stop {
    batch.clear();
    while !batch.is_full() {
        match framer.next() {
            None => return Stop::Ended,
            Some(Err(error)) => {
                let source = if options.skip_invalid { framer.record().to_vec() } else { Vec::new() };
                return Stop::Fault(error, source);
            }
            Some(Ok(frame)) => batch.push(frame.text, frame.place),
        }
    }
    Stop::Full
}

/// Fills the next batch, unless `stop` says that there is none.
fn follow<R: Read>(stop: &Stop, batch: &mut Batch<Place>, framer: &mut Framer<R>, options: &Options) -> Stop {
    match stop {
        Stop::Full => fill(batch, framer, options),
        Stop::Fault(error, _) if options.skip_invalid && error.recoverable() => fill(batch, framer, options),
        Stop::Ended | Stop::Fault(..) => {
            batch.clear();
            Stop::Ended
        }
    }
}

/// A record, or why it is none.
type Judged<'t> = Result<Parsed<'t>, IngestError>;

fn judge<'b>(batch: &'b Batch<Place>, options: &Options) -> Vec<Judged<'b>> {
    let judge = |(text, place): (&'b str, &Place)| {
        Identity::from_json(text, &options.reading)
            .map_err(|error| IngestError::new(Fault::Record(error), *place, did_of(text), true))
    };
    batch.records().map(judge).collect()
}

/// Where records go.
struct Sink<'o, F, G> {
    options: &'o Options,
    on_record: F,
    on_refused: G,
    summary: Summary,
}

impl<F, G> Sink<'_, F, G>
where
    F: FnMut(&Identity<'_>, Place) -> Result<(), Fault>,
    G: FnMut(Refused<'_>) -> io::Result<()>,
{
    /// Takes a batch and what comes behind it; answers whether that is the end.
    fn take_all(
        &mut self,
        batch: &Batch<Place>,
        judged: Vec<Judged<'_>>,
        stop: Stop,
    ) -> Result<bool, IngestError> {
        for ((text, place), judged) in batch.records().zip(judged) {
            match judged.and_then(|parsed| self.take(parsed, *place)) {
                Ok(()) => self.summary.taken = self.summary.taken.saturating_add(1),
                Err(error) => self.refuse(text.as_bytes(), &error)?,
            }
        }
        match stop {
            Stop::Full => Ok(false),
            Stop::Ended => Ok(true),
            Stop::Fault(error, source) => self.refuse(&source, &error).map(|()| false),
        }
    }

    fn take(&mut self, parsed: Parsed<'_>, place: Place) -> Result<(), IngestError> {
        (self.on_record)(&parsed.identity, place).map_err(|fault| {
            let recoverable = matches!(fault, Fault::Duplicate { .. } | Fault::Registered | Fault::Record(_));
            IngestError::new(fault, place, Some(parsed.identity.did.clone()), recoverable)
        })?;
        for name in parsed.dropped {
            self.summary.dropped.add(name);
        }
        Ok(())
    }

    /// Passes a record over, if that is allowed.
    fn refuse(&mut self, source: &[u8], error: &IngestError) -> Result<(), IngestError> {
        if !self.options.skip_invalid || !error.recoverable() {
            return Err(error.clone());
        }
        self.summary.refused = self.summary.refused.saturating_add(1);
        (self.on_refused)(Refused { source, error })
            .map_err(|sink| IngestError::new(Fault::Sink(sink.kind()), error.place(), None, false))
    }
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
