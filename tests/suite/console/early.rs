//! `:ctx` to a verifier whose log is not here yet: it is worked on at once, and given up by one key.

use meshwarden::text::short_id;

use super::mesh;
use crate::http::early::{Between, Log, state};
use crate::http::remote::blocking;
use crate::terminal::{Console, Key};

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_whose_log_is_on_its_way_is_worked_on_at_once_and_given_up_by_esc() {
    let (served, between) = Between::before(Log::Hangs).await;
    let mut served = blocking(move || {
        let home = &served.mesh.home;
        let (lab, url) = (mesh(home, 40), format!("http://{}", between.address));
        let (log_key, key) = (served.open().verifier().unwrap().to_string(), home.path("rex.pem"));
        std::fs::create_dir_all(home.path("config/meshwarden")).unwrap();
        home.file(
            "config/meshwarden/config.toml",
            format!(
                "[[context]]\nname = \"lab\"\nregistry = {lab:?}\n\n[[context]]\nname = \"far\"\nverifier = {url:?}\n\
                 log_key = {log_key:?}\noperator = \"rex\"\noperator_key = {key:?}\nproduction = true\n"
            ),
        );
        let worker = served.mesh.worker.clone();
        let mut console = Console::open_in(home, &["--context", "lab"], &[], (120, 40));
        console.wait_idle();
        console.keys("2").wait_for("40 agents");
        console.keys(":ctx far\r").wait_for("NOT YET PROVED").wait_for("READ-ONLY: ! unlocks");
        assert_eq!(console.title().split(' ').nth(1), Some("far"));
        console.keys("/").keys(short_id(&worker)).wait_until("one is left", |screen| {
            screen.lines().filter(|line| line.contains(" active ")).count() == 1
        });
        console.key(Key::Enter).keys("s").wait_for("SUSPEND ");
        console.keys("odd calls\r").wait_for("nothing was sent: READ-ONLY");
        console.keys("y\r").wait_for("nothing was sent: READ-ONLY");
        assert_eq!(state(&served.open(), &worker), "active");
        console.keys("!").wait_for("UNLOCKED for ").wait_for("type y");
        console.keys("y\r").wait_for("proved under the pinned key");
        assert_eq!(state(&served.open(), &worker), "suspended");
        // The first key ends the search, the second one the wait.
        console.keys("\x1b").wait_for("planner");
        console.keys("\x1b").wait_for("this is still lab").wait_for("40 agents");
        assert_eq!(console.title().split(' ').nth(1), Some("lab"));
        *between.way.log.lock().unwrap() = Log::Passes;
        console.keys(":ctx far\r").wait_for("signed in as rex").wait_for("2 agents").wait_idle();
        console.key(Key::Ctrl('c'));
        assert_eq!(console.exit_code(), Some(0));
        let left = console.screen();
        assert!(left.contains("suspended: 1, entry"), "the end says what was done\n{left}");
        served
    })
    .await;
    served.stop().await;
}
