//! Writing decisions: the lock of the file, entries, the end of a segment, and room for more.

use rusqlite::{Params, params};

use super::super::super::{Damage, Misuse, Obstacle, StoreError};
use super::page::Page;
use super::parts::{self, Shared};
use super::{Decisions, Tail};
use crate::audit::{Decision, Draft, Hashed, Note, Refusals, SegmentHead, Told, Tree, leaf_hash};
use crate::encoding::{Digest32, sha256};
use crate::time::Time;

/// The write lock of the decision log, and what was written under it; dropped without a commit, nothing of it lasts.
pub struct Recording<'d> {
    pub(super) decisions: &'d mut Decisions,
    pub(super) tail: Tail,
    /// What the entries since the last commit, or since the last end of a segment, are found by.
    pub(super) page: Page,
    pub(super) open: bool,
}

/// An entry that is stored.
pub(super) struct Stored {
    /// How many bytes of it are new.
    bytes: usize,
    /// The part that has the tokens of its chain or their names, and whether no entry of the segment had it before.
    chain: Option<(i64, bool)>,
}

impl Decisions {
    /// Takes the write lock; what is committed is on the disk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin(&mut self) -> Result<Recording<'_>, StoreError> {
        self.begin_with("FULL")
    }

    /// Takes the write lock for what no answer depends on: it may be lost with the power, and no disk is waited for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_counting(&mut self) -> Result<Recording<'_>, StoreError> {
        self.begin_with("NORMAL")
    }

    fn begin_with(&mut self, synchronous: &str) -> Result<Recording<'_>, StoreError> {
        let how = format!("PRAGMA synchronous = {synchronous}; BEGIN IMMEDIATE");
        self.connection.execute_batch(&how).map_err(|error| self.fail(&error))?;
        let followed = self.tail().and_then(|tail| {
            self.known.follow(&tail);
            self.follow_seen().map(|()| tail)
        });
        match followed {
            Ok(tail) => Ok(Recording { decisions: self, tail, page: Page::default(), open: true }),
            Err(error) => {
                let _ = self.connection.execute_batch("ROLLBACK");
                Err(error)
            }
        }
    }
}

impl Recording<'_> {
    /// The end of the log, with what was appended here.
    pub const fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Appends what was decided at `now`, or at the time of the last entry if that is later, and answers its place.
    ///
    /// # Errors
    /// [`Misuse::Decision`] when it has no such form; [`StoreError`].
    pub fn append(&mut self, told: Told, now: Time) -> Result<u64, StoreError> {
        if let Told::Ruling(ruling) = &told
            && ruling.hashed == Hashed::Short
        {
            let draft = ruling.draft(self.tail.log).map_err(Misuse::Decision)?;
            return self.append_draft(&draft, now);
        }
        let (index, time) = self.next(now);
        let decision = Decision { log: self.tail.log, index, time, told };
        let bytes = decision.to_bytes().map_err(Misuse::Decision)?;
        let leaf = leaf_hash(&bytes);
        let stored = self.put_whole(index, leaf, &bytes)?;
        self.page.add(&decision, stored.chain);
        self.grow((leaf, time), stored.bytes);
        Ok(index)
    }

    /// Appends a verdict, as [`Recording::append`] does.
    ///
    /// # Errors
    /// As there.
    pub fn append_draft(&mut self, draft: &Draft, now: Time) -> Result<u64, StoreError> {
        let (index, time) = self.next(now);
        let (holed, leaf) = draft.entry(index, time).map_err(Misuse::Decision)?;
        let lists = draft.lists().map(|list| (list.as_str().as_bytes(), *list.digest()));
        // Before the checks comes the chain.
        let chain = (!draft.found.tokens.is_empty()).then_some(0);
        let stored = self.put((index, leaf), &holed, (lists, chain))?;
        self.page.add_verdict(time, &draft.found, stored.chain);
        self.grow((leaf, time), stored.bytes);
        Ok(index)
    }

    /// The place and the time of what comes next.
    fn next(&self, now: Time) -> (u64, Time) {
        (self.tail.frontier.size(), self.tail.last_time.map_or(now, |last| last.max(now)))
    }

    fn grow(&mut self, (leaf, time): (Digest32, Time), bytes: usize) {
        self.tail.frontier.push(leaf);
        self.tail.last_time = Some(time);
        self.tail.opened.get_or_insert(time);
        self.tail.bytes = self.tail.bytes.saturating_add(bytes as u64);
    }

    /// Stores an entry that is hashed as it is.
    pub(super) fn put_whole(
        &mut self,
        index: u64,
        leaf: Digest32,
        bytes: &[u8],
    ) -> Result<Stored, StoreError> {
        let shared = parts::shared(bytes);
        let holed = parts::holed(bytes, &shared);
        let chain = shared.iter().position(|(kind, _)| *kind == Shared::Names);
        let parts = shared.into_iter().filter_map(|(_, place)| bytes.get(place));
        self.put((index, leaf), &holed, (parts.map(|part| (part, sha256(part))), chain))
    }

    /// Stores an entry with holes, and the parts that fill them, of which one may be its chain's.
    fn put<'p>(
        &mut self,
        (index, leaf): (u64, Digest32),
        holed: &[u8],
        (parts, chain): (impl Iterator<Item = (&'p [u8], Digest32)>, Option<usize>),
    ) -> Result<Stored, StoreError> {
        let index = i64::try_from(index).map_err(|_| Misuse::IntegerTooLarge)?;
        let mut stored = Stored { bytes: holed.len(), chain: None };
        let mut numbers = Vec::with_capacity(3);
        for (place, (part, digest)) in parts.enumerate() {
            let (number, new) = self.part(part, digest)?;
            numbers.push(number);
            if new {
                stored.bytes = stored.bytes.saturating_add(part.len());
            }
            if chain == Some(place) {
                stored.chain = Some((number, new));
            }
        }
        let sql = "INSERT INTO entries (number, leaf, bytes, parts) VALUES (?1, ?2, ?3, ?4)";
        self.execute(sql, params![index, leaf, holed, parts::numbers(&numbers)])?;
        Ok(stored)
    }

    /// The number of a part, and whether it is new.
    fn part(&mut self, part: &[u8], digest: Digest32) -> Result<(i64, bool), StoreError> {
        if let Some(number) = self.decisions.known.find(&digest) {
            return Ok((number, false));
        }
        let number = self.last_part()?.checked_add(1).ok_or(Misuse::IntegerTooLarge)?;
        self.execute("INSERT INTO parts (number, bytes) VALUES (?1, ?2)", params![number, part])?;
        self.decisions.known.keep(digest, number);
        self.decisions.known.last = Some(number);
        Ok((number, true))
    }

    /// The number of the part that was stored last: it never comes again, whatever was dropped.
    fn last_part(&self) -> Result<i64, StoreError> {
        if let Some(last) = self.decisions.known.last {
            return Ok(last);
        }
        let sql = "SELECT max(coalesce((SELECT max(number) FROM parts), 0),
            coalesce((SELECT max(parts) FROM segments), 0))";
        let read = self.decisions.connection.prepare_cached(sql);
        read.and_then(|mut each| each.query_one((), |row| row.get(0)))
            .map_err(|error| self.decisions.fail(&error))
    }

    /// The denials of strangers in a minute that was not over when they were counted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn draft(&self) -> Result<Option<Refusals>, StoreError> {
        self.decisions.draft()
    }

    /// Keeps the denials of a minute that is not over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_draft(&mut self, refusals: Option<&Refusals>) -> Result<(), StoreError> {
        let draft = refusals.map(Refusals::to_draft);
        self.execute("UPDATE head SET draft = ?1 WHERE one = 1", params![draft])
    }

    /// The head that the segment should end with, if it is large or old enough at `now`.
    pub fn due(&self, now: Time) -> Option<SegmentHead> {
        let keeping = &self.decisions.keeping;
        let opened = self.tail.opened?;
        let old = opened.plus(keeping.segment_age) <= now;
        (old || self.tail.bytes >= keeping.segment_bytes).then(|| self.tail.head())
    }

    /// Ends the segment with the signed head that [`Recording::due`] gave.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_segment(&mut self, note: &Note) -> Result<(), StoreError> {
        self.put_page()?;
        self.decisions.join_pages()?;
        let head = self.tail.head();
        let end = i64::try_from(head.tree.size).map_err(|_| Misuse::IntegerTooLarge)?;
        self.execute(
            "INSERT INTO segments (end, peaks, ended, note, parts, dropped) VALUES (?1, ?2, ?3, ?4,
                max(coalesce((SELECT max(number) FROM parts), 0), coalesce((SELECT max(parts) FROM segments), 0)), 0)",
            params![end, self.tail.frontier.peaks().concat(), head.time.micros(), note.to_string()],
        )?;
        self.decisions.known.forget();
        (self.tail.opened, self.tail.bytes) = (None, 0);
        Ok(())
    }

    /// Drops the oldest ended segments until the file is within its quota.
    ///
    /// # Errors
    /// [`Obstacle::OverQuota`] when no segment is left that has ended; [`StoreError`].
    pub fn make_room(&mut self) -> Result<(), StoreError> {
        let quota = self.decisions.keeping.quota;
        while self.decisions.used()? > quota {
            let sql = "SELECT min(end) FROM segments WHERE dropped = 0";
            let oldest = self.decisions.connection.prepare_cached(sql);
            let oldest = oldest.and_then(|mut each| each.query_one((), |row| row.get::<_, Option<i64>>(0)));
            let Some(end) = oldest.map_err(|error| self.decisions.fail(&error))? else {
                return Err(Obstacle::OverQuota { path: self.decisions.path.clone(), quota }.into());
            };
            for sql in [
                "DELETE FROM indexes WHERE first < ?1",
                "DELETE FROM entries WHERE number < ?1",
                "DELETE FROM parts WHERE number <= (SELECT parts FROM segments WHERE end = ?1)",
                "UPDATE segments SET dropped = 1 WHERE end <= ?1",
            ] {
                self.execute(sql, params![end])?;
            }
        }
        Ok(())
    }

    /// Makes everything last; when it returns, the disk has it.
    ///
    /// # Errors
    /// [`StoreError`]; nobody knows then whether the disk has it.
    pub fn commit(mut self) -> Result<(), StoreError> {
        self.put_page()?;
        self.forget_ended()?;
        let tail = self.tail.clone();
        let size = i64::try_from(tail.frontier.size()).map_err(|_| Misuse::IntegerTooLarge)?;
        let bytes = i64::try_from(tail.bytes).map_err(|_| Misuse::IntegerTooLarge)?;
        let micros = |time: Option<Time>| time.map(Time::micros);
        self.execute(
            "UPDATE head SET size = ?1, peaks = ?2, last_time = ?3, opened = ?4, bytes = ?5 WHERE one = 1",
            params![size, tail.frontier.peaks().concat(), micros(tail.last_time), micros(tail.opened), bytes],
        )?;
        let done = self.decisions.connection.execute_batch("COMMIT");
        done.map_err(|error| self.decisions.fail(&error))?;
        self.open = false;
        self.decisions.known.left(&tail);
        Ok(())
    }

    /// Stores what the entries that were appended are found by.
    fn put_page(&mut self) -> Result<(), StoreError> {
        let page = std::mem::take(&mut self.page);
        if page.is_empty() {
            return Ok(());
        }
        let first = self.tail.frontier.size().saturating_sub(page.len() as u64);
        self.decisions.put_page(first, &page)
    }

    pub(super) fn execute(&mut self, sql: &str, params: impl Params) -> Result<(), StoreError> {
        self.decisions.execute(sql, params)
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        self.decisions.known.forget();
        self.decisions.seen.forget();
        if !self.decisions.connection.is_autocommit() {
            let _ = self.decisions.connection.execute_batch("ROLLBACK");
        }
    }
}

impl Decisions {
    fn execute(&self, sql: &str, params: impl Params) -> Result<(), StoreError> {
        // After a failure SQLite may have rolled back by itself: what is sent then would last on its own.
        if self.connection.is_autocommit() {
            return Err(Misuse::Aborted.into());
        }
        let sent = self.connection.prepare_cached(sql).and_then(|mut each| each.execute(params));
        sent.map(drop).map_err(|error| self.fail(&error))
    }

    /// Stores a page of the index, whose entries begin at a place.
    pub(super) fn put_page(&self, first: u64, page: &Page) -> Result<(), StoreError> {
        let first = i64::try_from(first).map_err(|_| Misuse::IntegerTooLarge)?;
        let bytes = page.to_bytes().ok_or(Misuse::IntegerTooLarge)?;
        self.execute("INSERT INTO indexes (first, page) VALUES (?1, ?2)", params![first, bytes])
    }

    /// Makes one page of those of the segment that is not ended.
    fn join_pages(&self) -> Result<(), StoreError> {
        let begin = self.begins_of_segments()?.pop().unwrap_or(0);
        let page = self.page_between(begin, None)?;
        let from = i64::try_from(begin).map_err(|_| Misuse::IntegerTooLarge)?;
        self.execute("DELETE FROM indexes WHERE first >= ?1", params![from])?;
        if page.is_empty() { Ok(()) } else { self.put_page(begin, &page) }
    }

    /// The denials of strangers in a minute that is not in the log yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn draft(&self) -> Result<Option<Refusals>, StoreError> {
        let read = self
            .connection
            .prepare_cached("SELECT draft FROM head WHERE one = 1")
            .and_then(|mut statement| statement.query_one((), |row| row.get::<_, Option<Vec<u8>>>(0)));
        let draft = read.map_err(|error| self.fail(&error))?;
        let draft = draft.map(|bytes| Refusals::from_draft(&bytes)).transpose();
        draft.map_err(|_| Damage::Value("head").of(&self.path))
    }

    /// How many bytes of the file are in use.
    fn used(&self) -> Result<u64, StoreError> {
        let pages = self.pragma("page_count")?.saturating_sub(self.pragma("freelist_count")?);
        Ok(u64::try_from(pages.saturating_mul(self.pragma("page_size")?)).unwrap_or(u64::MAX))
    }
}

impl Tail {
    /// The head of the log as it is, to be signed.
    pub fn head(&self) -> SegmentHead {
        let tree = Tree { size: self.frontier.size(), root: self.frontier.root() };
        SegmentHead { log: self.log, tree, time: self.last_time.unwrap_or(Time::MIN) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::LogName;
    use crate::store::Keeping;

    #[test]
    fn every_decision_waits_for_the_disk_and_counting_strangers_does_not() {
        let place = tempfile::TempDir::new().unwrap();
        let log = LogName::from_bits(1);
        let mut decisions = Decisions::open_or_create(place.path(), log, Keeping::default()).unwrap();
        let synchronous = |decisions: &Decisions| -> i64 {
            decisions.connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap()
        };
        for _ in 0..2 {
            decisions.begin_counting().unwrap().commit().unwrap();
            assert_eq!(synchronous(&decisions), 1, "as the system likes");
            decisions.begin().unwrap().commit().unwrap();
            assert_eq!(synchronous(&decisions), 2, "at every commit");
        }
    }
}
