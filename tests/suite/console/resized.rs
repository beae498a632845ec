//! Terminals of any size, changing while somebody types.

use super::{Chance, dump, open};
use crate::cli::Home;
use crate::terminal::Key;

#[test]
fn a_storm_of_resizes_among_keys_ends_in_a_whole_screen() {
    let mut chance = Chance::new();
    let home = Home::new();
    let file = dump(&home);
    let mut console = open(&home, &file);
    let keys = ["2", "3", " ", "j", "G", "g", "4", "l", "5", "6", "\t", "?", "1", ":", "s", "D", "a"];
    for round in 0_u16..20 {
        let mut sizes: Vec<(u16, u16)> =
            (0..8).map(|_| (chance.below(301) as u16, chance.below(100) as u16)).collect();
        sizes.extend([(0, 0), (1, 1), (300, 99), (90 + round, 100)]);
        for _ in 0..5 {
            console.keys(keys[chance.below(keys.len() as u64) as usize]);
        }
        console.storm(&sizes);
        for _ in 0..5 {
            console.keys(keys[chance.below(keys.len() as u64) as usize]);
        }
        console.key(Key::Esc).key(Key::Esc).wait_idle();
        let screen = console.screen();
        assert!(screen.contains("OFFLINE COPY") && screen.contains("1 over"), "{screen}");
    }
}

#[test]
fn a_screen_that_is_too_small_says_so_and_comes_back() {
    let home = Home::new();
    let file = dump(&home);
    let mut console = open(&home, &file);
    let before = console.screen();
    for size in [(23, 24), (80, 7), (20, 5), (10, 1)] {
        console.resize(size.0, size.1).wait_idle();
        assert!(console.screen().starts_with("too small"), "{size:?}\n{}", console.screen());
    }
    for size in [(0, 0), (1, 1), (0, 40), (120, 0), (2, 300)] {
        console.resize(size.0, size.1).keys("j").wait_idle();
    }
    console.resize(120, 40).wait_idle();
    let words = |screen: &str| screen.lines().map(|row| row.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(words(&console.screen()), words(&before));
}

#[test]
fn a_suspension_needs_no_more_than_forty_columns_and_twenty_rows() {
    let home = Home::new();
    let file = dump(&home);
    let mut console = open(&home, &file);
    console.resize(40, 20).keys("2/notifier-112\r").wait_idle();
    console.keys("s").wait_idle();
    for shown in
        ["SUSPEND", "notifier-112", "OFFLINE COPY", " y suspend", " t until lifted", " r reason", " esc no"]
    {
        assert!(console.screen().contains(shown), "{shown:?} is missing\n{}", console.screen());
    }
    console.keys("1").wait_idle();
    console.keys("y").wait_idle();
    assert!(console.screen().contains(": SUSPENDED 48 agents"), "{}", console.screen());
}
