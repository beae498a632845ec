//! Colour is decoration: without it, attributes say the same.

use super::dump;
use crate::cli::Home;
use crate::terminal::Console;

/// Rows of the agents room that are drawn in reverse, and whether anything on the screen has a colour.
fn agents_room(no_color: Option<&str>) -> (Vec<String>, bool) {
    let home = Home::new();
    let file = dump(&home);
    let env: Vec<(&str, &str)> = no_color.map(|value| ("NO_COLOR", value)).into_iter().collect();
    let mut console = Console::open_in(&home, &[file.to_str().unwrap()], &env, (120, 40));
    console.keys("2").wait_idle();
    console.keys("jj").wait_idle();
    console.look(|screen| {
        let (rows, columns) = screen.size();
        let cell = |row, column| screen.cell(row, column).unwrap();
        let (rows, columns) = (rows.get(), columns.get());
        let coloured = (0..rows).any(|row| {
            (0..columns).any(|column| {
                let cell = cell(row, column);
                [cell.fgcolor(), cell.bgcolor()].iter().any(|colour| *colour != vt100::Color::Default)
            })
        });
        // The third row on begins the table; its headings are not reversed.
        let reversed = (3..rows).filter(|row| (0..columns).all(|column| cell(*row, column).inverse()));
        let text: Vec<String> = screen.rows(0, columns).collect();
        (reversed.map(|row| text[usize::from(row)].clone()).collect(), coloured)
    })
}

#[test]
fn without_colour_the_selected_row_is_still_unlike_the_others() {
    let (selected, coloured) = agents_room(Some("1"));
    assert!(!coloured, "NO_COLOR is set");
    assert_eq!(selected.len(), 1, "{selected:?}");
    assert_eq!(agents_room(None), (selected, true));
}

#[test]
fn an_empty_no_color_is_none() {
    assert!(agents_room(Some("")).1);
}

#[test]
fn a_terminal_with_sixteen_colours_and_no_glyphs_gets_no_more_than_that() {
    let home = Home::new();
    let file = dump(&home);
    let arguments = [file.to_str().unwrap(), "--theme", "high-contrast", "--ascii"];
    let mut console = Console::open_in(&home, &arguments, &[("TERM", "linux")], (80, 24));
    console.wait_idle();
    console.look(|screen| {
        assert!(
            screen.contents().chars().all(|letter| matches!(letter, ' '..='~' | '\n')),
            "{}",
            screen.contents()
        );
        for (row, column) in (0..24).flat_map(|row| (0..80).map(move |column| (row, column))) {
            let cell = screen.cell(row, column).unwrap();
            for colour in [cell.fgcolor(), cell.bgcolor()] {
                assert!(matches!(colour, vt100::Color::Idx(0..16)), "{colour:?}");
            }
        }
    });
}
