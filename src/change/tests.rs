//! Payloads: one spelling each, and every input has an answer.

use serde_json::json;

use super::operators::{
    Dismiss, Duty, Enrol, Init, LogKey, Newcomer, Operate, Propose, Recover, Role, Withdraw,
};
use super::*;
use crate::encoding::canonical;
use crate::identity::{Did, KeyBytes};
use crate::time::Time;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

const MAX: u64 = canonical::MAX_SAFE_INTEGER;

prop_compose! {
    fn some_target()(id in "([0-9a-f]{32}|[0-9a-fA-F]{1,40})", version in 0..=MAX) -> Target {
        Target { did: Did::from_unique_id(&id).unwrap(), version }
    }
}

fn some_targets() -> impl Strategy<Value = Targets> {
    let listed = btree_map("[0-9a-f]{1,33}", 0..=MAX, 1..5).prop_map(|map| {
        let targets =
            map.into_iter().map(|(id, version)| Target { did: Did::from_unique_id(&id).unwrap(), version });
        Targets::Listed(TargetList::new(targets.collect()).unwrap())
    });
    prop_oneof![listed, some_cascade(option::of(0..=MAX)).prop_map(Targets::Cascade)]
}

fn some_cascade(among: impl Strategy<Value = Option<u64>>) -> impl Strategy<Value = Cascade> {
    (some_target(), 1..=MAX, any::<[u8; 32]>(), among).prop_map(|(root, count, digest, among)| Cascade {
        root,
        count,
        digest,
        among,
        spared: Vec::new(),
    })
}

/// Targets of a containment: a cascade spares some.
fn some_fall() -> impl Strategy<Value = Targets> {
    let capabilities = || prop::collection::btree_set("[a-z:*]{1,9}", 0..3);
    let kept = some_cascade(Just(None));
    let spare = (kept, some_target(), capabilities()).prop_map(|(kept, parent, held)| Spare {
        kept: Box::new(kept),
        adopt: Adopt { parent, capabilities: held.into_iter().collect() },
    });
    let spared = (some_cascade(option::of(0..=MAX)), prop::collection::vec(spare, 0..3))
        .prop_map(|(cascade, spared)| Targets::Cascade(Cascade { spared, ..cascade }));
    prop_oneof![some_targets(), spared]
}

fn some_order(created: i64) -> impl Strategy<Value = Order> {
    let later = created.saturating_add(1)..=Time::MAX.micros();
    let until = option::of(later.prop_map(|micros| Time::from_micros(micros).unwrap()));
    prop_oneof![
        (0..=MAX, any::<[u8; 32]>(), 0..=MAX, "a\\PC{0,20}").prop_map(|(count, root, skipped, name)| {
            Order::Import(Import { count, root, skipped, name, replaces: skipped % 2 == 1 })
        }),
        (some_fall(), until, any::<bool>()).prop_map(|(targets, until, seal)| Order::Suspend {
            targets,
            until,
            seal
        }),
        (some_fall(), any::<bool>()).prop_map(|(targets, seal)| Order::Revoke { targets, seal }),
        (some_targets(), any::<bool>(), option::of(0..=MAX)).prop_map(
            |(targets, override_security, woken)| Order::Reactivate { targets, override_security, woken }
        ),
        some_fact().prop_map(|fact| Order::Fact(Box::new(fact))),
    ]
}

fn some_newcomer() -> impl Strategy<Value = Newcomer> {
    let role = prop_oneof![Just(Role::Viewer), Just(Role::Responder), Just(Role::Admin)];
    ("\\PC{0,9}", "\\PC{0,9}", role, option::of("\\PC{0,9}"))
        .prop_map(|(name, key, role, accepted)| Newcomer { name, key, role, accepted })
}

fn some_operate() -> impl Strategy<Value = Operate> {
    let name = || "\\PC{0,9}";
    prop_oneof![
        some_newcomer().prop_map(Operate::Add),
        (name(), name()).prop_map(|(name, key)| Operate::AddKey { name, key, accepted: None }),
        (name(), name()).prop_map(|(name, key)| Operate::DropKey { name, key }),
        name().prop_map(|name| Operate::Suspend { name }),
        name().prop_map(|name| Operate::Restore { name }),
        name().prop_map(|name| Operate::Remove { name }),
        name().prop_map(|name| Operate::Role { name, role: Role::Responder }),
    ]
}

fn some_fact() -> impl Strategy<Value = Fact> {
    let text = || "t\\PC{0,9}";
    let time = || (Time::MIN.micros()..Time::MAX.micros()).prop_map(|at| Time::from_micros(at).unwrap());
    let step = prop_oneof![
        "t\\PC{0,9}".prop_map(|title| OnCase::Open { title }),
        ("t\\PC{0,9}", proptest::option::of("s\\PC{0,9}"))
            .prop_map(|(text, seen)| OnCase::Note { text, seen }),
        Just(OnCase::Join {}),
        Just(OnCase::Claim {}),
        any::<bool>().prop_map(|release| OnCase::Close { release }),
    ];
    let named = prop_oneof![
        (text(), time(), 0..=100u64).prop_map(|(statement, until, kept)| What::Rotate(Rotate {
            statement,
            until,
            kept
        })),
        (text(), 0..=MAX, 0..=100u64).prop_map(|(statement, cut, kept)| What::Rekey(Rekey {
            statement,
            cut,
            kept
        })),
        Just(What::Seal {}),
        text().prop_map(|statement| What::Attest(Attest { statement: statement.into() })),
        Just(What::RevokeTokens(TokenSet::Issuer {})),
        Just(What::RevokeTokens(TokenSet::Subtree {})),
        ("a[a-z:*]{0,9}", some_target())
            .prop_map(|(one, parent)| What::Adopt(Adopt { parent, capabilities: vec![one, "*".into()] })),
        "a[a-z:*]{0,9}".prop_map(|one| What::Grant(Holding { capabilities: vec![one] })),
        Just(What::Narrow(Holding { capabilities: Vec::new() })),
        "[a-z]{1,9}".prop_map(|tag| What::Tag(Tagging { add: vec![tag], remove: vec!["#".into()] })),
    ];
    let nameless = prop_oneof![
        step.prop_map(What::Case),
        "[a-z]{1,9}".prop_map(|name| What::Sponsor(OnSponsor::Transfer {
            agents: vec!["did:mesh:ab".into()],
            to: format!("{name}@example.org").into()
        })),
        text().prop_map(|chain| What::LogTokens(LogTokens { chain })),
        text().prop_map(|entries| What::List(List { entries })),
        text().prop_map(|name| What::Signal(Signal { event: json!({"subject": name, "n": 7}) })),
        (0..=MAX).prop_map(|entry| What::Void(Void { entry })),
        text().prop_map(|name| What::Lock(LockOn::Sponsor(name.into()))),
        any::<u128>().prop_map(|bits| What::Unlist(Unlist { did: Did::from_bits(bits) })),
        any::<[u8; 32]>().prop_map(|commitment| {
            What::Lock(LockOn::Sponsor(PersonalText::Hidden(Hidden { commitment })))
        }),
        (0..=MAX, any::<[u8; 32]>(), option::of(0..=MAX)).prop_map(|(size, root, lost)| {
            let lost = lost.map(|size| Extent { size, root });
            What::Restore(Restore { kept: Extent { size, root }, lost })
        }),
        (any::<u128>(), any::<[u8; 32]>()).prop_map(|(bits, commitment)| {
            What::Erase(Erase { did: Did::from_bits(bits), texts: vec![Hidden { commitment }] })
        }),
        any::<[u8; 32]>().prop_map(|key| What::Unlock(LockOn::Key(KeyBytes(key).to_base64()))),
        text().prop_map(|name| What::Policy(SetPolicy { policy: name })),
        text().prop_map(|jti| What::RevokeTokens(TokenSet::Token { jti })),
        some_operate().prop_map(What::Operator),
        text().prop_map(|change| What::Propose(Propose { change })),
        any::<u128>().prop_map(|bits| What::Withdraw(Withdraw { change: format!("{bits:032x}") })),
        text().prop_map(|key| What::LogKey(LogKey { key })),
        (option::of(text()), option::of(any::<u32>()), option::of(any::<[u8; 32]>())).prop_map(
            |(key, uid, certificate)| {
                let (name, role) = ("edge".to_owned(), Duty::EnforcementPoint);
                What::Enrol(Enrol { name, role, key, uid, certificate })
            }
        ),
        text().prop_map(|name| What::Dismiss(Dismiss { name })),
        (vec(some_newcomer(), 0..3), any::<bool>(), 0..4u8).prop_map(|(operators, solo, threshold)| {
            What::Init(Init { operators, threshold, recovery: Vec::new(), solo, log_key: String::new() })
        }),
        vec(some_newcomer(), 0..3).prop_map(|operators| What::Recover(Recover { operators })),
    ];
    let register = (some_target(), any::<[u8; 32]>(), option::of(text()), option::of(text())).prop_map(
        |(Target { did, .. }, record, chain, attestation)| {
            let attestation = attestation.map(Into::into);
            What::Register(Register { did, record, chain, attestation })
        },
    );
    prop_oneof![
        (some_target(), named).prop_map(|(target, what)| Fact { about: Some(target), what }),
        nameless.prop_map(|what| Fact { about: None, what }),
        (option::of(some_target()), register).prop_map(|(about, what)| Fact { about, what }),
    ]
}

/// Any payload that can be written.
pub(crate) fn some_payload() -> impl Strategy<Value = Payload> {
    (Time::MIN.micros()..Time::MAX.micros()).prop_flat_map(|created| {
        let later = created.saturating_add(1)..=Time::MAX.micros();
        (
            (any::<u128>(), "x[\\x00-\\x7f\u{e9}\u{20ac}\u{1f600}]{0,20}"),
            some_order(created),
            "r(?s:.){0,20}",
            option::of("c\\PC{0,9}"),
            option::of(later),
        )
            .prop_map(move |((id, actor), order, reason, case, expires)| Payload {
                id: ChangeId::from_bits(id),
                actor,
                break_glass: matches!(order, Order::Revoke { .. }) && case.is_some(),
                order,
                reason,
                case,
                created: Time::from_micros(created).unwrap(),
                expires: expires.and_then(Time::from_micros),
            })
    })
}

pub(crate) fn suspension() -> Payload {
    Payload {
        id: ChangeId::from_bits(1),
        actor: "ana@example.org".into(),
        order: Order::Suspend { targets: Targets::one(Did::from_bits(0xab), 3), until: None, seal: false },
        reason: "leaked key".into(),
        case: None,
        created: Time::from_micros(0).unwrap(),
        expires: None,
        break_glass: false,
    }
}

fn code(payload: &Payload) -> &'static str {
    payload.to_bytes().unwrap_err().code()
}

#[test]
fn the_bytes_of_a_suspension_are_these() {
    let bytes = suspension().to_bytes().unwrap();
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        r#"{"actor":"ana@example.org","created":"1970-01-01T00:00:00Z","id":"00000000000000000000000000000001","parameters":{"seal":false},"reason":"leaked key","targets":[{"did":"did:mesh:000000000000000000000000000000ab","version":3}],"type":"meshwarden.change.v1/suspend"}"#
    );
}

#[test]
fn a_containment_needs_a_reason_and_every_text_has_its_bound() {
    let mut payload = suspension();
    payload.reason = " \n".into();
    assert_eq!(code(&payload), "change_text_blank");
    payload.reason = "é".repeat(MAX_REASON_BYTES / 2);
    assert!(payload.to_bytes().is_ok());
    payload.reason.push('x');
    assert_eq!(code(&payload), "change_text_too_long");
    payload.reason = "r".into();
    payload.actor = String::new();
    assert_eq!(code(&payload), "change_text_blank");
    payload.actor = "a".into();
    payload.case = Some(" ".into());
    assert_eq!(code(&payload), "change_text_blank");
}

#[test]
fn an_end_lies_after_the_beginning() {
    let mut payload = suspension();
    payload.expires = Some(payload.created);
    assert_eq!(code(&payload), "change_ends_before_it_begins");
    payload.expires = None;
    payload.order = Order::Suspend {
        targets: Targets::one(Did::from_bits(1), 0),
        until: Some(payload.created),
        seal: true,
    };
    assert_eq!(code(&payload), "change_ends_before_it_begins");
}

#[test]
fn an_integer_beyond_two_to_the_53_is_never_signed() {
    let mut payload = suspension();
    payload.order = Order::Revoke { targets: Targets::one(Did::from_bits(1), MAX + 1), seal: true };
    assert_eq!(code(&payload), "change_integer_unsafe");
}

#[test]
fn other_spellings_of_the_same_change_are_refused() {
    let text = String::from_utf8(suspension().to_bytes().unwrap()).unwrap();
    for (from, to, code) in [
        ("{\"actor", "{ \"actor", "change_not_canonical"),
        ("\"seal\":false", "\"seal\":false,\"until\":null", "change_not_canonical"),
        ("leaked", "\\u006ceaked", "change_not_canonical"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.0Z", "change_not_canonical"),
        ("\"created\"", "\"colour\":1,\"created\"", "change_malformed"),
        ("\"seal\":false", "\"seal\":false,\"x\":1", "change_malformed"),
        ("\"seal\":false", "\"seal\":false,\"seal\":false", "change_malformed"),
        ("\"version\":3", "\"version\":3.0", "change_malformed"),
        ("\"version\":3", "\"version\":3,\"more\":1", "change_malformed"),
        ("}", "} ", "change_not_canonical"),
        ("v1/suspend", "v2/suspend", "change_type_unknown"),
        ("v1/suspend", "v1/reactivate", "change_malformed"),
        ("v1/suspend", "v1/import", "change_member_unreadable"),
        ("ab\"", "AB\"", ""),
        ("0ab\"", "0xy\"", "change_member_unreadable"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00", "change_member_unreadable"),
        ("[{\"did\"", "[{\"did\":\"did:mesh:a\",\"version\":1},{\"did\"", "change_not_canonical"),
    ] {
        let changed = text.replacen(from, to, 1);
        let answer = Payload::from_bytes(changed.as_bytes()).err();
        assert_eq!(answer.as_ref().map_or("", ChangeError::code), code, "{changed}");
    }
}

proptest! {
    #[test]
    fn every_payload_reads_back_what_it_writes(payload in some_payload()) {
        let bytes = payload.to_bytes().unwrap();
        prop_assert_eq!(Payload::from_bytes(&bytes), Ok(payload));
    }

    #[test]
    fn a_payload_with_one_byte_changed_is_refused_or_another_payload(
        payload in some_payload(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let bytes = payload.to_bytes().unwrap();
        let mut changed = bytes.clone();
        changed[at.index(bytes.len())] = byte;
        if let Ok(read) = Payload::from_bytes(&changed) {
            prop_assert_eq!(read == payload, changed == bytes);
        }
    }

    #[test]
    fn a_scanned_payload_is_the_one_that_is_read_slowly(
        payload in some_payload(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let mut bytes = payload.to_bytes().unwrap();
        for changed in [false, true] {
            if changed {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let scanned = super::scan::payload(&bytes).filter(|scanned| scanned.to_bytes().is_ok());
            let slowly = super::read::payload(&bytes).ok().filter(|read| read.to_bytes().as_ref() == Ok(&bytes));
            let left = payload.order.brings().is_some() || payload.order.spares() || bytes.contains(&b'\\');
            match scanned {
                Some(scanned) => prop_assert_eq!(Some(scanned), slowly),
                None => prop_assert!(left || changed, "{}", String::from_utf8_lossy(&bytes)),
            }
        }
    }

    #[test]
    fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Payload::from_bytes(&bytes);
    }
}
