//! What the console remembers from run to run, and that nothing of it can stop a start.

use super::dump;
use crate::cli::Home;
use crate::terminal::{Console, Key};

#[test]
fn columns_are_found_again_as_they_were_left_and_a_broken_file_is_only_said() {
    let home = Home::new();
    let file = dump(&home);
    let state = home.path("state").join("meshwarden").join("console.json");
    let env = [("XDG_STATE_HOME", home.path("state").display().to_string())];
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let open = || {
        let mut console = Console::open_in(&home, &[file.to_str().unwrap()], &env, (100, 30));
        console.wait_idle();
        console
    };
    let mut console = open();
    console.keys("2").wait_idle();
    assert!(console.screen().contains(" DID "));
    console.keys(",jj ").wait_idle();
    console.key(Key::Enter).wait_idle();
    assert!(!console.screen().contains(" DID "), "{}", console.screen());
    console.key(Key::Ctrl('c'));
    assert_eq!(console.exit_code(), Some(0));
    assert!(std::fs::read_to_string(&state).unwrap().contains("\"score\""));

    let mut console = open();
    console.keys("2").wait_idle();
    assert!(!console.screen().contains(" DID "), "{}", console.screen());
    drop(console);

    std::fs::write(&state, "{\"agents\": {\"\": {\"columns\": [\"nose\"]").unwrap();
    let mut console = open();
    assert!(console.screen().contains("console.json cannot be used"), "{}", console.screen());
    console.keys("2").wait_idle();
    assert!(console.screen().contains(" DID "));
}
