//! Substring search over names, DIDs, sponsors and organizations, without looking at every byte twice.

use std::thread::{self, ScopedJoinHandle};

use memchr::memmem::Finder;

use super::columns::{CHUNK, ColdChunk, fold_into, letters};
use super::intern::Interner;
use super::{Registry, Row};
use crate::identity::PREFIX;

/// From so many chunks on a second thread is worth its start.
const WORTH_A_THREAD: usize = 64;

/// A text to look for, prepared once for a whole registry.
pub struct Needle<'r> {
    registry: &'r Registry,
    folded: String,
    hex: Option<String>,
    sponsors: Vec<bool>,
    organizations: Vec<bool>,
}

impl<'r> Needle<'r> {
    /// Prepares a search for `text`: letters match in either case, DIDs with or without `did:mesh:`.
    pub fn new(registry: &'r Registry, text: &str) -> Self {
        let mut folded = String::new();
        fold_into(&mut folded, text.trim());
        let id = folded.strip_prefix(PREFIX).unwrap_or(&folded);
        let hex = (!id.is_empty() && id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .then(|| id.to_owned());
        Self {
            registry,
            sponsors: containing(&registry.shared.sponsors, &folded),
            organizations: containing(&registry.shared.organizations, &folded),
            hex,
            folded,
        }
    }

    /// All agents that match, in registration order.
    pub fn matches(&self) -> Vec<Row> {
        if self.folded.is_empty() {
            return self.registry.rows().collect();
        }
        let chunks: Vec<&ColdChunk> = self.registry.columns.cold_chunks().collect();
        let middle = if chunks.len() < WORTH_A_THREAD { chunks.len() } else { chunks.len() / 2 };
        let (first, second) = chunks.split_at(middle);
        let mut found = thread::scope(|scope| {
            let search = || self.matches_in(middle, second);
            let other = if second.is_empty() {
                None
            } else {
                thread::Builder::new().spawn_scoped(scope, search).ok()
            };
            let mut found = self.matches_in(0, first);
            found.extend(match other.map(ScopedJoinHandle::join) {
                None => search(),
                Some(Ok(found)) => found,
                Some(Err(panic)) => std::panic::resume_unwind(panic),
            });
            found
        });
        if self.registry.gone > 0 {
            found.retain(|row| !self.registry.columns.hot(row.index()).gone);
        }
        found
    }

    /// The matches of some chunks, of which the first has the number `from`, unregistered agents among them.
    fn matches_in(&self, from: usize, chunks: &[&ColdChunk]) -> Vec<Row> {
        let finder = Finder::new(self.folded.as_bytes());
        let nibbles = self.hex.as_deref().map(Nibbles::new);
        let wanted = letters(&self.folded);
        let mut found = Vec::new();
        let mut marks = Vec::with_capacity(CHUNK);
        for (number, chunk) in (from..).zip(chunks) {
            marks.clear();
            marks.resize(chunk.rows.len(), false);
            self.mark_makers(chunk, &mut marks);
            if let Some(nibbles) = &nibbles {
                for (mark, id) in marks.iter_mut().zip(&chunk.ids) {
                    *mark |= nibbles.within(*id);
                }
            }
            let may_hold = |held: &u64| held & wanted == wanted;
            if marks.contains(&false) && chunk.letters.iter().any(may_hold) {
                mark_names(chunk, &finder, &mut marks);
            }
            for (at, _) in &chunk.others {
                let at = *at as usize;
                // Its bits say nothing.
                if let Some(mark) = marks.get_mut(at) {
                    *mark = self.matches_row(Row::from_index(number * CHUNK + at));
                }
            }
            let rows = marks.iter().enumerate().filter(|(_, mark)| **mark);
            found.extend(rows.map(|(at, _)| Row::from_index(number * CHUNK + at)));
        }
        found
    }

    fn mark_makers(&self, chunk: &ColdChunk, marks: &mut [bool]) {
        let named = |held: &[bool], number: u32| held.get(number as usize).copied().unwrap_or(false);
        if self.sponsors.contains(&true) || self.organizations.contains(&true) {
            for (mark, makers) in marks.iter_mut().zip(&chunk.makers) {
                *mark |=
                    named(&self.sponsors, makers.sponsor) | named(&self.organizations, makers.organization);
            }
        }
    }

    /// Whether this one agent matches.
    fn matches_row(&self, row: Row) -> bool {
        let agent = self.registry.agent(row);
        let mut text = String::new();
        for part in [agent.name(), agent.sponsor(), agent.organization().unwrap_or("")] {
            fold_into(&mut text, part);
            text.push('\n');
        }
        fold_into(&mut text, &agent.did().to_string());
        text.contains(&self.folded)
    }
}

fn containing(texts: &Interner, folded: &str) -> Vec<bool> {
    let mut buffer = String::new();
    texts
        .iter()
        .map(|text| {
            buffer.clear();
            fold_into(&mut buffer, text);
            !folded.is_empty() && buffer.contains(folded)
        })
        .collect()
}

/// One search over the chunk's names laid end to end; a hit that spans two names is none.
fn mark_names(chunk: &ColdChunk, finder: &Finder<'_>, marks: &mut [bool]) {
    let length = finder.needle().len();
    let mut row = 0;
    let mut from = 0;
    while let Some(hit) = finder.find(chunk.folded.as_bytes().get(from..).unwrap_or(&[])) {
        let at = from + hit;
        while row < chunk.rows.len() && chunk.folded_range(row).1 as usize <= at {
            row += 1;
        }
        let (_, end) = chunk.folded_range(row);
        if at + length <= end as usize {
            if let Some(mark) = marks.get_mut(row) {
                *mark = true;
            }
            from = end as usize;
        } else {
            from = at + 1;
        }
    }
}

/// Up to 32 hex digits, looked for at every digit of 128 bits at once.
struct Nibbles {
    /// Each digit on all 32 places, the last one first.
    digits: Vec<u128>,
    /// The lowest bits of the places where the last digit may lie.
    places: u128,
}

/// The lowest bit of each digit.
const LOWEST: u128 = u128::MAX / 15;

impl Nibbles {
    fn new(hex: &str) -> Self {
        let value = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0);
        let digits: Vec<u128> = hex.bytes().rev().map(|byte| LOWEST * u128::from(value(byte))).collect();
        let before = u32::try_from(digits.len().saturating_sub(1)).unwrap_or(0);
        Self { digits, places: LOWEST.checked_shr(4 * before).unwrap_or(0) }
    }

    #[inline]
    fn within(&self, id: u128) -> bool {
        let mut places = self.places;
        let mut rest = id;
        for digit in &self.digits {
            let differs = rest ^ digit;
            let halves = differs | (differs >> 1);
            places &= !(halves | (halves >> 2));
            if places == 0 {
                return false;
            }
            rest >>= 4;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_found_at_every_place_and_no_other() {
        let id = 0x0123_4567_89ab_cdef_0011_2233_4455_6677_u128;
        let text = crate::encoding::hex::encode(&id.to_be_bytes());
        for (hex, expected) in [
            ("0123", true),
            ("6677", true),
            ("f0011", true),
            ("f00112233", true),
            ("66770", false),
            ("abd", false),
        ] {
            assert_eq!(Nibbles::new(hex).within(id), expected, "{hex}");
            assert_eq!(text.contains(hex), expected, "{hex}");
        }
    }
}
