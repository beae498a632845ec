//! Our answers to the vectors about whole registries.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use meshwarden::encoding::{hex, sha256};
use meshwarden::identity::{Did, Identity, Status};
use meshwarden::registry::{EffectiveSets, Judgement, Registry, Row, State, explain, verify_document};
use meshwarden::time::Time;
use meshwarden::trust::Tier;
use serde_json::{Value, json};

use super::answers::{reading, record, text, time};

fn registered(identities: &Value) -> Registry {
    let mut intake = Registry::default().intake(false);
    for (index, document) in identities.as_array().expect("identities").iter().enumerate() {
        let json = document.to_string();
        // A document that is refused leaves its children without a parent, as it should.
        if let Ok(parsed) = Identity::from_json(&json, &reading(Time::MIN)) {
            intake.register(&parsed.identity, false, index as u64).expect("distinct DIDs");
        }
    }
    intake.settle()
}

pub(super) fn chain(input: &Value) -> Option<Value> {
    let now = time(&input["now"]);
    let registry = registered(&input["identities"]);
    let judgement = Judgement::of(&registry, now);
    let leaf = Did::parse(text(&input["leaf"])).ok().and_then(|did| registry.find(&did));
    let with_registry = input["registry"].as_bool() != Some(false);
    Some(match (leaf, input.get("leaf_document").filter(|document| !document.is_null())) {
        (Some(row), None) if with_registry => {
            let verdict = judgement.verdict_of(row);
            let walked = registry.agent(row).effective_capabilities();
            assert_eq!(EffectiveSets::of(&registry).get(row), walked, "the one pass and the single walk");
            json!({
                "valid": verdict.lineage_valid(),
                "effective_capabilities": walked,
            })
        }
        (row, document) => {
            let leaf = document
                .map(record)
                .or_else(|| row.map(|row| registry.agent(row).identity(now).into_owned()))?;
            let known = with_registry.then_some((&registry, &judgement));
            json!({
                "valid": verify_document(&leaf, known).is_ok(),
                "effective_capabilities": effective(&leaf, with_registry.then_some(&registry)),
            })
        }
    })
}

/// What an unregistered leaf holds together with its registered ancestors.
fn effective(leaf: &Identity<'_>, registry: Option<&Registry>) -> Vec<String> {
    let mut own: Vec<String> = leaf.capabilities.iter().map(ToString::to_string).collect();
    own.sort();
    own.dedup();
    let parent = leaf.parent.as_ref().and_then(|parent| registry?.find(parent.did()?));
    if let (Some(registry), Some(row)) = (registry, parent) {
        let mut at = Some(registry.agent(row));
        let mut steps = 0;
        while let Some(agent) = at.filter(|_| steps < 100) {
            own.retain(|capability| agent.capabilities().any(|held| held == capability));
            at = agent.parent();
            steps += 1;
        }
    }
    own
}

pub(super) fn registry(input: &Value) -> Option<Value> {
    let now = time(&input["now"]);
    let required = input["require_attestation"].as_bool().unwrap_or(false);
    let mut registry = Registry::default();
    let mut results = Vec::new();
    for step in input["steps"].as_array()? {
        let now = step.get("at").map_or(now, time);
        let did = || Did::parse(text(&step["did"]));
        let row = || did().ok().and_then(|did| registry.find(&did));
        results.push(match text(&step["op"]) {
            "register" => {
                let agent = record(&step["identity"]);
                let attested = step["attestation"]["verified"].as_bool().unwrap_or(false);
                let mut intake = std::mem::take(&mut registry).intake(required);
                let outcome = intake.register(&agent, attested, 0);
                registry = intake.settle();
                match outcome {
                    Ok(_) => json!({"ok": true}),
                    Err(error) => json!({"ok": false, "error_code": error.code()}),
                }
            }
            "revoke" => {
                let known =
                    did().is_ok_and(|did| registry.revoke_all_below(&did, text(&step["reason"]), now));
                json!({"result": known})
            }
            "suspend" => {
                let row = row()?;
                let mut standing = registry.standing(row);
                standing.status = Status::Suspended;
                standing.reason = Some(text(&step["reason"]).to_owned());
                registry.set_standing(row, &standing);
                json!({"ok": true})
            }
            "unregister" => json!({"result": did().is_ok_and(|did| registry.unregister(&did))}),
            "get" => match row() {
                None => json!({"found": false}),
                Some(row) => {
                    let agent = registry.agent(row);
                    json!({
                        "found": true,
                        "status": agent.status(now).as_str(),
                        "revocation_reason": agent.reason(),
                    })
                }
            },
            "get_by_sponsor" => {
                json!({"dids": dids(&registry, registry.of_sponsor(text(&step["sponsor_email"])))})
            }
            "list_active" => {
                let active = registry.rows().filter(|row| registry.agent(*row).is_active(now));
                json!({"dids": dids(&registry, active)})
            }
            "is_trusted" => {
                let trusted = row().is_some_and(|row| registry.agent(row).is_trusted(required, now));
                json!({"result": trusted})
            }
            _ => return None,
        });
    }
    let statuses: BTreeMap<String, Value> = registry
        .rows()
        .map(|row| {
            let agent = registry.agent(row);
            let standing = json!({"status": agent.status(now).as_str(), "revocation_reason": agent.reason()});
            (agent.did().to_string(), standing)
        })
        .collect();
    Some(json!({"results": results, "final": statuses}))
}

fn dids(registry: &Registry, rows: impl Iterator<Item = Row>) -> Vec<String> {
    rows.map(|row| registry.agent(row).did().to_string()).collect()
}

/// A whole registry, every DID answered; the digest of the answers is compared as well as each of them.
pub(super) fn dump(path: &Path) {
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let now = time(&document["now"]);
    let registry = registered(&document["identities"]);
    let judgement = Judgement::of(&registry, now);
    let effective = EffectiveSets::of(&registry);
    let (mut failed, mut lines) = (Vec::new(), String::new());
    for case in document["cases"].as_array().expect("cases") {
        let row = registry.find(&Did::parse(text(&case["input"]["did"])).unwrap()).expect("registered");
        let agent = registry.agent(row);
        let valid = judgement.verdict_of(row).lineage_valid();
        let tier = Tier::of(case["input"]["score"].as_i64().unwrap()).as_str();
        let held = effective.get(row);
        assert_eq!(held, agent.effective_capabilities(), "the one pass and the single walk");
        let given = json!({
            "verify": valid, "is_active": agent.is_active(now), "tier": tier, "effective_capabilities": held,
        });
        if let Err(why) = super::grade::grade(case, &given) {
            failed.push(format!("{}: {why}", case["id"]));
        }
        let code = explain(&registry, &judgement, row).map(|why| why.rule.code());
        if code != case["reason"].as_str() {
            failed.push(format!("{}: reason {}, answered {code:?}", case["id"], case["reason"]));
        }
        let flag = |yes| if yes { 'T' } else { 'F' };
        let _ = writeln!(
            lines,
            "{}|{}|{}|{tier}|{}",
            agent.did(),
            flag(valid),
            flag(agent.is_active(now)),
            held.join(",")
        );
    }
    assert!(failed.is_empty(), "{}: {} cases fail:\n{}", path.display(), failed.len(), failed.join("\n"));
    assert_eq!(hex::encode(&sha256(lines.as_bytes())), text(&document["digest"]["sha256"]));
    let cut_off = judgement.tally().state(State::CutOff);
    println!("{}: {} identities, {cut_off} cut off", path.display(), registry.len());
    if path.ends_with("tests/vectors/registry_dump_1000.json") {
        assert_eq!(cut_off, 415, "active by their own record, and stopped by their lineage");
    }
}
