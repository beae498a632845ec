//! A bad line between a console and a verifier: nothing hangs, nothing that was acknowledged is lost, nothing is done twice.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use meshwarden::backend::Remote;
use meshwarden::change::{Frozen, Request, Verb};
use meshwarden::client::{Client, Identity};
use meshwarden::identity::Did;
use meshwarden::registry::Scope;
use meshwarden::warden::{Kind, Line, SystemClock, SystemEntropy, Warden, Word};

use super::Served;
use super::changes::suspension;
use super::remote::blocking;
use crate::cli::PATIENCE;

/// What the line does to what the verifier answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Fair,
    /// 200 ms and 1 Mbit/s.
    Slow,
    /// It breaks after so many bytes.
    Cuts(usize),
    /// Connections stand, and nothing passes, either way.
    HalfOpen,
    /// Other bytes arrive than were sent.
    Garbage,
    /// One byte at a time, with a pause.
    Loris,
}

/// The line: a proxy whose weather changes for connections that stand, too.
pub struct Chaos {
    pub address: SocketAddr,
    weather: Arc<Mutex<Weather>>,
    real: Arc<Mutex<Option<SocketAddr>>>,
}

impl Chaos {
    async fn before() -> (Served, Self) {
        let chaos = Self::line();
        let served = Served::behind(chaos.address).await;
        chaos.leads_to(served.address);
        (served, chaos)
    }

    /// A line that leads nowhere yet.
    pub fn line() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let weather = Arc::new(Mutex::new(Weather::Fair));
        let real: Arc<Mutex<Option<SocketAddr>>> = Arc::default();
        let (at, of_all) = (Arc::clone(&real), Arc::clone(&weather));
        thread::spawn(move || {
            for (number, client) in listener.incoming().enumerate() {
                let server = at.lock().unwrap().and_then(|real| TcpStream::connect(real).ok());
                let (Ok(client), Some(server)) = (client, server) else { continue };
                let (asks, answers) = ((client.try_clone(), server.try_clone()), (server, client));
                let (there, back) = (Arc::clone(&of_all), Arc::clone(&of_all));
                if let (Ok(client), Ok(server)) = asks {
                    thread::spawn(move || pass((client, server), &there, None));
                }
                thread::spawn(move || pass(answers, &back, Some(number as u64)));
            }
        });
        Self { address, weather, real }
    }

    /// From now on connections go there.
    pub fn leads_to(&self, real: SocketAddr) {
        *self.real.lock().unwrap() = Some(real);
    }

    pub fn turns(&self, weather: Weather) {
        *self.weather.lock().unwrap() = weather;
    }

    fn open(&self, served: &Served, cache: &Path) -> Warden {
        let log_key = served.open().verifier().unwrap();
        let url = format!("http://{}", self.address);
        let remote = Remote { url, log_key, cache: cache.to_owned(), root: None };
        remote.open("rex", Box::new(served.key("rex"))).unwrap()
    }
}

/// Passes bytes on until somebody stops; what answers does so as the weather is, from a seed.
fn pass((mut from, mut to): (TcpStream, TcpStream), weather: &Mutex<Weather>, answers: Option<u64>) {
    let (mut buffer, mut seen, mut sent) = ([0_u8; 4096], Weather::Fair, 0_usize);
    let mut chance = answers.unwrap_or(0).wrapping_mul(2_654_435_761) | 1;
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let bytes = &mut buffer[..count];
        let now = *weather.lock().unwrap();
        if now != seen {
            (seen, sent) = (now, 0);
        }
        let passed = match (now, answers) {
            (Weather::HalfOpen, _) => Ok(()),
            (_, None) | (Weather::Fair, _) => to.write_all(bytes),
            (Weather::Slow, _) => {
                thread::sleep(Duration::from_millis(200) + Duration::from_micros(8 * count as u64));
                to.write_all(bytes)
            }
            (Weather::Cuts(after), _) if sent + count > after => {
                let _ = to.write_all(&bytes[..after.saturating_sub(sent)]);
                break;
            }
            (Weather::Cuts(_), _) => to.write_all(bytes),
            (Weather::Garbage, _) => {
                for byte in bytes.iter_mut() {
                    chance ^= chance << 13;
                    chance ^= chance >> 7;
                    chance ^= chance << 17;
                    *byte = chance.to_le_bytes()[0];
                }
                to.write_all(bytes)
            }
            (Weather::Loris, _) => bytes.iter().try_for_each(|byte| {
                thread::sleep(Duration::from_millis(100));
                // Whoever waits for the rest of a byte that never comes is let go when the weather changes.
                if *weather.lock().unwrap() == Weather::Loris { to.write_all(&[*byte]) } else { Ok(()) }
            }),
        };
        sent += count;
        if passed.is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// What must end by itself, whatever the line does.
fn ends<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, answer) = channel();
    thread::spawn(move || done.send(work()));
    answer.recv_timeout(PATIENCE * 3).expect("it hangs")
}

fn suspend(warden: &mut Warden, did: &str) -> Result<u64, &'static str> {
    let snapshot = warden.snapshot();
    let request = Request::of(Verb::Suspend { until: None }, Did::parse(did).unwrap(), Scope::One);
    let frozen = Frozen::of(&snapshot.registry, request, warden.now()).map_err(|error| error.code())?;
    let receipt = warden.commit(&frozen, snapshot.registry.row_count(), Word::of("nobody", "odd"));
    receipt.map(|receipt| receipt.index).map_err(|error| error.code())
}

fn state(warden: &Warden, did: &str) -> &'static str {
    let snapshot = warden.snapshot();
    let row = snapshot.registry.find(&Did::parse(did).unwrap()).unwrap();
    snapshot.registry.agent(row).status(warden.now()).as_str()
}

/// Looks until the line is back and nothing waits.
fn recovers(warden: &mut Warden) {
    let began = std::time::Instant::now();
    while !matches!(warden.snapshot().kind, Kind::Verifier { line: Line::Live, spooled: 0, .. }) {
        assert!(began.elapsed() < PATIENCE * 2, "{:?}", warden.snapshot().kind);
        drop(warden.fetch());
        thread::yield_now();
    }
}

/// The entries that suspend an agent, as the log itself has them.
fn suspensions(served: &Served, did: &str) -> usize {
    let mut warden = served.open();
    let lines = warden.entries(0, 1000).unwrap();
    lines.iter().filter(|line| line.kind.as_str() == "suspend" && line.subject == did).count()
}

/// A console on a line that turns bad while it is open, and back.
async fn survives(weather: Weather) {
    let (served, chaos) = Chaos::before().await;
    let mut served = blocking(move || {
        let cache = tempfile::TempDir::new().unwrap();
        let mut console = chaos.open(&served, cache.path());
        let (worker, shown) = (served.mesh.worker.clone(), console.snapshot());
        chaos.turns(weather);
        let (mut console, fetched) = ends(move || {
            let fetched = console.fetch().map_err(|error| error.code());
            (console, fetched)
        });
        assert_eq!(fetched, Err("verifier_unreachable"), "{weather:?}");
        assert_eq!(console.snapshot().head, shown.head, "what was seen stays");
        assert_eq!(state(&console, &worker), "active");
        let did = worker.clone();
        let (mut console, outcome) = ends(move || {
            let outcome = suspend(&mut console, &did);
            (console, outcome)
        });
        assert_eq!(outcome, Err("not_yet_in_force"), "{weather:?}");
        assert_eq!(state(&console, &worker), "active", "nobody answered for it");
        chaos.turns(Weather::Fair);
        let mut console = ends(move || {
            recovers(&mut console);
            console
        });
        assert_eq!(state(&console, &worker), "suspended");
        assert_eq!(suspensions(&served, &worker), 1, "{weather:?}");
        assert_eq!(suspend(&mut console, &worker), Err("already_suspended"));
        drop(console);
        served
    })
    .await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_survives_a_line_that_is_cut_at_once() {
    survives(Weather::Cuts(0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_survives_a_line_that_is_cut_within_an_answer() {
    survives(Weather::Cuts(120)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_survives_garbage() {
    survives(Weather::Garbage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_survives_a_line_that_is_open_on_one_side_only() {
    survives(Weather::HalfOpen).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_survives_an_answer_that_comes_byte_by_byte() {
    survives(Weather::Loris).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_200_ms_and_1_mbit_everything_works() {
    let (served, chaos) = Chaos::before().await;
    let mut served = blocking(move || {
        let cache = tempfile::TempDir::new().unwrap();
        chaos.turns(Weather::Slow);
        let worker = served.mesh.worker.clone();
        let mut console = chaos.open(&served, cache.path());
        let (console, outcome) = ends(move || {
            let outcome = suspend(&mut console, &worker).map(|_| ());
            // A busy machine makes the line slower still: then it is kept, and delivered.
            recovers(&mut console);
            (console, outcome)
        });
        assert!(matches!(outcome, Ok(()) | Err("not_yet_in_force" | "taken_unseen")), "{outcome:?}");
        assert_eq!(state(&console, &served.mesh.worker), "suspended");
        drop(console);
        served
    })
    .await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_got_lost_is_asked_for_again_and_nothing_is_done_twice() {
    let (mut served, chaos) = Chaos::before().await;
    let client = || {
        let base = format!("http://{}", chaos.address);
        let client = Client::new(&base, Box::new(SystemClock), Box::new(SystemEntropy)).unwrap();
        client.pin(served.open().verifier().unwrap());
        client.sign_as(Identity::named("rex", served.key("rex")));
        client
    };
    let worker = served.mesh.worker.clone();
    let change = suspension(&served, "rex", &worker, 77);
    chaos.turns(Weather::Cuts(0));
    let lost = client().submit(&change, &[]).await;
    assert_eq!(super::code(lost), "verifier_unreachable");
    chaos.turns(Weather::Fair);
    let first = client().submit(&change, &[]).await.unwrap();
    let second = client().submit(&change, &[]).await.unwrap();
    assert_eq!(first["index"], second["index"]);
    assert_eq!(suspensions(&served, &worker), 1);
    served.stop().await;
}
