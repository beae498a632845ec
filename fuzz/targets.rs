//! What must hold for any bytes: one function for each parser that meets a stranger.
//!
//! The same functions are driven by `cargo fuzz` and, on a stable compiler, by `tests/suite/fuzzing.rs`.

use meshwarden::audit::{Decision, Entry, Refusals, Search};
use meshwarden::change::operators::Operators;
use meshwarden::change::{Payload, SignedChange};
use meshwarden::delegation::scope_chain::ScopeChain;
use meshwarden::delegation::{AuthenticChain, Chain, Memo, Proof as Possession, Token};
use meshwarden::handshake::{Awaiting, Challenge, Hello, Proof, header, reference};
use meshwarden::identity::{
    Attestation, Credential, Did, Identity, Reading, ReferenceProof, Rekey, RevocationList, Rotation,
    SecretKey, from_jwk, from_jwks, public_jwk,
};
use meshwarden::ingest::{Framer, read_scores};
use meshwarden::keystore::KeystoreError;
use meshwarden::policy::{Approvals, Case, Policy};
use meshwarden::registry::query::{Callers, Query, complete};
use meshwarden::registry::{Judgement, Registry};
use meshwarden::text::is_hostile;
use meshwarden::time::Time;
use meshwarden::trust::{Book, Event, Points, Rules, Source};
use meshwarden::verify::{Request, Verdict};
use meshwarden::wire::Problem;
use meshwarden::wire::message_signature::{Demand, Head, SignedRequest};

const READING: Reading = Reading { now: Time::MAX, assume_utc: true };

fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// A DID that is read is written as it was.
pub fn did(input: &[u8]) {
    let Some(text) = text(input) else { return };
    if let Ok(did) = Did::parse(text) {
        assert_eq!(did.to_string(), text);
    }
    let _ = Time::parse(text).map(|time| assert_eq!(Time::parse(&time.to_string()), Ok(time)));
}

/// An identity that is read, written and read again is the same.
pub fn identity(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Ok(parsed) = Identity::from_json(text, &READING).map_err(|error| error.to_string()) else { return };
    let mut written = String::new();
    parsed.identity.write_json(&mut written);
    let again = Identity::from_json(&written, &READING).expect("what is written can be read");
    assert_eq!(again.identity, parsed.identity);
}

/// A key that is imported is exported as itself.
pub fn jwk(input: &[u8]) {
    let Ok(value) = serde_json::from_slice(input) else { return };
    for imported in [
        from_jwk(&value, Did::from_bits(1), Time::MAX),
        from_jwks(&value, None, Did::from_bits(1), Time::MAX),
    ] {
        let Ok(imported) = imported.map_err(|error| error.to_string()) else { continue };
        let exported = public_jwk(&imported.identity);
        let again =
            from_jwk(&exported, Did::from_bits(1), Time::MAX).expect("what is exported can be imported");
        assert_eq!(again.identity.public_key, imported.identity.public_key);
    }
}

/// Every frame of a file is a part of it.
pub fn ingest(input: &[u8]) {
    let mut framer = Framer::new(input);
    while let Some(frame) = framer.next() {
        match frame {
            Ok(frame) => {
                let text = frame.text.as_bytes();
                assert!(input.windows(text.len().max(1)).any(|part| part == text));
                let _ = Identity::from_json(frame.text, &READING).map_err(|error| error.to_string());
            }
            Err(error) => drop(error.to_string()),
        }
    }
    let _ = read_scores(input).map_err(|error| error.to_string());
}

/// A change has one spelling, signed or not; what is signed counts for nobody who has no operators.
pub fn change(input: &[u8]) {
    if let Ok(signed) = SignedChange::from_bytes(input) {
        assert_eq!(signed.to_bytes().expect("what is read can be written"), input);
        if let Ok(payload) = signed.payload() {
            let consent = Operators::default().consent(
                &signed,
                &payload,
                ("00000000000000000000000000000000", &Approvals::default()),
                Time::MIN,
            );
            assert!(consent.is_err() || signed.signatures().is_empty());
        }
        assert!(signed.signers().len() <= signed.signatures().len());
    }
    match Payload::from_bytes(input) {
        Ok(payload) => assert_eq!(payload.to_bytes().expect("what is read can be written"), input),
        Err(error) => drop(error.to_string()),
    }
}

/// An entry has one spelling.
pub fn entry(input: &[u8]) {
    match Entry::from_bytes(input) {
        Ok(entry) => assert_eq!(entry.to_bytes().expect("what is read can be written"), input),
        Err(error) => drop(error.to_string()),
    }
}

/// An entry of the decision log has one spelling.
pub fn decision(input: &[u8]) {
    match Decision::from_bytes(input) {
        Ok(decision) => assert_eq!(decision.to_bytes().expect("what is read can be written"), input),
        Err(error) => drop((error.to_string(), error.code())),
    }
    if let Ok(draft) = Refusals::from_draft(input) {
        assert_eq!(Refusals::from_draft(&draft.to_draft()), Ok(draft));
    }
}

/// Query words have an answer, or a mistake at a place in them.
pub fn search(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let now = Time::parse("2026-03-01T12:00:00Z").expect("a time");
    if let Err(error) = Search::parse(text, now) {
        assert!(error.at <= text.chars().count(), "{error} ({})", error.code());
    }
}

/// A query means nobody of no agents, or has a mistake with a place inside; what completes it is offered.
pub fn query(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let registry = Registry::default();
    let now = Time::parse("2026-03-01T12:00:00Z").expect("a time");
    let judgement = Judgement::of(&registry, now);
    match Query::parse(text).and_then(|query| query.over(&registry, &judgement, &Callers::unknown())) {
        Ok(filter) => assert_eq!(filter.rows().count(), 0),
        Err(error) => assert!(error.at.end <= text.len() && text.is_char_boundary(error.at.start), "{error}"),
    }
    let offered = complete(text, &registry);
    assert!(text.get(offered.at).is_some());
}

/// A policy that is read is written, and read again as the same, from TOML, JSON and the text of its rules.
pub fn policy(input: &[u8]) {
    let Some(text) = text(input) else { return };
    for read in [Policy::from_toml(text), Policy::from_json(text), Policy::default().with_rules(text)] {
        let Ok(policy) = read.map_err(|error| error.to_string()) else { continue };
        let again = Policy::from_json(&policy.to_json()).expect("what is written can be read");
        assert_eq!((again.digest(), &again), (policy.digest(), &policy));
    }
    let cases = Case::from_toml(text, &Policy::default()).map_err(|error| error.to_string());
    for case in cases.unwrap_or_default() {
        let _ = Policy::default().try_hop(&case.trial);
    }
}

/// A trust event that is read is written as it was, and leaves every score within its bounds.
pub fn trust_event(input: &[u8]) {
    let Ok(value) = serde_json::from_slice(input) else { return };
    let Ok(event) = Event::from_json(&value, 1, Time::MIN).map_err(|error| error.to_string()) else { return };
    assert_eq!(event.to_json(), value);
    let source = Source { name: event.source.clone(), agent: None, per_hour: 1 };
    let rules = Rules { sources: vec![source], ..Rules::default() };
    let mut book = Book::default();
    let _ = book.record(event.clone(), &rules);
    let points = book.read(&event.subject, None, &rules, Time::MAX).points;
    assert!((Points::ZERO..=Points::MAX).contains(&points));
}

/// What is read from a text is written, and read again as the same.
macro_rules! round_trip {
    ($text:ident: $($kind:ty),*) => {$(
        match <$kind>::from_json($text) {
            Ok(read) => {
                let again = <$kind>::from_json(&read.to_json().to_string()).expect("what is written can be read");
                assert_eq!(again, read);
            }
            Err(error) => drop((error.to_string(), error.code())),
        }
    )*};
}

/// Every message of a handshake, in our form and the reference's, and the reference's header.
pub fn handshake(input: &[u8]) {
    let Some(text) = text(input) else { return };
    round_trip!(text: Hello, Challenge, Proof, Awaiting, reference::Challenge, reference::Response);
    assert!(header::verify(Some(text), |_| None, Time::MIN).is_err(), "nobody is registered");
}

/// Every statement and list about keys.
pub fn key_statement(input: &[u8]) {
    let Some(text) = text(input) else { return };
    round_trip!(text: Rotation, Rekey, Attestation, Credential);
    if let Some(proof) = serde_json::from_str(text).ok().as_ref().and_then(ReferenceProof::from_json) {
        assert_eq!(ReferenceProof::from_json(&proof.to_json()), Some(proof));
    }
    let Ok(list) = RevocationList::from_json(text, &READING).map_err(|error| error.to_string()) else {
        return;
    };
    let again = RevocationList::from_json(&list.to_json().to_string(), &READING)
        .expect("what is written can be read");
    assert_eq!(again.entries(), list.entries());
}

/// A token has one spelling, and is no proof of possession.
pub fn token(input: &[u8]) {
    let Some(text) = text(input) else { return };
    match Token::parse(text) {
        Ok(token) => assert_eq!(token.as_str(), text),
        Err(denial) => drop(denial.to_string()),
    }
    match Possession::parse(text) {
        Ok(proof) => assert_eq!(proof.as_str(), text),
        Err(denial) => drop(denial.to_string()),
    }
    assert!(Token::parse(text).is_err() || Possession::parse(text).is_err(), "signed for one purpose");
}

/// A chain has one spelling, and verifies under no key that did not sign it.
pub fn chain(input: &[u8]) {
    let Some(text) = text(input) else { return };
    match Chain::from_header(text) {
        Ok(chain) => {
            assert_eq!(chain.to_header(), text);
            let stranger = |_, _: &Token| Ok(SecretKey::from_seed([0xee; 32]).public_key().bytes());
            assert!(AuthenticChain::verify(chain, stranger, &Memo::none(), Time::MIN).is_err());
        }
        Err(denial) => drop(denial.to_string()),
    }
}

/// A scope chain that is read is judged and shown, every hop of it.
pub fn scope_chain(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Ok(chain) = ScopeChain::from_json(text, &READING).map_err(|error| error.to_string()) else { return };
    let shown = chain.account(Time::MIN, |_| None);
    assert_eq!(shown.hops.len(), chain.links().len());
    assert_eq!(chain.verify().is_ok(), shown.hops.iter().all(|hop| hop.fault.is_none()));
}

/// Requests and verdicts that are read are written, and read again as the same.
pub fn verdict(input: &[u8]) {
    if let Ok(request) = Request::from_json(input) {
        let written = request.to_json();
        assert_eq!(Request::from_json(&written), Ok(request));
    }
    if let Ok(verdict) = Verdict::from_json(input)
        && let Ok(written) = verdict.to_json()
    {
        assert_eq!(Verdict::from_json(written.as_bytes()), Ok(verdict));
    }
}
/// A key file is a key or an error; without its passphrase an encrypted one is an error.
pub fn key_file(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let nobody = || Err(KeystoreError::EmptyPassphrase);
    let _ = meshwarden::keystore::decode(text, nobody).map_err(|error| error.to_string());
}

/// The lines of a request's head say who signed it or why that is not taken; they verify under no key that did not sign.
pub fn message_signature(input: &[u8]) {
    let lines = input.split(|byte| *byte == b'\n');
    let fields: Vec<(&str, &[u8])> = lines
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((std::str::from_utf8(&line[..colon]).ok()?, &line[colon + 1..]))
        })
        .collect();
    let head = Head {
        method: "POST",
        scheme: "https",
        authority: "verifier.example",
        path: "/v1/verify",
        query: None,
        fields: &fields,
    };
    match SignedRequest::read(&head, &Demand::default()) {
        Ok(request) => {
            assert!(!request.keyid().is_empty());
            let stranger = SecretKey::from_seed([0xee; 32]).public_key();
            let now = Time::parse("2026-03-01T12:00:00Z").expect("a time");
            drop(request.verify(&stranger, now).expect_err("nobody signed it"));
        }
        Err(error) => drop((error.to_string(), error.code())),
    }
}

/// A problem document that is read is written, and read again as the same; a terminal obeys nothing of it.
pub fn problem(input: &[u8]) {
    match Problem::from_json(input) {
        Ok(problem) => {
            assert_eq!(Problem::from_json(problem.to_json().as_bytes()), Ok(problem.clone()));
            assert!(!problem.to_json().chars().any(is_hostile));
        }
        Err(error) => drop((error.to_string(), error.code())),
    }
}
