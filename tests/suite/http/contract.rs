//! One contract for every way to a registry: a directory on this machine, and a verifier over HTTP.

use std::time::Instant;

use meshwarden::audit::NoteVerifier;
use meshwarden::backend::{Backend, Remote};
use meshwarden::change::operators::Operate;
use meshwarden::change::{Frozen, LockOn, OnCase, Request, SetPolicy, Tagging, Verb, What};
use meshwarden::identity::Did;
use meshwarden::policy::Policy;
use meshwarden::registry::{Judgement, Scope, State};
use meshwarden::warden::{FactReceipt, Receipt, Word};

use super::Served;
use super::remote::blocking;

const SUSPEND: Verb = Verb::Suspend { until: None };
/// What wakes somebody who was stopped for security takes two people.
const WAKE: Verb = Verb::Reactivate { override_security: true };

/// A place that several operators open.
struct Place<'s> {
    served: &'s Served,
    verifier: Option<(NoteVerifier, tempfile::TempDir)>,
}

impl Place<'_> {
    fn open(&self, name: &str) -> Backend {
        let hand = Box::new(self.served.key(name));
        let warden = match &self.verifier {
            None => {
                let mut warden = self.served.open();
                warden.sign_with(hand);
                warden
            }
            Some((log_key, caches)) => {
                let (url, cache) = (format!("http://{}", self.served.address), caches.path().join(name));
                let remote = Remote { url, log_key: log_key.clone(), cache, root: None };
                remote.open(name, hand).unwrap()
            }
        };
        Backend::Local(Box::new(warden))
    }

    fn worker(&self) -> Did {
        Did::parse(&self.served.mesh.worker).unwrap()
    }

    fn planner(&self) -> Did {
        Did::parse(&self.served.mesh.planner).unwrap()
    }
}

fn freeze(backend: &Backend, verb: Verb, did: &Did, scope: Scope) -> Result<Frozen, String> {
    let request = Request::of(verb, did.clone(), scope);
    Frozen::of(backend.registry(), request, backend.now()).map_err(|error| error.code().to_owned())
}

fn carry_out(backend: &mut Backend, frozen: &Frozen) -> Result<Receipt, String> {
    let rows = backend.registry().row_count();
    let word = Word::of("nobody", "the contract");
    backend.commit(frozen, rows, word).map_err(|error| error.code().to_owned())
}

fn order(backend: &mut Backend, verb: Verb, did: &Did, scope: Scope) -> Result<Receipt, String> {
    let frozen = freeze(backend, verb, did, scope)?;
    carry_out(backend, &frozen)
}

fn say(
    backend: &mut Backend,
    did: Option<&Did>,
    what: What,
    case: Option<&str>,
) -> Result<FactReceipt, String> {
    let code = |error: meshwarden::warden::WardenError| error.code().to_owned();
    let word = Word { case, ..Word::of("nobody", "the contract") };
    let drafted = backend.draft_fact(did, &what, word).map_err(code)?;
    backend.could_say(&drafted).map_err(code)?;
    backend.say_drafted(&drafted).map_err(code)
}

fn state(backend: &Backend, did: &Did) -> State {
    let registry = backend.registry();
    Judgement::of(registry, backend.now()).state(registry.find(did).unwrap())
}

/// Whoever has the place open sees it too, and never waits for ever.
fn follows(backend: &mut Backend, size: u64) {
    let began = Instant::now();
    while backend.snapshot().head.size < size {
        assert!(began.elapsed() < crate::cli::PATIENCE, "nobody told");
        backend.follow().unwrap();
        std::thread::yield_now();
    }
}

/// Approves what waits, as it is shown.
fn approve(backend: &mut Backend) -> Result<FactReceipt, String> {
    let snapshot = backend.snapshot();
    let waiting = snapshot.operators.waiting(backend.now());
    let (id, proposal) = waiting.first().expect("something waits");
    let digest = meshwarden::encoding::sha256(proposal.change.payload_bytes());
    backend.approve_shown(*id, &digest).map_err(|error| error.code().to_owned())
}

type Claim = (&'static str, fn(&Place<'_>));

/// What holds everywhere; one after the other, on one mesh.
const CLAIMS: &[Claim] = &[
    ("who opens it has all agents, judges their lineages, and knows whose key it is", |place| {
        let mut ada = place.open("ada");
        assert_eq!(ada.registry().len(), 2);
        assert_eq!(
            (state(&ada, &place.planner()), state(&ada, &place.worker())),
            (State::Active, State::Active)
        );
        assert_eq!(ada.key_at_hand().unwrap(), Some(place.served.key("ada").public_key().bytes()));
        let dry = ada.dry_run(&Policy::default(), 10);
        assert!(dry.is_ok());
    }),
    ("a suspension is seen by whoever has the place open, at its place in the log", |place| {
        let (mut rex, mut ada) = (place.open("rex"), place.open("ada"));
        let receipt = order(&mut rex, SUSPEND, &place.worker(), Scope::One).unwrap();
        assert_eq!((receipt.count, receipt.verb, receipt.waits), (1, "suspend", None));
        assert_eq!(state(&rex, &place.worker()), State::Suspended);
        follows(&mut ada, receipt.index + 1);
        assert_eq!(
            (state(&ada, &place.worker()), ada.snapshot().head),
            (State::Suspended, rex.snapshot().head)
        );
        let line = ada.entries(receipt.index, 1).unwrap().remove(0);
        assert_eq!((line.index, line.actor.as_str()), (receipt.index, "rex"));
        let evidence = ada.prove(receipt.index).unwrap();
        assert_eq!(evidence.check(None).unwrap().entry().index, receipt.index);
        assert_eq!(order(&mut ada, SUSPEND, &place.worker(), Scope::One).unwrap_err(), "already_suspended");
    }),
    ("the past is still there", |place| {
        let mut ada = place.open("ada");
        let size = ada.snapshot().head.size;
        let then = ada.as_of(size - 1).unwrap();
        let row = then.registry.find(&place.worker()).unwrap();
        assert_eq!(then.registry.agent(row).status(ada.now()).as_str(), "active");
        assert_eq!(ada.size_at(ada.now()).unwrap(), size);
        assert_eq!(ada.verify_log().unwrap().fault, None);
        assert_eq!(ada.as_of(size + 1).err().unwrap().code(), "log_too_short");
    }),
    ("what gives authority waits for another person, and not for the same one again", |place| {
        let (mut ada, mut bo) = (place.open("ada"), place.open("bo"));
        let receipt = order(&mut ada, WAKE, &place.worker(), Scope::One).unwrap();
        assert!(receipt.waits.is_some());
        assert_eq!(state(&ada, &place.worker()), State::Suspended);
        assert_eq!(approve(&mut ada).unwrap_err(), "operator_signed_twice");
        follows(&mut bo, receipt.index + 1);
        let approved = approve(&mut bo).unwrap();
        assert_eq!((approved.waits, state(&bo, &place.worker())), (None, State::Active));
        follows(&mut ada, approved.index + 1);
        assert_eq!(state(&ada, &place.worker()), State::Active);
    }),
    ("what changed since it was shown is not touched", |place| {
        let (mut rex, mut ada) = (place.open("rex"), place.open("ada"));
        let shown = freeze(&ada, SUSPEND, &place.planner(), Scope::One).unwrap();
        let receipt = order(&mut rex, SUSPEND, &place.planner(), Scope::One).unwrap();
        assert_ne!(carry_out(&mut ada, &shown).map(|receipt| receipt.index), Ok(receipt.index + 1));
        follows(&mut ada, receipt.index + 1);
        assert_eq!(ada.snapshot().head.size, receipt.index + 1);
        assert_eq!(state(&ada, &place.worker()), State::CutOff);
        order(&mut ada, WAKE, &place.planner(), Scope::One).unwrap();
        let mut bo = place.open("bo");
        approve(&mut bo).unwrap();
        assert_eq!(state(&bo, &place.worker()), State::Active);
    }),
    ("a viewer changes nothing, and is told why", |place| {
        let mut vi = place.open("vi");
        let size = vi.snapshot().head.size;
        // By the warden, or at the door of the verifier before it.
        let refused = order(&mut vi, SUSPEND, &place.worker(), Scope::One).unwrap_err();
        assert!(["operator_role_too_weak", "role_may_not"].contains(&refused.as_str()), "{refused}");
        assert_eq!(place.served.open().snapshot().head.size, size);
    }),
    ("a lock holds until it is lifted by another two", |place| {
        let mut rex = place.open("rex");
        let lock = LockOn::Tag("crawler".to_owned());
        let tag = Tagging { add: vec!["crawler".to_owned()], remove: Vec::new() };
        say(&mut rex, Some(&place.worker()), What::Tag(tag), None).unwrap();
        say(&mut rex, None, What::Lock(lock.clone()), None).unwrap();
        assert_ne!(state(&rex, &place.worker()), State::Active);
        let mut ada = place.open("ada");
        let lifted = say(&mut ada, None, What::Unlock(lock), None).unwrap();
        if lifted.waits.is_some() {
            approve(&mut place.open("bo")).unwrap();
        }
        assert_eq!(state(&place.open("vi"), &place.worker()), State::Active);
    }),
    ("a case is opened, spoken in and closed", |place| {
        let mut ada = place.open("ada");
        let open = OnCase::Open { title: "odd calls".to_owned() };
        let opened = say(&mut ada, None, What::Case(open), None).unwrap();
        let id = ada.registry().facts().cases.iter().last().unwrap().id.to_string();
        let note = OnCase::Note { text: "the vendor knows".to_owned(), seen: None };
        say(&mut ada, None, What::Case(note), Some(&id)).unwrap();
        let mut bo = place.open("bo");
        follows(&mut bo, opened.index + 2);
        say(&mut bo, None, What::Case(OnCase::Join {}), Some(&id)).unwrap();
        follows(&mut ada, opened.index + 3);
        say(&mut ada, None, What::Case(OnCase::Close { release: false }), Some(&id)).unwrap();
        let cases = ada.registry().facts().cases.iter().last().unwrap().clone();
        assert_eq!((cases.is_open(), cases.people.len()), (false, 2));
    }),
    ("a policy is proposed, and put in force by the second", |place| {
        let mut ada = place.open("ada");
        let mut policy = Policy::default();
        policy.approvals.revoke_above = 3;
        let set = SetPolicy { policy: policy.to_json() };
        let receipt = say(&mut ada, None, What::Policy(set), None).unwrap();
        assert!(receipt.waits.is_some());
        assert_ne!(ada.snapshot().policy.approvals.revoke_above, 3);
        let mut bo = place.open("bo");
        approve(&mut bo).unwrap();
        assert_eq!(bo.snapshot().policy.approvals.revoke_above, 3);
    }),
    ("an operator is suspended by one admin and restored by two", |place| {
        let mut ada = place.open("ada");
        let suspend = Operate::Suspend { name: "rex".to_owned() };
        say(&mut ada, None, What::Operator(suspend), None).unwrap();
        assert!(!ada.snapshot().operators.get("rex").unwrap().active());
        let restore = Operate::Restore { name: "rex".to_owned() };
        say(&mut ada, None, What::Operator(restore), None).unwrap();
        let mut bo = place.open("bo");
        approve(&mut bo).unwrap();
        assert!(bo.snapshot().operators.get("rex").unwrap().active());
    }),
    ("a revocation with everybody below is for good", |place| {
        let mut rex = place.open("rex");
        let receipt = order(&mut rex, Verb::Revoke, &place.planner(), Scope::Subtree).unwrap();
        assert_eq!((receipt.count, receipt.waits), (2, None));
        assert_eq!(
            (state(&rex, &place.planner()), state(&rex, &place.worker())),
            (State::Revoked, State::Revoked)
        );
        assert_eq!(order(&mut rex, WAKE, &place.worker(), Scope::One).unwrap_err(), "revoked");
        assert_eq!(place.open("vi").verify_log().unwrap().fault, None);
    }),
];

fn keep(place: &Place<'_>) {
    for (claim, holds) in CLAIMS {
        // A claim that fails is named by what is printed last.
        println!("{claim}");
        holds(place);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_keeps_the_contract() {
    let mut served = Served::new().await;
    drop(served.stop().await);
    blocking(move || keep(&Place { served: &served, verifier: None })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_keeps_the_contract() {
    let served = Served::new().await;
    let mut served = blocking(move || {
        let log_key = served.open().verifier().unwrap();
        keep(&Place { served: &served, verifier: Some((log_key, tempfile::TempDir::new().unwrap())) });
        served
    })
    .await;
    served.stop().await;
}
