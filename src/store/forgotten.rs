//! Whether exactly those texts are forgotten of which an entry says so.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::rule::{Fault, Rule, holds};
use super::{RecordRow, StoreError, View};
use crate::audit::{Personal, did_of_record};
use crate::change::{Fact, What};
use crate::encoding::Digest32;
use crate::encoding::commitment::commitment;
use crate::identity::Did;

/// What entries say of texts that name people.
#[derive(Default)]
pub(super) struct Forgotten {
    /// The last entry that forgets each agent.
    agents: HashMap<Did, u64>,
    /// Who has each text: the first entry, and whether a later one forgets it.
    texts: HashMap<Digest32, (u64, bool)>,
}

impl Forgotten {
    pub(super) fn follow(&mut self, index: u64, fact: &Fact) {
        for commitment in fact.what.commitments() {
            self.texts.entry(commitment).or_insert((index, false));
        }
        if let What::Erase(erase) = &fact.what {
            self.agents.insert(erase.did.clone(), index);
            for hidden in &erase.texts {
                self.texts.entry(hidden.commitment).or_insert((index, true)).1 = true;
            }
        }
    }

    pub(super) fn check_record(&self, row: &RecordRow<'_>) -> Result<(), Rule> {
        let gone = matches!(row.personal, Personal::Forgotten(_));
        if !gone && self.agents.is_empty() {
            return Ok(());
        }
        let did = did_of_record(row.bytes);
        let told = did.and_then(|did| self.agents.get(&did)).is_some_and(|index| *index > row.entry);
        match (gone, told) {
            (true, false) => Err(Rule::RecordForgotten),
            (false, true) => Err(Rule::RecordKept),
            _ => Ok(()),
        }
    }

    pub(super) fn check_texts(&mut self, view: &dyn View) -> Result<Option<Fault>, StoreError> {
        let mut fault = None;
        view.texts(&mut |row| {
            let told = self.texts.remove(&row.commitment);
            let (index, forgotten) = told.unwrap_or((0, false));
            let found = view.text(&row.commitment).map(|text| text.is_some());
            let rule = match row.opening {
                Some(_) if !forgotten && found != Ok(true) => Err(Rule::TextChanged),
                _ if told.is_none() => Err(Rule::TextUnknown),
                Some(_) if forgotten => Err(Rule::TextKept),
                Some(opening) => holds(commitment(opening) == row.commitment, Rule::TextChanged),
                None => holds(forgotten, Rule::TextForgotten),
            };
            fault = rule.err().map(|rule| Fault { index, row: None, rule });
            if fault.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let missing = self.texts.values().map(|(index, _)| *index).min();
        let missing = missing.map(|index| Fault { index, row: None, rule: Rule::TextForgotten });
        Ok(fault.or(missing))
    }
}
