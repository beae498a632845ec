//! The harness on trial: a small console of its own, on real crossterm and ratatui, run from this very test binary.

use std::fs::OpenOptions;
use std::io::{Write as _, stdout};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crossterm::event::{EnableBracketedPaste, Event, KeyCode, KeyModifiers, read};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Size;
use ratatui::widgets::{Paragraph, Wrap};
use ratatui::{Frame, Terminal};
use rustix::process::Signal;

use super::{Console, Key};
use crate::cli::Home;

/// The fake console: shows every event, and is idle in the way that the harness asks of the real one.
#[test]
#[ignore = "a program for the tests below, not a claim"]
fn program() {
    let Some(fifo) = std::env::var_os("MESHWARDEN_IDLE") else {
        return;
    };
    let mut idle = OpenOptions::new().write(true).open(fifo).unwrap();
    enable_raw_mode().unwrap();
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste).unwrap();
    let mut terminal = Terminal::new(CrosstermBackend::new(stdout())).unwrap();
    // Asks where the cursor is; a terminal that does not answer makes this fail.
    terminal.clear().unwrap();
    let (sender, queue) = channel();
    thread::spawn(move || while sender.send(read().unwrap()).is_ok() {});
    let (mut frame, mut events, mut seen) = (0, 0, String::new());
    loop {
        // Slow work between the event and its frame: whoever does not wait sees the frame before.
        thread::sleep(Duration::from_millis(if events % 10 == 5 { 20 } else { 0 }));
        let mut drawn = Size::default();
        let draw = |frame: &mut Frame<'_>| {
            drawn = frame.area().as_size();
            let text = format!("{}x{} {events} events {seen}|", drawn.width, drawn.height);
            frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }), frame.area());
        };
        terminal.draw(draw).unwrap();
        frame += 1;
        let event = match queue.try_recv() {
            Ok(event) => event,
            Err(_) => {
                let (columns, rows) = (drawn.width, drawn.height);
                let report = format!("frame={frame} events={events} size={columns}x{rows}\n");
                idle.write_all(report.as_bytes()).unwrap();
                queue.recv().unwrap()
            }
        };
        match event {
            Event::Key(key) if key.code == KeyCode::Char('q') => break,
            Event::Key(key) if key.modifiers == KeyModifiers::ALT => seen += &format!("Alt-{} ", key.code),
            Event::Key(key) => seen += &format!("{} ", key.code),
            Event::Paste(text) => seen += &format!("[{text}] "),
            _ => continue,
        }
        events += 1;
    }
    execute!(stdout(), LeaveAlternateScreen).unwrap();
    disable_raw_mode().unwrap();
    stdout().flush().unwrap();
    std::process::exit(7);
}

fn fake() -> Console {
    let args = ["--exact", "terminal::fake::program", "--ignored", "--nocapture"];
    Console::spawn(&Home::new(), std::env::current_exe().unwrap(), &args, &[], (80, 24))
}

#[test]
fn what_was_typed_is_on_the_screen_when_the_console_is_idle() {
    let mut console = fake();
    for round in 1..=100 {
        console.key(Key::Char('j')).wait_idle();
        let screen = console.screen();
        assert!(screen.contains(&format!(" {round} events")), "round {round}\n{screen}");
    }
}

#[test]
fn many_keys_at_once_are_all_awaited() {
    let mut console = fake();
    console.keys("abcdefghijklmno").wait_idle();
    assert!(console.screen().contains(" 15 events a b c d e f g h i j k l m n o |"), "{}", console.screen());
}

#[test]
fn escape_and_the_key_after_it_are_two_keys() {
    let mut console = fake();
    console.keys("a\x1bj").key(Key::Esc).key(Key::Up).wait_idle();
    assert!(console.screen().contains(" 5 events a Esc j Esc Up |"), "{}", console.screen());
}

#[test]
fn every_key_is_one_event() {
    let mut console = fake();
    let keys = [
        Key::Alt('x'),
        Key::F(1),
        Key::F(4),
        Key::F(5),
        Key::F(12),
        Key::Enter,
        Key::Tab,
        Key::BackTab,
        Key::Backspace,
        Key::Delete,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::Home,
        Key::End,
        Key::PageUp,
        Key::PageDown,
        Key::Char('漢'),
    ];
    for key in keys {
        console.key(key);
    }
    console.wait_idle();
    let shown = "18 events Alt-x F1 F4 F5 F12 Enter Tab Back Tab Backspace Del Down Left Right Home End Page Up Page Down 漢 |";
    let flat = |text: &str| text.split_whitespace().collect::<String>();
    assert!(flat(&console.screen()).contains(&flat(shown)), "{}", console.screen());
}

#[test]
fn a_paste_is_one_event() {
    let mut console = fake();
    console.wait_idle();
    console.paste("two words").wait_idle();
    assert!(console.screen().contains(" 1 events [two words]"), "{}", console.screen());
}

#[test]
fn a_resize_is_drawn_when_the_console_is_idle() {
    let mut console = fake();
    for (columns, rows) in [(100, 30), (40, 20), (0, 0), (1, 1), (300, 100), (80, 24)] {
        console.resize(columns, rows).wait_idle();
        if columns >= 40 {
            let screen = console.screen();
            assert!(screen.starts_with(&format!("{columns}x{rows} ")), "{screen}");
        }
    }
}

#[test]
fn a_storm_of_resizes_among_keys_settles() {
    let mut console = fake();
    for round in 1..=10 {
        console
            .keys("jj")
            .storm(&[(100, 30), (0, 0), (20, 5), (80, 24), (90 + round, 25)])
            .keys("kk")
            .wait_idle();
        let screen = console.screen();
        assert!(screen.starts_with(&format!("{}x25 {} events", 90 + round, 4 * round)), "{screen}");
    }
}

#[test]
fn the_end_is_awaited_with_its_code_and_its_last_output() {
    let mut console = fake();
    console.wait_idle();
    assert!(console.look(vt100::Screen::alternate_screen));
    console.keys("q");
    assert_eq!(console.exit_code(), Some(7));
    assert!(!console.look(vt100::Screen::alternate_screen));
}

#[test]
fn a_signal_or_a_kill_leaves_no_exit_code() {
    let mut console = fake();
    console.wait_idle();
    console.signal(Signal::TERM);
    assert_eq!(console.exit_code(), None);
    let mut console = fake();
    console.kill();
    assert!(console.exit().signal().is_some());
}

#[test]
fn any_program_runs_in_the_terminal() {
    let home = Home::new();
    let mut console = Console::spawn(&home, "/bin/cat", &[], &[], (80, 24));
    console.raw(b"echo\r").wait_for("echo\necho\n").raw(b"\x04");
    assert_eq!(console.exit_code(), Some(0));
}

#[test]
#[should_panic(expected = "in vain for \"never\" on the screen")]
fn a_wait_in_vain_ends() {
    let home = Home::new();
    let console = Console::spawn(&home, "/bin/cat", &[], &[], (80, 24));
    console.with_patience(Duration::from_millis(200)).wait_for("never");
}

#[test]
#[should_panic(expected = "the program ended before it was idle")]
fn a_program_that_ends_is_not_awaited() {
    Console::spawn(&Home::new(), "/bin/sh", &["-c", "exit 0"], &[], (80, 24)).wait_idle();
}
