//! Records from a file into the registry: one entry in the log, all or nothing.

use std::collections::HashMap;
use std::io::{self, Read};

use crate::change::{ChangeId, Import, Order, Payload};
use crate::identity::Did;
use crate::ingest::{Refused, Summary};
use crate::registry::{Registry, Row};
use crate::store::Origin;

use super::gather::gather;
use super::submit::{append, sign, signer};
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
    /// The lock is taken only when everything has been read: a slow source keeps nobody from revoking.
    ///
    /// # Errors
    /// [`WardenError`]; nothing was taken.
    pub fn import<R: Read>(
        &mut self,
        source: Source<R>,
        options: &ImportOptions,
        actor: &str,
        on_refused: impl FnMut(Refused<'_>) -> io::Result<()>,
    ) -> Result<ImportReport, WardenError> {
        self.not_elsewhere("import")?;
        if self.only_takes {
            return Err(WardenError::ReadOnly);
        }
        let id = ChangeId::from_bits(self.entropy.bits().ok_or(WardenError::NoEntropy)?);
        self.state.catch_up(&*self.store.read()?)?;
        let read_at = now(&*self.clock, &self.state.head);
        let Source { mut reader, name, origin } = source;
        let salts = self.entropy.salts().ok_or(WardenError::NoEntropy)?;
        let mut gathered = gather(&mut reader, &self.state, options, (read_at, salts), on_refused)?;
        let origin = origin.map(|origin| origin(reader)).transpose()?;

        let mut transaction = self.store.begin()?;
        let mut state = self.state.clone();
        if state.catch_up(transaction.view())? {
            gathered.again(&state, options)?;
        }
        let (index, now) = (state.head.size, now(&*self.clock, &state.head));
        gathered.spool.each(|record| {
            transaction.put_record(&record.bytes, record.personal()).map(drop).map_err(WardenError::from)
        })?;
        let pending = transaction.pending();
        let import = Import {
            count: pending.count,
            root: pending.root,
            skipped: gathered.summary.refused,
            name,
            replaces: options.replaces,
        };
        let held = state.operators.held();
        let actor = if held { signer(&mut self.hand, &state)?.name } else { actor.to_owned() };
        let payload = Payload {
            id,
            actor,
            order: Order::Import(import),
            reason: String::new(),
            case: None,
            created: now,
            expires: None,
            break_glass: false,
        };
        let change = sign(&mut self.hand, &state, &payload, &payload)?;
        state.consent_of_all(&change, &payload, now)?;
        append(&mut *transaction, index, now, &state, change)?;
        let known = state.registry.clone();
        let first = if options.replaces { 0 } else { known.row_count() };
        if options.replaces {
            let base = state.head.records;
            state.replace(gathered.registry, (index, now), base);
        } else {
            state.registry = gathered.registry;
            state.welcome_back(first, (index, now));
        }
        state.registry.relink();
        nothing_below_seals(&known, &state.registry)?;
        for row in state.registry.rows().filter(|row| row.index() >= first) {
            let standing = state.registry.standing(row);
            if standing.put_by.is_some() || standing.sealed_at.is_some() {
                transaction.put_standing(state.stored_row(row), &standing)?;
            }
        }
        if let Some(origin) = &origin {
            transaction.set_origin(origin)?;
        }
        state.head = transaction.commit()?;
        self.state = state;
        self.meta.origin = origin.or_else(|| self.meta.origin.take());
        let unused_scores = options.scores.len().saturating_sub(gathered.used_scores);
        Ok(ImportReport { index, summary: gathered.summary, unused_scores })
    }
}

/// Checks that nobody who was not there before lies below an agent that a containment sealed.
fn nothing_below_seals(known: &Registry, registry: &Registry) -> Result<(), WardenError> {
    let lineage = registry.lineage();
    let mut covered: Option<(usize, Row, u64)> = None;
    for (position, row) in lineage.preorder().enumerate() {
        let agent = registry.agent(row);
        if let Some((_, top, entry)) = covered.filter(|(end, ..)| position < *end) {
            if known.find(&agent.did()).is_none() {
                let sealed = registry.agent(top).did();
                return Err(WardenError::BelowSealed { did: agent.did(), sealed, entry });
            }
        } else if let Some(entry) = agent.sealed_at() {
            covered = Some((position + lineage.size(row), row, entry));
        }
    }
    Ok(())
}
