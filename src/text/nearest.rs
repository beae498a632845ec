//! What somebody probably meant to write.

/// The candidate that `text` was probably meant to be: at most two slips away, and less than half of it.
pub fn nearest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let starts = |candidate: &&str| text.len() >= 3 && candidate.starts_with(text);
    candidates
        .into_iter()
        .map(|candidate| (if starts(&candidate) { 1 } else { slips(text, candidate) }, candidate))
        .filter(|(slips, candidate)| *slips <= 2 && slips.saturating_mul(2) < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Letters to be put in, left out or replaced (Levenshtein), so that one text becomes the other.
fn slips(text: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (at, left) in text.chars().take(64).enumerate() {
        let mut diagonal = at;
        let mut before = at.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (cell, right) in row.iter_mut().skip(1).zip(other.chars()) {
            let replaced = diagonal.saturating_add(usize::from(left != right));
            diagonal = *cell;
            before = replaced.min(before.saturating_add(1)).min(diagonal.saturating_add(1));
            *cell = before;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_by_letter() {
        for (text, other, count) in
            [("", "abc", 3), ("theme", "theme", 0), ("them", "theme", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!((slips(text, other), slips(other, text)), (count, count), "{text} {other}");
        }
        assert_eq!(nearest("them", ["data", "theme"]), Some("theme"));
        assert_eq!(nearest("assume", ["data", "assume_utc"]), Some("assume_utc"));
        assert_eq!(nearest("x", ["data", "theme"]), None);
    }
}
