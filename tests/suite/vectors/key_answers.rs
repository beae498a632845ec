//! Our answers to the vectors about the life of keys: rotation, credentials, the revocation list.

use std::collections::HashMap;

use meshwarden::encoding::{base64, hex};
use meshwarden::identity::{
    self, BearerToken, Credential, CredentialError, CredentialGrant, Credentials, Did, KeyHistory,
    ReferenceProof, RevocationList, RotationError, SecretKey,
};
use meshwarden::time::{Span, Time};
use serde_json::{Value, json};

use super::answers::{reading, record, text, texts, time};

pub(super) fn secret(value: &Value) -> SecretKey {
    SecretKey::from_seed(base64::decode_array(text(value)).expect("a seed"))
}

pub(super) fn rotation(input: &Value) -> Option<Value> {
    Some(match text(&input["op"]) {
        "rotate" => match rotate(input) {
            Ok(answer) => answer,
            Err(error) => json!({"error": error.code()}),
        },
        // Rotating takes the key by type; a caller without one is answered as the JWK export answers it.
        "new_manager" => json!({
            "ok": !input["seed"].is_null(),
            "error_code": identity::JwkError::NoPrivateKey.code(),
        }),
        "get_rotation_proof" => match KeyHistory::default().last_proof() {
            Some(_) => json!({"ok": true}),
            None => json!({"ok": false, "error_code": "no_rotation"}),
        },
        "needs_rotation" => {
            let micros = (input["elapsed_seconds"].as_f64()? * 1e6).round() as i64;
            let since = Time::from_micros(0)?;
            let after = Span::seconds(input["rotation_ttl_seconds"].as_i64()?);
            json!({"needs_rotation": identity::rotation_due(since, after, Time::from_micros(micros)?)})
        }
        "verify_rotation" => {
            let key = |name: &str| identity::KeyBytes::from_base64(text(&input[name]));
            let valid = match (key("old_public_key"), key("new_public_key")) {
                (Some(old), Some(new)) => {
                    ReferenceProof::from_json(&input["proof"]).is_some_and(|proof| proof.verify(&old, &new))
                }
                _ => false,
            };
            json!({"valid": valid})
        }
        _ => return None,
    })
}

fn rotate(input: &Value) -> Result<Value, RotationError> {
    let mut agent = record(&input["identity"]);
    let mut key = secret(&input["seed"]);
    let keep = input["max_history"].as_u64().expect("a number");
    let mut history = KeyHistory::keeping(usize::try_from(keep).expect("a small number"));
    let mut steps = Vec::new();
    for (seed, at) in input["new_seeds"].as_array().expect("seeds").iter().zip(texts(&input["times"])) {
        let new = secret(seed);
        let at = Time::parse(at).expect("a time");
        identity::rotate(&mut agent, &mut history, &key, new.public_key().bytes(), at)?;
        key = new;
        steps.push(json!({
            "public_key": agent.public_key.to_base64(),
            "verification_key_id": agent.key_id().to_string(),
            "did": agent.did.to_string(),
            "updated_at": agent.updated_at.to_string(),
            "history_length": history.retired().len(),
            "proof": history.last_proof().map(ReferenceProof::to_json),
        }));
    }
    Ok(json!({
        "steps": steps,
        "history": history.retired().map(identity::Retired::to_json).collect::<Vec<_>>(),
        "signature_of_probe": base64::encode(&key.sign(b"probe")),
    }))
}

/// The set is given 64 bits of chance: the vectors name them as the first half of a UUID.
fn id_bits(value: &Value) -> u64 {
    (hex::decode_u128(text(value)).expect("32 hex digits") >> 64) as u64
}

fn grant(input: &Value, agent: &str, ttl: Option<i64>) -> CredentialGrant {
    let list = |name: &str| texts(&input[name]).into_iter().map(str::to_owned).collect();
    CredentialGrant {
        agent: Did::parse(agent).expect("a DID"),
        capabilities: list("capabilities"),
        resources: list("resources"),
        ttl: ttl.map_or(identity::DEFAULT_TTL, Span::seconds),
        issued_for: input["issued_for"].as_str().map(str::to_owned),
    }
}

fn credential_of(input: &Value) -> Credential {
    Credential::from_json(&input["credential"].to_string()).expect("a credential")
}

pub(super) fn credential(input: &Value) -> Option<Value> {
    const NONE: Span = Span::seconds(0);
    let presented = |name: &str| BearerToken::presented(text(&input[name]));
    Some(match text(&input["op"]) {
        "token_hash" => json!({"token_hash": hex::encode(&presented("token").hash())}),
        "verify_token" => {
            let hash = hex::decode_digest(text(&input["token_hash"]))?;
            json!({"result": presented("token").hashes_to(&hash)})
        }
        "issue" => {
            let (now, token) = (time(&input["now"]), presented("token"));
            let grant = grant(input, text(&input["agent_did"]), input["ttl_seconds"].as_i64());
            let credential = Credential::issue(grant, id_bits(&input["uuid_hex"]), &token, now).ok()?;
            json!({
                "credential": credential.to_json(),
                "bearer": token.expose_bearer().as_str(),
                "is_valid_at_issue": credential.is_valid(NONE, now),
            })
        }
        "issue_error" => {
            let grant = grant(input, text(&input["agent_did"]), input["ttl_seconds"].as_i64());
            json!({"ok": Credential::issue(grant, 0, &BearerToken::presented("x"), time(&input["now"])).is_ok()})
        }
        "serialisation_contains_token" => {
            let grant = grant(input, "did:mesh:aa", None);
            let credential = Credential::issue(grant, 0, &presented("token"), time(&input["now"])).ok()?;
            let printed = format!("{credential:?}{}", credential.to_json());
            json!({"contains_token": printed.contains(text(&input["token"]))})
        }
        "validity" => {
            let (credential, now) = (credential_of(input), time(&input["now"]));
            json!({
                "is_valid": credential.is_valid(NONE, now),
                "is_expiring_soon": credential.is_expiring_soon(identity::EXPIRING_SOON, now),
                "time_remaining_seconds": credential.time_remaining(now).micros() as f64 / 1e6,
            })
        }
        "expiring_soon" => {
            let threshold = Span::seconds(input["threshold_seconds"].as_i64()?);
            json!({"result": credential_of(input).is_expiring_soon(threshold, time(&input["now"]))})
        }
        "parse" => match Credential::from_json(&input["credential"].to_string()) {
            Ok(_) => json!({"accept": true}),
            Err(CredentialError::Unreadable(error)) => json!({"accept": false, "field": error.member()}),
            Err(_) => return None,
        },
        "has_capability" | "can_access_resource" => {
            let grant = grant(input, "did:mesh:aa", None);
            let now = Time::from_micros(0)?;
            let credential = Credential::issue(grant, 0, &BearerToken::presented("x"), now).ok()?;
            json!({"result": match input["capability"].as_str() {
                Some(capability) => credential.has_capability(capability),
                None => credential.can_access_resource(text(&input["resource"])),
            }})
        }
        "rotate" => {
            let mut old = credential_of(input);
            let new =
                old.rotate(id_bits(&input["new_uuid_hex"]), &presented("new_token"), time(&input["now"]));
            match new {
                Ok(new) => json!({"ok": true, "old_status": old.status().as_str(), "new": new.to_json()}),
                Err(error) => {
                    json!({"ok": false, "error_code": error.code(), "old_status": old.status().as_str()})
                }
            }
        }
        "revoke" => {
            let mut credential = credential_of(input);
            let now = time(&input["now"]);
            credential.revoke(text(&input["reason"]), now);
            let (at, reason) = credential.revocation()?;
            json!({
                "status": credential.status().as_str(),
                "revoked_at": at.to_string(),
                "revocation_reason": reason,
                "is_valid": credential.is_valid(Span::seconds(3600), now),
            })
        }
        "manager" => Manager::default().run(input)?,
        _ => return None,
    })
}

/// The set under the labels of a case; every credential has the next number as id and token.
#[derive(Default)]
struct Manager {
    set: Credentials,
    ids: HashMap<String, (String, String)>,
    drawn: u64,
}

impl Manager {
    fn run(mut self, input: &Value) -> Option<Value> {
        let default = input["default_ttl"].as_i64()?;
        let results: Option<Vec<Value>> =
            input["steps"].as_array()?.iter().map(|step| self.step(step, default)).collect();
        Some(json!({"results": results?}))
    }

    fn step(&mut self, step: &Value, default: i64) -> Option<Value> {
        let now = time(&step["at"]);
        let (id, token) =
            self.ids.get(step["cred"].as_str().unwrap_or_default()).cloned().unwrap_or_default();
        Some(match text(&step["op"]) {
            "issue" => {
                let grant = grant(step, text(&step["agent"]), Some(step["ttl"].as_i64().unwrap_or(default)));
                let (bits, token) = self.draw();
                let issued = self.set.issue(grant, bits, &BearerToken::presented(&token), now).ok()?;
                let answer = json!({"expires_at": issued.expires_at().to_string()});
                let id = issued.id().to_owned();
                self.ids.insert(text(&step["as"]).to_owned(), (id, token));
                answer
            }
            "validate" => {
                json!({"valid": self.set.validate(&BearerToken::presented(&token), now).is_some()})
            }
            "rotate" => json!({"result": self.rotate(&id, step, now)}),
            "rotate_if_needed" => match self.set.is_due(&id, now) {
                Err(error) => json!({"error": error.code()}),
                Ok(false) => json!({"result": "same"}),
                Ok(true) => json!({"result": self.rotate(&id, step, now)}),
            },
            "revoke" => json!({"result": self.set.revoke(&id, "a reason", now)}),
            "revoke_all" => {
                let agent = Did::parse(text(&step["agent"])).ok()?;
                json!({"count": self.set.revoke_all(&agent, "a reason", now)})
            }
            "active" => {
                let agent = Did::parse(text(&step["agent"])).ok()?;
                let label =
                    |id: &str| self.ids.iter().find(|(_, (known, _))| known == id).map(|(label, _)| label);
                let active = self.set.active(&agent, now);
                json!({"active": active.into_iter().map(|found| label(found.id())).collect::<Vec<_>>()})
            }
            "cleanup" => json!({"removed": self.set.drop_settled(now)}),
            _ => return None,
        })
    }

    fn rotate(&mut self, id: &str, step: &Value, now: Time) -> Option<&'static str> {
        let (bits, token) = self.draw();
        let new = self.set.rotate(id, bits, &BearerToken::presented(&token), now).ok()?.id().to_owned();
        self.ids.insert(text(&step["as"]).to_owned(), (new, token));
        Some("new")
    }

    fn draw(&mut self) -> (u64, String) {
        self.drawn += 1;
        (self.drawn, format!("token {}", self.drawn))
    }
}

pub(super) fn revocation(input: &Value) -> Option<Value> {
    Some(match text(&input["op"]) {
        "load_file" => {
            let now = time(&json!("2026-03-01T12:00:00Z"));
            match RevocationList::from_json(text(&input["text"]), &reading(now)) {
                Ok(list) => json!({"accept": true, "entries": list.to_json()}),
                Err(_) => json!({"accept": false}),
            }
        }
        "sequence" => {
            let initial = &input["initial_file"];
            let mut list = if initial.is_null() {
                RevocationList::default()
            } else {
                RevocationList::from_json(&initial.to_string(), &reading(Time::MIN)).ok()?
            };
            let mut results = Vec::new();
            // The reference writes its file when the list changes.
            let mut written = (!initial.is_null()).then(|| initial.clone());
            for step in input["steps"].as_array()? {
                let before = list.to_json();
                results.push(revocation_step(&mut list, step)?);
                if list.to_json() != before {
                    written = Some(list.to_json());
                }
            }
            json!({"results": results, "file_after": written})
        }
        _ => return None,
    })
}

fn revocation_step(list: &mut RevocationList, step: &Value) -> Option<Value> {
    let now = time(&step["at"]);
    let did = || Did::parse(text(&step["agent_did"])).expect("a DID");
    // The reference drops an ended entry when it meets it; here looking changes nothing, and dropping is a step of its own.
    let drop_met = |list: &mut RevocationList| {
        if list.revoked(&did(), now).is_none() {
            list.unrevoke(&did());
        }
    };
    let entry = |list: &RevocationList| {
        let found = list.revoked(&did(), now).is_some();
        let document = list.to_json();
        let mut entries = document.as_array()?.clone();
        entries.retain(|entry| found && entry["agent_did"] == step["agent_did"]);
        Some(entries.pop())
    };
    Some(match text(&step["op"]) {
        "revoke" => {
            let by = step["by"].as_str().map(str::to_owned);
            let span = step["ttl"].as_i64().map(Span::seconds);
            let reason = text(&step["reason"]);
            // The reference lets a temporary entry replace a permanent one (N11). Here that takes two steps.
            if list.revoke(did(), reason, by.clone(), span, now).until != span.map(|span| now.plus(span)) {
                list.unrevoke(&did());
                list.revoke(did(), reason, by, span, now);
            }
            let document = list.to_json();
            json!({"entry": document.as_array()?.iter().find(|entry| entry["agent_did"] == step["agent_did"])})
        }
        "unrevoke" => json!({"result": list.unrevoke(&did())}),
        "is_revoked" => {
            let revoked = list.revoked(&did(), now).is_some();
            drop_met(list);
            json!({"result": revoked})
        }
        "get_entry" => {
            let found = entry(list)?;
            drop_met(list);
            json!({"entry": found})
        }
        "list" => {
            list.drop_ended(now);
            json!({"dids": list.entries().into_iter().map(|(did, _)| did.to_string()).collect::<Vec<_>>()})
        }
        "cleanup" => json!({"removed": list.drop_ended(now)}),
        "len" => json!({"len": list.len()}),
        _ => return None,
    })
}
