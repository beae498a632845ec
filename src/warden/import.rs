//! Records from a file into the registry: one entry in the log, all or nothing.

use std::collections::HashMap;
use std::io::{self, Read};

use crate::audit::Entry;
use crate::change::{ChangeId, Import, Order, Payload, SignedChange};
use crate::identity::{Did, Identity, Reading};
use crate::ingest::{Fault, Options, Place, Refused, Summary, read_all};
use crate::registry::{RegisterError, Registry, Row};
use crate::store::{Origin, StoreError, Transaction};

use super::{Warden, WardenError, now};

/// How to read the records.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Whether a time without a zone is UTC.
    pub assume_utc: bool,
    /// Whether records that cannot be read are passed over.
    pub skip_invalid: bool,
    /// Whether the records take the place of all earlier ones.
    pub replaces: bool,
    /// Scores that came beside the records; they win over members `trust_score`.
    pub scores: HashMap<Did, u16>,
}

/// Says, after the last byte was read, which file it was; an error takes nothing.
pub type OriginOf<R> = Box<dyn FnOnce(R) -> Result<Origin, WardenError> + Send>;

/// Where the records come from.
pub struct Source<R> {
    /// The bytes.
    pub reader: R,
    /// The name that people see.
    pub name: String,
    /// Called after the last byte was read: the registry file that the store is a copy of from now on.
    pub origin: Option<OriginOf<R>>,
}

/// What an import came to.
#[derive(Debug, Clone)]
pub struct ImportReport {
    /// Its place in the log.
    pub index: u64,
    /// What was read.
    pub summary: Summary,
    /// Scores that belong to nobody who was imported.
    pub unused_scores: usize,
}

impl Warden {
    /// Registers the records of `source`; refused ones go to `on_refused` when they are passed over.
    ///
    /// # Errors
    /// [`WardenError`]; nothing was taken.
    pub fn import<R: Read>(
        &mut self,
        mut source: Source<R>,
        options: &ImportOptions,
        actor: &str,
        on_refused: impl FnMut(Refused<'_>) -> io::Result<()>,
    ) -> Result<ImportReport, WardenError> {
        let id = ChangeId::from_bits(self.entropy.bits().ok_or(WardenError::NoEntropy)?);
        let mut transaction = self.store.begin()?;
        let mut state = self.state.clone();
        state.catch_up(transaction.view())?;
        let now = now(&*self.clock, &state.head);
        let reading = Options {
            reading: Reading { now, assume_utc: options.assume_utc },
            skip_invalid: options.skip_invalid,
        };
        let before = if options.replaces { Registry::default() } else { state.registry.clone() };
        let mut taking = Taking::new(before, state.head.size, &mut *transaction, options);
        let outcome = read_all(
            &mut source.reader,
            &reading,
            |identity, place| taking.take(identity, place),
            on_refused,
        );
        let (registry, used, failure) = taking.finish();
        if let Some(error) = failure {
            return Err(error.into());
        }
        let summary = outcome?;
        let pending = transaction.pending();
        let payload = Payload {
            id,
            actor: actor.to_owned(),
            order: Order::Import(Import {
                count: pending.count,
                root: pending.root,
                skipped: summary.refused,
                name: source.name,
                replaces: options.replaces,
            }),
            reason: String::new(),
            case: None,
            created: now,
            expires: None,
        };
        let index = state.head.size;
        append(&mut *transaction, &self.meta.log, index, now, &payload)?;
        let known = state.registry.clone();
        let first = if options.replaces { 0 } else { known.row_count() };
        if options.replaces {
            let base = state.head.records;
            state.replace(registry, (index, now), base);
        } else {
            state.registry = registry;
            state.welcome_back(first, (index, now));
        }
        nothing_below_seals(&known, &state.registry)?;
        for row in state.registry.rows().filter(|row| row.index() >= first) {
            let standing = state.registry.standing(row);
            if standing.put_by.is_some() || standing.sealed_at.is_some() {
                transaction.put_standing(state.stored_row(row), &standing)?;
            }
        }
        if let Some(origin) = source.origin {
            let origin = origin(source.reader)?;
            transaction.set_origin(&origin)?;
            self.meta.origin = Some(origin);
        }
        state.head = transaction.commit()?;
        self.state = state;
        let unused_scores = options.scores.len().saturating_sub(used);
        Ok(ImportReport { index, summary, unused_scores })
    }
}

/// Checks that nobody who was not there before lies below an agent that a containment sealed.
fn nothing_below_seals(known: &Registry, registry: &Registry) -> Result<(), WardenError> {
    let lineage = registry.lineage();
    for top in registry.rows() {
        let Some(entry) = registry.agent(top).sealed_at() else { continue };
        let below = lineage.subtree(top).filter_map(|position| lineage.at(position));
        if let Some(new) = below.map(|row| registry.agent(row).did()).find(|did| known.find(did).is_none()) {
            let sealed = registry.agent(top).did();
            return Err(WardenError::BelowSealed { did: new, sealed, entry });
        }
    }
    Ok(())
}

/// Puts one change into the log.
pub(super) fn append(
    transaction: &mut dyn Transaction,
    log: &crate::audit::LogName,
    index: u64,
    time: crate::time::Time,
    payload: &Payload,
) -> Result<(), WardenError> {
    let entry = Entry { log: *log, index, time, change: SignedChange::unsigned(payload)? };
    let bytes = entry.to_bytes().map_err(|error| WardenError::Entry { index, error })?;
    transaction.append(&bytes)?;
    Ok(())
}

/// Registers and stores one record after the other.
struct Taking<'t> {
    intake: crate::registry::Intake,
    transaction: &'t mut dyn Transaction,
    options: &'t ImportOptions,
    index: u64,
    /// Where the records of this import were, from the row `first` on.
    places: Vec<Place>,
    first: usize,
    used_scores: usize,
    line: String,
    failure: Option<StoreError>,
}

impl<'t> Taking<'t> {
    fn new(
        before: Registry,
        index: u64,
        transaction: &'t mut dyn Transaction,
        options: &'t ImportOptions,
    ) -> Self {
        let first = before.row_count();
        Self {
            intake: before.intake(false),
            transaction,
            options,
            index,
            places: Vec::new(),
            first,
            used_scores: 0,
            line: String::new(),
            failure: None,
        }
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
        self.transaction.put_record(self.line.as_bytes()).map(drop).map_err(|error| {
            self.failure = Some(error);
            Fault::Stopped
        })
    }

    fn place_of(&self, row: Row) -> Option<&Place> {
        row.index().checked_sub(self.first).and_then(|at| self.places.get(at))
    }

    fn finish(self) -> (Registry, usize, Option<StoreError>) {
        (self.intake.settle(), self.used_scores, self.failure)
    }
}
