//! Equal texts and equal capability sets are held once.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// Texts by number, in the order they were first seen; number 0 is the empty text.
#[derive(Clone)]
pub(super) struct Interner {
    bytes: String,
    ends: Vec<u64>,
    index: HashTable<u32>,
    state: RandomState,
}

impl Default for Interner {
    fn default() -> Self {
        let mut interner = Self {
            bytes: String::new(),
            ends: Vec::new(),
            index: HashTable::new(),
            state: RandomState::new(),
        };
        interner.intern("");
        interner
    }
}

impl Interner {
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        let hash = self.state.hash_one(text);
        if let Some(number) = self.index.find(hash, |number| self.get(*number) == text) {
            return *number;
        }
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u64);
        let (bytes, ends, state) = (&self.bytes, &self.ends, &self.state);
        self.index.insert_unique(hash, number, |other| state.hash_one(slice(bytes, ends, *other)));
        number
    }

    pub(super) fn find(&self, text: &str) -> Option<u32> {
        self.index.find(self.state.hash_one(text), |number| self.get(*number) == text).copied()
    }

    pub(super) fn get(&self, number: u32) -> &str {
        slice(&self.bytes, &self.ends, number)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|number| self.get(u32::try_from(number).unwrap_or(0)))
    }

    pub(super) fn heap(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 8 + self.index.allocation_size()
    }
}

fn slice<'b>(bytes: &'b str, ends: &[u64], number: u32) -> &'b str {
    let at = number as usize;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    let end = ends.get(at).copied().unwrap_or(start);
    bytes.get(start as usize..end as usize).unwrap_or("")
}

/// The bit of a mask that says: some number has no bit of its own.
pub(super) const BEYOND: u128 = 1 << 127;

/// Capability lists by number, each a list of text numbers in the record's order; number 0 is empty.
#[derive(Clone)]
pub(super) struct Sets {
    items: Vec<u32>,
    ends: Vec<u32>,
    /// Of each list the numbers up to 126 as bits; [`BEYOND`] when it has others.
    masks: Vec<u128>,
    index: HashTable<u32>,
    state: RandomState,
}

impl Default for Sets {
    fn default() -> Self {
        let mut sets = Self {
            items: Vec::new(),
            ends: Vec::new(),
            masks: Vec::new(),
            index: HashTable::new(),
            state: RandomState::new(),
        };
        sets.intern(&[]);
        sets
    }
}

impl Sets {
    pub(super) fn intern(&mut self, list: &[u32]) -> u32 {
        let hash = self.state.hash_one(list);
        if let Some(number) = self.index.find(hash, |number| self.get(*number) == list) {
            return *number;
        }
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.items.extend_from_slice(list);
        self.ends.push(u32::try_from(self.items.len()).unwrap_or(u32::MAX));
        self.masks.push(list.iter().fold(0, |mask, item| {
            mask | 1u128.checked_shl(*item).filter(|bit| *bit != BEYOND).unwrap_or(BEYOND)
        }));
        let (items, ends, state) = (&self.items, &self.ends, &self.state);
        self.index.insert_unique(hash, number, |other| state.hash_one(list_of(items, ends, *other)));
        number
    }

    /// The masks of all lists: bit `n` for the text number `n`, [`BEYOND`] for any number that has no bit.
    pub(super) fn masks(&self) -> &[u128] {
        &self.masks
    }

    pub(super) fn get(&self, number: u32) -> &[u32] {
        list_of(&self.items, &self.ends, number)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn heap(&self) -> usize {
        (self.items.capacity() + self.ends.capacity()) * 4
            + self.masks.capacity() * 16
            + self.index.allocation_size()
    }
}

fn list_of<'i>(items: &'i [u32], ends: &[u32], number: u32) -> &'i [u32] {
    let at = number as usize;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    let end = ends.get(at).copied().unwrap_or(start);
    items.get(start as usize..end as usize).unwrap_or(&[])
}
