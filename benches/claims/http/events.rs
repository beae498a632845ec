//! A revocation, and a thousand who listen.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::call::{Caller, signed};
use super::site::{Hand, Site, ada, hold, warden};
use crate::line;
use crate::shared::{ISSUE_5, against, figure, heading, ms, plan, quantile};
use meshwarden::change::{Frozen, Request, Verb};
use meshwarden::registry::Scope;
use meshwarden::warden::{Lane, Word};

const LISTENERS: usize = 1000;
const REVOCATIONS: usize = 100;

pub fn run() {
    heading("events: 1,000 subscribers on loopback; from the order of a revocation until each has it");
    let mut records = String::new();
    for identity in plan(2000).mesh() {
        identity.write_json(&mut records);
        records.push('\n');
    }
    let place = tempfile::tempdir().unwrap();
    let mut warden = warden(Some(&place.path().join("mesh")), records.as_bytes(), Hand::Still);
    hold(&mut warden);
    let site = Site::open(warden, Hand::Still);
    let (heard, hears) = mpsc::channel();
    let to = site.address;
    let listening = thread::spawn(move || listen(to, &heard));
    // All of them have had the first line.
    (0..LISTENERS).for_each(|_| assert!(hears.recv().is_ok()));
    let (mut times, mut lasts) = (Vec::new(), Vec::new());
    for number in 0..REVOCATIONS {
        let snapshot = site.verifier.shown().snapshot.clone();
        let registry = &snapshot.registry;
        let row =
            registry.rows().filter(|row| registry.agent(*row).is_active(line::now())).nth(number).unwrap();
        let request = Request::of(Verb::Revoke, registry.agent(row).did(), Scope::One);
        let frozen = Frozen::of(registry, request, line::now()).unwrap();
        let rows = registry.row_count();
        let start = Instant::now();
        let ordered = site.verifier.ask(Lane::Operators, move |warden| {
            warden.commit(&frozen, rows, Word::of("ada", "bench")).unwrap();
        });
        assert!(site.runtime().block_on(ordered).is_ok());
        let mut took: Vec<Duration> =
            (0..LISTENERS).map(|_| hears.recv().unwrap().duration_since(start)).collect();
        took.sort_unstable();
        lasts.push(quantile(&took, 1.0));
        times.extend(took);
        thread::sleep(Duration::from_millis(20));
    }
    times.sort_unstable();
    lasts.sort_unstable();
    figure("half of all deliveries within", ms(quantile(&times, 0.5)), "ms");
    figure("the slowest subscriber of a revocation, median", ms(quantile(&lasts, 0.5)), "ms");
    figure("the slowest delivery of all", ms(quantile(&times, 1.0)), "ms");
    against("99 of 100 deliveries within", ms(quantile(&times, 0.99)), 50.0, "ms", ISSUE_5);
    drop(hears);
    drop(site);
    drop(listening.join());
}

/// Listens a thousand times; tells when each heard the first line, and of each event.
fn listen(to: SocketAddr, heard: &mpsc::Sender<Instant>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let mut tasks = Vec::new();
        for number in 0..LISTENERS {
            let call = signed(
                to,
                ("GET", "/v1/events"),
                b"",
                (&Caller { name: "ada", key: &ada() }, line::now()),
                number as u64,
            );
            let mut stream = TcpStream::connect(to).await.unwrap();
            stream.write_all(&call).await.unwrap();
            tasks.push(tokio::task::spawn_local(hear(stream, heard.clone())));
        }
        for task in tasks {
            drop(task.await);
        }
    });
}

async fn hear(mut stream: TcpStream, heard: mpsc::Sender<Instant>) {
    let mut text = Vec::new();
    while stream.read_buf(&mut text).await.is_ok_and(|count| count > 0) {
        let at = Instant::now();
        let news = [b": listening".as_slice(), b"\nid: "]
            .into_iter()
            .any(|sign| memchr::memmem::find(&text, sign).is_some());
        if news {
            text.clear();
            if heard.send(at).is_err() {
                return;
            }
        }
    }
}
