//! A verifier with 50,000 agents over a bad line: who searches and who stops an agent waits for no log.
//!
//! The line has 200 ms of round trip and 1 Mbit/s each way, one queue of half a second for all connections: what the log
//! has put there lies before an operator's answer.
#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that cannot run has nothing better to do than to stop"
)]

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use meshwarden::backend::{Arriving, Opening, Remote};
use meshwarden::change::Verb;
use meshwarden::change::operators::{Init, Newcomer, Role};
use meshwarden::identity::{Did, SecretKey};
use meshwarden::registry::Scope;
use meshwarden::server::{self, Limits, Settings};
use meshwarden::warden::{Context, ImportOptions, Place, Source, SystemClock, Warden, Word};
use tempfile::TempDir;

use super::shared::{against, heading, lines, time};

const AGENTS: u32 = 50_000;
const ONE_WAY: Duration = Duration::from_millis(100);
/// 1 Mbit/s.
const BYTES_PER_SECOND: f64 = 125_000.0;
const PART: usize = 1 << 10;
/// Half a second lies in the queue.
const QUEUE: usize = 61;
const SOURCE: &str = "issue 5, Must 6";

pub fn run() {
    heading("a verifier with 50,000 agents at 200 ms round trip and 1 Mbit/s, its log on its way");
    let (directory, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut warden = held(directory.path());
    let log_key = warden.verifier().unwrap();
    let line = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = line.local_addr().unwrap();
    serve(warden, address, line);
    let remote =
        Remote { url: format!("http://{address}"), log_key, cache: cache.path().to_owned(), root: None };
    let (opened, took) = time(|| remote.begin("ada", Box::new(key())).unwrap());
    let Opening::Arriving(mut arriving) = opened else { panic!("the log came at once") };
    against("the console is open", took.as_secs_f64(), 2.0, "s", SOURCE);
    let (searched, stopped) = work(&mut arriving);
    against("a search is answered (slowest of 10)", searched, 2.0, "s", SOURCE);
    against("a suspension with all below is proved in the log (slowest of 5)", stopped, 3.0, "s", SOURCE);
    let seen = arriving.progress().seen();
    println!(
        "  meanwhile {} records and {} KiB of the log have come",
        seen.reached.records,
        seen.bytes >> 10
    );
    drop(arriving);
    let Opening::Arriving(arriving) = remote.begin("ada", Box::new(key())).unwrap() else {
        panic!("it is here")
    };
    let again = arriving.progress().seen();
    assert!(again.reached.records >= seen.reached.records, "what had come is fetched again");
    println!("  after a restart it goes on from there: {} records are here at once", again.reached.records);
}

/// Searches and stops; the slowest of each, in seconds.
fn work(arriving: &mut Arriving) -> (f64, f64) {
    let (mut searched, mut stopped): (f64, f64) = (0.0, 0.0);
    let mut chosen: Vec<Did> = Vec::new();
    for text in ["agent", "e", "worker", "1", "a", "planner", "b", "c", "state=active", "depth>1"] {
        let ((found, _), took) = time(|| arriving.search(text, 200).unwrap());
        searched = searched.max(took.as_secs_f64());
        chosen.extend(
            found
                .iter()
                .filter(|agent| agent.status == "active")
                .filter_map(|agent| Did::parse(&agent.did).ok()),
        );
        sleep(Duration::from_millis(300));
    }
    chosen.dedup();
    let suspend = Verb::Suspend { until: None };
    for did in chosen.iter().rev().take(5) {
        let (outcome, took) = time(|| {
            let offer = arriving.offer(did, suspend, Scope::Subtree)?;
            arriving.order(&offer, Word::of("", "odd"))
        });
        match outcome {
            Ok(receipt) => assert_eq!(receipt.proved, Ok(())),
            // Another of the five lies above it.
            Err(error) => println!("  {did}: {error}"),
        }
        stopped = stopped.max(took.as_secs_f64());
        sleep(Duration::from_millis(300));
    }
    (searched, stopped)
}

fn key() -> SecretKey {
    SecretKey::from_seed([7; 32])
}

/// A directory with the mesh, held by ada.
fn held(directory: &std::path::Path) -> Warden {
    let context = Context::of_this_machine(directory.to_owned(), "bench".to_owned());
    let mut warden = context.open(&Place::Directory(directory.to_owned()), |_| Ok(())).unwrap().warden;
    let reader = BufReader::new(File::open(lines(AGENTS)).unwrap());
    let source = Source { reader, name: "mesh".to_owned(), origin: None };
    warden.import(source, &ImportOptions::default(), "bench", |_| Ok(())).unwrap();
    warden.sign_with(Box::new(key()));
    let bytes = key().public_key().bytes().to_base64();
    let ada = Newcomer { name: "ada".to_owned(), key: bytes, role: Role::Admin, accepted: None };
    let log_key = warden.verifier().unwrap().to_string();
    let init = Init { operators: vec![ada], threshold: 0, recovery: Vec::new(), solo: true, log_key };
    warden.init(init, Word::of("bench", "the beginning")).unwrap();
    warden
}

/// Serves it behind the line.
fn serve(warden: Warden, address: SocketAddr, line: TcpListener) {
    let settings = Settings {
        name: "mesh".to_owned(),
        authorities: vec![address.to_string()],
        listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        operators: Vec::new(),
        socket: None,
        tls: None,
        limits: Limits::default(),
        clock: Arc::new(SystemClock),
        on_change: meshwarden::notify::Notifier::default(),
    };
    let (tell, told) = channel();
    spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async move {
            let bound = server::bind(warden, settings).await.unwrap();
            tell.send(bound.addresses[0]).unwrap();
            bound.run(std::future::pending()).await
        })
    });
    let to = told.recv().unwrap();
    let (up, down) = (link(), link());
    spawn(move || {
        for client in line.incoming() {
            let (client, server) = (client.unwrap(), TcpStream::connect(to).unwrap());
            for end in [&client, &server] {
                end.set_nodelay(true).unwrap();
            }
            pump(client.try_clone().unwrap(), server.try_clone().unwrap(), up.clone(), 2 * ONE_WAY);
            pump(server, client, down.clone(), Duration::ZERO);
        }
    });
}

/// A part on its way: to whom, when it was sent, and how much longer it takes; nothing is the end.
type Part = (TcpStream, Instant, Vec<u8>);

/// One direction of the line: what is sent first arrives first, so many bytes in a second, so much later.
fn link() -> SyncSender<Part> {
    let (queue, parts): (SyncSender<Part>, Receiver<Part>) = sync_channel(QUEUE);
    let (flying, landing) = channel::<Part>();
    spawn(move || {
        for (to, sent, bytes) in parts {
            sleep(Duration::from_secs_f64(bytes.len() as f64 / BYTES_PER_SECOND));
            let due = sent.max(Instant::now()) + ONE_WAY;
            if flying.send((to, due, bytes)).is_err() {
                return;
            }
        }
    });
    spawn(move || {
        for (mut to, due, bytes) in landing {
            sleep(due.saturating_duration_since(Instant::now()));
            match bytes.is_empty() {
                true => drop(to.shutdown(std::net::Shutdown::Write)),
                false => drop(to.write_all(&bytes)),
            }
        }
    });
    queue
}

/// Sends on what comes; the first of it `later`, since a connection has to be made first.
fn pump(mut from: TcpStream, to: TcpStream, line: SyncSender<Part>, later: Duration) {
    spawn(move || {
        let mut bytes = vec![0; PART];
        let ready = Instant::now() + later;
        loop {
            let count = from.read(&mut bytes).unwrap_or(0);
            let part = (to.try_clone().unwrap(), ready, bytes[..count].to_vec());
            if line.send(part).is_err() || count == 0 {
                return;
            }
        }
    });
}
