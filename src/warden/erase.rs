//! Forgetting: the texts about an agent that may name people go, and every proof stays.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::fold::{State, read_entry};
use super::{FactReceipt, Warden, WardenError, Word};
use crate::audit::{Personal, did_of_record};
use crate::change::{Erase, Fact, FactError, Hidden, LockOn, PersonalText, What};
use crate::encoding::Digest32;
use crate::encoding::commitment::opened;
use crate::identity::{Attestation, Did};
use crate::store::{StoreError, Transaction, View};

/// Where the personal texts of a stored record are.
#[derive(PartialEq)]
enum Where {
    Within,
    Beside,
    Nowhere,
}

/// The stored rows of an agent's records, of every import, with where their texts are and the entry that brought them.
fn rows_of(view: &dyn View, did: &Did) -> Result<Vec<(u32, Where, u64)>, WardenError> {
    let mut rows = Vec::new();
    view.records(0, &mut |record| {
        if did_of_record(record.bytes).as_ref() == Some(did) {
            let personal = match record.personal {
                Personal::Within => Where::Within,
                Personal::Beside(_) => Where::Beside,
                Personal::Forgotten(_) => Where::Nowhere,
            };
            rows.push((record.row, personal, record.entry));
        }
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

/// What is kept about one agent.
struct Kept {
    /// Commitments to texts beside its records.
    texts: BTreeSet<Digest32>,
    /// Whether anything is there to be forgotten.
    any: bool,
}

impl Warden {
    /// Forgets name, sponsor, description and unknown members of an agent's records, what attesters said of it, and,
    /// when nobody else has its sponsor, every other text with that address.
    ///
    /// Files are wiped in a second step: what stands in its way is the second answer, and asking again tries it again.
    ///
    /// # Errors
    /// [`WardenError`]; nothing is forgotten.
    pub fn erase(
        &mut self,
        did: &Did,
        word: Word<'_>,
    ) -> Result<(Option<FactReceipt>, Result<(), StoreError>), WardenError> {
        self.state.catch_up(&*self.store.read()?)?;
        let kept = Kept::of(&*self.store.read()?, &self.state, did)?;
        if !kept.any {
            return Ok((None, self.store.purge()));
        }
        let texts = kept.texts.iter().map(|commitment| Hidden { commitment: *commitment }).collect();
        let what = What::Erase(Erase { did: did.clone(), texts });
        let receipt = self.append_fact(None, what, None, word)?;
        Ok((Some(receipt), self.store.purge()))
    }
}

/// Takes the texts that an entry forgets out of the store, in its transaction.
///
/// # Errors
/// [`WardenError::Store`] for a record that was stored whole.
pub(super) fn forget(transaction: &mut dyn Transaction, erase: &Erase) -> Result<(), WardenError> {
    for (row, ..) in rows_of(transaction.view(), &erase.did)? {
        transaction.forget_record(row)?;
    }
    for hidden in &erase.texts {
        transaction.forget_text(&hidden.commitment)?;
    }
    Ok(())
}

/// Whether everything that is to be forgotten is about the agent: nobody takes the texts of others with it.
///
/// # Errors
/// [`FactError::ForeignText`].
pub(super) fn may_forget(view: &dyn View, state: &State, erase: &Erase) -> Result<(), WardenError> {
    let foreign = || FactError::ForeignText { did: erase.did.clone() };
    if erase.texts.is_empty() {
        return Ok(());
    }
    let kept = Kept::of(view, state, &erase.did)?;
    let about = erase.texts.iter().all(|hidden| kept.texts.contains(&hidden.commitment));
    if about { Ok(()) } else { Err(foreign().into()) }
}

impl Kept {
    fn of(view: &dyn View, state: &State, did: &Did) -> Result<Self, WardenError> {
        let rows = rows_of(view, did)?;
        if let Some((_, _, index)) = rows.iter().find(|(_, personal, _)| *personal == Where::Within) {
            return Err(WardenError::InClear { index: *index });
        }
        if rows.is_empty() {
            return Err(crate::change::PlanError::Unknown(did.clone()).into());
        }
        let mut kept = Self {
            texts: BTreeSet::new(),
            any: rows.iter().any(|(_, personal, _)| *personal == Where::Beside),
        };
        let sponsor = state.registry.find(did).map(|row| state.registry.agent(row).sponsor());
        let alone = sponsor.filter(|sponsor| state.registry.of_sponsor(sponsor).nth(1).is_none());
        view.texts(&mut |row| {
            let text = row.opening.and_then(opened).and_then(|text| std::str::from_utf8(text).ok());
            if let Some(text) = text
                && (alone == Some(text) || Attestation::from_json(text).is_ok_and(|said| said.did() == did))
            {
                kept.texts.insert(row.commitment);
                kept.any = true;
            }
            ControlFlow::Continue(())
        })?;
        in_clear(view, did, alone)?;
        Ok(kept)
    }
}

/// Refuses what stands in an entry itself, as it did before there were commitments: an entry never changes.
fn in_clear(view: &dyn View, did: &Did, sponsor: Option<&str>) -> Result<(), WardenError> {
    let mut outcome = Ok(());
    view.facts(&mut |row| {
        outcome = read_entry(row.index, row.bytes).and_then(|(_, payload)| {
            match payload.order.fact().is_some_and(|fact| names(fact, did, sponsor)) {
                true => Err(WardenError::InClear { index: row.index }),
                false => Ok(()),
            }
        });
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome
}

fn names(fact: &Fact, did: &Did, sponsor: Option<&str>) -> bool {
    let of = |text: &PersonalText| text.clear().is_some();
    match &fact.what {
        What::Register(register) => register.did == *did && register.attestation.as_ref().is_some_and(of),
        What::Attest(attest) => {
            fact.about.as_ref().is_some_and(|about| about.did == *did) && of(&attest.statement)
        }
        What::Lock(LockOn::Sponsor(named)) | What::Unlock(LockOn::Sponsor(named)) => {
            sponsor.is_some_and(|sponsor| named.clear() == Some(sponsor))
        }
        _ => false,
    }
}
