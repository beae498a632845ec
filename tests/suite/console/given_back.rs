//! Whoever ends or stops the program gets the terminal back as it was.

use rustix::process::Signal;

use super::{dump, open};
use crate::cli::{Home, MESHWARDEN};
use crate::terminal::{Console, Key};

#[test]
fn sigterm_and_sighup_give_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP] {
        let home = Home::new();
        let file = dump(&home);
        let mut console = open(&home, &file);
        assert!(console.look(|screen| screen.alternate_screen() && screen.hide_cursor()));
        assert!(!console.reads_lines());
        console.keys("2s").wait_idle();
        console.signal(signal);
        console.exit();
        given_back(&console);
    }
}

#[test]
fn a_shell_stops_the_console_and_brings_it_back() {
    for by_key in [true, false] {
        let home = Home::new();
        let file = dump(&home);
        // The shell must be one with job control; its prompt is a word that nobody else writes.
        let args = ["--norc", "--noprofile", "-i"];
        let mut console = Console::spawn(&home, "bash", &args, &[("PS1", "prompt> ")], (120, 40));
        console.wait_for("prompt> ");
        console.raw(format!("'{MESHWARDEN}' '{}'\r", file.display()).as_bytes());
        console.wait_for("OFFLINE COPY").wait_idle();
        console.keys("2").wait_idle();
        let before = console.screen();
        if by_key {
            console.key(Key::Ctrl('z'));
        } else {
            console.raw(b"").signal_foreground(Signal::TSTP);
        }
        console.wait_for("Stopped");
        at_the_prompt(&mut console);
        given_back_to_shell(&mut console);
        at_the_prompt(&mut console);
        console.raw(b"fg\r").wait_until("everything drawn anew", |screen| screen == before);
        assert!(console.look(|screen| screen.alternate_screen() && screen.hide_cursor()));
        assert!(console.look(vt100::Screen::bracketed_paste) && !console.reads_lines());
        // It still takes keys, and ends as ever.
        console.keys("3").wait_idle();
        assert!(console.screen().contains("rows of 1000 agents"), "{}", console.screen());
        console.keys("q");
        at_the_prompt(&mut console);
        console.raw(b"exit\r").exit();
        given_back(&console);
    }
}

fn given_back(console: &Console) {
    assert!(!console.look(vt100::Screen::alternate_screen), "the alternate screen is left");
    assert!(!console.look(vt100::Screen::hide_cursor), "the cursor is shown");
    assert!(!console.look(vt100::Screen::bracketed_paste), "pastes are not bracketed");
    assert!(console.reads_lines(), "lines are edited and echoed again");
}

/// What is typed before the shell reads again may be lost.
fn at_the_prompt(console: &mut Console) {
    console.wait_until("the prompt", |screen| screen.trim_end().ends_with("\nprompt>"));
}

/// A shell that edits lines itself sets the terminal as it likes; so a command looks at it.
fn given_back_to_shell(console: &mut Console) {
    assert!(!console.look(vt100::Screen::alternate_screen) && !console.look(vt100::Screen::hide_cursor));
    console.raw(b"stty -a | tr ' ' '\\n' | grep -x -e icanon -e echo -e isig | paste -sd+\r");
    console.wait_until("a terminal that edits lines", |screen| {
        screen.lines().any(|row| row.split('+').count() == 3)
    });
}
