//! From a key to its frame in a real terminal, while a verifier hangs and while others change a thousand agents a second.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use meshwarden::change::{Frozen, Request, Verb};
use meshwarden::registry::Scope;
use meshwarden::warden::{Clock as _, Context, Place, SystemClock, Word};
use rustix::process::{Pid, Signal, kill_process};

use super::shared::{self, ISSUE_6, against, figure, heading, ms, quantile};
use super::terminal::{Shown, User};

const HANGS: Duration = Duration::from_secs(30);
const BUSY: Duration = Duration::from_secs(10);
const A_SECOND: u32 = 1000;

pub fn run() {
    heading("keys: from a key to its frame at 120x40, in a real terminal");
    while_the_verifier_hangs();
    while_others_are_busy();
}

/// The end of a frame (synchronized output).
const FRAME: &str = "\u{1b}[?2026l";

/// The help is opened again and again: its title is in no other frame, and is drawn anew each time.
fn toggles(shown: &mut Shown, lasts: Duration) -> Vec<Duration> {
    let (mut times, begun) = (Vec::new(), Instant::now());
    while begun.elapsed() < lasts {
        times.push(shown.press("?", "enter does it"));
        sleep(Duration::from_millis(40));
        shown.press("q", FRAME);
        sleep(Duration::from_millis(40));
    }
    times.sort_unstable();
    times
}

fn tell(what: &str, times: &[Duration]) {
    figure(&format!("{what}: keys"), times.len() as f64, "");
    against(&format!("{what}, p99"), ms(quantile(times, 0.99)), 16.0, "ms", ISSUE_6);
}

/// A program that is killed with whoever started it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn while_the_verifier_hangs() {
    let user = User::new("keys");
    user.run(&["import", shared::lines(1000).to_str().unwrap()]);
    user.run(&["key", "new", "ada.pem", "--no-passphrase"]);
    let key: serde_json::Value =
        serde_json::from_str(&user.run(&["key", "show", "ada.pem", "--json"])).unwrap();
    let admin = format!("ada={}", key.get("public_key").and_then(serde_json::Value::as_str).unwrap());
    user.run(&["init", "--solo", "--admin", &admin, "--no-recovery", "--operator-key", "ada.pem"]);
    let log_key = user.run(&["log", "key"]).trim().to_owned();
    let mut serve = user.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut serve = Running(serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(serve.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = format!("http://{}", line.trim().rsplit(' ').next().unwrap());
    let there =
        ["--verifier", &url, "--log-key", &log_key, "--operator-name", "ada", "--operator-key", "ada.pem"];
    drop(Shown::open(&user, &there, "signed in as ada"));
    let (mut shown, _) = Shown::open(&user, &there, "Look at first");
    tell("a verifier that answers", &toggles(&mut shown, Duration::from_secs(5)));
    let pid = Pid::from_raw(i32::try_from(serve.0.id()).unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    tell("a verifier that hangs for 30 s", &toggles(&mut shown, HANGS));
    kill_process(pid, Signal::CONT).unwrap();
}

fn while_others_are_busy() {
    let user = User::new("keys");
    user.run(&["import", shared::lines(1000).to_str().unwrap()]);
    let (mut shown, _) = Shown::open(&user, &[], "Look at first");
    let directory = user.0.join("data/meshwarden");
    let context = Context::of_this_machine(directory.clone(), "bench".to_owned());
    let mut warden = context.open(&Place::Directory(directory), |_| Ok(())).unwrap().warden;
    let done = Arc::new(AtomicBool::new(false));
    let until = Arc::clone(&done);
    let writer = spawn(move || {
        let row =
            warden.registry().rows().find(|row| warden.registry().agent(*row).is_active(SystemClock.now()));
        let did = warden.registry().agent(row.unwrap()).did();
        let (mut count, begun) = (0_u32, Instant::now());
        while !until.load(Ordering::Relaxed) {
            let verb = match count % 2 {
                0 => Verb::Suspend { until: None },
                _ => Verb::Reactivate { override_security: true },
            };
            let request = Request::of(verb, did.clone(), Scope::One);
            let frozen = Frozen::of(warden.registry(), request, SystemClock.now()).unwrap();
            let rows = warden.registry().row_count();
            warden.commit(&frozen, rows, Word::of("bench", "busy")).unwrap();
            count += 1;
            sleep(
                (begun + Duration::from_secs(1) / A_SECOND * count).saturating_duration_since(Instant::now()),
            );
        }
        f64::from(count) / begun.elapsed().as_secs_f64()
    });
    let times = toggles(&mut shown, BUSY);
    done.store(true, Ordering::Relaxed);
    figure("changes by others a second", writer.join().unwrap(), "");
    tell("while others are busy", &times);
}
