//! What a console or a command talks to: a warden in this process, later one behind a URL.

mod arrival;
mod arriving;
mod aside;
mod pace;
mod progress;
mod remote;
mod told;
mod wire;

pub use arriving::{Arriving, EarlyReceipt, Offer};
pub use progress::{Progress, Seen, Stage};
pub use remote::{Opening, Remote, RemoteError};

use crate::audit::{Decision, Evidence, Search};
use crate::change::{ChangeId, Frozen, What};
use crate::encoding::Digest32;
use crate::identity::{Did, KeyBytes};
use crate::policy::Policy;
use crate::registry::query::{Callers, Query};
use crate::registry::{Figure, Judgement, Registry, pulse};
use crate::store::Minute;
use crate::time::Time;
use crate::warden::{
    Aside, Dossier, Drafted, DryRun, FactReceipt, LogLine, LogReport, Receipt, Recognized, Rejection,
    Snapshot, Wake, Warden, WardenError, Word,
};
use crate::wire::{ContactLine, DecisionLine, EnforcedLine, UnsignedLine};

/// What verdicts say about how a mesh stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beat {
    /// The verdicts of the last [`pulse::LOOK_BACK`], by the minute, the oldest first; a minute without any is left out.
    pub minutes: Vec<Minute>,
    /// The figures that rest on verdicts.
    pub figures: Vec<Figure>,
    /// Only from here on all verdicts are counted; none when they are from the beginning.
    pub since: Option<Time>,
    /// When enforcement points and signal sources were last heard; known to a running verifier alone.
    pub contacts: Vec<ContactLine>,
    /// Requests that came unsigned within a day, by the point that they came through; known to a running verifier alone.
    pub unsigned: Vec<UnsignedLine>,
}

/// Another line to a verifier, for whoever reads beside.
pub struct Line(Box<dyn Aside>);

/// The one way to a registry.
pub enum Backend {
    /// A warden in this process.
    Local(Box<Warden>),
}

impl Backend {
    fn warden(&self) -> &Warden {
        let Self::Local(warden) = self;
        warden
    }

    fn warden_mut(&mut self) -> &mut Warden {
        let Self::Local(warden) = self;
        warden
    }

    /// The state now.
    pub fn snapshot(&self) -> Snapshot {
        self.warden().snapshot()
    }

    /// The time that counts.
    pub fn now(&self) -> Time {
        self.warden().now()
    }

    /// The agents.
    pub fn registry(&self) -> &Registry {
        self.warden().registry()
    }

    /// The public key of whoever signs here; none when nobody does.
    ///
    /// # Errors
    /// [`WardenError`] when the key cannot be opened.
    pub fn key_at_hand(&mut self) -> Result<Option<KeyBytes>, WardenError> {
        self.warden_mut().key_at_hand()
    }

    /// Calls this when there is something new to take in; a log in this process's own hands has to be looked at.
    pub fn on_news(&mut self, news: Wake) {
        self.warden_mut().on_news(news);
    }

    /// Another line to the verifier whose log this follows.
    pub fn line(&self) -> Option<Line> {
        self.warden().aside().map(Line)
    }

    /// From now on this one, which only reads, asks on that line.
    pub fn ask_on(&mut self, line: Line) {
        self.warden_mut().ask_aside(line.0);
    }

    /// Takes in what others did; answers whether there was anything.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn follow(&mut self) -> Result<bool, WardenError> {
        self.warden_mut().follow()
    }

    /// Carries out exactly what `frozen` names.
    ///
    /// # Errors
    /// [`Rejection`]; nothing was done.
    pub fn commit(
        &mut self,
        frozen: &Frozen,
        rows_shown: usize,
        word: Word<'_>,
    ) -> Result<Receipt, Rejection> {
        self.warden_mut().commit(frozen, rows_shown, word)
    }

    /// Fixes the bytes of exactly what `frozen` names, to be shown before they are signed.
    ///
    /// # Errors
    /// [`Rejection`].
    pub fn draft_commit(
        &mut self,
        frozen: &Frozen,
        rows_shown: usize,
        word: Word<'_>,
    ) -> Result<Drafted, Rejection> {
        self.warden_mut().draft_commit(frozen, rows_shown, word)
    }

    /// Signs and carries out a containment that was drafted.
    ///
    /// # Errors
    /// [`Rejection`]; nothing was done.
    pub fn commit_drafted(
        &mut self,
        frozen: &Frozen,
        rows_shown: usize,
        drafted: &Drafted,
    ) -> Result<Receipt, Rejection> {
        self.warden_mut().commit_drafted(frozen, rows_shown, drafted)
    }

    /// Fixes the bytes of what is to be said, to be shown before they are signed.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn draft_fact(
        &mut self,
        did: Option<&Did>,
        what: &What,
        word: Word<'_>,
    ) -> Result<Drafted, WardenError> {
        self.warden_mut().draft_fact(did, what, word)
    }

    /// Whether what was drafted could be carried out as things stand.
    ///
    /// # Errors
    /// [`WardenError`]: why not.
    pub fn could_say(&self, drafted: &Drafted) -> Result<(), WardenError> {
        self.warden().could_say(drafted)
    }

    /// Signs and says what was drafted.
    ///
    /// # Errors
    /// [`WardenError`]; nothing was done.
    pub fn say_drafted(&mut self, drafted: &Drafted) -> Result<FactReceipt, WardenError> {
        self.warden_mut().say_drafted(drafted)
    }

    /// Approves a change that waits, if its bytes are those that were shown.
    ///
    /// # Errors
    /// [`WardenError`]; it waits as before.
    pub fn approve_shown(&mut self, id: ChangeId, digest: &Digest32) -> Result<FactReceipt, WardenError> {
        self.warden_mut().approve_shown(id, digest).map(FactReceipt::from)
    }

    /// Entries of the log from the place `from` on, at most `most`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn entries(&mut self, from: u64, most: usize) -> Result<Vec<LogLine>, WardenError> {
        self.warden_mut().entries(from, most)
    }

    /// Everything as the first `size` entries made it.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn as_of(&mut self, size: u64) -> Result<Snapshot, WardenError> {
        self.warden_mut().as_of(size)
    }

    /// How many entries were there at `time`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn size_at(&mut self, time: Time) -> Result<u64, WardenError> {
        self.warden_mut().size_at(time)
    }

    /// The evidence that an entry is in the log.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn prove(&mut self, index: u64) -> Result<Evidence, WardenError> {
        self.warden_mut().prove(index)
    }

    /// Recomputes every hash and folds the whole log again.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn verify_log(&mut self) -> Result<LogReport, WardenError> {
        self.warden_mut().verify_log()
    }

    /// Who asked for verdicts, as far as a query wants to know at `now`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn callers(&mut self, query: &Query, now: Time) -> Result<Callers, WardenError> {
        let callers = self.warden_mut().callers(query, now)?;
        if callers == Callers::unknown() { told::callers(self.warden_mut(), query, now) } else { Ok(callers) }
    }

    /// Who has confirmed an entry; none where the log lies here, since only a running verifier hears of it.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn enforced(&mut self, index: u64) -> Result<Option<EnforcedLine>, WardenError> {
        self.warden_mut().enforced(index)
    }

    /// The agents that the decision log knows by the words of a text.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn recognize(&mut self, text: &str) -> Result<Vec<Recognized>, WardenError> {
        self.warden_mut().recognize(text)
    }

    /// The verdicts of the last minutes, and the figures that rest on verdicts; none where no verdicts are kept.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn beat(&mut self, registry: &Registry, judgement: &Judgement) -> Result<Option<Beat>, WardenError> {
        let since = judgement.at().minus(pulse::LOOK_BACK);
        let Some(minutes) = self.warden_mut().minutes(since)? else {
            return told::beat(self.warden_mut(), judgement.at());
        };
        let figures = self.warden_mut().figures(registry, judgement)?;
        Ok(Some(Beat { minutes, figures, ..Beat::default() }))
    }

    /// What the logs say of an agent; of the log of changes only what came before the entry `before`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn dossier(&mut self, did: &Did, before: u64) -> Result<Dossier, WardenError> {
        self.warden_mut().dossier(did, before)
    }

    /// The decisions that `search` means, the newest first, at most `most`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn verdicts(&mut self, search: &Search, most: usize) -> Result<Vec<Decision>, WardenError> {
        self.warden_mut().verdicts(search, most)
    }

    /// The last verdicts that some words mean, as the verifier tells them; none where nobody is to be asked.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn told_verdicts(
        &mut self,
        words: &str,
        most: usize,
    ) -> Result<Option<Vec<DecisionLine>>, WardenError> {
        told::verdicts(self.warden_mut(), words, most)
    }

    /// Judges the last verdicts again under another policy.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn dry_run(&mut self, proposed: &Policy, last: usize) -> Result<DryRun, WardenError> {
        self.warden_mut().dry_run(proposed, last)
    }
}
