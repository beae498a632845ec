//! Who is meant by what somebody holds.

use meshwarden::generate::Plan;
use meshwarden::registry::{By, Registry, Row, who};
use meshwarden::time::Time;

fn registry() -> Registry {
    let at = Time::parse("2026-03-01T12:00:00Z").unwrap();
    let mut intake = Registry::default().intake(false);
    for identity in Plan::new(50, 3, at).mesh() {
        intake.register(&identity, false, 0).unwrap();
    }
    intake.settle()
}

fn recognized(registry: &Registry, text: &str) -> Vec<(Row, By)> {
    let seen = who(registry, text, Time::MIN);
    seen.into_iter().map(|sighting| (sighting.row, sighting.by)).collect()
}

#[test]
fn an_agent_is_recognized_by_whatever_names_it() {
    let registry = registry();
    let row = registry.row(7).unwrap();
    let agent = registry.agent(row);
    let (did, key) = (agent.did(), agent.public_key());
    for (text, by) in [
        (did.to_string(), By::Did),
        (format!("2026-03-01 ERROR denied ({did}#{}) pay:invoice", key.key_id()), By::Did),
        (format!("kid={}", key.key_id()), By::KeyId),
        (format!("256 {} comment (ED25519)", key.fingerprint()), By::Fingerprint),
        (did.unique_id()[..8].to_owned(), By::PartOfDid),
        (agent.name().to_owned(), By::Text),
    ] {
        assert_eq!(recognized(&registry, &text).first(), Some(&(row, by)), "{text}");
    }
    let colleagues = recognized(&registry, &format!("From: <{}>", agent.sponsor()));
    assert!(colleagues.contains(&(row, By::Sponsor)), "{colleagues:?}");
}

#[test]
fn nobody_is_recognized_by_nothing_and_a_long_text_is_cut() {
    let registry = registry();
    for text in ["", "   ", "did:mesh:", "key-", "SHA256:", "eyJ.eyJ.x", "\u{1f600}"] {
        assert_eq!(recognized(&registry, text), [], "{text:?}");
    }
    let did = registry.agent(registry.row(0).unwrap()).did();
    let far = format!("{}{did}", "\u{20ac} ".repeat(1 << 18));
    assert_eq!(recognized(&registry, &far), []);
    let everybody: Vec<String> =
        (0..3).flat_map(|_| registry.rows()).map(|row| registry.agent(row).did().to_string()).collect();
    assert_eq!(recognized(&registry, &everybody.join(",")).len(), 50, "each once");
}
