//! Every screen in every theme: readable, in ASCII where that is asked for, and at the smallest size that counts.

use super::super::theme::Depth;
use super::super::theme::contrast::worst_contrast;
use super::*;

/// The keys that lead to each room and each dialog.
pub(super) const SCREENS: [&str; 43] = [
    "1",
    "2",
    "2jj ",
    "3",
    "3tGL",
    "4",
    "4l",
    "5",
    "5v",
    "6",
    "6\t",
    "6\t\t",
    "6\t\t\t",
    "6\t\t\t\t",
    "7",
    "8",
    "9",
    "0",
    "2s",
    "2D",
    "2a",
    "2K",
    "2S",
    "2n",
    "3+",
    "3+read:x\r",
    "2  s",
    "2T",
    "2X",
    "3A",
    "C",
    "Co",
    "?",
    ":",
    "2/trust<a",
    "5\r",
    "w",
    "2y",
    "2E",
    "2c",
    "2,",
    "b",
    "N",
];

fn look(desk: &mut Desk, theme: Theme, keys: &str) {
    let model = &mut desk.model;
    model.session.theme = theme;
    model.rooms.rebuild_small(&model.session);
    desk.keys("\x1b\x1b\x1b\x1b1").keys(keys);
}

#[test]
fn whatever_a_theme_draws_is_readable() {
    let mut desk = Desk::new(&mesh(60), (100, 30));
    for name in [ThemeName::Dark, ThemeName::Light, ThemeName::HighContrast] {
        for depth in [Depth::Many, Depth::Sixteen] {
            let theme = Theme::new(name, false).on(depth);
            for keys in SCREENS {
                look(&mut desk, theme, keys);
                for cell in desk.screen.backend().buffer().content.iter().filter(|cell| cell.symbol() != " ")
                {
                    let found = worst_contrast(cell.fg, cell.bg, cell.modifier);
                    assert!(found >= 4.5, "{keys:?} {name:?} {depth:?} {:?}: {found:.2}", cell.symbol());
                }
            }
        }
    }
}

/// The screen with its styles: under each row that has any beside the usual one, where they begin and what they are.
fn styled(desk: &Desk) -> String {
    let buffer = desk.screen.backend().buffer();
    let columns = usize::from(buffer.area.width);
    let mut lines = Vec::new();
    for (row, cells) in desk.text().lines().zip(buffer.content.chunks(columns)) {
        lines.push(row.to_owned());
        let mut styles = Vec::new();
        let mut last = None;
        for (column, cell) in cells.iter().enumerate() {
            let style = (cell.fg, cell.bg, cell.modifier);
            if last != Some(style) {
                styles.push(format!("{column}:{:?}/{:?}/{:?}", style.0, style.1, style.2));
                last = Some(style);
            }
        }
        if styles.len() > 1 {
            lines.push(format!("    {}", styles.join(" ")));
        }
    }
    lines.join("\n")
}

#[test]
fn the_same_screens_without_colour_in_light_and_in_ascii() {
    let looks = [
        ("no_color", Theme::new(ThemeName::Dark, true)),
        ("light", Theme::new(ThemeName::Light, false)),
        ("ascii", Theme::new(ThemeName::Dark, false).in_ascii(true)),
    ];
    for (name, theme) in looks {
        for (screen, keys) in [("overview", "1"), ("agents", "2jj"), ("lineage", "3tGL"), ("suspend", "2s")] {
            let mut desk = Desk::new(&mesh(60), (80, 24));
            look(&mut desk, theme, keys);
            insta::assert_snapshot!(format!("{screen}-{name}"), styled(&desk));
        }
    }
}

#[test]
fn in_ascii_no_glyph_of_the_console_is_anything_else() {
    let ascii = Theme::new(ThemeName::Dark, false).in_ascii(true);
    for size in [(40, 20), (80, 24), (120, 40)] {
        let mut desk = Desk::new(&mesh(60), size);
        for keys in SCREENS {
            look(&mut desk, ascii, keys);
            let text = desk.text();
            let other = text.chars().find(|letter| !matches!(letter, ' '..='~' | '\n'));
            assert_eq!(other, None, "{keys:?}\n{text}");
        }
    }
}

#[test]
fn without_colour_nothing_has_any() {
    let mut desk = Desk::new(&mesh(60), (100, 30));
    for keys in SCREENS {
        look(&mut desk, Theme::new(ThemeName::Light, true), keys);
        let plain = |cell: &ratatui::buffer::Cell| {
            (cell.fg, cell.bg) == (ratatui::style::Color::Reset, ratatui::style::Color::Reset)
        };
        assert!(desk.screen.backend().buffer().content.iter().all(plain), "{keys:?}");
    }
}

#[test]
fn each_state_begins_with_a_letter_of_its_own() {
    use crate::registry::State;
    let states = [State::Active, State::CutOff, State::Suspended, State::Expired, State::Revoked];
    let letters: std::collections::HashSet<char> =
        states.iter().filter_map(|state| super::super::widgets::state_word(*state).chars().next()).collect();
    assert_eq!(letters.len(), states.len());
}

/// The word that names each screen, beside the keys that lead to it.
fn names(keys: &str) -> &'static str {
    match keys {
        "2s" | "2  s" => "SUSPEND",
        "2D" => "REVOKE",
        "2a" => "REACTIVATE",
        "2K" => "LOCK",
        "2S" => "SEAL",
        "2n" => "may do no more",
        "3+" | "3+read:x\r" => "GRANT",
        "2T" => "TAG",
        "2X" => "KEY",
        "3A" => "ADOPT",
        "C" => "Cases",
        "Co" => "CASE",
        "?" => "Keys",
        ":" => "Palette",
        "5\r" => "Entry",
        "w" => "Journal",
        "2y" => "Copy",
        "2E" => "Export",
        "2c" => "Paths",
        "2," => "Columns",
        "b" => "Time",
        "N" => "What is stopped",
        _ => match keys.chars().next() {
            Some('2') => "agents",
            Some('3') => "lineage",
            Some('4') => "tiers",
            Some('5') => "log",
            Some('6') => "inspect",
            Some('7') => "approvals",
            Some('8') => "operators",
            Some('9') => "locks",
            Some('0') => "policy",
            _ => "overview",
        },
    }
}

#[test]
fn forty_columns_and_twenty_rows_name_the_screen_show_its_rows_and_the_way_out() {
    let mut wrong = Vec::new();
    for keys in SCREENS {
        let mut desk = Desk::new(&mesh(60), (40, 20));
        desk.keys(keys);
        let text = desk.text();
        if !text.to_lowercase().contains(&names(keys).to_lowercase()) {
            wrong.push(format!("{keys:?} has no name {:?}\n{text}", names(keys)));
        }
        // In a room the footer ends with the way to all keys; a dialog names its own.
        let last = text.lines().last().unwrap_or_default();
        if !last.contains("? keys") && !text.contains("esc") {
            wrong.push(format!("{keys:?} has no way out\n{text}"));
        }
        if text.lines().count() < 6 {
            wrong.push(format!("{keys:?} is empty\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
