//! `:ctx` in the built program: from place to place, past one that never answers.

use std::net::TcpListener;

use super::{dump, mesh};
use crate::cli::Home;
use crate::terminal::Console;

/// A verifier that takes connections and says nothing, two registries, and their configuration.
fn configured(home: &Home) -> TcpListener {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (big, small) = (dump(home), mesh(home, 40));
    home.run(&["key", "new", home.path("ada.pem").to_str().unwrap(), "--no-passphrase"]).expect_code(0);
    let url = format!("http://{}", silent.local_addr().unwrap());
    let log_key = "meshwarden.log/17d508df62656d6b7fabfdbde7db0a1e/authority+6c9b5fc7+ARebds/dyRaW5YKEfs5cc710V8skPsDQNNdwO3Zjl1Yk";
    let config = format!(
        "[[context]]\nname = \"big\"\nregistry = {big:?}\ncolour = \"green\"\n\n\
         [[context]]\nname = \"small\"\nregistry = {small:?}\nproduction = true\n\n\
         [[context]]\nname = \"dead\"\nverifier = {url:?}\nlog_key = {log_key:?}\noperator = \"ada\"\noperator_key = {:?}\n",
        home.path("ada.pem")
    );
    std::fs::create_dir_all(home.path("config/meshwarden")).unwrap();
    home.file("config/meshwarden/config.toml", config);
    silent
}

#[test]
fn a_context_that_never_answers_is_left_alone_and_the_others_are_gone_to_and_found_again() {
    let home = Home::new();
    let _silent = configured(&home);
    let mut console = Console::open_in(&home, &["--context", "big"], &[], (120, 40));
    console.wait_idle();
    assert_eq!(console.title().split(' ').nth(1), Some("big"));
    console.keys("2/notifier-112\r").wait_for("1 of 1000");
    console.keys(":ctx dead\r").wait_for("opening dead …; what you see is still big");
    console.keys("3").wait_for("rows of 1000 agents");
    console.keys(":ctx small\r").wait_for("READ-ONLY: ! unlocks").wait_for("40 agents");
    console.wait_for(" meshwarden  small ");
    console.keys(":ctx big\r").wait_for("rows of 1000 agents");
    console.keys("2").wait_for("1 of 1000").wait_for("filter: notifier-112");
}

#[test]
fn what_is_stopped_in_production_is_unlocked_in_its_dialog() {
    let home = Home::new();
    let _silent = configured(&home);
    let mut console = Console::open_in(&home, &["--context", "small"], &[], (120, 40));
    console.wait_idle();
    console.keys("2").wait_idle();
    console.keys("s").wait_idle();
    console.keys("1").wait_idle();
    console.keys("y").wait_for("nothing was sent: this context is read-only");
    console.keys("!").wait_for("UNLOCKED for 4:5");
    console.keys("y").wait_for(": SUSPENDED ");
}
