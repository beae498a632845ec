//! Processes that are killed while they change a mesh, under a clock that jumps: nothing acknowledged is lost, nothing
//! half-done shows, and time never goes back.
//!
//! `MESHWARDEN_KILLS` kills so many (5 changes for each); `MESHWARDEN_SEED` repeats a run.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cli::{Finished, MESHWARDEN};
use crate::cli_mesh::values;
use crate::cli_operator::Held;

const KILLS: u64 = 8;
const CHANGES_A_KILL: u64 = 5;

/// Where Debian has the library that moves a process's clock.
const FAKETIME: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/faketime/libfaketime.so.1",
];

/// The library that changes a program's clock, where there is one.
pub fn faketime() -> Option<PathBuf> {
    let found = FAKETIME.iter().map(PathBuf::from).find(|path| path.exists());
    if found.is_none() {
        assert!(std::env::var_os("MESHWARDEN_REQUIRE_PEERS").is_none(), "no libfaketime");
        eprintln!("SKIPPED: the clock stands still, since there is no libfaketime");
    }
    found
}

/// What was acknowledged: the index of an entry, its kind and its time.
type Acknowledged = BTreeMap<u64, (String, String)>;

struct Siege {
    held: Held,
    seed: u64,
    agents: Vec<String>,
    sponsors: Vec<String>,
    faketime: Option<PathBuf>,
    /// How long a change takes here and now.
    usual: Duration,
}

impl Siege {
    fn begin() -> Self {
        let held = Held::new();
        let records = held.home.run(&["generate", "--agents", "300", "--seed", "5"]).expect_code(0).stdout;
        let file = held.home.file("more.jsonl", records).display().to_string();
        held.by("ada", &["import", &file]).expect_code(0);
        let list = values(&held.home.run(&["agent", "list", "--json"]).expect_code(0).stdout);
        let texts =
            |member: &str| list.iter().map(|line| line[member].as_str().unwrap().to_owned()).collect();
        let (agents, mut sponsors): (Vec<String>, Vec<String>) = (texts("did"), texts("sponsor_email"));
        sponsors.sort();
        sponsors.dedup();
        let given = std::env::var("MESHWARDEN_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or(0x5eed_0001);
        println!("MESHWARDEN_SEED={seed}");
        let faketime = faketime();
        Self { held, seed, agents, sponsors, faketime, usual: Duration::from_millis(50) }
    }

    /// A number below `limit` (xorshift64).
    fn below(&mut self, limit: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % limit
    }

    fn one_of(&mut self, texts: &[String]) -> String {
        let at = usize::try_from(self.below(texts.len() as u64)).unwrap();
        texts[at].clone()
    }

    /// Who orders what; some of it is refused, which is an answer, too.
    fn change(&mut self) -> (&'static str, Vec<String>) {
        let (agents, sponsors) = (self.agents.clone(), self.sponsors.clone());
        let (did, sponsor) = (self.one_of(&agents), self.one_of(&sponsors));
        // The first agents have most below them.
        let top = agents[usize::try_from(self.below(12)).unwrap()].clone();
        let words: Vec<&str> = match self.below(10) {
            0 | 1 => vec!["agent", "suspend", &did, "--yes"],
            2 => vec!["agent", "suspend", &top, "--cascade", "--yes"],
            3 | 4 => vec!["agent", "reactivate", &did, "--yes"],
            5 => vec!["agent", "reactivate", &top, "--yes"],
            6 => vec!["lock", "add", "--sponsor", &sponsor],
            7 => vec!["lock", "lift", "--sponsor", &sponsor],
            8 => vec!["agent", "revoke", &top, "--cascade", "--yes"],
            _ => {
                let waits = values(&self.held.home.run(&["change", "list", "--json"]).expect_code(0).stdout);
                let Some(id) = waits.first().and_then(|line| line["id"].as_str()) else {
                    return ("ada", ["agent", "seal", &did, "--reason", "odd"].map(str::to_owned).to_vec());
                };
                return ("bo", ["change", "approve", id].map(str::to_owned).to_vec());
            }
        };
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        words.extend(["--reason", "odd"].map(str::to_owned));
        ("ada", words)
    }

    /// Runs a change, at another time than it is, and kills it after a while if it is to be killed.
    fn order(&mut self, acknowledged: &mut Acknowledged, kill: bool) {
        let (who, words) = self.change();
        let mut command = Command::new(MESHWARDEN);
        command.args(&words).args(["--json", "--operator-key", &self.held.path(who)]);
        command.env_clear().envs(self.held.home.environment());
        let minutes = ["-10m", "+0m", "+10m"][usize::try_from(self.below(3)).unwrap()];
        if let Some(library) = &self.faketime {
            command.env("LD_PRELOAD", library).env("FAKETIME", minutes).env("FAKETIME_NO_CACHE", "1");
        }
        let begun = Instant::now();
        let streams = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = streams.spawn().unwrap();
        if kill {
            sleep(self.usual.mul_f64(self.below(1200) as f64 / 1000.0));
            child.kill().unwrap();
        }
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        let mut complaint = String::new();
        child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        let status = child.wait().unwrap();
        if !kill {
            assert!(matches!(status.code(), Some(0 | 3 | 4)), "{words:?}: {status:?} {said} {complaint}");
            self.usual = (self.usual * 7 + begun.elapsed()) / 8;
        }
        // A line counts when all of it is there.
        for line in said.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let line: Value = serde_json::from_str(line).unwrap();
            if let Some(index) = line["index"].as_u64() {
                let kind = line["kind"].as_str().or(line["verb"].as_str()).unwrap_or_default().to_owned();
                let kind = if line["waits"].is_object() { "propose".to_owned() } else { kind };
                acknowledged.insert(index, (kind, line["time"].as_str().unwrap_or_default().to_owned()));
            }
        }
    }

    fn check(&self, acknowledged: &Acknowledged) {
        let verified: Finished = self.held.home.run(&["log", "verify"]);
        assert_eq!(verified.code, Some(0), "{verified:?}");
        let log = values(&self.held.home.run(&["log", "list", "--json"]).expect_code(0).stdout);
        for (index, (kind, time)) in acknowledged {
            let entry = log.get(usize::try_from(*index).unwrap());
            let entry =
                entry.unwrap_or_else(|| panic!("entry {index}, a {kind}, was acknowledged and is lost"));
            assert_eq!(
                (entry["kind"].as_str(), entry["time"].as_str()),
                (Some(kind.as_str()), Some(time.as_str()))
            );
        }
        let times: Vec<&str> = log.iter().map(|entry| entry["time"].as_str().unwrap()).collect();
        let of = |text: &str| meshwarden::time::Time::parse(text).unwrap();
        assert!(times.windows(2).all(|pair| of(pair[0]) <= of(pair[1])), "time went back");
    }
}

#[test]
fn nothing_acknowledged_is_lost_to_a_kill_or_a_clock_that_jumps() {
    let kills = std::env::var("MESHWARDEN_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let mut siege = Siege::begin();
    let mut acknowledged = Acknowledged::new();
    for round in 0..kills {
        for _ in 1..CHANGES_A_KILL {
            siege.order(&mut acknowledged, false);
        }
        siege.order(&mut acknowledged, true);
        siege.check(&acknowledged);
        if round % 20 == 0 {
            torn(&siege, round);
        }
    }
    let kinds: std::collections::BTreeSet<&str> =
        acknowledged.values().map(|(kind, _)| kind.as_str()).collect();
    println!("{} changes acknowledged, of the kinds {kinds:?}", acknowledged.len());
    assert!(acknowledged.len() as u64 > kills, "{acknowledged:?}");
}

/// The last page of the log file with other bytes in its second half: what comes back is a prefix, and sound.
fn torn(siege: &Siege, round: u64) {
    let from = siege.held.home.path("data/meshwarden");
    let copy = siege.held.home.path(format!("torn-{round}"));
    copy_directory(&from, &copy);
    let wal = copy.join("authority.db-wal");
    let Ok(mut bytes) = std::fs::read(&wal) else { return };
    let half = bytes.len().saturating_sub(4096);
    bytes[half..].fill(0xa5);
    std::fs::write(&wal, bytes).unwrap();
    let data = copy.display().to_string();
    // The end that was torn off is missed by the memory, and nothing else is wrong.
    let run = |words: &[&str]| siege.held.home.run(&[&["--data", &data], words].concat());
    let whole = values(&siege.held.home.run(&["log", "list", "--json"]).expect_code(0).stdout);
    let kept = values(&run(&["log", "list", "--json"]).expect_code(0).stdout);
    assert_eq!(kept, whole[..kept.len()]);
    let findings = values(&run(&["doctor", "--json"]).stdout);
    let log = findings.iter().find(|finding| finding["check"] == "log").unwrap();
    assert_eq!(log["well"], true, "{log:?}");
}

fn copy_directory(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        // What is kept for a full disk, and what readers share, is made again.
        let name = file.file_name();
        if name != "reserve" && !name.to_string_lossy().ends_with("-shm") {
            std::fs::copy(file.path(), to.join(name)).unwrap();
        }
    }
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
}
