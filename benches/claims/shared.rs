//! What every bench uses: an invented mesh, medians, memory, and one way of saying how a figure stands to its limit.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that cannot run has nothing better to do than to stop"
)]

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use meshwarden::encoding::{hex, sha256};
use meshwarden::generate::Plan;
use meshwarden::identity::Reading;
use meshwarden::ingest::{Options, read_all};
use meshwarden::registry::{Intake, Registry, Row};
use meshwarden::time::Time;

/// What a large mesh is.
pub const MILLION: u32 = 1_000_000;

/// Where the limits come from.
pub const ISSUE_2: &str = "issue 2, Must 19";
pub const ISSUE_3: &str = "issue 3, Must 8";
pub const ISSUE_5: &str = "issue 5, Must 11";
pub const ISSUE_6: &str = "issue 6, Must 7";

/// The time that counts as now in all benches.
pub fn now() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

/// How records of benches are read.
pub fn options() -> Options {
    Options { reading: Reading { now: now(), assume_utc: false }, skip_invalid: false }
}

/// The mesh that all benches are about.
pub fn plan(agents: u32) -> Plan {
    Plan::new(agents, 19, now())
}

/// A file in the target directory that is made once and found again; `key` names what it is made from.
pub fn cached(key: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("meshes");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(key);
    if !path.exists() {
        let draft = folder.join(format!(".{key}.{}", std::process::id()));
        make(&draft);
        fs::rename(&draft, &path).unwrap();
    }
    path
}

/// The mesh as JSON Lines; made anew when the generator's first records differ.
pub fn lines(agents: u32) -> PathBuf {
    cached(&format!("{}.jsonl", mesh_name(agents)), |path| {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
        let mut text = String::new();
        for identity in plan(agents).mesh() {
            text.clear();
            identity.write_json(&mut text);
            text.push('\n');
            out.write_all(text.as_bytes()).unwrap();
        }
        out.flush().unwrap();
    })
}

/// The same mesh as one JSON array.
pub fn array(agents: u32) -> PathBuf {
    cached(&format!("{}.json", mesh_name(agents)), |path| {
        let text = fs::read_to_string(lines(agents)).unwrap();
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
        out.write_all(b"[").unwrap();
        for (at, line) in text.lines().enumerate() {
            out.write_all(if at == 0 { b"\n" } else { b",\n" }).unwrap();
            out.write_all(line.as_bytes()).unwrap();
        }
        out.write_all(b"\n]\n").unwrap();
        out.flush().unwrap();
    })
}

/// The mesh's size, seed and the fingerprint of its first records.
pub fn mesh_name(agents: u32) -> String {
    let plan = plan(agents);
    let mut head = String::new();
    plan.mesh().take(500).for_each(|identity| identity.write_json(&mut head));
    let print: String = hex::encode(&sha256(head.as_bytes())).chars().take(12).collect();
    format!("{agents}-{}-{print}", plan.seed)
}

/// Reads a registry file.
pub fn open(path: &Path) -> Registry {
    let mut intake: Intake = Registry::default().intake(false);
    let mut register = |identity: &meshwarden::identity::Identity<'_>, _| {
        intake.register(identity, false, 0).unwrap();
        Ok(())
    };
    read_all(File::open(path).unwrap(), &options(), &mut register, |_| Ok(())).unwrap();
    intake.settle()
}

/// The agent whose subtree comes nearest to `size`.
pub fn subtree_near(registry: &Registry, size: usize) -> Row {
    registry.rows().min_by_key(|row| registry.lineage().size(*row).abs_diff(size)).unwrap()
}

/// Time that something takes.
pub fn time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = std::hint::black_box(work());
    (done, start.elapsed())
}

/// Times of `rounds` runs, shortest first; what the work answers is dropped outside the clock.
pub fn rounds<T>(rounds: usize, mut work: impl FnMut() -> T) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..rounds).map(|_| time(&mut work).1).collect();
    times.sort_unstable();
    times
}

/// The value that `part` of a sorted list do not exceed.
pub fn quantile<T: Copy>(sorted: &[T], part: f64) -> T {
    let last = sorted.len() - 1;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let at = (part * last as f64).ceil() as usize;
    *sorted.get(at.min(last)).unwrap()
}

/// A duration in milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The heading of a bench.
pub fn heading(what: &str) {
    println!("\n{what}");
}

/// A figure beside its limit.
pub fn against(claim: &str, measured: f64, limit: f64, unit: &str, source: &str) {
    let ratio = measured / limit;
    let word = if ratio <= 1.0 { "holds" } else { "DOES NOT HOLD" };
    println!(
        "  {claim:<58} {measured:>9.3} {unit:<7} limit {limit:>7} ({source})  ratio {ratio:>6.3}  {word}"
    );
}

/// A part of something beside the least that it must be.
pub fn rate_against(claim: &str, measured: f64, limit: f64, source: &str) {
    let word = if measured >= limit { "holds" } else { "DOES NOT HOLD" };
    println!("  {claim:<58} {measured:>9.3}         at least {limit:>4} ({source})  {word}");
}

/// A figure that has no limit.
pub fn figure(claim: &str, measured: f64, unit: &str) {
    println!("  {claim:<58} {measured:>9.3} {unit}");
}

/// A figure of `/proc/self/status`, in bytes: `VmRSS` is what is resident, `VmHWM` the most there ever was.
pub fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Lines of a file, one after another in one buffer.
pub fn reader(path: &Path) -> BufReader<File> {
    BufReader::with_capacity(256 << 10, File::open(path).unwrap())
}
