//! A verifier is worked on before its log is here: it is asked, agents are stopped, and what arrived is never fetched twice.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use meshwarden::backend::{Arriving, Opening, Remote, Stage};
use meshwarden::change::Verb;
use meshwarden::identity::Did;
use meshwarden::registry::Scope;
use meshwarden::warden::{Warden, Word};

use super::Served;
use super::remote::blocking;

const SUSPEND: Verb = Verb::Suspend { until: None };

/// What becomes of changes on their way.
#[derive(Clone, Copy, PartialEq)]
pub enum Changes {
    Pass,
    /// They arrive, and no answer comes back.
    Unanswered,
    /// They never arrive.
    Swallowed,
}

/// What becomes of answers to requests for the log.
#[derive(Clone, Copy, PartialEq)]
pub enum Log {
    Passes,
    Hangs,
    /// Breaks off after so many bytes.
    Breaks(usize),
}

/// What lies between a console and a verifier.
pub struct Between {
    pub address: SocketAddr,
    pub way: Arc<Way>,
}

/// What becomes of what passes.
pub struct Way {
    pub log: Mutex<Log>,
    pub changes: Mutex<Changes>,
    /// The first lines of requests for the log, and of changes.
    pub asked: Mutex<Vec<String>>,
}

impl Between {
    /// A verifier behind it.
    pub async fn before(log: Log) -> (Served, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = Served::behind(address).await;
        let way = Way { log: Mutex::new(log), changes: Mutex::new(Changes::Pass), asked: Mutex::default() };
        let between = Self { address, way: Arc::new(way) };
        let (to, way) = (served.address, Arc::clone(&between.way));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(to)) else { return };
                let way = Arc::clone(&way);
                thread::spawn(move || pass(client, server, &way));
            }
        });
        (served, between)
    }

    fn remote(&self, served: &Served, cache: &std::path::Path) -> Remote {
        let log_key = served.open().verifier().unwrap();
        Remote { url: format!("http://{}", self.address), log_key, cache: cache.to_owned(), root: None }
    }

    fn open(&self, served: &Served, cache: &std::path::Path) -> Opening {
        self.remote(served, cache).begin("rex", Box::new(served.key("rex"))).unwrap()
    }

    /// What is opened while the log does not come.
    fn arriving(&self, served: &Served, cache: &std::path::Path) -> Arriving {
        match self.open(served, cache) {
            Opening::Arriving(arriving) => *arriving,
            Opening::Here(_) => panic!("the log is here"),
        }
    }
}

fn pass(mut client: TcpStream, mut server: TcpStream, way: &Way) {
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let now = Mutex::new(Log::Passes);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut bytes = [0; 1 << 14];
            while let Ok(count @ 1..) = from_client.read(&mut bytes) {
                let mut request = bytes[..count].to_vec();
                let line = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
                if line.starts_with("GET /v1/snapshot") {
                    *now.lock().unwrap() = *way.log.lock().unwrap();
                    // What breaks off is read as far as it came.
                    let at = request.windows(4).position(|part| part == b"gzip");
                    if let Some(at) = at {
                        request[at..at + 4].copy_from_slice(b"none");
                    }
                    way.asked.lock().unwrap().push(line);
                } else if line.starts_with("POST /v1/changes") {
                    let changes = *way.changes.lock().unwrap();
                    way.asked.lock().unwrap().push(line);
                    match changes {
                        Changes::Pass => {}
                        Changes::Unanswered => *now.lock().unwrap() = Log::Hangs,
                        Changes::Swallowed => break,
                    }
                }
                if to_server.write_all(&request).is_err() {
                    return;
                }
            }
            // What is swallowed is waited for: only who asks gives it up.
            while let Ok(1..) = from_client.read(&mut bytes) {}
            let _ = to_server.shutdown(std::net::Shutdown::Write);
        });
        let (mut bytes, mut passed) = ([0; 1 << 10], 0);
        while let Ok(count @ 1..) = server.read(&mut bytes) {
            passed += count;
            let now = *now.lock().unwrap();
            match now {
                Log::Hangs => continue,
                Log::Breaks(most) if passed > most => break,
                Log::Passes | Log::Breaks(_) => {}
            }
            if client.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = (client.shutdown(std::net::Shutdown::Both), server.shutdown(std::net::Shutdown::Both));
    });
}

pub fn state(warden: &Warden, did: &str) -> &'static str {
    let snapshot = warden.snapshot();
    let row = snapshot.registry.find(&Did::parse(did).unwrap()).unwrap();
    snapshot.registry.agent(row).status(warden.now()).as_str()
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_found_and_stopped_while_the_log_does_not_come_and_the_log_goes_on_from_there() {
    let (served, between) = Between::before(Log::Hangs).await;
    let mut served = blocking(move || {
        let cache = tempfile::TempDir::new().unwrap();
        let (planner, worker) = (served.mesh.planner.clone(), served.mesh.worker.clone());
        let mut rex = between.arriving(&served, cache.path());
        let (found, more) = rex.search("", 1).unwrap();
        assert_eq!((found.len(), more), (1, true));
        let (found, more) = rex.search(&worker, 100).unwrap();
        assert_eq!((found.len(), found[0].did == worker, more), (1, true, false));
        let (detail, _) = rex.show(&Did::parse(&worker).unwrap()).unwrap();
        assert_eq!((detail.agent.state.as_str(), detail.path.len()), ("active", 2));
        assert_eq!(served.mesh.planner, detail.path[0].did);
        // One for all below, and the evidence is judged here.
        let root = Did::parse(&planner).unwrap();
        let stale = rex.offer(&root, SUSPEND, Scope::Subtree).unwrap();
        assert_eq!(stale.impact.count, 2);
        let offer = rex.offer(&Did::parse(&worker).unwrap(), SUSPEND, Scope::One).unwrap();
        let receipt = rex.order(&offer, Word::of("x", "odd")).unwrap();
        assert_eq!((receipt.proved, receipt.count), (Ok(()), 1));
        assert_eq!(state(&served.open(), &worker), "suspended");
        // The set is another one by now: what was told is not taken for what is.
        let refused = rex.order(&stale, Word::of("x", "odd")).unwrap_err();
        assert_eq!(refused.code(), "stale_plan");
        let offer = rex.offer(&root, SUSPEND, Scope::Subtree).unwrap();
        let receipt = rex.order(&offer, Word::of("x", "all of it")).unwrap();
        assert_eq!(receipt.proved, Ok(()));
        assert_eq!(state(&served.open(), &planner), "suspended");
        assert!(matches!(rex.progress().seen().stage, Stage::Coming | Stage::Lost(_)));
        drop(rex);
        *between.way.log.lock().unwrap() = Log::Passes;
        let mut here = match between.open(&served, cache.path()) {
            Opening::Here(warden) => *warden,
            Opening::Arriving(arriving) => arriving.finish().unwrap(),
        };
        assert_eq!(here.snapshot().head, served.open().snapshot().head);
        assert_eq!(here.ended(), [], "how it ended was known");
        served
    })
    .await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_before_the_line_was_cut_is_not_fetched_again() {
    let (served, between) = Between::before(Log::Breaks(4 << 10)).await;
    let mut served = blocking(move || {
        let cache = tempfile::TempDir::new().unwrap();
        let rex = between.arriving(&served, cache.path());
        let came = rex.progress().seen().reached;
        assert!(came.entries > 0, "{came:?}");
        drop(rex);
        *between.way.log.lock().unwrap() = Log::Passes;
        between.way.asked.lock().unwrap().clear();
        let remote = between.remote(&served, cache.path());
        let here = remote.open("rex", Box::new(served.key("rex"))).unwrap();
        assert_eq!(here.snapshot().head, served.open().snapshot().head);
        let asked = between.way.asked.lock().unwrap()[0].clone();
        let from = asked.split(['=', '&']).nth(1).unwrap().parse::<u64>().unwrap();
        assert!(from >= came.entries, "{asked}: {came:?} were there");
        served
    })
    .await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lay_on_a_spoiled_disk_is_fetched_anew_and_nobody_is_blamed() {
    let (served, between) = Between::before(Log::Breaks(4 << 10)).await;
    let mut served = blocking(move || {
        let cache = tempfile::TempDir::new().unwrap();
        drop(between.arriving(&served, cache.path()));
        let verifiers = std::fs::read_dir(cache.path().join("verifiers")).unwrap();
        let file = verifiers.map(|entry| entry.unwrap().path().join("arriving")).next().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("read:data"), "{text}");
        std::fs::write(&file, text.replace("read:data", "read:date")).unwrap();
        *between.way.log.lock().unwrap() = Log::Passes;
        let remote = between.remote(&served, cache.path());
        let here = remote.open("rex", Box::new(served.key("rex"))).unwrap();
        assert_eq!(here.snapshot().head, served.open().snapshot().head);
        served
    })
    .await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_answer_before_the_log_is_here_and_say_that_nothing_is_proved() {
    let (served, between) = Between::before(Log::Hangs).await;
    let mut served = blocking(move || {
        let key = served.open().verifier().unwrap().to_string();
        let url = format!("http://{}", between.address);
        let there =
            ["--verifier", &url, "--log-key", &key, "--operator-name", "rex", "--operator-key", "@rex.pem"];
        let run = |arguments: &[&str]| served.mesh.run(&[arguments, &there].concat()).expect_code(0);
        let worker = served.mesh.worker.clone();
        let local = served.mesh.run(&["agent", "list", "--json"]).expect_code(0).stdout;
        let listed = run(&["agent", "list", "--json"]);
        assert_eq!(listed.stdout, local);
        assert!(listed.stderr.contains("NOT YET PROVED"), "{}", listed.stderr);
        let digits = worker.rsplit(':').next().unwrap();
        let shown = run(&["agent", "show", &digits[..8]]).stdout;
        assert!(shown.contains("state          active"), "{shown}");
        let dry = run(&["agent", "suspend", &worker, "--reason", "odd", "--dry-run"]).stdout;
        assert!(dry.contains("as told: 1"), "{dry}");
        let done = run(&["agent", "suspend", &digits[..8], "--reason", "odd", "--yes"]).stdout;
        assert!(done.contains("proved under the pinned key"), "{done}");
        assert_eq!(state(&served.open(), &worker), "suspended");
        served
    })
    .await;
    served.stop().await;
}
