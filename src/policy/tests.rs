//! A policy is read as it is written, or refused with place, field, and what to write.

use super::*;
use crate::identity::{Identity, KeyBytes, Reading};
use crate::registry::Registry;
use crate::time::{Span, Time};
use crate::trust::Tier;

const EXAMPLE: &str = include_str!("../../assets/policy.example.toml");

fn refusal(text: &str) -> String {
    Policy::from_toml(text).unwrap_err().to_string()
}

/// The example with everything that it comments out.
fn full() -> String {
    let setting = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if rest.contains(" = ") || rest.starts_with("[[") || rest.starts_with("'''") => {
            Some(rest.to_owned())
        }
        Some(rest) if rest.starts_with(['p', '@', 'f']) && rest.contains('(') => Some(rest.to_owned()),
        Some(_) => None,
        None => Some(line.to_owned()),
    };
    let (top, rules): (Vec<_>, Vec<_>) = {
        let lines: Vec<String> = EXAMPLE.lines().filter_map(setting).collect();
        let at = lines.iter().position(|line| line.starts_with("rules = ")).unwrap();
        (lines[..at].to_vec(), lines[at..].to_vec())
    };
    // A field of the top level cannot follow a table.
    rules.join("\n") + "\n" + &top.join("\n")
}

#[test]
fn the_example_documents_the_defaults() {
    assert_eq!(Policy::from_toml(EXAMPLE), Ok(Policy::default()));
    assert_eq!(Policy::from_toml(""), Ok(Policy::default()));
}

#[test]
fn the_example_names_every_field() {
    let policy = Policy::from_toml(&full()).unwrap();
    assert_eq!((policy.classes.len(), policy.trust.sources.len()), (1, 1));
    assert!(policy.rules.text().is_some_and(|text| text.contains("payments-need-fresh-tokens")));
    let written: serde_json::Value = serde_json::from_str(&policy.to_json()).unwrap();
    fn names(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(members) => members.iter().for_each(|(name, value)| {
                found.push(name.clone());
                names(value, found);
            }),
            serde_json::Value::Array(items) => items.iter().for_each(|item| names(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    names(&written, &mut found);
    for name in found {
        assert!(EXAMPLE.contains(&name), "{name} is not documented");
    }
}

#[test]
fn what_the_log_keeps_is_the_policy() {
    for text in [EXAMPLE, &full()] {
        let policy = Policy::from_toml(text).unwrap();
        assert_eq!(Policy::from_json(&policy.to_json()), Ok(policy.clone()));
        assert_eq!(Policy::from_json(&policy.to_json()).unwrap().digest(), policy.digest());
    }
    assert_ne!(Policy::from_toml(&full()).unwrap().digest(), Policy::default().digest());
    let silent = Policy::default().with_rules("").unwrap();
    assert_eq!(Policy::from_json(&silent.to_json()), Ok(silent));
}

#[test]
fn the_digest_of_the_default_policy_stays() {
    let digest = crate::encoding::hex::encode(&Policy::default().digest());
    assert_eq!(
        digest,
        "dc4edc39dcb9915ac1dbcd396fdf489b807fe8e53f1f424419125a52e665ff85",
        "{}",
        Policy::default().to_json()
    );
}

#[test]
fn an_error_names_place_field_and_remedy() {
    for (text, expected) in [
        (
            "[tokens]\nttl_defualt = \"1h\"",
            "2:1: tokens.ttl_defualt: there is no such field; did you mean \"ttl_default\"?",
        ),
        (
            "[tokens]\nx = 1",
            "2:1: tokens.x: there is no such field; the fields here are ttl_max, ttl_default, max_depth",
        ),
        ("[tokens]\n  ttl_max = \"5\"", "2:13: tokens.ttl_max: takes a length of time from 1s to 366d"),
        (
            "[tokens]\nttl_max = \"1h\"\nttl_default = \"2h\"",
            "3:15: tokens.ttl_default: takes a length of time from 1s to tokens.ttl_max",
        ),
        ("[tokens]\nmax_depth = 11", "2:13: tokens.max_depth: takes a whole number from 1 to 10"),
        ("[breadth]\nseal_parent = 1", "2:15: breadth.seal_parent: takes true or false"),
        (
            "[default_class]\ngate = \"trustd\"",
            "2:8: default_class.gate: takes \"none\" or a tier: untrusted, probationary, standard, trusted, verified_partner; did you mean \"trusted\"?",
        ),
        (
            "[[classes]]\nname = \"a\"",
            "1:1: classes[0].capabilities: is missing; it takes a list of capabilities such as \"pay:*\"",
        ),
        (
            "[[classes]]\nname = \"default\"\ncapabilities = []",
            "2:8: classes[0].name: takes a name of a-z, 0-9, - and _, other than default",
        ),
        (
            "[trust.weights]\npolicy_compliance = 26\nresource_efficiency = 15\noutput_quality = 20\nsecurity_posture = 25\ncollaboration_health = 15",
            "1:1: trust.weights: takes five whole numbers that add up to 100",
        ),
        (
            "[trust]\ndecay_per_hour = 0.5",
            "2:18: trust.decay_per_hour: takes points an hour from 0 to 1000, such as 2 or \"2.5\"",
        ),
        (
            "[block]\ndids = [\"did:mesh:00\", \"did:web:x\"]",
            "2:24: block.dids[1]: takes a DID: did:mesh: and hex digits",
        ),
        ("[block]\nkeys = [\"AAAA\"]", "2:9: block.keys[0]: takes a public key: 32 bytes in standard base64"),
        (
            "[attestation]\nattesters = [\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]",
            "2:14: attestation.attesters[0]: takes a public key that signatures can be trusted under",
        ),
        ("[approvals]\nrekey = 0", "2:9: approvals.rekey: takes a whole number from 1 to 16"),
        (
            "[approvals]\nsuspend = 2",
            "2:1: approvals.suspend: there is no such field; the fields here are adopt, grant, operator, policy, reactivate, rekey, revoke, revoke_above, wait",
        ),
        ("tokens = 5", "1:10: tokens: takes a table"),
        ("[tokens]\nttl_max = \"1h\"\nttl_max = \"1h\"", "3:1: duplicate key"),
        ("[tokens", "1:8: unclosed table, expected `]`"),
    ] {
        assert_eq!(refusal(text), expected);
    }
    let sources = "[[trust.sources]]\nname = \"a\"\n[[trust.sources]]\nname = \"a\"";
    assert!(
        refusal(sources).ends_with("trust.sources: \"a\" is there already; name it once"),
        "{}",
        refusal(sources)
    );
}

#[test]
fn a_policy_s_size_is_bounded_before_it_is_read() {
    let many = format!("[block]\nsponsors = [{}]", "\"a@b\",".repeat(MAX_ENTRIES + 1));
    assert_eq!(
        Policy::from_toml(&many).unwrap_err().problem,
        Problem::TooMuch { of: "entries", most: MAX_ENTRIES }
    );
    let long = format!("# {}", "x".repeat(MAX_TEXT));
    assert_eq!(
        Policy::from_toml(&long).unwrap_err().problem,
        Problem::TooMuch { of: "bytes", most: MAX_TEXT }
    );
    assert_eq!(Policy::from_json(&long).unwrap_err().code(), "policy_too_large");
    let entry = format!("[block]\nsponsors = [\"{}\"]", "x".repeat(257));
    assert_eq!(Policy::from_toml(&entry).unwrap_err().code(), "policy_too_large");
    for deep in [
        format!("x = {}", "[".repeat(100_000)),
        format!("x = {}", "{a=".repeat(100_000)),
        "a.".repeat(100_000) + "a = 1",
    ] {
        assert_eq!(Policy::from_toml(&deep).unwrap_err().code(), "policy_malformed");
    }
    assert_eq!(Policy::from_json(&"[".repeat(100_000)).unwrap_err().code(), "policy_malformed");
    assert_eq!(Policy::from_json(r#"{"tokens":{},"tokens":{}}"#).unwrap_err().code(), "policy_malformed");
}

#[test]
fn the_first_class_that_covers_an_action_is_its_class() {
    let class = |name: &str, capability: &str, gate| ActionClass {
        name: name.to_owned(),
        capabilities: vec![capability.to_owned()],
        gate,
        staleness: Span::seconds(1),
    };
    let policy = Policy {
        classes: vec![class("refunds", "pay:refund", None), class("payments", "pay:*", Some(Tier::Trusted))],
        ..Policy::default()
    };
    let name = |action| policy.class_of(action).name.as_str();
    assert_eq!(
        [name("pay:refund"), name("pay:invoice"), name("pays"), name("")],
        ["refunds", "payments", "default", "default"]
    );
    assert!(
        policy.class_of("pay:x").admits(Tier::VerifiedPartner)
            && !policy.class_of("pay:x").admits(Tier::Standard)
    );
}

#[cfg(feature = "console")]
#[test]
fn rules_are_checked_against_the_classes_of_their_policy() {
    let rule = "rules = '''permit(principal, action == Action::\"payments\", resource);'''\n";
    let error = Policy::from_toml(rule).unwrap_err();
    assert_eq!((error.code(), error.field.as_str()), ("rules_schema", "rules"));
    let classed = format!("{rule}[[classes]]\nname = \"payments\"\ncapabilities = [\"pay:*\"]");
    assert!(Policy::from_toml(&classed).is_ok());
}

#[cfg(not(feature = "console"))]
#[test]
fn a_program_that_cannot_judge_rules_denies() {
    let policy = Policy::default().with_rules("permit(principal, action, resource);").unwrap();
    let did = crate::identity::Did::from_bits(0);
    let hop = HopFacts {
        principal: &did,
        class: "default",
        action: "",
        resource: "",
        hop: 1,
        depth: 1,
        tier: Tier::Trusted,
        score: 900,
        sponsor: "",
        scopes: &[],
        age: Span::seconds(0),
    };
    assert_eq!(policy.rules.judge(&hop), RuleAnswer::Failed { rules: Vec::new() });
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}", part in 0..EXAMPLE.len(), cut in 0..40_usize) {
        let _ = Policy::from_toml(&text);
        let _ = Policy::from_json(&text);
        let end = (part + cut).min(EXAMPLE.len());
        if let (Some(before), Some(after)) = (EXAMPLE.get(..part), EXAMPLE.get(end..)) {
            let _ = Policy::from_toml(&format!("{before}{text}{after}"));
        }
    }
}

/// A root with `children` children, one a minute, the last one now; the first has a child of its own.
fn family(children: u8, now: Time) -> Registry {
    let agent = |number: u8, parent: Option<u8>, depth, created: Time| {
        let did = |number: u8| format!(r#"{{"method":"mesh","unique_id":"{number:032x}"}}"#);
        let key = KeyBytes([number; 32]);
        let parent = parent.map_or("null".to_owned(), |parent| format!("\"did:mesh:{parent:032x}\""));
        let record = format!(
            r#"{{"did":{},"name":"a","public_key":"{}","verification_key_id":"{}","sponsor_email":"a@b.example",
                "capabilities":["read:data"],"created_at":"{created}","updated_at":"{created}","status":"active",
                "parent_did":{parent},"delegation_depth":{depth}}}"#,
            did(number),
            key.to_base64(),
            key.key_id(),
        );
        Identity::from_json(&record, &Reading { now, assume_utc: false }).unwrap().identity.into_owned()
    };
    let minutes_ago = |minutes: i64| now.plus(Span::seconds(-60 * minutes));
    let mut intake = Registry::default().intake(false);
    intake.register(&agent(1, None, 0, minutes_ago(600)), false, 0).unwrap();
    for child in 0..children {
        let created = minutes_ago(i64::from(children - 1 - child));
        intake.register(&agent(10 + child, Some(1), 1, created), false, 0).unwrap();
    }
    intake.register(&agent(2, Some(10), 2, now), false, 0).unwrap();
    intake.settle()
}

#[test]
fn a_parent_gets_so_many_children_and_no_more() {
    let now = Time::parse("2026-03-01T12:00:00Z").unwrap();
    let registry = family(5, now);
    let root = registry.row(0).unwrap();
    let grandchild = registry.rows().last().unwrap();
    let with = |change: &dyn Fn(&mut Policy)| {
        let mut policy = Policy::default();
        change(&mut policy);
        policy
    };
    let limit = |policy: &Policy, parent| policy.room_below(&registry, parent, now).unwrap_err();
    assert_eq!(Policy::default().room_below(&registry, root, now), Ok(()));

    let children = with(&|policy| policy.breadth.max_children = 5);
    let expected = NoRoom { limit: Limit::Children, at: root, value: 5, most: 5, seal: None };
    assert_eq!(limit(&children, root), expected);
    assert_eq!(with(&|policy| policy.breadth.max_children = 6).room_below(&registry, root, now), Ok(()));

    let descendants =
        with(&|policy| (policy.breadth.max_descendants, policy.breadth.seal_parent) = (6, true));
    let expected = NoRoom { limit: Limit::Descendants, at: root, value: 6, most: 6, seal: Some(grandchild) };
    assert_eq!(limit(&descendants, grandchild), expected, "the root is full, the asker is sealed");

    let depth = with(&|policy| (policy.tokens.max_depth, policy.breadth.seal_parent) = (2, true));
    assert_eq!((limit(&depth, grandchild).code(), limit(&depth, grandchild).seal), ("depth_limit", None));
}

#[test]
fn a_parent_delegates_so_often_within_an_hour() {
    let now = Time::parse("2026-03-01T12:00:00Z").unwrap();
    let registry = family(100, now);
    let root = registry.row(0).unwrap();
    let mut policy = Policy::default();
    policy.breadth.delegations_per_hour = 60;
    let refused = policy.room_below(&registry, root, now).unwrap_err();
    assert_eq!(
        (refused.limit, refused.value, refused.to_string().as_str()),
        (Limit::PerHour, 60, "breadth.delegations_per_hour allows 60, and the child would be number 61")
    );
    assert_eq!(policy.room_below(&registry, root, now.plus(Span::seconds(1))), Err(refused));
    assert_eq!(policy.room_below(&registry, root, now.plus(Span::seconds(60))), Ok(()));
    policy.breadth.delegations_per_hour = 0;
    let idle = now.plus(Span::seconds(86_400));
    assert_eq!(policy.room_below(&registry, root, idle).unwrap_err().code(), "hourly_limit");
}
