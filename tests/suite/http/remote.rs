//! A verifier as a place to work on: the command line, and the warden behind it.

use meshwarden::audit::NoteVerifier;
use meshwarden::backend::Remote;
use meshwarden::change::{Frozen, Request, Verb};
use meshwarden::identity::Did;
use meshwarden::registry::Scope;
use meshwarden::warden::{Kind, Line, Warden, Word};

use super::Served;

/// The verifier as `name` opens it, with a cache of its own.
fn open(served: &Served, name: &str, cache: &std::path::Path) -> Result<Warden, String> {
    let log_key: NoteVerifier = served.open().verifier().unwrap();
    let url = format!("http://{}", served.address);
    let remote = Remote { url, log_key, cache: cache.to_owned(), root: None };
    remote.open(name, Box::new(served.key(name))).map_err(|error| error.code().to_owned())
}

fn suspend(warden: &mut Warden, did: &str) -> Result<u64, &'static str> {
    let snapshot = warden.snapshot();
    let request = Request::of(Verb::Suspend { until: None }, Did::parse(did).unwrap(), Scope::One);
    let frozen = Frozen::of(&snapshot.registry, request, warden.now()).map_err(|error| error.code())?;
    let rows = snapshot.registry.row_count();
    let receipt = warden.commit(&frozen, rows, Word::of("nobody", "odd")).map_err(|error| error.code())?;
    assert_eq!((receipt.count, receipt.did.to_string()), (1, did.to_owned()));
    Ok(receipt.index)
}

fn state(warden: &Warden, did: &str) -> &'static str {
    let snapshot = warden.snapshot();
    let row = snapshot.registry.find(&Did::parse(did).unwrap()).unwrap();
    snapshot.registry.agent(row).status(warden.now()).as_str()
}

/// Runs what blocks, as consoles and commands do, off the runtime's threads.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_does_through_a_verifier_another_sees_and_a_lost_line_leaves_what_was_seen() {
    let served = Served::new().await;
    let (first, second) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
    let mut served = blocking(move || {
        let worker = served.mesh.worker.clone();
        let mut rex = open(&served, "rex", first.path()).unwrap();
        let mut ada = open(&served, "ada", second.path()).unwrap();
        assert_eq!(state(&ada, &worker), "active");
        let index = suspend(&mut rex, &worker).unwrap();
        assert_eq!(state(&rex, &worker), "suspended");
        let began = std::time::Instant::now();
        while state(&ada, &worker) != "suspended" {
            assert!(began.elapsed() < crate::cli::PATIENCE, "nobody told ada");
            ada.follow().unwrap();
            std::thread::yield_now();
        }
        let evidence = ada.prove(index).unwrap();
        assert!(evidence.check(Some(&served.open().verifier().unwrap())).is_ok());
        assert_eq!(suspend(&mut ada, &worker).unwrap_err(), "already_suspended");
        assert_eq!(ada.snapshot().head, served.open().snapshot().head);
        (served, rex, first)
    })
    .await;
    served.0.stop().await;
    let (served, mut rex, first) = (served.0, served.1, served.2);
    let served = blocking(move || {
        let planner = served.mesh.planner.clone();
        assert_eq!(suspend(&mut rex, &planner).unwrap_err(), "not_yet_in_force");
        assert_eq!(state(&rex, &planner), "active", "nobody answered for it");
        assert_eq!(state(&rex, &served.mesh.worker), "suspended", "what was seen stays");
        assert!(rex.fetch().is_err());
        let lost = rex.snapshot().kind;
        assert!(matches!(lost, Kind::Verifier { line: Line::Lost { .. }, spooled: 1, .. }), "{lost:?}");
        drop(rex);
        served
    })
    .await;
    // The line is back: what was signed meanwhile is delivered by whoever opens the verifier next.
    let mut served = served;
    served.start(Default::default()).await;
    let mut served = blocking(move || {
        let rex = open(&served, "rex", first.path()).unwrap();
        let kind = rex.snapshot().kind;
        assert!(matches!(kind, Kind::Verifier { line: Line::Live, spooled: 0, .. }), "{kind:?}");
        assert_eq!(state(&served.open(), &served.mesh.planner), "suspended");
        served
    })
    .await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_that_shows_another_log_than_the_pinned_one_is_not_opened() {
    let served = Served::new().await;
    let mut served = blocking(move || {
        let cache = tempfile::TempDir::new().unwrap();
        let other = meshwarden::identity::SecretKey::from_seed([9; 32]);
        let name = served.open().verifier().unwrap().name().to_owned();
        let log_key = NoteVerifier::new(&name, other.public_key()).unwrap();
        let url = format!("http://{}", served.address);
        let remote = Remote { url, log_key, cache: cache.path().to_owned(), root: None };
        let refused = remote.open("rex", Box::new(served.key("rex"))).err().unwrap();
        assert_eq!(refused.code(), "verifier_other_key");
        served
    })
    .await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_work_on_a_verifier_as_on_a_directory() {
    let served = Served::new().await;
    let mut served = blocking(move || {
        let key = served.open().verifier().unwrap().to_string();
        let url = format!("http://{}", served.address);
        let there =
            ["--verifier", &url, "--log-key", &key, "--operator-name", "rex", "--operator-key", "@rex.pem"];
        let run = |arguments: &[&str]| served.mesh.run(&[arguments, &there].concat());
        let worker = served.mesh.worker.clone();
        let list = run(&["agent", "list", "--json"]).expect_code(0).stdout;
        assert_eq!(list.lines().count(), 2, "{list}");
        run(&["agent", "suspend", &worker, "--reason", "odd", "--yes"]).expect_code(0);
        let shown = run(&["agent", "show", &worker, "--json"]).expect_code(0).stdout;
        assert!(shown.contains("\"state\":\"suspended\""), "{shown}");
        let local = served.mesh.run(&["agent", "show", &worker, "--json"]).expect_code(0).stdout;
        assert!(local.contains("\"state\":\"suspended\""), "{local}");
        run(&["log", "verify"]).expect_code(0);
        let history = run(&["agent", "history", &worker, "--json"]).expect_code(0).stdout;
        assert!(history.lines().next().unwrap().contains("\"kind\":\"suspend\""), "{history}");
        // Only the verifier knows of these.
        let coverage = run(&["coverage", "--json"]).expect_code(1).stdout;
        assert!(
            coverage.contains("\"name\":\"edge\"") && !coverage.contains("\"counted_since\":null"),
            "{coverage}"
        );
        assert_eq!(run(&["verdicts", "result:deny", "between:2h..", "--json"]).expect_code(0).stdout, "");
        let planner = served.mesh.planner.clone();
        let revoke = ["agent", "suspend", &planner, "--reason", "odd", "--yes", "--wait=1s"];
        let waited = run(&revoke).expect_code(3).stdout;
        assert!(waited.contains("edge  "), "{waited}");
        assert!(waited.contains("never heard") && waited.contains("NOT STOPPED: connections"), "{waited}");
        let refused = run(&["log", "rotate-key", "--reason", "x"]);
        assert!(refused.stderr.contains("at_the_verifier") || refused.code != Some(0), "{refused:?}");
        served
    })
    .await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_operator_does_wakes_a_console_that_does_not_look() {
    let served = Served::new().await;
    let (served, ada, told, _cache) = blocking(move || {
        let cache = tempfile::TempDir::new().unwrap();
        let mut ada = open(&served, "ada", cache.path()).unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        ada.on_news(Box::new(move || tell.send(()).unwrap_or_default()));
        // Whoever begins to listen is woken once: what happened before is asked for.
        while ada.follow().unwrap() {}
        (served, ada, told, cache)
    })
    .await;
    let change = super::changes::suspension(&served, "rex", &served.mesh.worker, 9);
    served.named("rex").submit(&change, &[]).await.unwrap();
    let mut served = blocking(move || {
        let mut ada = ada;
        while state(&ada, &served.mesh.worker) != "suspended" {
            told.recv_timeout(crate::cli::PATIENCE).expect("nobody woke ada");
            ada.follow().unwrap();
        }
        drop(ada);
        served
    })
    .await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_carries_the_verifier_and_the_key_of_its_log_and_whoever_accepts_pins_both() {
    let served = Served::new().await;
    let mut served = blocking(move || {
        let url = format!("http://{}", served.address);
        served.mesh.key("dee.pem");
        let run = |arguments: &[&str]| served.mesh.run(arguments).expect_code(0);
        let invitation = run(&["operator", "invite", "dee", "--role", "viewer", "--url", &url]).stdout;
        let key = served.open().verifier().unwrap().to_string();
        assert!(invitation.contains(&key) && invitation.contains(&url), "{invitation}");
        served.mesh.home.file("invitation", &invitation);
        let accept =
            ["operator", "accept", "@invitation", "--key", "@dee.pem", "--pin", "prod", "--production"];
        let accepted = run(&accept).stdout;
        served.mesh.home.file("accepted", accepted);
        run_with_approval(&served, &["operator", "add", "@accepted", "--reason", "joins"]);
        // The verifier takes in what was written into its directory beside it.
        let began = std::time::Instant::now();
        let listed = loop {
            let listed = served.mesh.run(&["agent", "list", "--context", "prod", "--json"]);
            if listed.code == Some(0) {
                break listed.stdout;
            }
            assert!(began.elapsed() < crate::cli::PATIENCE, "{listed:?}");
        };
        assert_eq!(listed.lines().count(), 2, "{listed}");
        // A key of another log is pinned by nobody.
        let other = invitation.replace("/authority", "0/authority");
        served.mesh.home.file("invitation", other);
        let refused =
            served.mesh.run(&["operator", "accept", "@invitation", "--key", "@dee.pem", "--pin", "x"]);
        assert!(refused.expect_code(2).stderr.contains("not the key of the log"));
        served
    })
    .await;
    served.stop().await;
}

fn run_with_approval(served: &Served, arguments: &[&str]) {
    served.mesh.run(&[arguments, &["--operator-key", "@ada.pem"]].concat()).expect_code(3);
    let waiting = served.mesh.run(&["change", "list", "--json"]).expect_code(0).stdout;
    let id = crate::cli_mesh::values(&waiting)[0]["id"].as_str().unwrap().to_owned();
    served.mesh.run(&["change", "approve", &id, "--operator-key", "@bo.pem"]).expect_code(0);
}
