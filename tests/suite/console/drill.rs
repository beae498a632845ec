//! The worst night, by keys alone: from an alert line to a contained subtree and an exported case, with everything in the
//! way that there is on such nights.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::cli::{Finished, Home};
use crate::cli_mesh::values;
use crate::cli_operator::Held;
use crate::durable::faketime;
use crate::http::chaos::Weather;
use crate::terminal::{Console, Key};

use super::remote::Site;

/// The most keys, beside typed text.
const MOST_KEYS: usize = 25;
/// The most time.
const MOST_TIME: Duration = Duration::from_secs(60);
/// So long the verifier hangs.
const HANGS: Duration = Duration::from_secs(20);

/// The mesh of the demo with a family in it whose keys are known.
struct Night {
    site: Site,
    dids: BTreeMap<&'static str, String>,
}

impl Night {
    fn new() -> Self {
        let home = Home::new();
        let mesh = home.run(&["generate", "--agents", "1500", "--seed", "7"]).expect_code(0).stdout;
        let mesh = home.file("mesh.jsonl", mesh).display().to_string();
        home.run(&["import", &mesh]).expect_code(0);
        // One admin may spare at night; by default whoever spares needs a second one.
        let policy = home.file("policy.toml", "[approvals]\nadopt = 1\n").display().to_string();
        home.run(&["policy", "set", &policy]).expect_code(0);
        let mut dids = BTreeMap::new();
        let mut key = |name: &'static str| {
            let path = home.path(format!("{name}.pem")).display().to_string();
            let made = home.run(&["key", "new", &path, "--no-passphrase", "--json"]).expect_code(0);
            dids.insert(name, values(&made.stdout)[0]["bound_did"].as_str().unwrap().to_owned());
            path
        };
        let root = key("release-train");
        let sponsor = ["--sponsor", "zoe@example.org", "--capability", "deploy:prod"];
        home.run(&[&["agent", "create", "--name", "release-train", "--key", &root], &sponsor[..]].concat())
            .expect_code(0);
        for name in ["deployer", "scout", "billing", "indexer", "late-one", "later-one"] {
            key(name);
        }
        home.run(&["key", "new", &home.path("gateway").display().to_string(), "--no-passphrase"])
            .expect_code(0);
        let held = Held::of(home);
        let night = Self { site: Site::of(held), dids };
        for (name, parent) in [
            ("deployer", "release-train"),
            ("scout", "deployer"),
            ("billing", "deployer"),
            ("indexer", "scout"),
        ] {
            night.spawn(name, parent).expect_code(0);
        }
        let key = night.site.held.public("gateway");
        night.site.held.by("ada", &["point", "enrol", "gateway", "--key", &key, "--reason", "it enforces"]);
        night
    }

    fn did(&self, name: &str) -> &str {
        &self.dids[name]
    }

    /// `parent` gets a child, by its own key.
    fn spawn(&self, name: &str, parent: &str) -> Finished {
        let path = |name: &str| self.site.held.path(&format!("{name}.pem"));
        let (own, above) = (path(name), path(parent));
        let delegate = ["agent", "delegate", self.did(parent), "--parent-key", &above, "--name", name];
        self.site.held.by("bo", &[&delegate[..], &["--key", &own, "--capability", "deploy:prod"]].concat())
    }

    fn states(&self, names: &[&str]) -> Vec<String> {
        let state = |name: &&str| {
            let shown = self.site.held.home.run(&["agent", "show", self.did(name), "--json"]);
            let state =
                values(&shown.expect_code(0).stdout)[0]["agent"]["state"].as_str().unwrap().to_owned();
            format!("{name} {state}")
        };
        names.iter().map(state).collect()
    }
}

/// Whoever sits at the console: keys are counted, typed text is not.
struct Hands {
    console: Console,
    keys: usize,
}

impl Hands {
    fn press(&mut self, keys: &str) -> &mut Console {
        self.keys += keys.chars().count();
        self.console.keys(keys)
    }

    fn types(&mut self, text: &str) {
        self.console.keys(text).wait_idle();
    }

    fn says(&self, words: &str) {
        assert!(self.console.screen().contains(words), "{words:?} is not on\n{}", self.console.screen());
    }
}

#[test]
fn a_night_ends_contained_in_few_keys_and_the_last_screen_says_what_is_not_stopped() {
    let night = Night::new();
    let clock = faketime();
    let library = clock.as_ref().map(|path| path.display().to_string());
    let mut env = vec![];
    if let Some(library) = &library {
        env.extend([
            ("LD_PRELOAD", library.as_str()),
            ("FAKETIME", "-6m"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]);
    }
    let mut hands = Hands { console: night.site.open_with("ada", &env), keys: 0 };
    let begun = Instant::now();

    // An alert line is pasted; the console names the agent, its sponsor, and the chain that authorised it.
    let alert = format!(
        "2026-11-22T03:12:44Z gateway-3 ALERT unusual deploy caller={} action=deploy:prod req=7f3a",
        night.did("scout")
    );
    hands.press(":").wait_idle();
    hands.console.paste(&alert).wait_for("by its did");
    hands.says("scout");
    hands.press("\r").wait_idle();
    hands.says("zoe@example.org");
    hands.press("\t").wait_idle();
    for name in ["release-train", "deployer", "scout"] {
        hands.says(name);
    }

    // What is done from here on belongs to a case.
    hands.press("Co").wait_idle();
    hands.types("deploys nobody asked for");
    hands.press("\r").wait_for("SHA-256 of what is signed");
    hands.console.wait_idle();
    hands.press("y").wait_for("DONE: case");

    // Its parent is the compromised one.
    hands.press("L").wait_idle();
    hands.press("h").wait_idle();
    hands.press("s").wait_for("suspends 4 of 4");

    // One that the business needs is spared.
    hands.press("e").wait_idle();
    hands.types("billing");
    hands.press(" \r").wait_for("suspends 3 of 3");
    hands.press("1").wait_for("SHA-256 of what is signed");
    hands.console.wait_idle();

    // Meanwhile the parent spawns, and a colleague acts.
    night.spawn("late-one", "deployer").expect_code(0);
    let stop = ["agent", "suspend", night.did("scout"), "--reason", "saw it too", "--yes"];
    night.site.held.by("bo", &stop).expect_code(0);
    hands.press("y").wait_for("CHANGED");
    hands.console.wait_idle();

    // The verifier hangs when it counts; the screen does not.
    night.site.line.turns(Weather::HalfOpen);
    let hung = Instant::now();
    hands.press("Y").wait_for("writing it down");
    hands.press("w").wait_for("UNDER WAY");
    hands.press("\x1b");
    std::thread::sleep(HANGS.saturating_sub(hung.elapsed()));
    night.site.line.turns(Weather::Fair);
    let stopped =
        |screen: &str| screen.lines().any(|row| row.contains(" deployer ") && row.contains("SUSPENDED"));
    hands.console.wait_until("the deployer is suspended", stopped);

    // What the parent spawns now does not come to life.
    assert_ne!(night.spawn("later-one", "deployer").code, Some(0));

    // The case is written down, and the last screen says what is not stopped.
    hands.press("C").wait_idle();
    hands.press("e").wait_idle();
    hands.press("\r").wait_for("the case was written to");
    hands.press("N").wait_for("CONFIRMED");
    hands.console.wait_idle();
    let took = begun.elapsed();
    hands.says("nobody may act");
    hands.says("spared: billing");
    // It never said a word: waited for at first, then late, then unknown.
    hands.says("gateway (enforcement point): ");
    hands.says("never heard");
    hands.says("by nobody yet");
    hands.says("connections and sessions that were open before");

    let states = night.states(&["release-train", "deployer", "scout", "indexer", "late-one", "billing"]);
    assert_eq!(
        states,
        [
            "release-train active",
            "deployer suspended",
            "scout suspended",
            "indexer suspended",
            "late-one suspended",
            "billing active"
        ]
    );
    assert!(hands.keys <= MOST_KEYS, "{} keys", hands.keys);
    assert!(took <= MOST_TIME, "{took:?}");
    hands.console.key(Key::Esc);
}
