//! Our answers to the vectors about the reference's scope chains.

use meshwarden::delegation::scope_chain::{Link, ScopeChain, Trace, UserContext, sign_link, signed_text};
use meshwarden::encoding::base64;
use meshwarden::identity::SecretKey;
use meshwarden::time::Time;
use serde_json::{Value, json};

use super::answers::{reading, text, texts, time};

fn chain(value: &Value) -> ScopeChain {
    ScopeChain::from_json(&value.to_string(), &reading(Time::MIN)).expect("a scope chain")
}

fn link(value: &Value) -> Link {
    Link::from_json(&value.to_string()).expect("a link")
}

pub(super) fn scope_chain(input: &Value) -> Option<Value> {
    Some(match text(&input["op"]) {
        "link_hash" => {
            let link = link(&input["link"]);
            json!({"canonical": link.canonical(), "link_hash": link.hash()})
        }
        "chain_hash" => json!({"chain_hash": chain(&input["chain"]).hash()}),
        "sign_link" => {
            let key = SecretKey::from_seed(base64::decode_array(text(&input["seed"])).expect("a seed"));
            let (parent, child) = (text(&input["parent_did"]), text(&input["child_did"]));
            let granted: Vec<String> =
                texts(&input["delegated_capabilities"]).into_iter().map(str::to_owned).collect();
            json!({
                "payload": signed_text(parent, child, &granted),
                "signature": sign_link(parent, child, &granted, &key),
            })
        }
        "verify" => match chain(&input["chain"]).verify() {
            Ok(()) => json!({"valid": true, "code": null, "link": null}),
            Err(broken) => json!({"valid": false, "code": broken.fault.code(), "link": broken.link}),
        },
        "parse" => accepted(ScopeChain::from_json(&input["chain"].to_string(), &reading(Time::MIN))),
        "parse_link" => accepted(Link::from_json(&input["link"].to_string())),
        "add_link" => {
            let mut chain = chain(&input["chain"]);
            let steps = input["links"].as_array()?.iter().map(|value| add(&mut chain, value));
            json!({"steps": steps.collect::<Vec<_>>()})
        }
        "trace" => {
            let chain = chain(&input["chain"]);
            let asked = text(&input["capability"]);
            json!({"trace": chain.trace(asked).map(|step| traced(step, asked)).collect::<Vec<_>>()})
        }
        "effective_capabilities" => {
            json!({"capabilities": chain(&input["chain"]).effective_capabilities()})
        }
        "link_is_valid" => json!({"result": link(&input["link"]).is_valid(time(&input["now"]))}),
        "user_context" => {
            let context = UserContext::from_json(&input["context"].to_string()).expect("a context");
            json!({
                "is_valid": context.is_valid(time(&input["now"])),
                "has_permission": context.has_permission(text(&input["permission"])),
                "has_role": context.has_role(text(&input["role"])),
            })
        }
        "create_root" => {
            let drawn = |at: usize| u128::from_str_radix(text(&input["uuids"][at]), 16).expect("hex");
            let (chain, link) = ScopeChain::create_root(
                text(&input["sponsor_email"]),
                text(&input["root_agent_did"]),
                &texts(&input["capabilities"]),
                drawn(0),
                drawn(1),
                time(&input["now"]),
            );
            json!({"chain_id": chain.chain_id(), "link": link.to_json()})
        }
        _ => return None,
    })
}

fn accepted<T>(read: Result<T, meshwarden::delegation::scope_chain::Malformed>) -> Value {
    match read {
        Ok(_) => json!({"accept": true}),
        Err(error) => json!({"accept": false, "field": error.field}),
    }
}

fn add(chain: &mut ScopeChain, value: &Value) -> Value {
    match chain.add_link(link(value)) {
        Ok(()) => json!({
            "ok": true,
            "total_depth": chain.links().len(),
            "leaf_did": chain.leaf_did(),
            "leaf_capabilities": chain.leaf_capabilities(),
            "chain_hash": chain.chain_hash(),
        }),
        Err(fault) => json!({"ok": false, "error_code": fault.code()}),
    }
}

fn traced(step: Trace<'_>, capability: &str) -> Value {
    match step {
        Trace::Root(chain) => json!({
            "level": "root",
            "grantor": chain.sponsor(),
            "capability": capability,
            "source_capabilities": chain.root_capabilities(),
        }),
        Trace::Link(link) => json!({
            "level": format!("depth_{}", link.depth),
            "grantor": link.parent_did,
            "grantee": link.child_did,
            "capability": capability,
            "parent_capabilities": link.parent_capabilities,
            "delegated_capabilities": link.delegated_capabilities,
        }),
    }
}
