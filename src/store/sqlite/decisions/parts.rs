//! What entries have in common is stored once: the tokens of a chain, and the list of checks.
//!
//! Stored, an entry has holes, and the numbers of the parts that fill them: nothing rests on where the holes are, since
//! what is put together hashes to the entry's leaf or is found out. Entries of the first version, hashed as they are, are
//! taken apart here; those of the second come with their parts.

use std::ops::Range;

use hashbrown::HashMap;
use memchr::memmem;

use super::Tail;
use crate::audit::{Decision, Hashed, Told};
use crate::encoding::Digest32;
use crate::time::Time;

/// Stands where a part was; canonical JSON has no such byte.
const HOLE: u8 = 0;

/// So many parts are remembered.
const MAX_KNOWN: usize = 64 << 10;

/// Between which words a list stands that other entries have too, in the order of canonical JSON.
const LISTS: [(Shared, &[u8], &[u8]); 3] = [
    (Shared::Tokens, br#","chain":["#, br#"],"method":""#),
    (Shared::Names, br#","tokens":["#, br#"],"type":""#),
    (Shared::Checks, br#","checks":["#, br#"],"decision":""#),
];

/// What a part has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    /// The tokens of a chain.
    Tokens,
    /// Their names.
    Names,
    /// The checks of a verdict.
    Checks,
}

/// Where the parts of an entry lie in its bytes, in their order.
pub(super) fn shared(bytes: &[u8]) -> Vec<(Shared, Range<usize>)> {
    let mut found = Vec::with_capacity(LISTS.len());
    if memchr::memchr(HOLE, bytes).is_some() {
        return found;
    }
    let mut at = 0_usize;
    let place = |from: usize, needle: &[u8]| {
        let rest = bytes.get(from..)?;
        memmem::find(rest, needle).and_then(|place| from.checked_add(place))
    };
    for (kind, before, after) in LISTS {
        let Some(start) = place(at, before).and_then(|place| place.checked_add(before.len())) else {
            continue;
        };
        let Some(end) = place(start, after).filter(|end| *end > start) else { continue };
        found.push((kind, start..end));
        at = end;
    }
    found
}

/// The bytes with a hole for each part.
pub(super) fn holed(bytes: &[u8], parts: &[(Shared, Range<usize>)]) -> Vec<u8> {
    let mut left = Vec::with_capacity(2048);
    let mut at = 0;
    for (_, part) in parts {
        left.extend_from_slice(bytes.get(at..part.start).unwrap_or_default());
        left.push(HOLE);
        at = part.end;
    }
    left.extend_from_slice(bytes.get(at..).unwrap_or_default());
    left
}

/// The whole bytes again; none when there are not as many parts as holes.
pub(super) fn whole(holed: &[u8], parts: &[Vec<u8>]) -> Option<Vec<u8>> {
    if parts.is_empty() {
        return Some(holed.to_vec());
    }
    let mut bytes =
        Vec::with_capacity(parts.iter().fold(holed.len(), |sum, part| sum.saturating_add(part.len())));
    let mut parts = parts.iter();
    for (number, between) in holed.split(|byte| *byte == HOLE).enumerate() {
        if number > 0 {
            bytes.extend_from_slice(parts.next()?);
        }
        bytes.extend_from_slice(between);
    }
    parts.next().is_none().then_some(bytes)
}

/// The parts that the segment has which is not ended, as far as this handle put them there.
#[derive(Default)]
pub(super) struct Known {
    /// By their SHA-256.
    numbers: HashMap<Digest32, i64>,
    /// How many entries the log had when this was right, and when its segment began; somebody else may have ended it since.
    at: (u64, Option<Time>),
    /// The number of the part that was stored last.
    pub(super) last: Option<i64>,
}

impl Known {
    /// Forgets all of it, unless the log is as it was left.
    pub(super) fn follow(&mut self, tail: &Tail) {
        if self.at != (tail.frontier.size(), tail.opened) {
            self.forget();
        }
    }

    /// The log ends like this now.
    pub(super) const fn left(&mut self, tail: &Tail) {
        self.at = (tail.frontier.size(), tail.opened);
    }

    /// What comes is stored anew.
    pub(super) fn forget(&mut self) {
        self.numbers.clear();
        self.last = None;
    }

    pub(super) fn find(&self, part: &Digest32) -> Option<i64> {
        self.numbers.get(part).copied()
    }

    pub(super) fn keep(&mut self, part: Digest32, number: i64) {
        if self.numbers.len() >= MAX_KNOWN {
            self.forget();
        }
        self.numbers.insert(part, number);
    }
}

/// The numbers of parts as an entry's row has them.
pub(super) fn numbers(numbers: &[i64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// Reads them; none when it is no list of them.
pub(super) fn read_numbers(bytes: &[u8]) -> Option<Vec<i64>> {
    let (numbers, rest) = bytes.as_chunks::<8>();
    rest.is_empty().then(|| numbers.iter().map(|bytes| i64::from_be_bytes(*bytes)).collect())
}

/// The part that has the tokens of an entry's chain, or their names.
pub(super) fn chain_of(decision: &Decision, bytes: &[u8], numbers: &[u8]) -> Option<i64> {
    let numbers = read_numbers(numbers)?;
    let Told::Ruling(ruling) = &decision.told else { return None };
    if ruling.hashed == Hashed::Short {
        // Before the checks comes the chain.
        return numbers.into_iter().next().filter(|_| !ruling.tokens.is_empty());
    }
    let mut shared = shared(bytes).into_iter().zip(numbers);
    shared.find_map(|((kind, _), number)| (kind == Shared::Names).then_some(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ENTRY: &[u8] = br#"{"a":1,"request":{"body":null,"chain":["x","y"],"method":"GET"},"time":"t","tokens":[{"jti":"1"}],"type":"d","verdict":{"caller":null,"checks":[{"n":1}],"decision":"allow"}}"#;

    fn round(bytes: &[u8]) -> (usize, Option<Vec<u8>>) {
        let found = shared(bytes);
        let parts: Vec<Vec<u8>> =
            found.iter().map(|(_, part)| bytes.get(part.clone()).unwrap().to_vec()).collect();
        (parts.len(), whole(&holed(bytes, &found), &parts))
    }

    #[test]
    fn the_lists_of_an_entry_are_its_parts_and_fill_its_holes() {
        let kinds: Vec<Shared> = shared(ENTRY).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [Shared::Tokens, Shared::Names, Shared::Checks]);
        assert_eq!(round(ENTRY), (3, Some(ENTRY.to_vec())));
        let holed = holed(ENTRY, &shared(ENTRY));
        assert_eq!(whole(&holed, &[b"x".to_vec()]), None, "a part is missing");
        assert_eq!(whole(&holed, &vec![b"x".to_vec(); 4]), None, "a part too many");
    }

    proptest! {
        #[test]
        fn whatever_bytes_are_taken_apart_are_put_together_again(
            pieces in prop::collection::vec(prop::sample::select(vec![
                &b",\"chain\":["[..], b"],\"method\":\"", b",\"tokens\":[", b"],\"type\":\"", b",\"checks\":[",
                b"],\"decision\":\"", b"\0", b"x", b"]", b"[",
            ]), 0..20)
        ) {
            let bytes = pieces.concat();
            prop_assert_eq!(round(&bytes).1, Some(bytes));
        }
    }
}
