//! What was decided, looked up.

use crate::audit::{Decision, DecisionEvidence, Evidence, Refusals, Search, SegmentHead};
use crate::identity::Did;
use crate::registry::query::{Callers, Query};
use crate::registry::{Figure, Judgement, Registry, pulse};
use crate::store::{Calls, DecisionFault, DecisionRule, Decisions, DecisionsReport, Minute, StoreError};
use crate::time::Time;

use super::{Kind, Warden, WardenError};

impl Warden {
    /// The decisions that `search` means, the newest first, at most `most`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn verdicts(&mut self, search: &Search, most: usize) -> Result<Vec<Decision>, WardenError> {
        let found = self.decided()?.map(|decisions| decisions.find(search, most));
        Ok(found.transpose()?.unwrap_or_default())
    }

    /// Who asked for verdicts, as far as a query wants to know at `now`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn callers(&mut self, query: &Query, now: Time) -> Result<Callers, WardenError> {
        Ok(callers(self.decided()?.as_deref(), query, now)?)
    }

    /// How many verdicts were given in each minute from a time on; none where no verdicts are kept.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn minutes(&mut self, since: Time) -> Result<Option<Vec<Minute>>, WardenError> {
        Ok(self.decided()?.map(|decisions| decisions.minutes(since)).transpose()?)
    }

    /// The figures that rest on verdicts; none where no verdicts are kept.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn figures(
        &mut self,
        registry: &Registry,
        judgement: &Judgement,
    ) -> Result<Vec<Figure>, WardenError> {
        let mut figures = Vec::new();
        for (name, text) in pulse::OF_VERDICTS {
            let Ok(query) = Query::parse(text) else { continue };
            let callers = self.callers(&query, judgement.at())?;
            let Ok(filter) = query.over(registry, judgement, &callers) else { continue };
            let count = u32::try_from(filter.rows().count()).unwrap_or(u32::MAX);
            figures.push(Figure { name, count, query: text.to_owned() });
        }
        Ok(figures)
    }

    /// The denials of strangers in the minute that is not in the log yet.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn refused_lately(&mut self) -> Result<Option<Refusals>, WardenError> {
        Ok(self.decided()?.map(|decisions| decisions.draft()).transpose()?.flatten())
    }

    /// The entries of the decision log from the place `from` on that are kept, at most `most` of them.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn decisions_from(&mut self, from: u64, most: usize) -> Result<Vec<Decision>, WardenError> {
        let found = self.decided()?.map(|decisions| decisions.page(from, most));
        Ok(found.transpose()?.unwrap_or_default())
    }

    /// The evidence that a decision was kept.
    ///
    /// # Errors
    /// [`WardenError::NotYet`] when there is no such entry, or it was dropped.
    pub fn prove_decision(&mut self, index: u64) -> Result<DecisionEvidence, WardenError> {
        let size =
            self.decided()?.map_or(Ok(0), |decisions| decisions.tail().map(|tail| tail.frontier.size()))?;
        let no_such = || WardenError::NotYet { asked: index.saturating_add(1), size };
        let Some(decisions) = self.decided()? else { return Err(no_such()) };
        let tail = decisions.tail()?;
        let proof = decisions.prove(index, &tail)?.ok_or_else(no_such)?;
        let entry = decisions.bytes_of(index)?.ok_or_else(no_such)?;
        let checkpoint =
            tail.head().sign(&self.log_key()?).map_err(|error| WardenError::Unsigned { error })?;
        let verifier = self.decisions_verifiers()?.pop().ok_or_else(no_such)?;
        Ok(DecisionEvidence(Evidence { entry, proof, checkpoint, verifier }))
    }

    /// Whom an agent called, who called it, and who called by a chain through it, from a time on.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn calls(&mut self, did: &Did, since: Option<Time>) -> Result<Calls, WardenError> {
        let found = self.decided()?.map(|decisions| decisions.calls(did, since));
        Ok(found.transpose()?.unwrap_or_default())
    }

    /// Checks the whole decision log; with `then`, a head of an earlier day, also that it grew from it.
    ///
    /// Answers nothing when nothing was ever decided here.
    ///
    /// # Errors
    /// [`WardenError`] when the file cannot be read; what is wrong with the log is in the report.
    pub fn verify_decisions(
        &mut self,
        then: Option<&SegmentHead>,
    ) -> Result<Option<DecisionsReport>, WardenError> {
        let then = then.map(|then| then.tree).filter(|tree| tree.size > 0);
        if self.decided()?.is_none() {
            // A log that had something once is missing.
            return Ok(then.map(|then| DecisionsReport {
                entries: 0,
                first: 0,
                root: crate::audit::empty_root(),
                segments: 0,
                fault: Some(DecisionFault { index: 0, rule: DecisionRule::Remembered(then.size) }),
            }));
        }
        let verifiers = self.decisions_verifiers()?;
        let report = self.decided()?.map(|decisions| decisions.verify(&verifiers, then.as_ref()));
        Ok(report.transpose()?)
    }

    /// The decision log, if there is one: looking makes none.
    pub(super) fn decided(&mut self) -> Result<Option<&mut Decisions>, WardenError> {
        let there = match &self.kind {
            Kind::Directory(path) => path.join(crate::store::DECISIONS).exists(),
            _ => false,
        };
        if there { Ok(Some(self.decisions()?)) } else { Ok(None) }
    }
}

/// Who asked for verdicts, as far as a query wants to know at `now`.
pub(super) fn callers(
    decisions: Option<&Decisions>,
    query: &Query,
    now: Time,
) -> Result<Callers, StoreError> {
    let mut callers = Callers::unknown();
    let Some(decisions) = decisions else { return Ok(callers) };
    for since in query.callers_since(now) {
        let dids = decisions.callers(since.time, since.denied)?;
        callers.add(since, dids.iter().filter_map(|did| Did::parse(did).ok()).collect());
    }
    Ok(callers)
}
