//! The console on a verifier: the same walk as on a file, and a verifier that is killed in the middle of it.

use std::process::Command;
use std::time::Duration;

use meshwarden::registry::{Judgement, Registry, Row, State};
use meshwarden::warden::{Clock as _, Context, Place, SystemClock};

use super::first::revoked_by_keys;
use super::{dump, find, subtree};
use crate::cli::{Home, MESHWARDEN};
use crate::cli_mesh::values;
use crate::cli_operator::Held;
use crate::http::chaos::Chaos;
use crate::interop_nginx::{Running, start};
use crate::terminal::Console;

/// A thousand agents, held by ada and bo, behind a line that stays when the verifier is gone.
pub(super) struct Site {
    pub held: Held,
    pub line: Chaos,
    running: Option<Running>,
}

impl Site {
    fn new() -> Self {
        let home = Home::new();
        let file = dump(&home).display().to_string();
        home.run(&["import", &file]).expect_code(0);
        Self::of(Held::of(home))
    }

    /// A verifier of what somebody holds.
    pub(super) fn of(held: Held) -> Self {
        let mut site = Self { held, line: Chaos::line(), running: None };
        site.begin();
        site
    }

    /// Starts the verifier, in a process of its own.
    fn begin(&mut self) {
        let mut serve = Command::new(MESHWARDEN);
        serve.env_clear().envs(self.held.home.environment()).env("MESHWARDEN_LOG", "off");
        serve.args(["serve", "--listen", "127.0.0.1:0", "--authority", &self.line.address.to_string()]);
        let (running, line) = start(&mut serve);
        self.line.leads_to(line.replace("listening on ", "").parse().unwrap());
        self.running = Some(running);
    }

    /// SIGKILL.
    fn kill(&mut self) {
        drop(self.running.take());
    }

    /// The options that lead there, for `name`.
    fn there(&self, name: &str) -> Vec<String> {
        let key = self.held.home.run(&["log", "key"]).expect_code(0).stdout.trim().to_owned();
        let url = format!("http://{}", self.line.address);
        let options = [
            ("--verifier", url),
            ("--log-key", key),
            ("--operator-name", name.to_owned()),
            ("--operator-key", self.held.path(name)),
        ];
        options.into_iter().flat_map(|(option, value)| [option.to_owned(), value]).collect()
    }

    /// The console of somebody on a machine of their own.
    fn open(&self, name: &str) -> Console {
        self.open_with(name, &[])
    }

    /// The same with more in its environment.
    pub(super) fn open_with(&self, name: &str, more: &[(&str, &str)]) -> Console {
        let there = self.there(name);
        let arguments: Vec<&str> = there.iter().map(String::as_str).collect();
        let cache = self.held.path(&format!("cache-of-{name}"));
        let env = [&[("XDG_CACHE_HOME", cache.as_str())], more].concat();
        let mut console = Console::open_in(&self.held.home, &arguments, &env, (120, 40))
            .with_patience(Duration::from_secs(60));
        console.wait_for("signed in as").wait_idle();
        console
    }

    fn registry(&self) -> Registry {
        let directory = self.held.home.path("data/meshwarden");
        let context = Context::of_this_machine(directory.clone(), "the test".to_owned());
        context.open(&Place::Directory(directory), |_| Ok(())).unwrap().warden.registry().clone()
    }

    /// An agent with a few below it, all active: its name, its DID and how many they are.
    fn family(&self) -> (String, String, usize) {
        let registry = self.registry();
        let judgement = Judgement::of(&registry, SystemClock.now());
        let lineage = registry.lineage();
        let active = |row: Row| judgement.state(row) == State::Active;
        let fits = |row: &Row| {
            let mut rows = lineage.subtree(*row).filter_map(|position| lineage.at(position));
            (4..=12).contains(&lineage.size(*row)) && rows.all(active)
        };
        let top = registry.rows().find(fits).unwrap();
        let agent = registry.agent(top);
        (agent.name().to_owned(), agent.did().to_string(), lineage.size(top))
    }

    /// The entries of a kind.
    fn entries(&self, kind: &str) -> usize {
        let list = self.held.home.run(&["log", "list", "--json"]).expect_code(0).stdout;
        values(&list).iter().filter(|line| line["kind"] == kind).count()
    }
}

#[test]
fn a_revocation_by_keys_through_a_verifier_lasts_and_everybody_agrees_on_it() {
    let site = Site::new();
    let (name, did, count) = site.family();
    revoked_by_keys(&|| site.open("ada"), "signed in as ada", (&name, &did), 2);
    let registry = site.registry();
    let top = registry.find(&meshwarden::identity::Did::parse(&did).unwrap()).unwrap();
    assert_eq!(subtree(&registry, top).len(), count);
    let below = format!("under:{did}");
    for there in [Vec::new(), site.there("bo")] {
        let there: Vec<&str> = there.iter().map(String::as_str).collect();
        let list = [&["agent", "list", "--query", &below, "--json"], &there[..]].concat();
        let lines = values(&site.held.home.run(&list).expect_code(0).stdout);
        assert_eq!(lines.len(), count);
        assert!(lines.iter().all(|line| line["state"] == "revoked"), "{lines:#?}");
    }
    assert_eq!(site.entries("revoke"), 1);
    site.held.home.run(&["log", "verify"]).expect_code(0);
}

#[test]
fn a_suspension_while_the_verifier_is_dead_is_not_yet_in_force_and_is_delivered_once_it_is_back() {
    let mut site = Site::new();
    let (_, did, _) = site.family();
    let mut ada = site.open("ada");
    find(&mut ada, &did);
    site.kill();
    ada.wait_for("NO ANSWER SINCE");
    assert!(ada.screen().contains("1 of 1000"), "what was seen stays\n{}", ada.screen());
    ada.keys("s").wait_for("suspends ");
    ada.keys("1").wait_for("SHA-256 of what is signed");
    ada.wait_idle();
    ada.keys("y").wait_for("NOT YET IN FORCE");
    assert!(!ada.screen().lines().any(|row| row.contains(" SUSPENDED ")), "{}", ada.screen());
    assert_eq!(site.entries("suspend"), 0);
    site.begin();
    ada.wait_gone("NO ANSWER SINCE").wait_for("SUSPENDED");
    assert_eq!(site.entries("suspend"), 1);
    let mut bo = site.open("bo");
    find(&mut bo, &did);
    bo.wait_for("SUSPENDED");
    assert_eq!(site.entries("suspend"), 1, "it was delivered once");
}
