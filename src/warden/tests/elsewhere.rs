//! What a replica makes of a verifier that answers well, badly, or not at all.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::operators::{by, held, key, word};
use super::*;
use crate::audit::{Evidence, Note, NoteVerifier, origin};
use crate::change::operators::{Init, LogKey, Newcomer, Role};
use crate::change::{SignedChange, What};
use crate::keystore::{Hand, KeystoreError};
use crate::warden::{Line, Pieces, Reached, Upstream, UpstreamError};

/// A verifier whose answers to changes are those of the script; when it is over, it takes what it gets.
pub(super) struct Scripted {
    pub name: &'static str,
    pub source: Arc<Mutex<House>>,
    pub answers: Arc<Mutex<VecDeque<Result<u64, UpstreamError>>>>,
}

pub(super) fn lost() -> UpstreamError {
    UpstreamError::Unreachable { url: "x".to_owned(), problem: "no answer in time".to_owned() }
}

impl Upstream for Scripted {
    fn url(&self) -> &str {
        "https://mesh.example"
    }
    fn sign_in(&mut self, _: &mut dyn Hand) -> Result<(), KeystoreError> {
        Ok(())
    }
    fn name(&self) -> &str {
        self.name
    }
    fn size(&mut self) -> Option<u64> {
        None
    }
    fn fetch(&mut self, reached: Reached) -> Result<(Pieces, Note), UpstreamError> {
        let mut source = self.source.lock().unwrap();
        let head = source.warden.checkpoint().unwrap();
        let pieces = source.warden.pieces(reached, head.checkpoint.tree.size, usize::MAX).unwrap();
        Ok((Box::new(pieces.into_iter().map(Ok)), head.note))
    }
    fn submit(&mut self, change: &SignedChange, _: &[Vec<u8>]) -> Result<u64, UpstreamError> {
        if let Some(answer) = self.answers.lock().unwrap().pop_front() {
            return answer;
        }
        let taken = self.source.lock().unwrap().warden.submit(change);
        taken.map(|taken| taken.index).map_err(|error| UpstreamError::Refused {
            url: "x".to_owned(),
            code: error.code().to_owned(),
            detail: error.to_string(),
        })
    }
    fn prove(&mut self, _: u64) -> Result<Evidence, UpstreamError> {
        Err(lost())
    }
    fn enforced(&mut self, _: u64) -> Result<crate::wire::EnforcedLine, UpstreamError> {
        Err(lost())
    }
    fn document(&mut self, _: &str) -> Result<serde_json::Value, UpstreamError> {
        Err(lost())
    }
}

pub(super) struct Far {
    pub source: Arc<Mutex<House>>,
    pub answers: Arc<Mutex<VecDeque<Result<u64, UpstreamError>>>>,
    pub directory: tempfile::TempDir,
    pub pinned: NoteVerifier,
}

impl Far {
    fn new() -> Self {
        Self::of(held())
    }

    pub(super) fn of(mut source: House) -> Self {
        let pinned = source.warden.verifier().unwrap();
        let (source, answers) = (Arc::new(Mutex::new(source)), Arc::default());
        Self { source, answers, directory: tempfile::TempDir::new().unwrap(), pinned }
    }

    /// The replica as `name` opens it.
    pub(super) fn open(&self, name: &'static str, seed: u8) -> House {
        let house = self.source.lock().unwrap();
        let mut warden = super::replica::replica(&house, self.directory.path());
        let time = house.time.clone();
        drop(house);
        let upstream =
            Scripted { name, source: Arc::clone(&self.source), answers: Arc::clone(&self.answers) };
        let spool = self.directory.path().join("spool");
        warden.follow_upstream(Box::new(upstream), self.pinned.clone(), spool);
        warden.sign_with(Box::new(key(seed)));
        House { warden, time }
    }

    pub(super) fn answer(&self, answers: impl IntoIterator<Item = Result<u64, UpstreamError>>) {
        self.answers.lock().unwrap().extend(answers);
    }

    fn state(&self, id: &str) -> State {
        of(&self.source.lock().unwrap().states(), id)
    }
}

fn spooled(house: &House) -> usize {
    match house.warden.snapshot().kind {
        Kind::Verifier { spooled, .. } => spooled,
        kind => panic!("{kind:?}"),
    }
}

#[test]
fn what_was_signed_while_nobody_answered_waits_until_the_log_has_it_whatever_anybody_says() {
    let far = Far::new();
    let mut ada = far.open("ada", 70);
    ada.warden.fetch().unwrap();
    far.answer([Err(lost())]);
    let outcome = ada.order(SUSPEND, "02", Scope::One, "odd").unwrap_err();
    assert_eq!((outcome.code(), spooled(&ada)), ("not_yet_in_force", 1));
    // No answer again, and then one that says it was taken, and lies.
    for answers in [vec![Err(lost())], vec![Ok(0), Ok(0)]] {
        far.answer(answers);
        ada.warden.fetch().unwrap();
        assert_eq!((spooled(&ada), far.state("02")), (1, State::Active));
    }
    // Another operator hands in what another signed as little as anybody else.
    let mut bo = far.open("bo", 71);
    bo.warden.fetch().unwrap();
    assert_eq!((spooled(&bo), far.state("02")), (1, State::Active));
    ada.warden.fetch().unwrap();
    assert_eq!((spooled(&ada), far.state("02")), (0, State::Suspended));
    assert_eq!(ada.warden.spool_refusals(), []);
}

#[test]
fn what_the_verifier_will_never_take_is_told_and_not_dropped_in_silence() {
    let far = Far::new();
    let mut ada = far.open("ada", 70);
    ada.warden.fetch().unwrap();
    far.answer([Err(lost())]);
    ada.order(SUSPEND, "02", Scope::One, "odd").unwrap_err();
    far.source.lock().unwrap().order(SUSPEND, "02", Scope::One, "somebody was faster").unwrap();
    ada.warden.fetch().unwrap();
    assert_eq!(spooled(&ada), 0);
    let refusals = ada.warden.spool_refusals();
    assert!(matches!(&refusals[..], [(_, words)] if words.contains("REFUSED")), "{refusals:?}");
    ada.warden.refusal_seen(refusals[0].0);
    assert_eq!(ada.warden.spool_refusals(), []);
}

#[test]
fn a_log_that_was_made_up_around_the_pinned_key_is_not_taken() {
    let far = Far::new();
    // The same name, a first entry that announces the pinned key, and a second that announces the liar's.
    let mut liar = House::new();
    liar.warden.sign_with(Box::new(key(80)));
    let mallory = Newcomer {
        name: "mallory".to_owned(),
        key: key(80).public_key().bytes().to_base64(),
        role: Role::Admin,
        accepted: None,
    };
    let init = Init {
        operators: vec![mallory],
        threshold: 0,
        recovery: Vec::new(),
        solo: true,
        log_key: far.pinned.to_string(),
    };
    liar.warden.init(init, word("mine")).unwrap();
    let own = NoteVerifier::new(&origin(liar.warden.snapshot().log), key(81).public_key()).unwrap();
    let announced = What::LogKey(LogKey { key: own.to_string() });
    by(&mut liar, 80).append_fact(None, announced, None, word("mine")).unwrap();
    let head = Scripted { name: "ada", source: Arc::new(Mutex::new(liar)), answers: Arc::default() };
    let mut ada = far.open("ada", 70);
    let mut source = head.source.lock().unwrap();
    let size = source.warden.snapshot().head.size;
    let state = source.warden.state_at(size).unwrap();
    let (log, size) = (source.warden.snapshot().log, source.warden.snapshot().head);
    let tree = crate::audit::Tree { size: size.size, root: size.root };
    let checkpoint = crate::audit::Checkpoint { log, tree, state, time: source.warden.now() };
    let pieces = source.warden.pieces(Reached { entries: 0, records: 0 }, size.size, usize::MAX).unwrap();
    for signer in [81, 80] {
        let note = checkpoint.sign(&key(signer)).unwrap();
        let refused = ada.warden.absorb(pieces.iter().cloned().map(Ok), &note, &far.pinned).unwrap_err();
        assert_eq!(refused.code(), "verifier_other_key");
    }
    assert_eq!(ada.warden.reached().entries, 0);
}

#[test]
fn a_head_of_yesterday_is_shown_as_no_answer() {
    let far = Far::new();
    let mut ada = far.open("ada", 70);
    ada.warden.fetch().unwrap();
    let frozen = {
        let mut source = far.source.lock().unwrap();
        source.warden.checkpoint().unwrap().note
    };
    ada.later(Span::seconds(3600));
    let reached = ada.warden.reached();
    ada.warden.absorb(Vec::new(), &frozen, &far.pinned).unwrap();
    assert_eq!(ada.warden.reached(), reached);
    struct Frozen(Note);
    impl Upstream for Frozen {
        fn url(&self) -> &str {
            "https://mesh.example"
        }
        fn sign_in(&mut self, _: &mut dyn Hand) -> Result<(), KeystoreError> {
            Ok(())
        }
        fn name(&self) -> &str {
            "ada"
        }
        fn size(&mut self) -> Option<u64> {
            None
        }
        fn fetch(&mut self, _: Reached) -> Result<(Pieces, Note), UpstreamError> {
            Ok((Box::new(std::iter::empty()), self.0.clone()))
        }
        fn submit(&mut self, _: &SignedChange, _: &[Vec<u8>]) -> Result<u64, UpstreamError> {
            Err(lost())
        }
        fn prove(&mut self, _: u64) -> Result<Evidence, UpstreamError> {
            Err(lost())
        }
        fn enforced(&mut self, _: u64) -> Result<crate::wire::EnforcedLine, UpstreamError> {
            Err(lost())
        }
        fn document(&mut self, _: &str) -> Result<serde_json::Value, UpstreamError> {
            Err(lost())
        }
    }
    let spool = far.directory.path().join("spool");
    ada.warden.follow_upstream(Box::new(Frozen(frozen)), far.pinned.clone(), spool);
    assert_eq!(ada.warden.fetch().unwrap_err().code(), "verifier_unreachable");
    assert!(matches!(ada.warden.snapshot().kind, Kind::Verifier { line: Line::Lost { .. }, .. }));
}
