//! From the first version of the tables, in which every entry lay whole, from the second, whose index was tables, and from
//! the third, which has the tables of today and none of its entries: a program that knows only those must not go on there.

use rusqlite::{Row, params};

use super::super::super::{Damage, StoreError};
use super::page::Page;
use super::{Decisions, Recording, parts, schema};
use crate::audit::Decision;
use crate::encoding::Digest32;

/// What lay in the way is renamed or, being an index, dropped.
const ASIDE: &str = "
    DROP TRIGGER entries_stay;
    DROP TABLE verdicts;
    DROP TABLE marks;
    DROP INDEX proofs_by_end;
    ALTER TABLE head RENAME TO former_head;
    ALTER TABLE segments RENAME TO former_segments;
    ALTER TABLE entries RENAME TO former_entries;
    ALTER TABLE proofs RENAME TO former_proofs;
";

const TAKEN_OVER: &str = "
    INSERT INTO head SELECT * FROM former_head;
    INSERT INTO proofs (proof, until, allowed) SELECT proof, until, allowed FROM former_proofs ORDER BY until;
    INSERT INTO segments (end, peaks, ended, note, parts, dropped)
        SELECT end, peaks, ended, note, 0, dropped FROM former_segments WHERE dropped = 1;
";

/// What was the index in the second version.
const TABLES_OF_INDEX: &str = "
    DROP TABLE verdicts;
    DROP TABLE marks;
    DROP TABLE agents;
    DROP TABLE tokens;
    CREATE TABLE indexes (first INTEGER PRIMARY KEY, page BLOB NOT NULL) STRICT;
";

const DONE: &str = "
    DROP TABLE former_head;
    DROP TABLE former_segments;
    DROP TABLE former_entries;
    DROP TABLE former_proofs;
";

impl Decisions {
    /// Stores what lies there as this version does; every entry keeps its bytes, so that all proofs stay good.
    ///
    /// # Errors
    /// [`StoreError`]; the file is as it was then. [`Damage::Value`] when an entry cannot be read.
    pub(super) fn migrate(&mut self) -> Result<(), StoreError> {
        self.send("BEGIN IMMEDIATE")?;
        let moved = self.moved().and_then(|()| self.send("COMMIT"));
        if moved.is_err() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        self.known.forget();
        self.seen.forget();
        moved
    }

    fn moved(&mut self) -> Result<(), StoreError> {
        let found = self.pragma("user_version")?;
        match found {
            1 => {
                self.send(&[ASIDE, schema::TABLES, TAKEN_OVER].concat())?;
                self.move_entries()?;
                self.send(DONE)?;
            }
            2 => self.send(TABLES_OF_INDEX)?,
            // The tables stay; entries may come that an older program cannot read.
            3 => {}
            // Another process was faster.
            _ => return Ok(()),
        }
        if found < 3 {
            self.make_index()?;
        }
        let version = schema::VERSION;
        self.send(&format!("PRAGMA user_version = {version}"))
    }

    /// Makes a page of the index for every segment.
    fn make_index(&self) -> Result<(), StoreError> {
        let ends = self
            .former("SELECT end FROM segments WHERE dropped = 0 ORDER BY end", |row| row.get::<_, i64>(0))?;
        let mut begin =
            self.former("SELECT coalesce(min(number), 0) FROM entries", |row| row.get::<_, i64>(0))?.pop();
        for end in ends.into_iter().chain([i64::MAX]) {
            let from = begin.replace(end).unwrap_or(0);
            let page = self.page_of_entries(from, end)?;
            if !page.is_empty() {
                self.put_page(u64::try_from(from).unwrap_or(0), &page)?;
            }
        }
        Ok(())
    }

    /// What the entries from one place up to another are found by.
    fn page_of_entries(&self, from: i64, to: i64) -> Result<Page, StoreError> {
        let mut page = Page::default();
        let sql = "SELECT bytes, parts FROM entries WHERE number >= ?1 AND number < ?2 ORDER BY number";
        let mut statement = self.connection.prepare(sql).map_err(|error| self.fail(&error))?;
        let mut rows = statement.query([from, to]).map_err(|error| self.fail(&error))?;
        while let Some(row) = rows.next().map_err(|error| self.fail(&error))? {
            let read = || Ok((row.get(0)?, row.get(1)?));
            let (holed, parts): (Vec<u8>, Vec<u8>) = read().map_err(|error| self.fail(&error))?;
            let bytes = self.whole(holed, &parts)?;
            let decision = bytes.as_ref().and_then(|bytes| Some((bytes, Decision::from_bytes(bytes).ok()?)));
            let (bytes, decision) = decision.ok_or_else(|| Damage::Value("entries").of(&self.path))?;
            let chain = parts::chain_of(&decision, bytes, &parts);
            page.add(&decision, chain.map(|chain| (chain, page.links(chain).is_none())));
        }
        Ok(page)
    }

    fn move_entries(&mut self) -> Result<(), StoreError> {
        let ends =
            self.former("SELECT end FROM former_segments WHERE dropped = 0", |row| row.get::<_, i64>(0))?;
        let numbers =
            self.former("SELECT number FROM former_entries ORDER BY number", |row| row.get::<_, i64>(0))?;
        let tail = self.tail()?;
        // What is put here is committed with the rest.
        let mut recording = Recording { decisions: self, tail, page: Page::default(), open: false };
        let end_here = |recording: &mut Recording<'_>, end: i64| {
            recording.decisions.known.forget();
            recording.execute(
                "INSERT INTO segments (end, peaks, ended, note, parts, dropped)
                    SELECT end, peaks, ended, note, (SELECT coalesce(max(number), 0) FROM parts), 0
                        FROM former_segments WHERE end = ?1",
                params![end],
            )
        };
        let mut ends = ends.into_iter().peekable();
        for number in numbers {
            while let Some(end) = ends.next_if(|end| *end <= number) {
                end_here(&mut recording, end)?;
            }
            let (leaf, bytes) = recording.decisions.former_entry(number)?;
            let decision = Decision::from_bytes(&bytes);
            let decision = decision.ok().filter(|decision| i64::try_from(decision.index) == Ok(number));
            let decision = decision.ok_or_else(|| Damage::Value("entries").of(&recording.decisions.path))?;
            recording.put_whole(decision.index, leaf, &bytes)?;
        }
        ends.try_for_each(|end| end_here(&mut recording, end))
    }

    fn former<T>(
        &self,
        sql: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let found = self.connection.prepare(sql).and_then(|mut each| each.query_map((), read)?.collect());
        found.map_err(|error| self.fail(&error))
    }

    fn former_entry(&self, number: i64) -> Result<(Digest32, Vec<u8>), StoreError> {
        let sql = "SELECT leaf, bytes FROM former_entries WHERE number = ?1";
        let found = self.connection.prepare_cached(sql);
        let found = found.and_then(|mut each| each.query_one([number], |row| Ok((row.get(0)?, row.get(1)?))));
        found.map_err(|error| self.fail(&error))
    }

    fn send(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(|error| self.fail(&error))
    }
}
