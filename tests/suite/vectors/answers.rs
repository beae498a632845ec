//! Our answers to the vectors about single values.

use meshwarden::capability::{NarrowingError, any_allows, grant_satisfies, narrow};
use meshwarden::delegation::{Child, Request, delegate};
use meshwarden::encoding::base64;
use meshwarden::identity::{self, Did, Identity, JwkError, KeyBytes, Reading, SecretKey};
use meshwarden::time::Time;
use serde_json::{Value, json};

pub(super) fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

pub(super) fn time(value: &Value) -> Time {
    Time::parse(text(value)).expect("a time")
}

pub(super) fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map(|items| items.iter().map(text).collect()).unwrap_or_default()
}

pub(super) fn reading(now: Time) -> Reading {
    Reading { now, assume_utc: false }
}

/// A record of a case, which is well-formed by intent.
pub(super) fn record(document: &Value) -> Identity<'static> {
    let json = document.to_string();
    Identity::from_json(&json, &reading(Time::MIN)).expect("a record").identity.into_owned()
}

fn seed(value: &Value) -> Option<SecretKey> {
    value.as_str().map(|text| SecretKey::from_seed(base64::decode_array(text).expect("a seed")))
}

fn child(step: &Value) -> Child {
    Child {
        did: Did::from_unique_id(text(&step["child_unique_id"])).expect("an id"),
        public_key: seed(&step["child_seed"]).expect("a seed").public_key().bytes(),
    }
}

pub(super) fn did(input: &Value) -> Option<Value> {
    Some(match text(&input["op"]) {
        "parse" => match Did::parse(text(&input["did"])) {
            Ok(did) => json!({"accept": true, "unique_id": did.unique_id(), "canonical": did.to_string()}),
            Err(_) => json!({"accept": false}),
        },
        "equal" => json!({"equal": Did::parse(text(&input["a"])) == Did::parse(text(&input["b"]))}),
        "generate" => {
            let did = Did::from_unique_id(text(&input["random_hex"])).expect("hex");
            json!({"did": did.to_string(), "json": {"method": "mesh", "unique_id": did.unique_id()}})
        }
        "registry_server_did" => {
            let key = KeyBytes::from_base64(text(&input["public_key"])).expect("a key");
            json!({"did": key.bound_did().to_string()})
        }
        _ => return None,
    })
}

pub(super) fn identity(input: &Value) -> Option<Value> {
    Some(match text(&input["op"]) {
        "key_id" => {
            let key = KeyBytes::from_base64(text(&input["public_key"])).expect("a key");
            json!({"verification_key_id": key.key_id().to_string()})
        }
        "create" | "create_dump_contains_private" => create(input),
        "parse" => {
            let json = match input.get("json_text") {
                Some(source) => text(source).to_owned(),
                None => input["document"].to_string(),
            };
            let now = time(&input["now"]);
            match Identity::from_json(&json, &reading(now)) {
                Ok(parsed) => json!({
                    "accept": true,
                    "canonical": parsed.identity.to_json(),
                    "is_active": parsed.identity.is_active(now),
                }),
                Err(error) => json!({"accept": false, "field": error.field()}),
            }
        }
        _ => return None,
    })
}

/// Creating is reading what creating would write: the rules are the record's own.
fn create(input: &Value) -> Value {
    let secret = seed(&input["seed"]).expect("a seed");
    let key = secret.public_key().bytes();
    let now = time(&input["now"]);
    let document = json!({
        "did": {"method": "mesh", "unique_id": input["unique_id"]},
        "name": input["name"],
        "description": input.get("description"),
        "public_key": key.to_base64(),
        "verification_key_id": key.key_id().to_string(),
        "sponsor_email": input["sponsor"],
        "organization": input.get("organization"),
        "capabilities": input.get("capabilities").filter(|list| !list.is_null()).unwrap_or(&json!([])),
    })
    .to_string();
    let parsed = match Identity::from_json(&document, &reading(now)) {
        Ok(parsed) => parsed,
        Err(error) => return json!({"ok": false, "field": error.field()}),
    };
    let mut line = String::new();
    parsed.identity.write_json(&mut line);
    let printed = format!("{line}{:?}{}", parsed.identity, parsed.identity.to_json());
    let leaked = texts(&input["forbidden_substrings"]).iter().any(|secret| printed.contains(secret));
    json!({"ok": true, "identity": parsed.identity.to_json(), "contains_private": leaked})
}

pub(super) fn signature(input: &Value) -> Option<Value> {
    let data = base64::decode(text(&input["data"])).expect("data");
    Some(match text(&input["op"]) {
        "sign" => match seed(&input["seed"]) {
            None => json!({"error": JwkError::NoPrivateKey.code()}),
            Some(key) => json!({
                "public_key": key.public_key().bytes().to_base64(),
                "signature": base64::encode(&key.sign(&data)),
            }),
        },
        "verify" => {
            let valid = identity::verify_base64(text(&input["public_key"]), &data, text(&input["signature"]));
            json!({"valid": valid})
        }
        _ => return None,
    })
}

pub(super) fn capability(input: &Value) -> Option<Value> {
    Some(match text(&input["op"]) {
        "has_capability" => {
            json!({"result": any_allows(texts(&input["capabilities"]), text(&input["capability"]))})
        }
        "delegate_subset" => {
            let requested = texts(&input["requested"]);
            match narrow(texts(&input["parent_capabilities"]), requested.iter().copied()) {
                Ok(()) => json!({"ok": true, "capabilities": requested}),
                Err(NarrowingError::Wildcard) => json!({"ok": false, "error_code": "wildcard_delegated"}),
                Err(NarrowingError::NotHeld(_)) => json!({"ok": false, "error_code": "not_subset"}),
            }
        }
        "grant_match" => {
            json!({"result": grant_satisfies(text(&input["granted"]), text(&input["requested"]))})
        }
        _ => return None,
    })
}

pub(super) fn lifecycle(input: &Value) -> Option<Value> {
    let mut agent = record(&input["identity"]);
    let mut answers = Vec::new();
    for step in input["steps"].as_array()? {
        let at = time(&step["at"]);
        let reason = || text(&step["reason"]).to_owned();
        let outcome = match text(&step["op"]) {
            "suspend" => identity::suspend(&mut agent, reason(), at),
            "revoke" => {
                identity::revoke(&mut agent, reason(), at);
                Ok(())
            }
            "reactivate" => identity::reactivate(&mut agent, step["override"].as_bool().unwrap_or(false), at),
            "is_active" => Ok(()),
            _ => return None,
        };
        let mut answer = json!({
            "ok": outcome.is_ok(),
            "status": agent.status.as_str(),
            "revocation_reason": agent.revocation_reason,
            "is_active": agent.is_active(at),
            "updated_at": agent.updated_at.to_string(),
        });
        if let Err(error) = outcome {
            answer["error_code"] = json!(error.code());
        }
        answers.push(answer);
    }
    Some(json!({"steps": answers}))
}

pub(super) fn delegation(input: &Value) -> Option<Value> {
    Some(match text(&input["op"]) {
        "delegate" => match delegate_step(&record(&input["parent"]), input) {
            Ok(child) => json!({"ok": true, "child": child.to_json()}),
            Err(code) => json!({"ok": false, "error_code": code}),
        },
        "delegate_chain" => {
            let mut parent = record(&input["root"]);
            let mut answers = Vec::new();
            for step in input["steps"].as_array()? {
                answers.push(match delegate_step(&parent, step) {
                    Ok(child) => {
                        parent = child;
                        json!({
                            "ok": true,
                            "delegation_depth": parent.delegation_depth,
                            "parent_did": parent.to_json()["parent_did"],
                            "max_initial_trust_score": parent.max_initial_trust_score,
                        })
                    }
                    Err(code) => json!({"ok": false, "error_code": code}),
                });
            }
            json!({"steps": answers})
        }
        _ => return None,
    })
}

fn delegate_step(parent: &Identity<'_>, step: &Value) -> Result<Identity<'static>, &'static str> {
    let request = Request {
        name: text(&step["name"]),
        capabilities: &texts(&step["capabilities"]),
        description: step["description"].as_str(),
        max_initial_trust_score: step["max_initial_trust_score"].as_i64(),
    };
    delegate(parent, &request, child(step), time(&step["now"])).map_err(|error| error.code())
}

pub(super) fn jwk(input: &Value) -> Option<Value> {
    let fresh = || Did::from_unique_id(text(&input["fresh_unique_id"])).expect("an id");
    let private = input["include_private"].as_bool().unwrap_or(false);
    Some(match text(&input["op"]) {
        op @ ("to_jwk" | "to_jwks") => {
            let agent = record(&input["identity"]);
            let jwk = if private {
                identity::secret_jwk(&agent, seed(&input["seed"]).as_ref())
            } else {
                Ok(identity::public_jwk(&agent))
            };
            match jwk {
                Ok(jwk) if op == "to_jwk" => json!({"ok": true, "jwk": jwk}),
                Ok(jwk) if private => json!({"ok": true, "jwks": {"keys": [jwk]}}),
                Ok(_) => json!({"ok": true, "jwks": identity::public_jwks(&agent)}),
                Err(error) => json!({"ok": false, "error_code": error.code()}),
            }
        }
        "from_jwk" => imported(identity::from_jwk(&input["jwk"], fresh(), time(&input["now"])), input),
        "from_jwks" => {
            let kid = input["kid"].as_str();
            imported(identity::from_jwks(&input["jwks"], kid, fresh(), time(&input["now"])), input)
        }
        "round_trip" => {
            let agent = record(&input["identity"]);
            let jwk = identity::secret_jwk(&agent, seed(&input["seed"]).as_ref()).ok()?;
            let back = identity::from_jwk(&jwk, Did::from_bits(0), time(&input["now"])).ok()?;
            json!({
                "did": back.identity.did.to_string(),
                "public_key": back.identity.public_key.to_base64(),
                "verification_key_id": back.identity.key_id().to_string(),
                "signature_of_probe": base64::encode(&back.secret?.sign(b"probe")),
            })
        }
        _ => return None,
    })
}

fn imported(result: Result<identity::Imported, JwkError>, _input: &Value) -> Value {
    match result {
        Err(error) => json!({"ok": false, "error_code": error.code()}),
        Ok(imported) => {
            let signs = imported.secret.as_ref().map(|secret| {
                let key = imported.identity.public_key.check().expect("a checked key");
                key.verify(b"probe", &secret.sign(b"probe"))
            });
            json!({
                "ok": true,
                "identity": imported.identity.to_json(),
                "has_private_key": imported.secret.is_some(),
                "sign_then_verify": signs,
            })
        }
    }
}

pub(super) fn did_document(input: &Value) -> Option<Value> {
    Some(json!({"did_document": identity::did_document(&record(&input["identity"]))}))
}
