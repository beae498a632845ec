use super::*;
use crate::encoding::base64;
use crate::handshake::{Demand, HandshakeError, Peer};
use crate::identity::{Did, SecretKey};
use crate::time::{Span, Time};
use proptest::prelude::*;
use serde_json::json;

fn key() -> SecretKey {
    SecretKey::from_seed([1; 32])
}

fn now() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

fn peer() -> Peer {
    Peer {
        did: Did::from_bits(1),
        key: key().public_key().bytes(),
        version: 1,
        active: true,
        attested: false,
        score: Some(800),
        capabilities: vec!["read:x".into()],
    }
}

fn challenge(fresh: bool) -> Challenge {
    Challenge::new(7, &[9; 32], fresh.then_some(&[8; 16]), now())
}

fn response(challenge: &Challenge) -> Response {
    let me = Responding {
        did: &peer().did,
        key: &key(),
        capabilities: &["*"],
        trust_score: 1000,
        user_context: None,
    };
    Response::to(challenge, me, &[3; 16], now()).unwrap()
}

fn judge(challenger: &mut Challenger, response: &Response) -> Result<Verified, HandshakeError> {
    let id = challenge(false).id().to_owned();
    challenger.judge(&id, response, None, &Demand::default(), Some(&|_| Some(peer())), now())
}

fn challenger() -> Challenger {
    let mut challenger = Challenger::new("did:mesh:bb", RESULT_TTL, TIMEOUT).unwrap();
    challenger.challenge(challenge(false), now()).unwrap();
    challenger
}

#[test]
fn a_response_is_judged_once_whatever_comes_of_it() {
    let mut challenger = challenger();
    let mut forged = response(&challenge(false));
    forged.signature = base64::encode(&[7; 64]);
    assert_eq!(judge(&mut challenger, &forged), Err(HandshakeError::BadSignature));
    assert_eq!(judge(&mut challenger, &response(&challenge(false))), Err(HandshakeError::NotPending));
}

#[test]
fn what_an_agent_says_of_itself_counts_for_nothing() {
    let verified = judge(&mut challenger(), &response(&challenge(false))).unwrap();
    assert_eq!((verified.score(), verified.capabilities()), (800, &["read:x".to_owned()][..]));
}

#[test]
fn a_result_with_a_freshness_nonce_is_never_used_again() {
    let begin = |challenger: &mut Challenger| {
        let next = Challenge::new(8, &[9; 32], None, now());
        challenger.begin(Some(&peer()), &Demand::default(), next, now()).unwrap()
    };
    let mut fresh = Challenger::new("did:mesh:bb", RESULT_TTL, TIMEOUT).unwrap();
    fresh.challenge(challenge(true), now()).unwrap();
    judge(&mut fresh, &response(&challenge(true))).unwrap();
    assert!(matches!(begin(&mut fresh), Begun::Asked(_)));
    let mut plain = challenger();
    judge(&mut plain, &response(&challenge(false))).unwrap();
    assert!(matches!(begin(&mut plain), Begun::Known(_)));
    let again = plain.begin(Some(&peer()), &Demand::default(), challenge(true), now()).unwrap();
    assert!(matches!(again, Begun::Asked(_)), "one that asks for freshness is never answered from memory");
}

/// An agent signs whatever challenge it is sent: its id and nonces must not spell anything else that it signs.
#[test]
fn a_challenge_is_spelled_as_challenges_are() {
    for (member, value) in [
        ("challenge_id", "rotate"),
        ("challenge_id", "challenge_{\"type\":1}"),
        ("challenge_id", "challenge_ABCDEF0123456789"),
        ("challenge_id", ""),
        ("nonce", "short"),
        ("nonce", "did:mesh:aa"),
        ("freshness_nonce", "now"),
    ] {
        let mut document = challenge(true).to_json();
        document[member] = json!(value);
        assert_eq!(
            Challenge::from_json(&document.to_string()).unwrap_err().member(),
            Some(member),
            "{value}"
        );
    }
    assert_eq!(Challenge::from_json(&challenge(true).to_json().to_string()), Ok(challenge(true)));
}

#[test]
fn the_timeout_ends_before_the_challenge_where_it_is_shorter() {
    let mut challenger = Challenger::new("did:mesh:bb", RESULT_TTL, Span::seconds(5)).unwrap();
    challenger.challenge(challenge(false), now()).unwrap();
    let at = |seconds| challenger.is_open(challenge(false).id(), now().plus(Span::seconds(seconds)));
    assert!(at(5) && !at(6));
}

#[test]
fn a_response_is_measured_before_it_is_read() {
    let mut document = response(&challenge(false)).to_json();
    document["capabilities"] = json!(vec!["x"; MAX_CAPABILITIES + 1]);
    assert_eq!(Response::from_json(&document.to_string()).unwrap_err().member(), Some("capabilities"));
    document["capabilities"] = json!(["x".repeat(MAX_RESPONSE_BYTES)]);
    assert_eq!(Response::from_json(&document.to_string()).unwrap_err().code(), "message_too_long");
}

proptest! {
    #[test]
    fn any_text_has_an_answer(text in "\\PC{0,200}", member in "[a-z_]{0,12}", value in "\\PC{0,20}") {
        let object = json!({member: value}).to_string();
        for text in [text, object] {
            prop_assert!(Challenge::from_json(&text).is_err() && Response::from_json(&text).is_err());
        }
    }
}
