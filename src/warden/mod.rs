//! The warden owns a registry and its log: it imports, contains, wakes, and never forgets.
//!
//! State is the fold of the log. Every change takes the store's lock, folds what others appended, checks
//! that the targets are still those that the operator saw, appends one entry, and lasts before it is
//! answered. Time never goes back: an entry is never earlier than the one before it.

mod ahead;
mod backup;
mod case;
mod check;
mod checkpoint;
mod clock;
mod commit;
mod context;
mod coverage;
mod decide;
mod decided;
mod decider;
mod difference;
mod dossier;
mod drafted;
mod dry_run;
mod early;
mod erase;
mod error;
mod evidence;
mod fold;
mod gather;
mod give;
mod handshake;
mod held;
mod hide;
mod history;
mod import;
mod lanes;
mod line;
mod log;
mod log_key;
mod operate;
mod point;
mod reader;
mod recognize;
mod replica;
mod requests;
mod say;
mod sent;
mod snapshot;
mod sponsor;
mod spool;
mod stored;
mod submit;
mod tag;
#[cfg(test)]
mod tests;
mod together;
mod told;
mod upstream;
mod writer;

pub use crate::change::operators::Waits;
pub use backup::{Backup, BackupError, Copied, MANIFEST, Manifest};
pub use check::LogReport;
pub use checkpoint::{Departure, SignedHead};
pub use clock::{Clock, Entropy, SystemClock, SystemEntropy};
pub use commit::{Receipt, Rejection};
pub use context::{Context, Opened, Place, Staleness};
pub use decide::Answer;
pub use decider::{Decider, Kept};
pub use difference::{FileDifference, Side};
pub use dossier::Dossier;
pub use drafted::Drafted;
pub use dry_run::{DryRun, Example, Shift};
pub use early::Early;
pub use error::WardenError;
pub use evidence::{Finding, Findings};
pub use handshake::{NotMet, peer};
pub use history::{History, Touch};
pub use import::{ImportOptions, ImportReport, OriginOf, Source};
pub use lanes::Lane;
pub use line::{Aside, Line, Pieces, Upstream, UpstreamError, Wake};
pub use log::LogLine;
pub use log_key::LOG_KEY;
pub use reader::Reader;
pub use recognize::{AROUND, Recognized};
pub use replica::{Lie, Named, NotFollowed, Piece, Reached};
pub use requests::{NotTaken, Requests};
pub use say::{FactReceipt, Newcomer, Word};
pub use snapshot::{Kind, Snapshot};
pub use spool::{Ended, Outcome};
pub use submit::Taken;
pub use together::{Judge, Prepared};
pub use writer::{Caller, NotWritten, OnNews, Shown, Writer};

use zeroize::Zeroizing;

use crate::audit::StateTree;
use crate::keystore::Hand;
use crate::registry::Registry;
use crate::store::{Head, Meta, Store};
use crate::time::Time;

/// A registry with its log, in this process.
pub struct Warden {
    store: Box<dyn Store>,
    meta: Meta,
    kind: Kind,
    state: fold::State,
    clock: Box<dyn Clock>,
    entropy: Box<dyn Entropy>,
    /// Another process appended what this one has not taken in.
    behind: bool,
    /// Roots of the state that were computed before.
    tree: StateTree,
    /// The case under which changes are made that name none.
    under: Option<String>,
    /// Whether nothing that gives authority is signed here.
    only_takes: bool,
    /// Who signs for an operator.
    hand: Option<Box<dyn Hand>>,
    /// The seed of the key of a log that ends with this process.
    passing: Option<Zeroizing<[u8; 32]>>,
    /// The decision log.
    keeper: decide::Keeper,
    /// Where the log is, of which this is a replica.
    elsewhere: Option<upstream::Elsewhere>,
    /// Where a replica that follows nobody asks.
    aside: Option<Box<dyn Aside>>,
}

impl Warden {
    /// Opens what a store holds.
    ///
    /// # Errors
    /// [`WardenError`] when the store cannot be read or does not fold.
    pub fn over(
        mut store: Box<dyn Store>,
        kind: Kind,
        clock: Box<dyn Clock>,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, WardenError> {
        let meta = store.meta()?;
        let state = fold::load(&*store.read()?, meta.log)?;
        let (tree, hand, passing, keeper) = (StateTree::default(), None, None, decide::Keeper::default());
        Ok(Self {
            store,
            meta,
            kind,
            state,
            clock,
            entropy,
            behind: false,
            tree,
            hand,
            passing,
            keeper,
            under: None,
            only_takes: false,
            elsewhere: None,
            aside: None,
        })
    }

    /// From now on changes are signed by `hand`, where the log has operators.
    pub fn sign_with(&mut self, hand: Box<dyn Hand>) {
        self.hand = Some(hand);
    }

    /// The state now, to be read by anyone for as long as they like.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_of(&self.state)
    }

    fn snapshot_of(&self, state: &fold::State) -> Snapshot {
        state.snapshot(self.kind.clone())
    }

    /// The time that counts: the clock's, and never before the last entry.
    pub fn now(&self) -> Time {
        now(&*self.clock, &self.state.head)
    }

    /// Takes in what other processes appended; answers whether there was anything.
    ///
    /// # Errors
    /// [`WardenError`]; the state is as before.
    pub fn follow(&mut self) -> Result<bool, WardenError> {
        if self.elsewhere.is_some() && self.is_behind() {
            return self.fetch();
        }
        // A look that failed is owed: the store says only once that there is something.
        self.behind |= self.store.changed()?;
        if !self.behind {
            return Ok(false);
        }
        let view = self.store.read()?;
        let news = self.state.catch_up(&*view)?;
        self.behind = false;
        Ok(news)
    }

    /// The agents.
    pub const fn registry(&self) -> &Registry {
        &self.state.registry
    }
}

fn now(clock: &dyn Clock, head: &Head) -> Time {
    head.last_time.map_or(clock.now(), |last| last.max(clock.now()))
}
