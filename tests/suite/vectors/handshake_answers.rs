//! Our answers to the vectors about the reference's handshake and Authorization header.

use meshwarden::encoding::hex;
use meshwarden::handshake::reference::{
    Begun, Challenge, Challenger, RESULT_TTL, Responding, Response, TIMEOUT, Verified,
};
use meshwarden::handshake::{Demand, HandshakeError, Peer, header};
use meshwarden::identity::{self, Did, KeyBytes, SecretKey};
use meshwarden::time::{Span, Time};
use meshwarden::trust;
use serde_json::{Value, json};

use super::answers::{record, text, texts, time};
use super::key_answers::secret;

/// An agent of a case: its record, its score beside it, and its seed where the peer answers in process.
#[derive(Clone)]
struct Known<'v>(&'v Value, bool);

impl Known<'_> {
    fn did(&self) -> Did {
        record(&self.0["identity"]).did
    }

    fn peer(&self, now: Time) -> Peer {
        let agent = record(&self.0["identity"]);
        Peer {
            key: agent.public_key,
            version: u64::from(self.1),
            active: agent.is_active(now) && !self.1,
            attested: self.0["attestation"]["verified"].as_bool().unwrap_or(false),
            score: self.0["trust_score"].as_u64().map(|score| u16::try_from(score).expect("a score")),
            capabilities: agent.capabilities.iter().map(ToString::to_string).collect(),
            did: agent.did,
        }
    }

    fn secret(&self) -> Option<SecretKey> {
        self.0.get("seed").filter(|seed| !seed.is_null()).map(secret)
    }
}

fn known(registry: &Value) -> Option<Vec<Known<'_>>> {
    Some(registry.as_array()?.iter().map(|entry| Known(entry, false)).collect())
}

fn find(registry: &[Known<'_>], did: &Did, now: Time) -> Option<Peer> {
    registry.iter().find(|agent| agent.did() == *did).map(|agent| agent.peer(now))
}

fn demand(input: &Value) -> Demand {
    Demand {
        score: u16::try_from(input["required_trust_score"].as_u64().unwrap_or(700)).expect("a score"),
        capabilities: texts(&input["required_capabilities"]).into_iter().map(str::to_owned).collect(),
        attested: input["require_attestation"].as_bool().unwrap_or(false),
    }
}

fn challenge_of(input: &Value) -> Challenge {
    Challenge::from_json(&input["challenge"].to_string()).expect("a challenge")
}

fn challenger() -> Challenger {
    Challenger::new("did:mesh:aa", RESULT_TTL, TIMEOUT).expect("a challenger")
}

fn bits<const N: usize>(digits: &str) -> [u8; N] {
    let byte = |at: usize| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).expect("hex");
    std::array::from_fn(byte)
}

/// The `number`-th challenge of a case that does not say what is drawn.
fn drawn(number: u64, fresh: bool, now: Time) -> Challenge {
    Challenge::new(number, &[9; 32], fresh.then_some(&[8; 16]), now)
}

fn answered(result: &Result<Verified, HandshakeError>) -> Value {
    match result {
        Ok(verified) => json!({
            "verified": true, "reason_code": null, "trust_score": verified.score(), "trust_level": verified.level(),
            "capabilities": verified.capabilities(),
        }),
        Err(error) => json!({
            "verified": false, "reason_code": error.code(), "trust_score": 0,
            "trust_level": trust::handshake_level(0), "capabilities": [],
        }),
    }
}

pub(super) fn handshake(input: &Value) -> Option<Value> {
    let now = || time(&input["now"]);
    Some(match text(&input["op"]) {
        "generate_challenge" => {
            let drawn = texts(&input["random_hex"]);
            let id = u64::from_be_bytes(bits(drawn[0]));
            let freshness = drawn.get(2).map(|digits| bits(digits));
            json!({"challenge": Challenge::new(id, &bits(drawn[1]), freshness.as_ref(), now()).to_json()})
        }
        "challenge_expired" => json!({"expired": challenge_of(input).is_expired(now())}),
        "respond" => respond(input),
        "verify" => verify(input),
        "parse_response" => match Response::from_json(&input["response"].to_string()) {
            Ok(_) => json!({"accept": true}),
            Err(error) => json!({"accept": false, "field": error.member()}),
        },
        "construct" => {
            let ttl = Span::seconds(input["cache_ttl_seconds"].as_i64()?);
            // Spans are made of whole seconds; what counts here is the sign.
            let timeout = Span::seconds(
                input["timeout_seconds"].as_f64()?.signum() as i64 * i64::from(input["timeout_seconds"] != 0),
            );
            match Challenger::new(text(&input["agent_did"]), ttl, timeout) {
                Ok(_) => json!({"ok": true}),
                Err(error) => json!({"ok": false, "error_code": error.code()}),
            }
        }
        "create_challenges" => {
            let mut challenger = challenger();
            let made = |number| challenger.challenge(drawn(number, false, now()), now()).is_ok();
            let count = input["count"].as_u64()?;
            let created = (0..count).map(made).filter(|made| *made).count();
            json!({"created": created, "refused": count as usize - created, "pending": challenger.open()})
        }
        "validate_challenge" => {
            let (mut challenger, created) = (challenger(), time(&input["created_at"]));
            challenger.challenge(drawn(0, false, created), created).ok()?;
            let check = |check: &Value| {
                let micros = (check["after_seconds"].as_f64().expect("a number") * 1e6).round() as i64;
                let at = Time::from_micros(created.micros() + micros).expect("a time");
                challenger.is_open(text(&check["challenge_id"]), at)
            };
            json!({"results": input["checks"].as_array()?.iter().map(check).collect::<Vec<_>>()})
        }
        "pending_limit" => pending_limit(input)?,
        "initiate" => initiate(input)?,
        _ => return None,
    })
}

fn respond(input: &Value) -> Value {
    // Identity and key are taken by type; a caller without them has nothing to call.
    if input["identity"].is_null() {
        return json!({"ok": false, "error_code": "no_identity"});
    }
    if input["seed"].is_null() {
        return json!({"ok": false, "error_code": identity::JwkError::NoPrivateKey.code()});
    }
    let (challenge, did, key) = (challenge_of(input), record(&input["identity"]).did, secret(&input["seed"]));
    let me = Responding {
        did: &did,
        key: &key,
        capabilities: &texts(&input["capabilities"]),
        trust_score: input["trust_score"].as_i64().expect("a number"),
        user_context: input.get("user_context").filter(|context| !context.is_null()).cloned(),
    };
    let nonce = text(&input["response_nonce"]);
    match Response::to(&challenge, me, &bits(nonce), time(&input["now"])) {
        Ok(response) => {
            json!({"payload": challenge.payload(nonce, &did.to_string()), "response": response.to_json()})
        }
        Err(error) => json!({"ok": false, "error_code": error.code()}),
    }
}

fn verify(input: &Value) -> Value {
    let (now, challenge) = (time(&input["now"]), challenge_of(input));
    let response = match Response::from_json(&input["response"].to_string()) {
        Ok(response) => response,
        Err(error) => return answered(&Err(error.into())),
    };
    let mut challenger = challenger();
    if input["pending"] == true {
        challenger.challenge(challenge.clone(), challenge.at()).expect("room");
    }
    let registry = known(&input["registry"]);
    let lookup = registry.as_ref().map(|registry| move |did: &Did| find(registry, did, now));
    let expected = input["expected_peer_did"].as_str().map(|did| Did::parse(did).expect("a DID"));
    answered(&challenger.judge(
        challenge.id(),
        &response,
        expected.as_ref(),
        &demand(input),
        lookup.as_ref().map(|lookup| lookup as &dyn Fn(&Did) -> Option<Peer>),
        now,
    ))
}

/// Asks a peer and lets it answer in process, as the reference does.
fn ask(
    challenger: &mut Challenger,
    registry: Option<&[Known<'_>]>,
    peer: &Did,
    demand: &Demand,
    challenge: Challenge,
    now: Time,
) -> Result<Verified, HandshakeError> {
    let found = registry.and_then(|registry| find(registry, peer, now));
    let challenge = match challenger.begin(found.as_ref(), demand, challenge, now)? {
        Begun::Known(verified) => return Ok(verified),
        Begun::Asked(challenge) => challenge,
    };
    let agent = registry.and_then(|registry| registry.iter().find(|agent| agent.did() == *peer));
    let key = agent.filter(|_| found.as_ref().is_some_and(|peer| peer.active)).and_then(Known::secret);
    let Some(key) = key else {
        return Err(challenger.unanswered(challenge.id(), found.as_ref(), now));
    };
    let me = Responding { did: peer, key: &key, capabilities: &[], trust_score: 500, user_context: None };
    let response = Response::to(&challenge, me, &[7; 16], now)?;
    let lookup = |did: &Did| registry.and_then(|registry| find(registry, did, now));
    challenger.judge(challenge.id(), &response, Some(peer), demand, Some(&lookup), now)
}

fn pending_limit(input: &Value) -> Option<Value> {
    let (mut challenger, now) = (challenger(), time(&input["now"]));
    let created = Time::from_micros(now.micros() - input["age_seconds"].as_i64()? * 1_000_000)?;
    // As many as the case wants were open before the limit was lowered to the case's.
    challenger.set_limit(usize::MAX);
    for number in 0..input["pending"].as_u64()? {
        challenger.challenge(drawn(number, false, created), created).ok()?;
    }
    challenger.set_limit(usize::try_from(input["limit"].as_u64()?).ok()?);
    let registry = [Known(&input["peer"], false)];
    let peer = registry[0].did();
    let result =
        ask(&mut challenger, Some(&registry), &peer, &demand(input), drawn(u64::MAX, false, now), now);
    let mut answer = answered(&result);
    answer["pending_after"] = json!(challenger.open());
    Some(answer)
}

fn initiate(input: &Value) -> Option<Value> {
    let ttl = Span::seconds(input["cache_ttl_seconds"].as_i64()?);
    let mut challenger = Challenger::new(text(&input["agent_did"]), ttl, TIMEOUT).ok()?;
    let mut registry = known(&input["registry"]);
    let mut answers = Vec::new();
    for (number, step) in input["steps"].as_array()?.iter().enumerate() {
        let now = time(&step["at"]);
        answers.push(match text(&step["op"]) {
            "revoke" => {
                let did = Did::parse(text(&step["did"])).ok()?;
                registry
                    .as_mut()?
                    .iter_mut()
                    .filter(|agent| agent.did() == did)
                    .for_each(|agent| agent.1 = true);
                json!({"ok": true})
            }
            "clear_cache" => {
                challenger.forget_results();
                json!({"ok": true})
            }
            "initiate" => {
                let peer = Did::parse(text(&step["peer_did"])).ok()?;
                if step["use_cache"] == false {
                    challenger.forget_results();
                }
                let challenge = drawn(number as u64, step["require_freshness"] == true, now);
                let result = ask(&mut challenger, registry.as_deref(), &peer, &demand(step), challenge, now);
                answered(&result)
            }
            _ => return None,
        });
    }
    Some(json!({"steps": answers}))
}

pub(super) fn auth_header(input: &Value) -> Option<Value> {
    let registered = |did: &Did| {
        let key = input["registry"].get(did.to_string())?;
        KeyBytes::from_base64(text(key))
    };
    Some(match header::verify(input["authorization"].as_str(), registered, time(&input["now"])) {
        Ok(sender) => json!({"ok": true, "did": sender.did().to_string()}),
        Err(error) => json!({"ok": false, "status": header::STATUS, "reason_code": error.code()}),
    })
}

#[test]
fn hex_is_read_in_order() {
    assert_eq!(bits::<4>(&hex::encode(&[1, 2, 0xfe, 255])), [1, 2, 0xfe, 255]);
}
