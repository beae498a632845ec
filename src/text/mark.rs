//! Visible marks: what a terminal would hide or obey is shown instead.

use std::borrow::Cow;
use std::fmt::Write as _;

use icu_properties::props::EnumeratedProperty as _;
use icu_properties::props::{BinaryProperty as _, DefaultIgnorableCodePoint, GeneralCategory};
use unicode_segmentation::UnicodeSegmentation as _;

use super::cut;

/// Shows a text with every hostile character as a visible mark; a harmless text comes back borrowed.
///
/// - A C0 control becomes its control picture (`␀` … `␟`), DEL becomes `␡`.
/// - Every other hostile character ([`is_hostile`]) becomes `\u{…}` with its code point in lower-case hex.
/// - So do the fifth and later combining mark on a base, a combining mark without a base, and every character of a
///   grapheme cluster that would fill no column, because a terminal library drops such a cluster silently.
///
/// Two different texts never look the same afterwards: where the input itself spells a mark, its backslash becomes
/// `\u{5c}` and its control picture `\u{2400}` … `\u{2421}`. Therefore call it once; a second pass escapes again.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_plain(text) || !has_marks(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().saturating_mul(2));
    judge(text, |c, verdict| {
        match verdict {
            Verdict::Keep => shown.push(c),
            Verdict::Picture(picture) => shown.push(picture),
            // Writing to a String never fails.
            Verdict::Escape => write!(shown, "\\u{{{:x}}}", u32::from(c)).unwrap_or_default(),
        }
        true
    });
    Cow::Owned(shown)
}

/// Tells whether [`visible`] would show the text other than as it is.
pub fn has_marks(text: &str) -> bool {
    if is_plain(text) {
        return false;
    }
    let mut found = false;
    judge(text, |_, verdict| {
        found = verdict != Verdict::Keep;
        !found
    });
    found
}

/// Tells whether a character is hidden or obeyed by a terminal, whatever stands around it.
///
/// Hostile are the categories Cc, Cf, Zl, Zp, Co and Cn, every `Default_Ignorable_Code_Point`, and U+2800 (the blank
/// braille pattern). Combining marks depend on what they stand on; only [`visible`] judges them.
pub fn is_hostile(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Unassigned};
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let category = GeneralCategory::for_char(c);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Unassigned)
        || DefaultIgnorableCodePoint::for_char(c)
        || c == BLANK_BRAILLE
}

/// What becomes of one character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Keep,
    Picture(char),
    Escape,
}

/// What a combining mark would stand on.
#[derive(Clone, Copy)]
enum Base {
    /// The start of the text, or a character that became a mark.
    None,
    /// A kept character that already bears so many combining marks.
    Bears(u8),
}

/// Most texts are printable ASCII: one scan of the bytes settles them.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\')
}

/// Hands every character with its verdict to `take`, in order, until `take` returns false.
///
/// A mark parts what stands around it, so clusters are looked for between the characters that are marked anyway.
fn judge(text: &str, mut take: impl FnMut(char, Verdict) -> bool) {
    let mut base = Base::None;
    for piece in text.split_inclusive(|c| alone(c).is_some()) {
        let last = piece.chars().next_back().and_then(|c| Some((c, alone(c)?)));
        let run = last.and_then(|(c, _)| piece.strip_suffix(c)).unwrap_or(piece);
        for (start, cluster) in run.grapheme_indices(true) {
            let rest = run.get(start..).unwrap_or_default();
            if !judge_cluster(cluster, rest, &mut base, &mut take) {
                return;
            }
        }
        if let Some((c, verdict)) = last {
            base = Base::None;
            if !take(c, verdict) {
                return;
            }
        }
    }
}

/// Judges one grapheme cluster that starts `rest`; returns what `take` returned last.
fn judge_cluster(
    cluster: &str,
    rest: &str,
    base: &mut Base,
    take: &mut impl FnMut(char, Verdict) -> bool,
) -> bool {
    let verdict = |(at, c): (usize, char), base: &mut Base| match rest.get(at..) {
        Some(rest) if rest.starts_with("\\u{") => escape(base),
        _ => on_base(c, base),
    };
    let mut trial = *base;
    let kept: String = cluster
        .char_indices()
        .filter(|&at_c| verdict(at_c, &mut trial) == Verdict::Keep)
        .map(|(_, c)| c)
        .collect();
    let hidden = cut::cluster_width(&kept) == 0;
    cluster.char_indices().all(|at_c| {
        let verdict = if hidden { escape(base) } else { verdict(at_c, base) };
        take(at_c.1, verdict)
    })
}

/// The verdict on a character that is marked whatever stands around it.
fn alone(c: char) -> Option<Verdict> {
    match control_picture(c) {
        Some(picture) => Some(Verdict::Picture(picture)),
        None => (is_hostile(c) || is_control_picture(c)).then_some(Verdict::Escape),
    }
}

/// Nothing stands on a mark.
fn escape(base: &mut Base) -> Verdict {
    *base = Base::None;
    Verdict::Escape
}

/// Counts combining marks; a mark too many, or without a base, is escaped.
fn on_base(c: char, base: &mut Base) -> Verdict {
    if !is_combining(c) {
        *base = Base::Bears(0);
        return Verdict::Keep;
    }
    match *base {
        Base::Bears(count) if count < MOST_COMBINING_MARKS => {
            *base = Base::Bears(count.saturating_add(1));
            Verdict::Keep
        }
        _ => escape(base),
    }
}

fn is_combining(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    !c.is_ascii() && matches!(GeneralCategory::for_char(c), NonspacingMark | SpacingMark | EnclosingMark)
}

fn control_picture(c: char) -> Option<char> {
    match c {
        '\0'..='\u{1f}' => char::from_u32(u32::from(c) | 0x2400),
        '\u{7f}' => Some('\u{2421}'),
        _ => None,
    }
}

fn is_control_picture(c: char) -> bool {
    matches!(c, '\u{2400}'..='\u{241f}' | '\u{2421}')
}

const BLANK_BRAILLE: char = '\u{2800}';
const MOST_COMBINING_MARKS: u8 = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn printable_ascii_comes_back_borrowed() {
        assert!(matches!(visible("read:data (v2) ~ {x}"), Cow::Borrowed(_)));
        assert!(matches!(visible(""), Cow::Borrowed("")));
    }

    #[test]
    fn harmless_text_of_any_script_comes_back_borrowed() {
        for text in
            ["Zürich", "漢字かな", "한국어", "देवनागरी", "العربية", "ไทย", "🦀🇨🇭", "C:\\agents", "e\u{301}"]
        {
            assert!(matches!(visible(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn controls_become_their_pictures() {
        assert_eq!(visible("ad\u{1b}]0;x\u{7}min\0\t\n\r\n\u{7f}"), "ad␛]0;x␇min␀␉␊␍␊␡");
    }

    #[test]
    fn everything_else_that_hides_becomes_its_code_point() {
        for (hostile, shown) in [
            ('\u{9b}', "\\u{9b}"),       // C1: CSI in one byte
            ('\u{ad}', "\\u{ad}"),       // soft hyphen
            ('\u{34f}', "\\u{34f}"),     // combining grapheme joiner
            ('\u{61c}', "\\u{61c}"),     // Arabic letter mark
            ('\u{115f}', "\\u{115f}"),   // Hangul filler, a letter
            ('\u{200b}', "\\u{200b}"),   // zero-width space
            ('\u{200d}', "\\u{200d}"),   // zero-width joiner
            ('\u{2028}', "\\u{2028}"),   // line separator
            ('\u{2029}', "\\u{2029}"),   // paragraph separator
            ('\u{202e}', "\\u{202e}"),   // right-to-left override
            ('\u{2066}', "\\u{2066}"),   // isolate
            ('\u{2800}', "\\u{2800}"),   // blank braille
            ('\u{e000}', "\\u{e000}"),   // private use
            ('\u{fe0f}', "\\u{fe0f}"),   // variation selector
            ('\u{feff}', "\\u{feff}"),   // byte order mark
            ('\u{378}', "\\u{378}"),     // unassigned
            ('\u{fffff}', "\\u{fffff}"), // noncharacter
            ('\u{e0041}', "\\u{e0041}"), // tag letter
        ] {
            assert!(is_hostile(hostile), "{shown}");
            assert_eq!(visible(&format!("ad{hostile}min")), format!("ad{shown}min"));
        }
    }

    #[test]
    fn the_fifth_combining_mark_on_a_base_is_marked_and_a_new_base_counts_anew() {
        let four = "a\u{301}\u{302}\u{303}\u{304}";
        assert_eq!(visible(four), four);
        assert_eq!(
            visible(&format!("{four}\u{305}\u{306}b\u{301}")),
            format!("{four}\\u{{305}}\\u{{306}}b\u{301}")
        );
    }

    #[test]
    fn a_hostile_character_does_not_buy_four_more_combining_marks() {
        assert_eq!(visible("a\u{301}\u{200d}\u{301}"), "a\u{301}\\u{200d}\\u{301}");
    }

    #[test]
    fn what_would_fill_no_column_is_marked() {
        assert_eq!(visible("\u{301}admin"), "\\u{301}admin");
        // A Hangul vowel without its consonant is drawn by nobody.
        assert_eq!(visible("ad\u{1161}min"), "ad\\u{1161}min");
    }

    #[test]
    fn a_spelled_mark_never_looks_like_a_real_one() {
        assert_eq!(visible("\\u{202e}"), "\\u{5c}u{202e}");
        assert_eq!(visible("\u{202e}"), "\\u{202e}");
        assert_eq!(visible("␛[0m"), "\\u{241b}[0m");
        assert_eq!(visible("\u{1b}[0m"), "␛[0m");
    }

    #[test]
    fn has_marks_tells_what_visible_would_do() {
        assert!(has_marks("ad\u{200d}min"));
        assert!(has_marks("a\u{301}\u{301}\u{301}\u{301}\u{301}"));
        assert!(!has_marks("admin"));
        assert!(!has_marks("é"));
    }

    /// Undoes [`visible`]; that it can be written at all is the claim.
    fn decode(shown: &str) -> String {
        let mut text = String::new();
        let mut rest = shown;
        while let Some(c) = rest.chars().next() {
            if let Some((hex, after)) = rest.strip_prefix("\\u{").and_then(|tail| tail.split_once('}')) {
                text.push(char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap());
                rest = after;
                continue;
            }
            text.push(match c {
                '\u{2421}' => '\u{7f}',
                '\u{2400}'..='\u{241f}' => char::from_u32(u32::from(c) - 0x2400).unwrap(),
                other => other,
            });
            rest = rest.strip_prefix(c).unwrap();
        }
        text
    }

    /// Characters that make trouble, mixed with any others.
    fn trouble() -> impl Strategy<Value = String> {
        let nasty = prop::sample::select(vec![
            'a',
            '\\',
            'u',
            '{',
            '}',
            '\u{1b}',
            '\u{7f}',
            '\u{200d}',
            '\u{202e}',
            '\u{301}',
            '\u{489}',
            '\u{903}',
            '\u{1100}',
            '\u{1161}',
            '\u{11a8}',
            '\u{d4e}',
            '\u{1f1e8}',
            '\u{1f3fb}',
            '\u{2800}',
            '\u{241b}',
            '漢',
            '\u{ff9e}',
            '\u{644}',
            '\u{627}',
            '\u{102b}',
            '\r',
            '\n',
        ]);
        prop::collection::vec(prop_oneof![3 => nasty, 1 => any::<char>()], 0..40)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn no_output_holds_a_hostile_character(text in trouble()) {
            let shown = visible(&text).into_owned();
            prop_assert!(!shown.chars().any(is_hostile), "{shown:?}");
        }

        #[test]
        fn no_output_holds_more_than_four_combining_marks_in_a_row(text in trouble()) {
            let shown = visible(&text).into_owned();
            let mut run = 0;
            for c in shown.chars() {
                run = if is_combining(c) { run + 1 } else { 0 };
                prop_assert!(run <= 4, "{shown:?}");
            }
        }

        #[test]
        fn every_cluster_of_an_output_fills_a_column(text in trouble()) {
            let shown = visible(&text).into_owned();
            for cluster in shown.graphemes(true) {
                prop_assert!(cut::cluster_width(cluster) > 0, "{cluster:?} in {shown:?}");
            }
        }

        #[test]
        fn visible_is_idempotent_on_clean_text(text in trouble()) {
            let shown = visible(&text);
            prop_assert_eq!(matches!(shown, Cow::Borrowed(_)), !has_marks(&text));
            if !has_marks(&text) {
                prop_assert_eq!(&*shown, &text);
                prop_assert_eq!(visible(&shown), visible(&text));
            }
        }

        #[test]
        fn two_texts_never_look_the_same(text in trouble()) {
            prop_assert_eq!(decode(&visible(&text)), text);
        }
    }
}
