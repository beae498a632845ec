//! Opening a million agents: how long, beside serde_json into owned strings, and in how much memory.
//!
//! Opening is reading the file, judging every record, interning, looking up parents, checking every hop and building
//! the lineage. Memory is measured in fresh processes: this program starts itself again.

use std::io::BufRead;
use std::path::Path;
use std::process::Command;

use super::shared::{self, ISSUE_2, MILLION, against, figure, heading, memory, ms, now, quantile, time};
use meshwarden::registry::Judgement;
use serde::Deserialize;

const ROUNDS: usize = 7;
/// Issue 2, Must 5.
const BYTES_AN_AGENT: f64 = 350.0;

pub fn run() {
    let (lines, array) = (shared::lines(MILLION), shared::array(MILLION));
    heading("open: 1,000,000 agents");
    let mut ratios = Vec::new();
    let (mut ours, mut theirs, mut arrays) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (owned, serde) = time(|| strings(&lines));
        drop(owned);
        let (registry, lined) = time(|| shared::open(&lines));
        drop(registry);
        let (registry, arrayed) = time(|| shared::open(&array));
        drop(registry);
        ratios.push(lined.as_secs_f64() / serde.as_secs_f64());
        ours.push(lined);
        theirs.push(serde);
        arrays.push(arrayed);
    }
    for times in [&mut ours, &mut theirs, &mut arrays] {
        times.sort_unstable();
    }
    ratios.sort_by(f64::total_cmp);
    figure("JSON Lines, median", ms(quantile(&ours, 0.5)) / 1e3, "s");
    figure("one array, median", ms(quantile(&arrays, 0.5)) / 1e3, "s");
    figure("serde_json into owned Strings, from lines, median", ms(quantile(&theirs, 0.5)) / 1e3, "s");
    let claim = "JSON Lines beside serde_json into Strings, median of ratios";
    against(claim, quantile(&ratios, 0.5), 1.5, "times", ISSUE_2);
    let best = quantile(&ours, 0.0).as_secs_f64() / quantile(&theirs, 0.0).as_secs_f64();
    figure("the fastest of ours beside the fastest of theirs", best, "times");
    let mut fresh: Vec<f64> =
        (0..ROUNDS).map(|_| seconds("time-lines", &lines) / seconds("time-strings", &lines)).collect();
    fresh.sort_by(f64::total_cmp);
    figure("the same, each in a process of its own, median of ratios", quantile(&fresh, 0.5), "times");
    for (how, path) in [("lines", &lines), ("array", &array), ("strings", &lines)] {
        let argument = format!("{how}={}", path.display());
        Command::new(std::env::current_exe().unwrap()).arg(argument).status().unwrap();
    }
}

/// What a fresh process needs for one opening, its start and its end left aside.
fn seconds(how: &str, path: &Path) -> f64 {
    let argument = format!("{how}={}", path.display());
    let output = Command::new(std::env::current_exe().unwrap()).arg(argument).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// Does in a fresh process what [`run`] asks for.
pub fn child(how: &str, path: &Path) {
    match how {
        "time-lines" => println!("{}", time(|| shared::open(path)).1.as_secs_f64()),
        "time-strings" => println!("{}", time(|| strings(path)).1.as_secs_f64()),
        _ => measure_memory(how, path),
    }
}

/// Prints what one opening does to the memory of this process.
fn measure_memory(how: &str, path: &Path) {
    let before = memory("VmRSS");
    let per_agent = |bytes: u64| bytes as f64 / f64::from(MILLION);
    if how == "strings" {
        let owned = strings(path);
        figure("serde_json into Strings: resident growth", per_agent(memory("VmRSS") - before), "B an agent");
        drop(owned);
        return;
    }
    let registry = shared::open(path);
    let judgement = Judgement::of(&registry, now());
    let heap = (registry.heap() + judgement.heap()) as u64;
    let resident = memory("VmRSS") - before;
    let source = "issue 2, Must 5";
    against(&format!("{how}: on the heap with its judgement"), per_agent(heap), BYTES_AN_AGENT, "B", source);
    against(&format!("{how}: resident growth"), per_agent(resident), BYTES_AN_AGENT, "B", source);
    figure(&format!("{how}: peak of the process"), memory("VmHWM") as f64 / 1e6, "MB");
}

/// The naive reader: every text a `String` of its own.
fn strings(path: &Path) -> Vec<Owned> {
    let mut reader = shared::reader(path);
    let mut line = String::new();
    let mut agents = Vec::new();
    while reader.read_line(&mut line).unwrap() > 0 {
        agents.push(serde_json::from_str(&line).unwrap());
        line.clear();
    }
    agents
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read, never asked")]
struct Owned {
    did: OwnedDid,
    name: String,
    description: Option<String>,
    public_key: String,
    verification_key_id: String,
    sponsor_email: String,
    sponsor_verified: bool,
    organization: Option<String>,
    organization_id: Option<String>,
    capabilities: Vec<String>,
    created_at: String,
    updated_at: String,
    expires_at: Option<String>,
    status: String,
    revocation_reason: Option<String>,
    parent_did: Option<String>,
    delegation_depth: u32,
    max_initial_trust_score: Option<u16>,
    trust_score: Option<u16>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read, never asked")]
struct OwnedDid {
    method: String,
    unique_id: String,
}
