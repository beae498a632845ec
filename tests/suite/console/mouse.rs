//! The mouse belongs to the terminal, unless somebody wants it here.

use vt100::MouseProtocolMode;

use super::dump;
use crate::cli::Home;
use crate::terminal::Console;

#[test]
fn the_mouse_is_asked_for_only_while_it_is_wanted() {
    let home = Home::new();
    let file = dump(&home);
    let mut console = Console::open_in(&home, &[file.to_str().unwrap()], &[], (80, 24));
    let mode = |console: &Console| {
        let mut mode = MouseProtocolMode::None;
        console.look(|screen| mode = screen.mouse_protocol_mode());
        mode
    };
    console.wait_idle();
    assert_eq!(mode(&console), MouseProtocolMode::None, "off by default");
    console.keys("M").wait_idle();
    assert_eq!(mode(&console), MouseProtocolMode::PressRelease, "nothing is told while it only moves");
    // The row of the table below the first, as xterm tells of a click in SGR.
    console.keys("2").wait_idle();
    console.raw(b"\x1b[<0;10;7M");
    console.keys("M").wait_idle();
    assert_eq!(mode(&console), MouseProtocolMode::None);
    console.look(|screen| assert!(screen.cell(6, 79).unwrap().inverse(), "{}", screen.contents()));
}
