//! Reads the whole decision log again and says what is the first thing wrong with it.

use std::collections::HashSet;

use rusqlite::params;

use super::super::super::{Damage, StoreError};
use super::page::Page;
use super::{Decisions, Tail, frontier, index, parts};
use crate::audit::{
    CheckpointError, Decision, DecisionError, Frontier, Note, NoteVerifier, SegmentHead, Told, Tree,
    leaf_hash,
};
use crate::encoding::Digest32;
use crate::time::Time;

/// What checking the decision log came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionsReport {
    /// How many entries there ever were.
    pub entries: u64,
    /// The first one that is kept.
    pub first: u64,
    /// The root of all of them.
    pub root: Digest32,
    /// How many signed heads are kept.
    pub segments: u64,
    /// The first thing that is wrong.
    pub fault: Option<DecisionFault>,
}

/// The first thing wrong with a decision log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("decision {index}: {rule}")]
pub struct DecisionFault {
    /// The entry; for what is wrong with the end of a segment or of the log, the place after the last entry.
    pub index: u64,
    /// The rule that does not hold.
    pub rule: DecisionRule,
}

/// The rules of a decision log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionRule {
    /// The places have no gap.
    #[error("is missing")]
    Missing,
    /// An entry is the canonical bytes of one.
    #[error("{0}")]
    Unreadable(DecisionError),
    /// An entry says its own place and log.
    #[error("says that it is another one")]
    Misplaced,
    /// An entry hashes to its leaf.
    #[error("does not hash to the stored leaf")]
    Changed,
    /// Time does not go backwards.
    #[error("is older than the one before it")]
    TimeBackwards,
    /// The index says what the entry says.
    #[error("is another one than the index says")]
    Index,
    /// The head of a segment is signed by the log's key, and counts more than the one before.
    #[error("the head of the segment that ends here {0}")]
    Head(CheckpointError),
    /// The entries lead to the signed root.
    #[error("the entries before it do not lead to the signed root")]
    Root,
    /// The end of the log is that of its entries.
    #[error("the end of the log is not that of its entries")]
    Tail,
    /// The log has what it had.
    #[error(
        "the log has not the {0} entries that the remembered head has: its end was cut off, or it was rewritten"
    )]
    Remembered(u64),
}

impl DecisionRule {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "entry_missing",
            Self::Unreadable(error) => error.code(),
            Self::Misplaced => "entry_misplaced",
            Self::Changed => "entry_changed",
            Self::TimeBackwards => "entry_time_backwards",
            Self::Index => "decision_index_differs",
            Self::Head(error) => error.code(),
            Self::Root => "decision_root_differs",
            Self::Tail => "decision_tail_differs",
            Self::Remembered(_) => "log_rewritten",
        }
    }

    const fn at(self, index: u64) -> DecisionFault {
        DecisionFault { index, rule: self }
    }
}

/// The signed end of a segment, as it is stored.
struct Ended {
    end: u64,
    frontier: Option<Frontier>,
    head: Result<SegmentHead, CheckpointError>,
    dropped: bool,
    ended: i64,
}

impl Decisions {
    /// Checks every signed head, every hash, the order, and the index; with `then`, a head of an earlier day, also that
    /// the log grew from it. Heads may be signed by any of `verifiers`.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read; what is wrong with the log is in the report.
    pub fn verify(
        &self,
        verifiers: &[NoteVerifier],
        then: Option<&Tree>,
    ) -> Result<DecisionsReport, StoreError> {
        let begun = self.connection.execute_batch("BEGIN");
        begun.map_err(|error| self.fail(&error))?;
        let report = self.verified(verifiers, then);
        let _ = self.connection.execute_batch("ROLLBACK");
        report
    }

    fn verified(
        &self,
        verifiers: &[NoteVerifier],
        then: Option<&Tree>,
    ) -> Result<DecisionsReport, StoreError> {
        // An index of SQLite that misses an entry hides it from whoever looks for it.
        let whole = self.connection.query_row("PRAGMA integrity_check(1)", (), |row| row.get::<_, String>(0));
        if whole.map_err(|error| self.fail(&error))? != "ok" {
            return Err(Damage::Corrupt.of(&self.path));
        }
        let tail = self.tail()?;
        let ends = self.ends(verifiers)?;
        let mut walk = Walk { tail: &tail, then, at: Frontier::new(), last_time: None, ends: &ends };
        let fault = match walk.begin() {
            Err(fault) => Some(fault),
            Ok(()) => self.walk(&mut walk)?,
        };
        Ok(DecisionsReport {
            entries: tail.frontier.size(),
            first: ends.iter().rev().find(|ended| ended.dropped).map_or(0, |ended| ended.end),
            root: tail.frontier.root(),
            segments: ends.len() as u64,
            fault,
        })
    }

    fn walk(&self, walk: &mut Walk<'_>) -> Result<Option<DecisionFault>, StoreError> {
        let fail = |error: rusqlite::Error| self.fail(&error);
        let begin = walk.at.size();
        let first = i64::try_from(begin).unwrap_or(i64::MAX);
        let strays = "SELECT EXISTS (SELECT 1 FROM entries WHERE number < ?1)
            OR EXISTS (SELECT 1 FROM indexes WHERE first < ?1)";
        let mut strays: bool =
            self.connection.query_row(strays, params![first], |row| row.get(0)).map_err(fail)?;
        let sql = "SELECT number, leaf, bytes, parts FROM entries WHERE number >= ?1 ORDER BY number";
        let mut statement = self.connection.prepare(sql).map_err(fail)?;
        let mut rows = statement.query(params![first]).map_err(fail)?;
        let mut index = Index { decisions: self, page: None, linked: HashSet::new() };
        while let Some(row) = rows.next().map_err(fail)? {
            let number: i64 = row.get(0).map_err(fail)?;
            let (leaf, parts): (Vec<u8>, Vec<u8>) = (row.get(1).map_err(fail)?, row.get(3).map_err(fail)?);
            // What lacks a part is not what was hashed.
            let bytes = self.whole(row.get(2).map_err(fail)?, &parts)?.unwrap_or_default();
            let decision = match walk.step(number, &leaf, &bytes) {
                Ok(decision) => decision,
                Err(fault) => return Ok(Some(fault)),
            };
            if !index.says(&decision, parts::chain_of(&decision, &bytes, &parts))? {
                return Ok(Some(DecisionRule::Index.at(decision.index)));
            }
        }
        let end = walk.at.size();
        strays |= index.says_more(end)?;
        let fault = walk.finish().err();
        Ok(fault.or_else(|| strays.then(|| DecisionRule::Index.at(end))))
    }

    fn ends(&self, verifiers: &[NoteVerifier]) -> Result<Vec<Ended>, StoreError> {
        let fail = |error: rusqlite::Error| self.fail(&error);
        let sql = "SELECT end, peaks, note, dropped, ended FROM segments ORDER BY end";
        let mut statement = self.connection.prepare(sql).map_err(fail)?;
        let rows = statement.query_map((), |row| {
            let end = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
            let peaks: Vec<u8> = row.get(1)?;
            let note: String = row.get(2)?;
            Ok(Ended {
                end,
                frontier: frontier(end, &peaks),
                head: open(&note, verifiers),
                dropped: row.get(3)?,
                ended: row.get(4)?,
            })
        });
        rows.and_then(Iterator::collect).map_err(fail)
    }
}

/// A head that one of the keys of the log signed.
fn open(text: &str, verifiers: &[NoteVerifier]) -> Result<SegmentHead, CheckpointError> {
    let note = Note::parse(text)?;
    let mut answer = Err(CheckpointError::Malformed);
    for verifier in verifiers {
        answer = SegmentHead::open(&note, verifier);
        if answer.is_ok() {
            break;
        }
    }
    answer
}

/// The index, beside the entries that it is about.
struct Index<'d> {
    decisions: &'d Decisions,
    /// The page that was read last, and where it begins.
    page: Option<(u64, Page)>,
    /// The chains that it told of, in the pages that were read.
    linked: HashSet<i64>,
}

impl Index<'_> {
    /// Whether the index says of an entry what it says itself.
    fn says(&mut self, decision: &Decision, chain: Option<i64>) -> Result<bool, StoreError> {
        let within = |(first, page): &(u64, Page)| {
            decision.index.checked_sub(*first).is_some_and(|at| at < page.len() as u64)
        };
        if !self.page.as_ref().is_some_and(within) {
            // All that the last page told of was in its entries.
            if !self.linked_all() {
                return Ok(false);
            }
            let page = self.decisions.page_at(decision.index)?;
            self.page = Some((decision.index, page));
        }
        let Some((first, page)) = &self.page else { return Ok(false) };
        let at = usize::try_from(decision.index.saturating_sub(*first)).unwrap_or(usize::MAX);
        let Some(line) = page.line(at) else { return Ok(false) };
        if line.whole() != index::of(decision, chain) {
            return Ok(false);
        }
        let (Some(chain), Told::Ruling(ruling)) = (chain, &decision.told) else { return Ok(true) };
        match page.links(chain) {
            Some(links) => {
                self.linked.insert(chain);
                Ok(links == index::links(&ruling.tokens))
            }
            // A page before told of it.
            None => Ok(self.linked.contains(&chain)),
        }
    }

    /// Whether the page that was read last tells of no chain but those of its entries.
    fn linked_all(&self) -> bool {
        self.page.as_ref().is_none_or(|(_, page)| page.chains().all(|chain| self.linked.contains(&chain)))
    }

    /// Whether the index says something of which there is no entry.
    fn says_more(&self, end: u64) -> Result<bool, StoreError> {
        let over =
            self.page.as_ref().is_some_and(|(first, page)| first.saturating_add(page.len() as u64) > end);
        let beyond = "SELECT EXISTS (SELECT 1 FROM indexes WHERE first >= ?1)";
        let end = i64::try_from(end).unwrap_or(i64::MAX);
        let beyond = self.decisions.connection.query_row(beyond, params![end], |row| row.get::<_, bool>(0));
        Ok(over || !self.linked_all() || beyond.map_err(|error| self.decisions.fail(&error))?)
    }
}

/// The way from the first entry that is kept to the end.
struct Walk<'w> {
    tail: &'w Tail,
    then: Option<&'w Tree>,
    at: Frontier,
    last_time: Option<Time>,
    /// The ends that were not reached yet.
    ends: &'w [Ended],
}

impl Walk<'_> {
    /// Checks what stays of the segments that were dropped, and begins behind them.
    fn begin(&mut self) -> Result<(), DecisionFault> {
        let dropped =
            self.ends.iter().rposition(|ended| ended.dropped).map_or(0, |last| last.saturating_add(1));
        let (gone, kept) = self.ends.split_at_checked(dropped).unwrap_or((&[], self.ends));
        let mut before = 0;
        for ended in self.ends {
            let head = ended.head.as_ref().map_err(|error| DecisionRule::Head(*error).at(ended.end))?;
            let mine = head.log == self.tail.log
                && head.tree.size == ended.end
                && ended.end > before
                && head.time.micros() == ended.ended;
            let root = ended.frontier.as_ref().map(Frontier::root);
            if !mine || root != Some(head.tree.root) {
                return Err(DecisionRule::Root.at(ended.end));
            }
            before = ended.end;
        }
        if let Some(last) = gone.last() {
            self.at = last.frontier.clone().unwrap_or_default();
            self.last_time = last.head.as_ref().ok().map(|head| head.time);
        }
        self.ends = kept;
        self.remembered()
    }

    fn step(&mut self, number: i64, leaf: &[u8], bytes: &[u8]) -> Result<Decision, DecisionFault> {
        let index = self.at.size();
        if u64::try_from(number) != Ok(index) {
            return Err(DecisionRule::Missing.at(index));
        }
        let decision = Decision::from_bytes(bytes);
        let hash = decision.as_ref().ok().and_then(|decision| decision.leaf().ok());
        let hash = hash.unwrap_or_else(|| leaf_hash(bytes));
        if leaf != hash {
            return Err(DecisionRule::Changed.at(index));
        }
        let decision = decision.map_err(|error| DecisionRule::Unreadable(error).at(index))?;
        if decision.index != index || decision.log != self.tail.log {
            return Err(DecisionRule::Misplaced.at(index));
        }
        if self.last_time.is_some_and(|last| decision.time < last) {
            return Err(DecisionRule::TimeBackwards.at(index));
        }
        self.last_time = Some(decision.time);
        self.at.push(hash);
        self.remembered()?;
        if let Some((ended, rest)) = self.ends.split_first()
            && ended.end == self.at.size()
        {
            if ended.frontier.as_ref() != Some(&self.at) {
                return Err(DecisionRule::Root.at(ended.end));
            }
            self.ends = rest;
        }
        Ok(decision)
    }

    /// Whether the first entries are those that a remembered head has.
    fn remembered(&self) -> Result<(), DecisionFault> {
        match self.then {
            Some(then) if then.size == self.at.size() && then.root != self.at.root() => {
                Err(DecisionRule::Remembered(then.size).at(then.size))
            }
            _ => Ok(()),
        }
    }

    fn finish(&self) -> Result<(), DecisionFault> {
        let end = self.at.size();
        if let Some(ended) = self.ends.first() {
            return Err(DecisionRule::Missing.at(end.min(ended.end)));
        }
        if self.then.is_some_and(|then| then.size > end) {
            let then = self.then.map_or(0, |then| then.size);
            return Err(DecisionRule::Remembered(then).at(end));
        }
        if self.at != self.tail.frontier || self.last_time != self.tail.last_time {
            return Err(DecisionRule::Tail.at(end));
        }
        Ok(())
    }
}
