//! Looking decisions up by what they are indexed by.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension as _, Params, Row, params, params_from_iter};

use super::super::super::{Damage, StoreError};
use super::index::{ALLOWED, DENIED, UNKNOWN};
use super::{Decisions, Mark, Tail, frontier, index, parts};
use crate::audit::{Decision, Frontier, Outcome, Pattern, Pruned, Search};
use crate::encoding::Digest32;
use crate::identity::Did;
use crate::time::Time;

/// So many groups of calls are told in each way.
const MOST_GROUPS: usize = 1000;

/// The places of the decisions that the agent `?1` had a part in.
const OF_AGENT: &str = "SELECT number FROM verdicts WHERE caller = ?1
    UNION SELECT number FROM verdicts WHERE callee = ?1
    UNION SELECT number FROM verdicts WHERE chain IN (SELECT chain FROM agents WHERE name = ?1)";

/// In which way an agent took part in calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It asked.
    Made,
    /// It was asked for.
    Received,
    /// Others asked by a chain that goes through it.
    Through,
}

/// Calls that are alike, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The agent's part in them.
    pub way: Way,
    /// The other agent: whom it asked for, if that is known, or who asked.
    pub other: Option<String>,
    /// The name that the verifier was asked under.
    pub audience: String,
    /// What to; cut as the index cuts it.
    pub resource: String,
    /// What was asked for.
    pub action: String,
    /// Whether it was allowed.
    pub allowed: bool,
    /// How often.
    pub count: u64,
    /// The first time.
    pub first: Time,
    /// The last time.
    pub last: Time,
}

/// What an agent had to do with, the latest first in each way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls that are alike.
    pub calls: Vec<Call>,
    /// Whether there are more than are told.
    pub more: bool,
}

impl Way {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Received => "received",
            Self::Through => "through",
        }
    }
}

impl Decisions {
    /// The decisions that `search` means, the newest first, at most `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn find(&self, search: &Search, most: usize) -> Result<Vec<Decision>, StoreError> {
        let (sql, values) = find_sql(search, most);
        self.decisions(&sql, params_from_iter(values))
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

    /// The places of entries with this mark, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn marked(&self, mark: Mark, name: &str, most: usize) -> Result<Vec<u64>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = match mark {
            Mark::Agent => {
                let sql = format!("SELECT number FROM ({OF_AGENT}) ORDER BY number DESC LIMIT ?2");
                self.places(&sql, params![name, most])?
            }
            Mark::Token | Mark::Digest => {
                let Some((hash, spelled)) = index::token(mark, name) else { return Ok(Vec::new()) };
                // Two names may have one hash.
                let sql = "SELECT verdicts.number FROM verdicts WHERE chain IN (SELECT chain FROM tokens
                    JOIN parts ON parts.number = chain WHERE hash = ?1 AND instr(bytes, ?2))
                    ORDER BY verdicts.number DESC LIMIT ?3";
                self.places(sql, params![hash, spelled.as_bytes(), most])?
            }
            Mark::Request | Mark::Code => {
                let sql =
                    "SELECT number FROM marks WHERE kind = ?1 AND name = ?2 ORDER BY number DESC LIMIT ?3";
                self.places(sql, params![mark as i64, name, most])?
            }
        };
        let places: Option<Vec<u64>> = found.into_iter().map(|number| number.try_into().ok()).collect();
        places.ok_or_else(|| Damage::Value("marks").of(&self.path))
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
        let read = || -> rusqlite::Result<Option<Vec<Vec<u8>>>> {
            let mut each = self.connection.prepare_cached("SELECT bytes FROM parts WHERE number = ?1")?;
            numbers.iter().map(|number| each.query_one([number], |row| row.get(0)).optional()).collect()
        };
        let found = read().map_err(|error| self.fail(&error))?;
        Ok(found.and_then(|found| parts::whole(&holed, &found)))
    }

    fn places(&self, sql: &str, params: impl Params) -> Result<Vec<i64>, StoreError> {
        let read = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let rows = statement.query_map(params, |row| row.get::<_, i64>(0))?;
            rows.collect::<Result<Vec<_>, _>>()
        });
        read.map_err(|error| self.fail(&error))
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

    /// Whom an agent called, who called it, and who called by a chain through it, from a time on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn calls(&self, did: &Did, since: Option<Time>) -> Result<Calls, StoreError> {
        let mut calls = Calls::default();
        for way in [Way::Made, Way::Received, Way::Through] {
            let mut found = self.calls_in(way, did, since)?;
            calls.more |= found.len() > MOST_GROUPS;
            found.truncate(MOST_GROUPS);
            calls.calls.extend(found);
        }
        Ok(calls)
    }

    /// The agents about which a verdict, or only a denial, was kept from `since` on, as far as it is kept still.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn callers(&self, since: Time, denied: bool) -> Result<HashSet<String>, StoreError> {
        let sql = "SELECT DISTINCT caller FROM verdicts
            WHERE time >= ?1 AND caller IS NOT NULL AND (result = ?2 OR NOT ?3)";
        let read = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let rows = statement
                .query_map(params![since.micros(), DENIED, denied], |row| row.get::<_, String>(0))?;
            rows.collect::<Result<HashSet<_>, _>>()
        });
        read.map_err(|error| self.fail(&error))
    }

    fn calls_in(&self, way: Way, did: &Did, since: Option<Time>) -> Result<Vec<Call>, StoreError> {
        let sql = calls_sql(way);
        let since = since.map_or(i64::MIN, Time::micros);
        let most = i64::try_from(MOST_GROUPS.saturating_add(1)).unwrap_or(i64::MAX);
        let read = self.connection.prepare_cached(&sql).and_then(|mut statement| {
            let rows =
                statement.query_map(params![did.to_string(), since, most], |row| Ok(call(way, row)))?;
            rows.collect::<Result<Vec<_>, _>>()
        });
        let calls: Option<Vec<Call>> = read.map_err(|error| self.fail(&error))?.into_iter().collect();
        calls.ok_or_else(|| Damage::Value("verdicts").of(&self.path))
    }
}

fn find_sql(search: &Search, most: usize) -> (String, Vec<Value>) {
    let mut clauses = Clauses::default();
    clauses.search(search);
    let sql = format!(
        "SELECT bytes, parts FROM entries JOIN (SELECT number FROM verdicts{} ORDER BY number DESC LIMIT {}) USING (number)
            ORDER BY number DESC",
        clauses.text(),
        i64::try_from(most).unwrap_or(i64::MAX)
    );
    (sql, clauses.values)
}

fn calls_sql(way: Way) -> String {
    let (other, which) = match way {
        Way::Made => ("callee", "caller = ?1"),
        Way::Received => ("caller", "callee = ?1"),
        Way::Through => (
            "caller",
            "chain IN (SELECT chain FROM agents WHERE name = ?1) AND caller <> ?1 AND callee IS NOT ?1",
        ),
    };
    format!(
            "SELECT {other}, audience, resource, action, result, count(*), min(time), max(time) FROM verdicts
                WHERE {which} AND time >= ?2 GROUP BY 1, 2, 3, 4, 5 ORDER BY max(time) DESC, max(number) DESC LIMIT ?3"
        )
}

fn call(way: Way, row: &Row<'_>) -> Option<Call> {
    let time = |at: usize| Time::from_micros(row.get(at).ok()?);
    Some(Call {
        way,
        other: row.get(0).ok()?,
        audience: row.get(1).ok()?,
        resource: row.get(2).ok()?,
        action: row.get(3).ok()?,
        allowed: row.get::<_, i64>(4).ok()? == ALLOWED,
        count: row.get::<_, i64>(5).ok()?.try_into().ok()?,
        first: time(6)?,
        last: time(7)?,
    })
}

/// The conditions of a search, and what they compare with.
#[derive(Default)]
struct Clauses {
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Clauses {
    fn search(&mut self, search: &Search) {
        if let Some(agent) = &search.agent {
            self.agent(agent);
        }
        if let Some(action) = &search.action {
            self.pattern("action", action);
        }
        if let Some(resource) = &search.resource {
            self.pattern("resource", resource);
        }
        match &search.result {
            None => {}
            Some(Outcome::Allow) => self.parts.push(format!("result = {ALLOWED}")),
            Some(Outcome::Deny) => self.parts.push(format!("result IN ({DENIED}, {UNKNOWN})")),
            Some(Outcome::Unknown) => self.parts.push(format!("result = {UNKNOWN}")),
            Some(Outcome::Known) => self.parts.push(format!("result IN ({DENIED}, {ALLOWED})")),
            Some(Outcome::Code(code)) => self.mark(Mark::Code, code),
        }
        // Times never go down, so that a period is a range of places.
        for (compared, order, time) in [(">=", "", search.from), ("<=", " DESC", search.to)] {
            if let Some(time) = time {
                self.values.push(Value::Integer(time.micros()));
                self.parts.push(format!(
                    "number {compared} (SELECT number FROM verdicts WHERE time {compared} ?{}
                        ORDER BY time{order}, number{order} LIMIT 1)",
                    self.values.len()
                ));
            }
        }
    }

    /// The condition that a column fits a pattern.
    fn fits(&mut self, column: &str, pattern: &Pattern) -> String {
        let mut place = |text: String| {
            self.values.push(Value::Text(text));
            self.values.len()
        };
        match pattern {
            Pattern::Exact(text) => format!("{column} = ?{}", place(text.clone())),
            Pattern::Begins(begin) => {
                let from = place(begin.clone());
                // U+10FFFF is the last character, and stands in no text that is asked for.
                format!("{column} >= ?{from} AND {column} < ?{}", place(format!("{begin}\u{10ffff}")))
            }
        }
    }

    fn pattern(&mut self, column: &str, pattern: &Pattern) {
        let fits = self.fits(column, pattern);
        self.parts.push(fits);
    }

    /// Whoever asked, was asked for, or stands in the chain.
    fn agent(&mut self, pattern: &Pattern) {
        let [caller, callee, name] = ["caller", "callee", "name"].map(|column| self.fits(column, pattern));
        self.parts.push(format!(
            "number IN (SELECT number FROM verdicts WHERE {caller} UNION SELECT number FROM verdicts WHERE {callee}
                UNION SELECT number FROM verdicts WHERE chain IN (SELECT chain FROM agents WHERE {name}))"
        ));
    }

    fn mark(&mut self, mark: Mark, pattern: &Pattern) {
        let (kind, fits) = (mark as i64, self.fits("name", pattern));
        self.parts.push(format!("number IN (SELECT number FROM marks WHERE kind = {kind} AND {fits})"));
    }

    fn text(&self) -> String {
        if self.parts.is_empty() { String::new() } else { format!(" WHERE {}", self.parts.join(" AND ")) }
    }
}

#[cfg(test)]
impl Decisions {
    /// How SQLite goes about a search.
    pub(in crate::store) fn plan_of_find(&self, search: &Search) -> Vec<String> {
        let (sql, values) = find_sql(search, 50);
        self.plan(&sql, values)
    }

    /// How SQLite goes about the calls of an agent.
    pub(in crate::store) fn plan_of_calls(&self, did: &Did) -> Vec<String> {
        let values = || vec![Value::Text(did.to_string()), Value::Integer(0), Value::Integer(1)];
        [Way::Made, Way::Received, Way::Through]
            .into_iter()
            .flat_map(|way| self.plan(&calls_sql(way), values()))
            .collect()
    }

    fn plan(&self, sql: &str, values: Vec<Value>) -> Vec<String> {
        let mut statement = self.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = statement.query_map(params_from_iter(values), |row| row.get(3)).unwrap();
        steps.collect::<Result<_, _>>().unwrap()
    }
}
