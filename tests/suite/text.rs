//! Text as ratatui really draws it: our columns are its columns, and nothing that we show does it drop.

use meshwarden::text::{visible, width};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws a text on one row; returns the columns it took and what stands in them.
fn drawn(text: &str) -> (usize, String) {
    let area = Rect::new(0, 0, 1000, 1);
    let mut buffer = Buffer::empty(area);
    let (end, _) = buffer.set_stringn(0, 0, text, 1000, Style::default());
    let mut shown = String::new();
    let mut column = 0;
    while column < end {
        let symbol = buffer[(column, 0)].symbol();
        shown.push_str(symbol);
        column += u16::try_from(width(symbol)).unwrap();
    }
    (usize::from(end), shown)
}

proptest! {
    #[test]
    fn our_columns_are_those_that_ratatui_fills(text in "\\PC{0,60}") {
        prop_assert_eq!(drawn(&text).0, width(&text));
    }

    #[test]
    fn ratatui_drops_nothing_of_a_visible_text(text in any::<String>()) {
        let shown = visible(&text);
        prop_assert_eq!(&drawn(&shown).1, &*shown);
    }
}

#[test]
fn half_width_sound_marks_take_the_columns_that_ratatui_gives_them() {
    for text in ["ｶﾞ", "ﾊﾟ", "あﾞ", "ﾞ"] {
        assert_eq!(drawn(text).0, width(text), "{text}");
    }
}
