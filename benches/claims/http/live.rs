//! What one operator orders, on the screen of another.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use meshwarden::backend::{Backend, Remote};
use meshwarden::change::{Frozen, Request, Verb};
use meshwarden::registry::Scope;
use meshwarden::tui::{Rehearsal, RoomName};
use meshwarden::warden::{Clock as _, Lane, SystemClock, Word};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::site::{Hand, Site, ada, hold, warden};
use crate::shared::{against, figure, heading, ms, plan, quantile};

const CHANGES: usize = 30;

pub fn run() {
    heading(
        "live: a console on a verifier, 2,000 agents; from the order of another operator until its frame",
    );
    let mut records = String::new();
    for mut identity in plan(2000).mesh() {
        // The clock of this machine runs here.
        identity.expires_at = None;
        identity.write_json(&mut records);
        records.push('\n');
    }
    let place = tempfile::tempdir().unwrap();
    let mut warden = warden(Some(&place.path().join("mesh")), records.as_bytes(), Hand::Running);
    hold(&mut warden);
    let log_key = warden.verifier().unwrap();
    let site = Site::open(warden, Hand::Running);
    let remote = Remote {
        url: format!("http://{}", site.address),
        log_key,
        cache: place.path().join("cache"),
        root: None,
    };
    let mut replica = remote.open("ada", Box::new(ada())).unwrap();
    let (tell, told) = mpsc::channel();
    replica.on_news(Box::new(move || tell.send(()).unwrap_or_default()));
    let screen = Terminal::new(TestBackend::new(120, 60)).unwrap();
    let backend = Backend::Local(Box::new(replica));
    let mut console = Rehearsal::new(backend, screen, RoomName::Agents, SystemClock.now()).unwrap();
    look(&mut console);
    let mut times = Vec::new();
    for number in 0..CHANGES {
        let before = suspended(&console);
        let snapshot = site.verifier.shown().snapshot.clone();
        let (registry, now) = (&snapshot.registry, SystemClock.now());
        let row = registry.rows().filter(|row| registry.agent(*row).is_active(now)).nth(number % 2).unwrap();
        let request = Request::of(Verb::Suspend { until: None }, registry.agent(row).did(), Scope::One);
        let frozen = Frozen::of(registry, request, now).unwrap();
        let rows = registry.row_count();
        let start = Instant::now();
        let ordered = site.verifier.ask(Lane::Operators, move |warden| {
            warden.commit(&frozen, rows, Word::of("ada", "bench")).unwrap();
        });
        assert!(site.runtime().block_on(ordered).is_ok());
        while suspended(&console) == before {
            told.recv_timeout(Duration::from_secs(10)).unwrap();
            look(&mut console);
        }
        times.push(start.elapsed());
    }
    times.sort_unstable();
    figure("half of all within", ms(quantile(&times, 0.5)), "ms");
    against("the slowest", ms(quantile(&times, 1.0)), 100.0, "ms", "issue 5, Must 9");
    drop(console);
    drop(site);
}

/// What the console does when it is woken.
fn look(console: &mut Rehearsal<TestBackend>) {
    console.key(KeyEvent::new(KeyCode::Char('R'), KeyModifiers::NONE)).unwrap();
    console.catch_up().unwrap();
}

/// So many rows of the screen are suspended.
fn suspended(console: &Rehearsal<TestBackend>) -> usize {
    let buffer = console.screen().buffer();
    let rows = buffer.content.chunks(usize::from(buffer.area.width).max(1));
    let text =
        |row: &[ratatui::buffer::Cell]| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>();
    rows.filter(|row| text(row).contains("SUSPENDED")).count()
}
