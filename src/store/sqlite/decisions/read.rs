//! Looking decisions up: in the index, a segment after the other, and then only the entries that are meant.

use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;

use rusqlite::{OptionalExtension as _, Params, params};

use super::super::super::{Damage, StoreError};
use super::index::{ALLOWED, DENIED, UNKNOWN};
use super::page::{Line, Page};
use super::{Decisions, Mark, Tail, frontier, parts};
use crate::audit::{Decision, Frontier, Outcome, Pattern, Pruned, Search};
use crate::encoding::Digest32;
use crate::time::Time;

impl Decisions {
    /// The decisions that `search` means, the newest first, at most `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn find(&self, search: &Search, most: usize) -> Result<Vec<Decision>, StoreError> {
        self.reading(|| {
            let places = self.places(search, most)?;
            let mut found = Vec::with_capacity(places.len());
            for place in places {
                found.extend(self.page(place, 1)?);
            }
            Ok(found)
        })
    }

    /// The entries from the place `from` on, at most `most` of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(&self, from: u64, most: usize) -> Result<Vec<Decision>, StoreError> {
        let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let sql = "SELECT bytes, parts FROM entries WHERE number >= ?1 ORDER BY number LIMIT ?2";
        self.decisions(sql, params![from, most])
    }

    /// The exact bytes of one entry; none when it is not there, or was dropped.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn bytes_of(&self, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Ok(number) = i64::try_from(index) else { return Ok(None) };
        let sql = "SELECT bytes, parts FROM entries WHERE number = ?1";
        Ok(self.rows(sql, params![number])?.pop())
    }

    fn decisions(&self, sql: &str, params: impl Params) -> Result<Vec<Decision>, StoreError> {
        let decisions = self.rows(sql, params)?;
        let decisions = decisions.iter().map(|bytes| Decision::from_bytes(bytes)).collect::<Result<_, _>>();
        decisions.map_err(|_| Damage::Value("entries").of(&self.path))
    }

    /// The exact bytes of the entries whose rows these are.
    fn rows(&self, sql: &str, params: impl Params) -> Result<Vec<Vec<u8>>, StoreError> {
        let read = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let rows = statement.query_map(params, |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<Vec<(Vec<u8>, Vec<u8>)>, _>>()
        });
        let rows = read.map_err(|error| self.fail(&error))?;
        let whole = |(holed, numbers): (Vec<u8>, Vec<u8>)| {
            self.whole(holed, &numbers)?.ok_or_else(|| Damage::Value("parts").of(&self.path))
        };
        rows.into_iter().map(whole).collect()
    }

    /// An entry's bytes with its parts; none when one is not there.
    pub(super) fn whole(&self, holed: Vec<u8>, numbers: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if numbers.is_empty() {
            return Ok(Some(holed));
        }
        let Some(numbers) = parts::read_numbers(numbers) else { return Ok(None) };
        let found: Result<Option<Vec<_>>, _> = numbers.into_iter().map(|number| self.part(number)).collect();
        Ok(found?.and_then(|found| parts::whole(&holed, &found)))
    }

    /// The places of the entries that `search` means, the newest first.
    fn places(&self, search: &Search, most: usize) -> Result<Vec<u64>, StoreError> {
        let (mut found, from) = (Vec::new(), search.from.map_or(i64::MIN, Time::micros));
        if most == 0 {
            return Ok(found);
        }
        self.scan(|first, page| {
            let meant = Meant::of(search, page);
            for (at, line) in page.lines().enumerate().rev() {
                // Times never go down.
                if line.time() < from {
                    return Ok(ControlFlow::Break(()));
                }
                if meant.has(line) {
                    found.push(first.saturating_add(at as u64));
                    if found.len() >= most {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// Shows the index, a segment after the other, the newest first, each with the place where it begins.
    pub(super) fn scan(
        &self,
        mut each: impl FnMut(u64, &Page) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        self.reading(|| {
            let mut end = self.tail()?.frontier.size();
            for begin in self.begins_of_segments()?.into_iter().rev() {
                if each(begin, &self.page_between(begin, Some(end))?)?.is_break() {
                    break;
                }
                end = begin;
            }
            Ok(())
        })
    }

    /// Where those segments begin of which something is kept; the last one is not ended.
    pub(super) fn begins_of_segments(&self) -> Result<Vec<u64>, StoreError> {
        let sql = "SELECT coalesce(max(end), 0) FROM segments WHERE dropped = 1
            UNION ALL SELECT * FROM (SELECT end FROM segments WHERE dropped = 0 ORDER BY end)";
        let read = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let rows = statement.query_map((), |row| row.get::<_, i64>(0))?;
            rows.collect::<Result<Vec<_>, _>>()
        });
        let begins = read.map_err(|error| self.fail(&error))?;
        let begins: Option<Vec<u64>> = begins.into_iter().map(|begin| u64::try_from(begin).ok()).collect();
        begins.ok_or_else(|| Damage::Value("segments").of(&self.path))
    }

    /// What the index says of all entries from one place up to another, or to the end.
    pub(super) fn page_between(&self, from: u64, to: Option<u64>) -> Result<Page, StoreError> {
        let number = |place: u64| i64::try_from(place).unwrap_or(i64::MAX);
        let sql = "SELECT first, page FROM indexes WHERE first >= ?1 AND first < ?2 ORDER BY first";
        let bounds = params![number(from), to.map_or(i64::MAX, number)];
        let damaged = || Damage::Value("indexes").of(&self.path);
        let (mut whole, mut next) = (Page::default(), from);
        for (first, page) in self.pages(sql, bounds)? {
            if u64::try_from(first) != Ok(next) {
                return Err(damaged());
            }
            next = next.saturating_add(page.len() as u64);
            if whole.is_empty() {
                whole = page;
            } else {
                whole.append(&page);
            }
        }
        if to.is_none_or(|to| to == next) { Ok(whole) } else { Err(damaged()) }
    }

    /// The page of the index that begins at a place; without a row when there is none.
    pub(super) fn page_at(&self, first: u64) -> Result<Page, StoreError> {
        let Ok(first) = i64::try_from(first) else { return Ok(Page::default()) };
        let pages = self.pages("SELECT first, page FROM indexes WHERE first = ?1", params![first])?;
        Ok(pages.into_iter().next().map(|(_, page)| page).unwrap_or_default())
    }

    fn pages(&self, sql: &str, params: impl Params) -> Result<Vec<(i64, Page)>, StoreError> {
        let read = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let rows = statement.query_map(params, |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<Vec<(i64, Vec<u8>)>, _>>()
        });
        let pages = read.map_err(|error| self.fail(&error))?.into_iter();
        let page = |(first, bytes): (i64, Vec<u8>)| Some((first, Page::from_bytes(&bytes)?));
        let pages: Option<Vec<_>> = pages.map(page).collect();
        pages.ok_or_else(|| Damage::Value("indexes").of(&self.path))
    }

    pub(super) fn part(&self, number: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let read = self.connection.prepare_cached("SELECT bytes FROM parts WHERE number = ?1");
        let read = read.and_then(|mut each| each.query_one([number], |row| row.get(0)).optional());
        read.map_err(|error| self.fail(&error))
    }

    /// Reads in one view of the file, whatever others write meanwhile.
    fn reading<T>(&self, read: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        if !self.connection.is_autocommit() {
            return read();
        }
        self.connection.execute_batch("BEGIN").map_err(|error| self.fail(&error))?;
        let answer = read();
        let _ = self.connection.execute_batch("ROLLBACK");
        answer
    }

    /// The hashes that lead from one entry to the root of `tail`; none when it is not there, or was dropped.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn prove(&self, index: u64, tail: &Tail) -> Result<Option<Vec<Digest32>>, StoreError> {
        let sql = "SELECT end, peaks FROM segments WHERE dropped = 1 ORDER BY end DESC LIMIT 1";
        let read = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement.query_one((), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))).optional()
        });
        let gone = read
            .map_err(|error| self.fail(&error))?
            .map_or(Some(Frontier::new()), |(end, peaks)| frontier(u64::try_from(end).ok()?, &peaks));
        let gone = gone.ok_or_else(|| Damage::Value("segments").of(&self.path))?;
        let size = i64::try_from(tail.frontier.size()).unwrap_or(i64::MAX);
        let sql = "SELECT leaf FROM entries WHERE number < ?1 ORDER BY number";
        let read = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let rows = statement.query_map(params![size], |row| row.get::<_, Digest32>(0))?;
            rows.collect::<Result<Vec<_>, _>>()
        });
        let leaves = read.map_err(|error| self.fail(&error))?;
        Ok(Pruned { gone: &gone, leaves: &leaves }.prove(index))
    }

    /// The agents about which a verdict, or only a denial, was kept from `since` on, as far as it is kept still.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn callers(&self, since: Time, denied: bool) -> Result<HashSet<String>, StoreError> {
        let mut callers = HashSet::new();
        self.scan(|_, page| {
            for line in page.lines().rev() {
                if line.time() < since.micros() {
                    return Ok(ControlFlow::Break(()));
                }
                if let Some(caller) = line.caller().filter(|_| line.result() == DENIED || !denied)
                    && !callers.contains(caller)
                {
                    callers.insert(caller.to_owned());
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(callers)
    }
}

/// A search, in the names of one page.
struct Meant {
    /// Names of the agent, and the chains that it is a part of.
    agent: Option<(BTreeSet<u32>, BTreeSet<i64>)>,
    action: Option<BTreeSet<u32>>,
    resource: Option<BTreeSet<u32>>,
    results: Option<&'static [i64]>,
    code: Option<BTreeSet<u32>>,
    from: i64,
    to: i64,
}

impl Meant {
    fn of(search: &Search, page: &Page) -> Self {
        let fitting = |pattern: &Pattern| page.fitting(|name| pattern.fits(name));
        let agent = |pattern: &Pattern| (fitting(pattern), page.chains_of(|name| pattern.fits(name)));
        let (results, code): (Option<&'static [i64]>, _) = match &search.result {
            None => (None, None),
            Some(Outcome::Allow) => (Some(&[ALLOWED]), None),
            Some(Outcome::Deny) => (Some(&[DENIED, UNKNOWN]), None),
            Some(Outcome::Unknown) => (Some(&[UNKNOWN]), None),
            Some(Outcome::Known) => (Some(&[DENIED, ALLOWED]), None),
            Some(Outcome::Code(code)) => (None, Some(fitting(code))),
        };
        Self {
            agent: search.agent.as_ref().map(agent),
            action: search.action.as_ref().map(fitting),
            resource: search.resource.as_ref().map(fitting),
            results,
            code,
            from: search.from.map_or(i64::MIN, Time::micros),
            to: search.to.map_or(i64::MAX, Time::micros),
        }
    }

    fn has(&self, line: Line<'_>) -> bool {
        (self.from..=self.to).contains(&line.time())
            && self.results.is_none_or(|results| results.contains(&line.result()))
            && self.action.as_ref().is_none_or(|names| line.acts(names))
            && self.resource.as_ref().is_none_or(|names| line.upon(names))
            && self.code.as_ref().is_none_or(|names| line.marked(Mark::Code, names))
            && self.agent.as_ref().is_none_or(|(names, chains)| {
                line.between(names) || line.chain().is_some_and(|chain| chains.contains(&chain))
            })
    }
}
