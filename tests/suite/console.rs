//! The console as its users meet it: the built program in a real terminal, its files on a real disk.

mod colours;
mod contexts;
mod copied;
mod drill;
mod early;
mod first;
mod given_back;
mod hostile;
mod incident;
mod killed;
mod lying;
mod mouse;
mod remembered;
mod remote;
mod resized;
mod signed;
mod torn;
mod two;

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use meshwarden::generate::{Plan, Shares};
use meshwarden::registry::{Registry, Row};
use meshwarden::text::short_id;
use meshwarden::time::Time;
use meshwarden::warden::{Context, Place, Warden};
use serde_json::Value;

use crate::cli::Home;
use crate::terminal::{Console, Key};

/// The registry of a thousand agents that the reference implementation wrote, in a user's own directory.
fn dump(home: &Home) -> PathBuf {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/registry_dump_1000.json");
    home.file("mesh.json", std::fs::read(path).unwrap())
}

/// An invented registry without a broken lineage.
fn mesh(home: &Home, agents: u32) -> PathBuf {
    let at = Time::parse("2026-03-01T12:00:00Z").unwrap();
    let plan = Plan { agents, seed: 11, at, broken: Shares::NONE };
    let mut lines = String::new();
    for mut identity in plan.mesh() {
        // Nobody expires while the tests are in use.
        identity.expires_at = None;
        identity.write_json(&mut lines);
        lines.push('\n');
    }
    home.file("mesh.jsonl", lines)
}

/// The context in which the program of this user opens registry files.
fn context(home: &Home) -> Context {
    Context::of_this_machine(home.path("data/meshwarden"), "the test".to_owned())
}

/// What lies on the disk for a registry file, as a program that starts now finds it.
fn reopen(home: &Home, file: &Path) -> Warden {
    context(home).open(&Place::File(file.to_owned()), |_| Ok(())).unwrap().warden
}

/// Opens the console on a registry file.
fn open(home: &Home, file: &Path) -> Console {
    let mut console = Console::open_in(home, &[file.to_str().unwrap()], &[], (120, 40));
    console.wait_idle();
    console
}

/// Puts the cursor of the agents room on the only agent that a filter leaves.
fn find(console: &mut Console, text: &str) {
    console.keys("2/").key(Key::Ctrl('u')).keys(text).key(Key::Enter).wait_idle();
}

/// Opens the revocation of the agent under the cursor, chooses a reason, and types all but the last Enter.
fn prepare_revocation(console: &mut Console, did: &str) {
    console.keys("D").wait_idle();
    console.keys("1y").keys(short_id(did));
}

/// Runs a command of the same user on a registry file and reads its JSON.
fn ask(home: &Home, file: &Path, args: &[&str]) -> Value {
    let args = [args, &["--json", "--registry", file.to_str().unwrap()]].concat();
    let finished = home.run(&args).expect_code(0);
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {finished:#?}"))
}

/// All DIDs of a subtree, its top first.
fn subtree(registry: &Registry, top: Row) -> Vec<String> {
    let lineage = registry.lineage();
    let rows = lineage.subtree(top).filter_map(|position| lineage.at(position));
    rows.map(|row| registry.agent(row).did().to_string()).collect()
}

/// Random numbers from a seed that a failure prints.
struct Chance(u64);

impl Chance {
    fn new() -> Chance {
        let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 | 1;
        let given = std::env::var("MESHWARDEN_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(fresh);
        println!("MESHWARDEN_SEED={seed}");
        Chance(seed)
    }

    /// A number below `limit` (xorshift64).
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
