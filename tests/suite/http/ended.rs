//! How the last change ended is told by whoever starts next, also after a program that was killed.

use std::process::{Command, Stdio};
use std::time::Instant;

use super::Served;
use super::early::{Between, Changes, Log, state};
use super::remote::blocking;
use crate::cli::{MESHWARDEN, PATIENCE};

/// The command line on the verifier, as rex or ada.
fn arguments(served: &Served, between: &Between, name: &str, command: &[&str]) -> Vec<String> {
    let (url, key) = (format!("http://{}", between.address), served.open().verifier().unwrap().to_string());
    let file = served.mesh.path(&format!("{name}.pem"));
    let there = ["--verifier", &url, "--log-key", &key, "--operator-name", name, "--operator-key", &file];
    command.iter().chain(&there).map(|text| (*text).to_owned()).collect()
}

/// Runs a command to its end; what it said beside the data.
fn said(served: &Served, between: &Between, name: &str, command: &[&str]) -> String {
    let arguments = arguments(served, between, name, command);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    served.mesh.home.run(&arguments).expect_code(0).stderr
}

/// Begins a command and kills it (SIGKILL: it can do nothing about it) as soon as `when` holds.
fn killed(served: &Served, arguments: &[String], when: impl Fn() -> bool) {
    let mut program = Command::new(MESHWARDEN);
    program.args(arguments).env_clear().envs(served.mesh.home.environment());
    let quiet = program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = quiet.spawn().unwrap();
    let began = Instant::now();
    while !when() {
        assert!(began.elapsed() < PATIENCE, "nothing happened");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_program_leaves_word_of_what_it_signed() {
    let (served, between) = Between::before(Log::Passes).await;
    let mut served = blocking(move || {
        let worker = served.mesh.worker.clone();
        let suspend = ["agent", "suspend", &worker, "--reason", "odd", "--yes"];
        let list = ["agent", "list"];
        assert!(!said(&served, &between, "rex", &list).contains("signed"));
        // It arrived, and the answer never came.
        *between.way.changes.lock().unwrap() = Changes::Unanswered;
        let order = arguments(&served, &between, "rex", &suspend);
        killed(&served, &order, || state(&served.open(), &worker) == "suspended");
        *between.way.changes.lock().unwrap() = Changes::Pass;
        let told = said(&served, &between, "rex", &list);
        let index = served.open().snapshot().head.size - 1;
        assert!(told.contains(&format!("suspend {worker}, is in the log, entry {index}")), "{told}");
        assert!(!said(&served, &between, "rex", &list).contains("signed"), "it is told once");
        // It gives authority, and never arrived: it is not sent again.
        let swallowed = |name: &str, command: &[&str]| {
            between.way.asked.lock().unwrap().clear();
            *between.way.changes.lock().unwrap() = Changes::Swallowed;
            let order = arguments(&served, &between, name, command);
            let sent = || between.way.asked.lock().unwrap().iter().any(|line| line.starts_with("POST"));
            killed(&served, &order, sent);
            *between.way.changes.lock().unwrap() = Changes::Pass;
        };
        let size = served.open().snapshot().head.size;
        swallowed("ada", &["agent", "reactivate", &worker, "--reason", "false alarm", "--yes"]);
        let told = said(&served, &between, "ada", &list);
        assert!(told.contains(&format!("reactivate {worker}, is NOT in the log")), "{told}");
        assert_eq!(served.open().snapshot().head.size, size);
        // It takes authority away, and never arrived: whoever starts next hands it in.
        let planner = served.mesh.planner.clone();
        swallowed("rex", &["agent", "suspend", &planner, "--reason", "odd", "--yes"]);
        assert_eq!(state(&served.open(), &planner), "active");
        let told = said(&served, &between, "rex", &list);
        assert!(told.contains(&format!("suspend {planner}, is in the log, entry {size}")), "{told}");
        assert_eq!(state(&served.open(), &planner), "suspended");
        served
    })
    .await;
    served.stop().await;
}
