//! A panic gives the terminal back before it says anything.

use std::io::Read as _;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::super::takeover::Guard;

/// Takes the terminal over and panics, on another thread as the workers would.
#[test]
#[ignore = "a program for the test below, not a claim"]
fn program() {
    if std::env::var_os("MESHWARDEN_PANICS").is_none() {
        return;
    }
    let _guard = Guard::enter("test").unwrap();
    let worker = std::thread::spawn(|| panic!("the worker gave up"));
    drop(worker.join());
    unreachable!("the hook ends the process");
}

#[test]
fn a_panic_restores_the_terminal_first_and_ends_the_program() {
    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "tui::tests::restored::program", "--ignored", "--nocapture"]);
    command.env("MESHWARDEN_PANICS", "1");
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut output = Vec::new();
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut piece = [0; 4096];
    // A terminal whose other end is closed answers with an error, not with an end.
    while let Ok(read @ 1..) = reader.read(&mut piece) {
        output.extend_from_slice(&piece[..read]);
    }
    assert_eq!(child.wait().unwrap().exit_code(), 70);
    let output = String::from_utf8_lossy(&output);
    let at = |text: &str| output.find(text).unwrap_or_else(|| panic!("{text:?} is missing in {output:?}"));
    assert!(at("\x1b[?1049h") < at("\x1b[?1049l"));
    for restored in ["\x1b[?2004l", "\x1b[?1049l", "\x1b[?25h"] {
        assert!(at(restored) < at("the worker gave up"), "{restored:?} comes too late: {output:?}");
    }
    // Line discipline is back: a line feed is a carriage return too.
    assert!(
        output.trim_end().lines().count() > 0 && at("the worker gave up") > 0 && output.ends_with("\r\n"),
        "{output:?}"
    );
}
