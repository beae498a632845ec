//! Terminal columns: texts are measured and cut by whole grapheme clusters.
//!
//! A column is counted as ratatui counts it when it fills its buffer: per extended grapheme cluster (UAX #29), by the
//! `unicode-width` of the cluster, with one more for each half-width Katakana sound mark (so that a cell is never
//! narrower than any terminal draws it), and none for a cluster that holds a control character, which is not drawn.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Counts the terminal columns that a text fills.
pub fn width(text: &str) -> usize {
    if is_printable_ascii(text) {
        return text.len();
    }
    text.graphemes(true).map(cluster_width).fold(0, usize::saturating_add)
}

/// Cuts a text to at most so many columns, with `…` where its end is missing.
pub fn cut_end(text: &str, columns: usize) -> Cow<'_, str> {
    if fits(text, columns) {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{}{ELLIPSIS}", head(text, columns.saturating_sub(1))))
}

/// Cuts a text to at most so many columns, with `…` where its middle is missing; the head is never the shorter side by
/// more than a wide character.
pub fn cut_middle(text: &str, columns: usize) -> Cow<'_, str> {
    cut_middle_keeping(text, columns, columns.saturating_sub(1) / 2)
}

/// Breaks a text into lines of at most so many columns, two or more: at blanks, and inside of words that are longer.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let left = lines.last().and_then(|line| columns.checked_sub(width(line).saturating_add(1)));
        match (lines.last_mut(), left) {
            (Some(line), Some(left)) if fits(word, left) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => break_word(word, columns, &mut lines),
        }
    }
    lines
}

/// Adds a word on lines of its own; a cluster that is wider than a line ends it with `…`.
fn break_word(word: &str, columns: usize, lines: &mut Vec<String>) {
    let mut rest = word;
    while !fits(rest, columns) {
        let start = head(rest, columns);
        if start.is_empty() {
            break;
        }
        lines.push(start.to_owned());
        rest = rest.get(start.len()..).unwrap_or_default();
    }
    lines.push(cut_end(rest, columns).into_owned());
}

/// Makes a text exactly so many columns wide: cut at its end, or filled with spaces.
pub fn pad(text: &str, columns: usize) -> Cow<'_, str> {
    let kept = cut_end(text, columns);
    let missing = columns.saturating_sub(width(&kept));
    if missing == 0 {
        return kept;
    }
    let mut padded = kept.into_owned();
    padded.extend(std::iter::repeat_n(' ', missing));
    Cow::Owned(padded)
}

/// Cuts like [`cut_middle`], with at most `end` columns kept after the ellipsis.
pub(super) fn cut_middle_keeping(text: &str, columns: usize, end: usize) -> Cow<'_, str> {
    if fits(text, columns) {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let room = columns.saturating_sub(1);
    let end = tail(text, end.min(room));
    let start = head(text, room.saturating_sub(width(end)));
    Cow::Owned(format!("{start}{ELLIPSIS}{end}"))
}

/// Counts the columns of one grapheme cluster.
pub(super) fn cluster_width(cluster: &str) -> usize {
    if cluster.contains(char::is_control) {
        return 0;
    }
    let sound_marks = cluster.chars().filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}')).count();
    cluster.width().saturating_add(sound_marks)
}

/// Tells whether a text fills at most so many columns, without reading further than it must.
fn fits(text: &str, columns: usize) -> bool {
    if is_printable_ascii(text) {
        return text.len() <= columns;
    }
    text.graphemes(true).try_fold(columns, |left, cluster| left.checked_sub(cluster_width(cluster))).is_some()
}

/// The longest whole-cluster start of a text within so many columns.
fn head(text: &str, columns: usize) -> &str {
    let end = kept_bytes(text.graphemes(true), columns);
    text.get(..end).unwrap_or_default()
}

/// The longest whole-cluster end of a text within so many columns.
fn tail(text: &str, columns: usize) -> &str {
    let kept = kept_bytes(text.graphemes(true).rev(), columns);
    text.get(text.len().saturating_sub(kept)..).unwrap_or_default()
}

fn kept_bytes<'a>(clusters: impl Iterator<Item = &'a str>, columns: usize) -> usize {
    let mut left = columns;
    let mut bytes = 0_usize;
    for cluster in clusters {
        match left.checked_sub(cluster_width(cluster)) {
            Some(rest) => left = rest,
            None => break,
        }
        bytes = bytes.saturating_add(cluster.len());
    }
    bytes
}

fn is_printable_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

const ELLIPSIS: char = '…';

/// The text in at most `most` bytes, with `…` where its end is missing: the log bounds what it keeps.
pub fn within(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    format!("{}…", text.get(..end).unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_wide_character_fills_two_columns_and_a_combined_one_fills_one() {
        assert_eq!(width("admin"), 5);
        assert_eq!(width("漢字"), 4);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(width("🇨🇭"), 2);
    }

    #[test]
    fn what_fits_is_not_touched() {
        assert!(matches!(cut_end("admin", 5), Cow::Borrowed("admin")));
        assert!(matches!(cut_middle("漢字", 4), Cow::Borrowed("漢字")));
        assert!(matches!(pad("admin", 5), Cow::Borrowed("admin")));
    }

    #[test]
    fn a_missing_end_is_shown() {
        assert_eq!(cut_end("administrator", 6), "admin…");
        assert_eq!(cut_end("administrator", 1), "…");
        assert_eq!(cut_end("administrator", 0), "");
    }

    #[test]
    fn a_wide_character_is_never_halved() {
        assert_eq!(cut_end("漢字漢字", 4), "漢…");
        assert_eq!(cut_end("漢字漢字", 2), "…");
        assert_eq!(cut_middle("漢字漢字", 5), "漢…字");
        assert_eq!(pad("漢字漢字", 4), "漢… ");
    }

    #[test]
    fn a_letter_keeps_its_accent() {
        assert_eq!(cut_end("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    }

    #[test]
    fn a_missing_middle_keeps_both_ends() {
        assert_eq!(cut_middle("abcdefghij", 7), "abc…hij");
        assert_eq!(cut_middle("abcdefghij", 6), "abc…ij");
        assert_eq!(cut_middle("abcdefghij", 1), "…");
        assert_eq!(cut_middle("abcdefghij", 0), "");
    }

    #[test]
    fn padding_fills_exactly() {
        assert_eq!(pad("漢", 5), "漢   ");
        assert_eq!(pad("", 2), "  ");
    }

    fn clean() -> impl Strategy<Value = String> {
        any::<String>().prop_map(|text| crate::text::visible(&text).into_owned())
    }

    proptest! {
        #[test]
        fn no_cut_is_wider_than_its_columns(text in clean(), columns in 0_usize..50) {
            prop_assert!(width(&cut_end(&text, columns)) <= columns);
            prop_assert!(width(&cut_middle(&text, columns)) <= columns);
            prop_assert_eq!(width(&pad(&text, columns)), columns);
        }

        #[test]
        fn every_cut_stands_on_grapheme_boundaries(text in clean(), columns in 0_usize..50) {
            let boundaries: Vec<usize> =
                text.grapheme_indices(true).map(|(start, _)| start).chain([text.len()]).collect();
            if width(&text) > columns && columns > 0 {
                let cut = cut_end(&text, columns);
                let head = cut.strip_suffix(ELLIPSIS).unwrap();
                prop_assert!(text.starts_with(head) && boundaries.contains(&head.len()));

                let cut = cut_middle(&text, columns);
                let whole = cut.match_indices(ELLIPSIS).any(|(at, dots)| {
                    let (head, tail) = (cut.split_at(at).0, cut.split_at(at + dots.len()).1);
                    text.starts_with(head) && boundaries.contains(&head.len())
                        && text.ends_with(tail) && boundaries.contains(&(text.len() - tail.len()))
                });
                prop_assert!(whole, "{cut:?}");
            }
        }

        #[test]
        fn a_cut_wastes_at_most_one_column(text in clean(), columns in 1_usize..50) {
            let widest = text.graphemes(true).map(cluster_width).max().unwrap_or(0);
            if width(&text) > columns && widest <= 2 {
                prop_assert!(width(&cut_end(&text, columns)) + 1 >= columns);
                prop_assert!(width(&cut_middle(&text, columns)) + 1 >= columns);
            }
        }

        #[test]
        fn wrapping_loses_nothing_but_blanks_and_no_line_is_too_wide(text in clean(), columns in 2_usize..50) {
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|line| width(line) <= columns), "{lines:?}");
            if text.graphemes(true).all(|cluster| cluster_width(cluster) <= 2) {
                prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
            }
        }

        #[test]
        fn no_text_makes_measuring_or_cutting_panic(text in any::<String>(), columns in any::<usize>()) {
            let _ = (width(&text), cut_end(&text, columns), cut_middle(&text, columns));
            let _ = (pad(&text, columns % 1000), wrap(&text, columns));
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        for (text, most, cut) in
            [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc…"), ("aéééé", 7, "aé…"), ("", 0, "")]
        {
            assert_eq!(within(text, most), cut);
        }
        assert!(within(&"é".repeat(500), 256).len() <= 256);
    }
}
