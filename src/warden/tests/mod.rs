//! What the warden promises, on a real directory and in memory.

mod ahead;
mod cases;
mod caught;
mod containment;
mod decided;
mod drafted;
mod elsewhere;
mod facts;
mod flipped;
mod giving;
mod history;
mod intrigue;
mod lasting;
mod operators;
mod proposed;
mod proven;
mod racing;
mod replica;
mod requests;
mod together;
mod undoing;

use std::sync::Mutex;

use super::{Clock, Context, Entropy, ImportOptions, Kind, Receipt, Rejection, Source, Warden};
use crate::change::{Frozen, Request, Verb};
use crate::identity::{Did, KeyBytes};
use crate::registry::{Judgement, Row, Scope, State};
use crate::store::{Memory, Meta};
use crate::time::{Span, Time};

/// A clock that stands where the test put it; each test has its own.
#[derive(Clone)]
struct Standing(std::sync::Arc<Mutex<Time>>);

impl Clock for Standing {
    fn now(&self) -> Time {
        *self.0.lock().unwrap()
    }
}

/// Counts instead of drawing.
struct Counting(u128);

impl Entropy for Counting {
    fn bits(&mut self) -> Option<u128> {
        self.0 += 1;
        Some(self.0)
    }
}

fn start() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

/// A record of one agent: `id` and its parent as two hex digits.
fn record(id: &str, parent: Option<&str>, depth: u32) -> String {
    let key = KeyBytes([u8::from_str_radix(id, 16).unwrap(); 32]);
    let parent = parent.map_or("null".to_owned(), |parent| format!("\"did:mesh:{parent}\""));
    format!(
        r#"{{"did":"did:mesh:{id}","name":"agent {id}","public_key":"{}","verification_key_id":"{}","sponsor_email":"a@example.com","capabilities":["read:a"],"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","parent_did":{parent},"delegation_depth":{depth}}}"#,
        key.to_base64(),
        key.key_id(),
    ) + "\n"
}

/// 01 over 02 and 03; 04 below 02; 09 beside them.
fn family() -> String {
    [
        record("01", None, 0),
        record("02", Some("01"), 1),
        record("03", Some("01"), 1),
        record("04", Some("02"), 2),
        record("09", None, 0),
    ]
    .concat()
}

struct House {
    warden: Warden,
    time: Standing,
}

impl House {
    fn new() -> Self {
        let time = Standing(std::sync::Arc::new(Mutex::new(start())));
        let meta = Meta { log: crate::audit::LogName::from_bits(1), created: start(), origin: None };
        let mut warden = Warden::over(
            Box::new(Memory::new(meta)),
            Kind::Demo,
            Box::new(time.clone()),
            Box::new(Counting(0)),
        )
        .unwrap();
        import(&mut warden, &family(), &ImportOptions::default()).unwrap();
        Self { warden, time }
    }

    fn later(&self, span: Span) {
        let mut time = self.time.0.lock().unwrap();
        *time = time.plus(span);
    }

    fn freeze(&self, verb: Verb, id: &str, scope: Scope) -> Result<Frozen, crate::change::PlanError> {
        freeze(&self.warden, verb, id, scope)
    }

    fn order(&mut self, verb: Verb, id: &str, scope: Scope, reason: &str) -> Result<Receipt, Rejection> {
        let frozen = self.freeze(verb, id, scope).map_err(super::WardenError::from)?;
        let rows = self.warden.registry().row_count();
        self.warden.commit(&frozen, rows, crate::warden::Word::of("tester", reason))
    }

    fn states(&self) -> Vec<(String, State)> {
        states(&self.warden)
    }
}

fn freeze(warden: &Warden, verb: Verb, id: &str, scope: Scope) -> Result<Frozen, crate::change::PlanError> {
    let did = Did::from_unique_id(id).unwrap();
    Frozen::of(warden.registry(), Request::of(verb, did, scope), warden.now())
}

fn import(
    warden: &mut Warden,
    text: &str,
    options: &ImportOptions,
) -> Result<super::ImportReport, super::WardenError> {
    let source = Source { reader: text.as_bytes(), name: "test".into(), origin: None };
    warden.import(source, options, "tester", |_| Ok(()))
}

fn row(warden: &Warden, id: &str) -> Row {
    warden.registry().find(&Did::from_unique_id(id).unwrap()).unwrap()
}

fn states(warden: &Warden) -> Vec<(String, State)> {
    let judgement = Judgement::of(warden.registry(), warden.now());
    let registry = warden.registry();
    registry.rows().map(|row| (registry.agent(row).did().unique_id(), judgement.state(row))).collect()
}

fn of(states: &[(String, State)], id: &str) -> State {
    states.iter().find(|(each, _)| each == id).unwrap().1
}

const SUSPEND: Verb = Verb::Suspend { until: None };
const WAKE: Verb = Verb::Reactivate { override_security: false };

fn context(root: &std::path::Path) -> Context {
    Context::of_this_machine(root.to_owned(), "tester".into())
}
