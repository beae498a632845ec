//! From a key to its frame with a million agents, every node of the tree open.
//!
//! The real update and the real view draw 200x60 cells through crossterm's backend into nothing: what a key costs
//! until the bytes of its frame are written, the terminal and the work on other threads left aside.

use std::fs::File;
use std::io::{Sink, sink};
use std::time::Duration;

use super::shared::{self, ISSUE_2, MILLION, against, figure, heading, ms, now, quantile, time};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use meshwarden::backend::Backend;
use meshwarden::tui::{Rehearsal, RoomName};
use meshwarden::warden::Context;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

type Console = Rehearsal<CrosstermBackend<Sink>>;

pub fn run() {
    let context = Context::of_this_machine(std::env::temp_dir(), "bench".to_owned());
    let opened = context.open_demo(File::open(shared::lines(MILLION)).unwrap()).unwrap();
    let area = Rect::new(0, 0, 200, 60);
    let options = TerminalOptions { viewport: Viewport::Fixed(area) };
    let screen = Terminal::with_options(CrosstermBackend::new(sink()), options).unwrap();
    let backend = Backend::Local(Box::new(opened.warden));
    let mut console = Rehearsal::new(backend, screen, RoomName::Lineage, now()).unwrap();
    let (opened, took) = time(|| console.open_everything());
    opened.unwrap();
    heading(&format!("console: key to frame at 200x60, {} rows of the tree open", console.rows()));
    figure("opening everything", ms(took), "ms");
    walk(&mut console, "tree");
    open_and_close(&mut console);
    press(&mut console, KeyCode::Char('2'));
    console.catch_up().unwrap();
    walk(&mut console, "table");
    typing(&mut console);
}

fn press(console: &mut Console, key: KeyCode) -> Duration {
    let key = KeyEvent::new(key, KeyModifiers::NONE);
    let (drawn, took) = time(|| console.key(key));
    drawn.unwrap();
    took
}

/// Every way of moving, from all over the list.
fn walk(console: &mut Console, room: &str) {
    let keys =
        [KeyCode::Down, KeyCode::Down, KeyCode::PageDown, KeyCode::Up, KeyCode::PageDown, KeyCode::Down];
    let mut times: Vec<Duration> = Vec::new();
    for start in [KeyCode::Home, KeyCode::End] {
        times.push(press(console, start));
        let turned = |key: KeyCode| match key {
            KeyCode::PageDown if start == KeyCode::End => KeyCode::PageUp,
            other => other,
        };
        times.extend(keys.iter().cycle().take(3000).map(|key| press(console, turned(*key))));
    }
    times.sort_unstable();
    figure(&format!("{room}: a move, median of {}", times.len()), ms(quantile(&times, 0.5)), "ms");
    against(&format!("{room}: a move, p99"), ms(quantile(&times, 0.99)), 2.0, "ms", ISSUE_2);
    figure(&format!("{room}: a move, slowest"), ms(quantile(&times, 1.0)), "ms");
}

/// Closes and opens nodes from the first row to the last page.
fn open_and_close(console: &mut Console) {
    let mut times = Vec::new();
    press(console, KeyCode::Home);
    for round in 0..60 {
        for _ in 0..round {
            press(console, KeyCode::PageDown);
        }
        times.extend([KeyCode::Left, KeyCode::Right].map(|key| press(console, key)));
    }
    let mut all = Vec::new();
    for _ in 0..20 {
        press(console, KeyCode::Home);
        all.extend([KeyCode::Char('t'), KeyCode::Char('t')].map(|key| press(console, key)));
    }
    times.sort_unstable();
    all.sort_unstable();
    figure("tree: opening or closing a node, median", ms(quantile(&times, 0.5)), "ms");
    against("tree: opening or closing a node, p99", ms(quantile(&times, 0.99)), 5.0, "ms", ISSUE_2);
    against("tree: with everything below it, slowest of 40", ms(quantile(&all, 1.0)), 5.0, "ms", ISSUE_2);
}

/// A letter in the filter, and then its answer.
fn typing(console: &mut Console) {
    let (mut keys, mut answers) = (Vec::new(), Vec::new());
    press(console, KeyCode::Char('/'));
    for letter in "invoice agent".chars() {
        keys.push(press(console, KeyCode::Char(letter)));
        let (drawn, took) = time(|| console.catch_up());
        drawn.unwrap();
        answers.push(took);
    }
    keys.sort_unstable();
    answers.sort_unstable();
    against("table: a letter in the filter, slowest", ms(quantile(&keys, 1.0)), 2.0, "ms", ISSUE_2);
    against("table: its answer on the screen, slowest", ms(quantile(&answers, 1.0)), 20.0, "ms", ISSUE_2);
}
