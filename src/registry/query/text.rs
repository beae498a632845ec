//! How texts are looked for: anywhere, with the middle left out as screens cut it, or, where nothing fits, loosely.

use crate::registry::columns::{CHUNK, ColdChunk, fold_into, letters};
use crate::registry::{Needle, Registry};

/// A word is looked for loosely from so many characters on.
const FEWEST: usize = 3;

/// Which rows a word of the query means, by row.
pub(super) fn rows(registry: &Registry, word: &str) -> Vec<bool> {
    let mut marks = vec![false; registry.row_count()];
    let mut any = false;
    for row in Needle::new(registry, word).matches() {
        if let Some(mark) = marks.get_mut(row.index()) {
            *mark = true;
            any = true;
        }
    }
    if any {
        return marks;
    }
    match cut_out(word) {
        Some((begin, end)) => mark_dids(registry, &begin, &end, &mut marks),
        None if word.chars().count() >= FEWEST => mark_names(registry, word, &mut marks),
        None => {}
    }
    marks
}

/// Whether a middle was left out.
pub(super) fn is_cut(word: &str) -> bool {
    cut_out(word).is_some()
}

/// Beginning and end of a DID whose middle a screen left out.
fn cut_out(word: &str) -> Option<(String, String)> {
    let (begin, end) = word.split_once('…').or_else(|| word.split_once("..."))?;
    let begin = begin.strip_prefix("did:").unwrap_or(begin);
    let begin = begin.strip_prefix("mesh:").unwrap_or(begin);
    Some((begin.to_owned(), end.to_owned()))
}

fn mark_dids(registry: &Registry, begin: &str, end: &str, marks: &mut [bool]) {
    for row in registry.rows() {
        let did = registry.agent(row).did();
        let id = did.unique_id();
        let fits = id.len() >= begin.len() + end.len() && id.starts_with(begin) && id.ends_with(end);
        if let (true, Some(mark)) = (fits, marks.get_mut(row.index())) {
            *mark = true;
        }
    }
}

/// Marks the names that hold the letters of a word in their order, whatever stands between.
fn mark_names(registry: &Registry, word: &str, marks: &mut [bool]) {
    let mut folded = String::new();
    fold_into(&mut folded, word);
    let wanted = letters(&folded);
    for (number, chunk) in registry.columns.cold_chunks().enumerate() {
        for (at, held) in chunk.letters.iter().enumerate() {
            let row = number * CHUNK + at;
            if held & wanted == wanted
                && holds_in_order(folded_name(chunk, at), &folded)
                && !registry.columns.hot(row).gone
                && let Some(mark) = marks.get_mut(row)
            {
                *mark = true;
            }
        }
    }
}

fn holds_in_order(name: &str, letters: &str) -> bool {
    if letters.is_ascii() {
        // No byte of another character is one of these.
        let mut name = name.bytes();
        return letters.bytes().all(|letter| name.any(|byte| byte == letter));
    }
    let mut name = name.chars();
    letters.chars().all(|letter| name.any(|c| c == letter))
}

/// A name of a chunk as it is searched.
fn folded_name(chunk: &ColdChunk, at: usize) -> &str {
    let (start, end) = chunk.folded_range(at);
    chunk.folded.get(start as usize..end as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_that_holds_a_word_has_all_its_letters(name: String, keep in prop::collection::vec(any::<bool>(), 64)) {
            let mut folded = String::new();
            fold_into(&mut folded, &name);
            let kept = |(at, letter): (usize, char)| keep.get(at % keep.len()).copied()?.then_some(letter);
            let word: String = folded.chars().enumerate().filter_map(kept).collect();
            prop_assert!(holds_in_order(&folded, &word));
            prop_assert_eq!(letters(&folded) & letters(&word), letters(&word));
        }
    }

    #[test]
    fn letters_and_digits_each_have_a_bit_of_their_own() {
        let each: u32 = ('a'..='z').chain('0'..='9').map(|c| letters(&c.to_string()).trailing_zeros()).sum();
        assert_eq!(each, (0..36).sum::<u32>());
    }
}
