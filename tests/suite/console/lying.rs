//! A verifier that contradicts itself, as whoever sits before the console sees it.

use serde_json::Value;

use crate::cli_mesh::values;
use crate::http::early::state;
use crate::http::lying::{Liar, suspend_there};
use crate::http::remote::blocking;
use crate::terminal::Console;

const BANNER: &str = "THE VERIFIER CONTRADICTS ITSELF";
/// What the dark theme writes danger in, where there are 256 colours.
const RED: vt100::Color = vt100::Color::Idx(203);

/// Whether all of a text on the screen is red.
fn is_red(console: &Console, text: &str) -> bool {
    console.look(|screen| {
        let (rows, columns) = screen.size();
        let mut places = screen.rows(0, columns.get()).zip(0..rows.get());
        let (row, before) =
            places.find_map(|(line, row)| Some((row, line.split_once(text)?.0.chars().count()))).unwrap();
        (before..before + text.len()).all(|column| {
            let cell = screen.cell(row, u16::try_from(column).unwrap()).unwrap();
            cell.fgcolor() == RED || cell.bgcolor() == RED
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_that_rewrites_its_log_is_shown_in_red_and_given_no_authority_to_hand_on() {
    let (served, liar) = Liar::before().await;
    let mut served = blocking(move || {
        let (home, key) = (&served.mesh.home, served.open().verifier().unwrap().to_string());
        let (url, operator_key) = (liar.url(), served.mesh.path("rex.pem"));
        let there = ["--verifier", &url, "--log-key", &key];
        let rex = ["--operator-name", "rex", "--operator-key", &operator_key];
        let mut console = Console::open_in(home, &[&there[..], &rex].concat(), &[], (120, 40));
        console.wait_for("signed in as rex").keys("2").wait_for("planner");
        assert!(!console.screen().contains(BANNER));
        // It was done a century later, says the liar.
        liar.lies_about_log(|(name, value)| {
            let text = value.as_str().filter(|_| name == "entry");
            let text = text.map(|text| text.replace("\"time\":\"20", "\"time\":\"21"));
            Some((name, text.map_or(value, Value::String)))
        });
        suspend_there(&served, &served.mesh.worker);
        console.wait_for(BANNER).wait_for("entries that were sent are not those that were signed");
        assert!(is_red(&console, BANNER), "{}", console.screen());
        assert!(!console.screen().contains("SUSPENDED"), "nothing of what it sends is believed");
        // The evidence lies there for anybody who knows the key of the log.
        let found = home.run(&[&["log", "evidence", "--json"], &there[..]].concat()).expect_code(1);
        let found = &values(&found.stdout)[0];
        assert_eq!(found["code"], "verifier_rewrote");
        assert!(found["held"].as_str().unwrap() != found["contradicts"].as_str().unwrap(), "{found:#?}");
        // What does not take authority is not even sent.
        let size = served.open().snapshot().head.size;
        console.keys("T").wait_for("its tags");
        console.keys("seen\r").wait_for("tag it").keys("1").wait_for("SHA-256").wait_idle();
        console.keys("y").wait_for("NOT DONE: THE VERIFIER CONTRADICTS ITSELF");
        console.keys("\x1b").wait_gone("tag it");
        assert_eq!(served.open().snapshot().head.size, size, "nothing was sent");
        // Whom to stop it is told all the same; that it did is believed when its log says so.
        console.keys("s").wait_for("subtree").keys("c").wait_for("this agent alone");
        console.keys("1").wait_for("SHA-256").wait_idle();
        console.keys("y").wait_for("took it as entry").wait_gone("this agent alone");
        assert!(!console.screen().contains("suspended"), "{}", console.screen());
        assert_eq!(state(&served.open(), &served.mesh.planner), "suspended");
        served
    })
    .await;
    served.stop().await;
}
