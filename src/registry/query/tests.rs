mod trouble;

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::identity::{Identity, KeyBytes, Parent, Status};
use crate::registry::{Lock, LockTarget, Row, Standing};
use crate::time::Span;

fn at() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

fn later(seconds: i64) -> Time {
    at().plus(Span::seconds(seconds))
}

/// One agent: number, parent, name, sponsor, capabilities, score.
type Row6 = (u128, Option<u128>, &'static str, &'static str, &'static [&'static str], Option<u16>);

/// ```text
/// 1 platform-root (*)
/// ├── 2 Deploy Bot        deploy:prod, read:data   scored 250
/// │   └── 3 deploy-canary deploy:prod              scored 800
/// └── 4 report writer     read:*                   unscored, expires in 3 days
/// 0xab12... data-root     read:data                scored 700, suspended
/// ```
const AGENTS: [Row6; 5] = [
    (1, None, "platform-root", "ana@example.org", &["*"], Some(900)),
    (2, Some(1), "Deploy Bot", "ops@example.org", &["deploy:prod", "read:data"], Some(250)),
    (3, Some(2), "deploy-canary", "ops@example.org", &["deploy:prod"], Some(800)),
    (4, Some(1), "report writer", "ana@example.org", &["read:*"], None),
    (0xab12_0000_0000_0000_0000_0000_0000_00ff, None, "data-root", "eve@test", &["read:data"], Some(700)),
];

fn registry() -> Registry {
    let mut intake = Registry::default().intake(false);
    for (number, (bits, parent, name, sponsor, capabilities, _)) in (1_u8..).zip(AGENTS) {
        let depth = match bits {
            3 => 2,
            2 | 4 => 1,
            _ => 0,
        };
        let agent = Identity {
            did: Did::from_bits(bits),
            name: Cow::Borrowed(name),
            description: (bits == 4).then_some(Cow::Borrowed("Writes the weekly report")),
            public_key: KeyBytes([number; 32]),
            sponsor_email: Cow::Borrowed(sponsor),
            sponsor_verified: bits == 1,
            organization: (bits != 3).then_some(Cow::Borrowed("Example Corp")),
            organization_id: None,
            capabilities: capabilities.iter().copied().map(Cow::Borrowed).collect(),
            created_at: later(-3600 * i64::from(number)),
            updated_at: at(),
            expires_at: (bits == 4).then(|| later(3 * 86_400)),
            status: Status::Active,
            revocation_reason: None,
            parent: parent.map(|bits| Parent::Did(Did::from_bits(bits))),
            delegation_depth: depth,
            max_initial_trust_score: None,
            trust_score: None,
            extra: None,
        };
        intake.register(&agent, false, 0).unwrap();
    }
    let mut registry = intake.settle();
    for (row, (.., score)) in AGENTS.iter().enumerate() {
        registry.set_score(Row::from_index(row), *score);
    }
    let data = Row::from_index(4);
    let standing = registry.standing(data);
    let reason = Some("key leaked".to_owned());
    let stopped =
        Standing { status: Status::Suspended, reason, until: Some(later(1800)), version: 9, ..standing };
    registry.set_standing(data, &stopped);
    registry
}

/// The places in [`AGENTS`] of what a query means.
fn meant(text: &str) -> Result<Vec<usize>, QueryError> {
    meant_in(&registry(), text, &Callers::unknown())
}

fn meant_in(registry: &Registry, text: &str, callers: &Callers) -> Result<Vec<usize>, QueryError> {
    let judgement = Judgement::of(registry, at());
    let query = Query::parse(text)?;
    let filter = query.over(registry, &judgement, callers)?;
    let rows: Vec<usize> = filter.rows().map(Row::index).collect();
    assert_eq!(filter.rows_from(2).map(Row::index).collect::<Vec<_>>(), {
        rows.iter().copied().filter(|row| *row >= 2).collect::<Vec<_>>()
    });
    Ok(rows)
}

#[test]
fn every_field_says_what_its_line_of_help_says() {
    for (text, expected) in [
        ("", vec![0, 1, 2, 3, 4]),
        ("state=active", vec![0, 1, 2, 3]),
        ("state=suspended,expired", vec![4]),
        ("state!=active", vec![4]),
        ("status=suspended", vec![4]),
        ("trust<300", vec![1]),
        ("trust>=800", vec![0, 2]),
        ("trust!=700", vec![0, 1, 2]),
        ("tier=untrusted", vec![1]),
        ("tier=trusted,unscored", vec![2, 3, 4]),
        ("cap:\"deploy:*\"", vec![0, 1, 2]),
        ("cap:read:data", vec![0, 1, 3, 4]),
        ("cap=read:data", vec![1, 4]),
        ("cap!=read:data", vec![0, 2, 3]),
        ("reach:deploy:prod", vec![0, 1, 2]),
        ("reach:\"deploy:*\"", vec![0]),
        ("reach:read:data", vec![0, 1, 3]),
        ("reach!=read:data", vec![2, 4]),
        ("reach:deploy:prod or reach:read:x", vec![0, 1, 2, 3]),
        ("under:00000000000000000000000000000002", vec![1, 2]),
        ("under:did:mesh:00000000000000000000000000000001", vec![0, 1, 2, 3]),
        ("under:ab12", vec![4]),
        ("above:00000000000000000000000000000003", vec![0, 1, 2]),
        ("parent:00000000000000000000000000000001", vec![1, 3]),
        ("sponsor:ops@", vec![1, 2]),
        ("sponsor:OPS@", vec![1, 2]),
        ("sponsor=ops@", vec![]),
        ("sponsor=eve@test", vec![4]),
        ("org:corp", vec![0, 1, 3, 4]),
        ("org!=\"Example Corp\"", vec![2]),
        ("name:deploy", vec![1, 2]),
        ("name=\"Deploy Bot\"", vec![1]),
        ("did:mesh:ab12", vec![4]),
        ("did:00ff", vec![4]),
        ("description:weekly", vec![3]),
        ("reason:LEAKED", vec![4]),
        ("created<90m", vec![0]),
        ("created>=3h", vec![2, 3, 4]),
        ("created<2026-03-01T09:30:00Z", vec![2, 3, 4]),
        ("updated<1s", vec![0, 1, 2, 3, 4]),
        ("expires<7d", vec![3]),
        ("expires<2d", vec![]),
        ("expires>2d", vec![0, 1, 2, 3, 4]),
        ("until<1h", vec![4]),
        ("until<10m", vec![]),
        ("depth=0", vec![0, 4]),
        ("depth>1", vec![2]),
        ("children=0", vec![2, 3, 4]),
        ("children=2", vec![0]),
        ("descendants=3", vec![0]),
        ("broken:wildcard_delegated", vec![]),
        ("impact=3", vec![]),
        ("impact>1", vec![0, 1]),
        ("impact=0", vec![4]),
        ("fell>0", vec![]),
        ("risk>0", vec![]),
        ("overprivileged", vec![3]),
        ("unscored", vec![3]),
        ("unlimited", vec![0]),
        ("unverified", vec![1, 2, 3, 4]),
        ("not unverified", vec![0]),
        ("sealed", vec![]),
        ("locked", vec![]),
        ("orphaned", vec![]),
        ("broken", vec![]),
    ] {
        assert_eq!(meant(text), Ok(expected), "{text}");
    }
}

#[test]
fn and_is_stronger_than_or_and_not_stronger_than_both() {
    for (text, expected) in [
        ("deploy trust<300", vec![1]),
        ("deploy and trust<300", vec![1]),
        ("trust<300 or unscored", vec![1, 3]),
        ("depth=0 or depth=1 and cap=read:*", vec![0, 3, 4]),
        ("(depth=0 or depth=1) and not cap:read:data", vec![]),
        ("not deploy and depth>0", vec![3]),
        ("!deploy depth>0", vec![3]),
        ("NOT (deploy OR depth=0)", vec![3]),
        ("not not deploy", vec![1, 2]),
        ("trust < 300", vec![1]),
        ("(deploy)(canary)", vec![2]),
    ] {
        assert_eq!(meant(text), Ok(expected), "{text}");
    }
}

#[test]
fn a_word_is_looked_for_everywhere_and_loosely_only_when_nothing_holds_it() {
    for (text, expected) in [
        ("deploy", vec![1, 2]),
        ("DEPLOY", vec![1, 2]),
        ("eve@", vec![4]),
        ("ab12", vec![4]),
        ("\"report w\"", vec![3]),
        ("dplcnry", vec![2]),
        ("xq", vec![]),
        ("ab12…00ff", vec![4]),
        ("did:mesh:ab12…00ff", vec![4]),
        ("ab12...0ff", vec![4]),
        ("ab12…aa", vec![]),
        ("\"broken\"", vec![]),
        ("root", vec![0, 4]),
    ] {
        assert_eq!(meant(text), Ok(expected), "{text}");
    }
}

#[test]
fn who_was_seen_is_asked_of_the_verdicts() {
    let registry = registry();
    let query = Query::parse("seen<10m or seen>2026-03-01T00:00:00Z").unwrap();
    let wanted = query.callers_since(at());
    let since = |time, denied| CallersSince { time, denied };
    assert_eq!(
        wanted,
        [since(Time::parse("2026-03-01T00:00:00Z").unwrap(), false), since(later(-600), false)]
    );
    let mut callers = Callers::unknown();
    callers.add(since(later(-600), false), HashSet::from([Did::from_bits(2)]));
    callers.add(since(later(-600), true), HashSet::from([Did::from_bits(3)]));
    assert_eq!(meant_in(&registry, "denied<10m", &callers), Ok(vec![2]));
    assert_eq!(meant_in(&registry, "seen<10m not denied<10m", &callers), Ok(vec![1]));
    assert_eq!(meant_in(&registry, "seen<10m", &callers), Ok(vec![1]));
    assert_eq!(meant_in(&registry, "seen>10m", &callers), Ok(vec![0, 2, 3, 4]));
    let error = meant("trust>0 seen<10m").unwrap_err();
    assert_eq!((error.at, error.problem), (8..16, QueryProblem::NoVerdicts));
}

#[test]
fn tags_locks_and_seals_count() {
    let mut registry = registry();
    let tags = ["env:prod".to_owned(), "critical".to_owned()].into();
    registry.facts_mut().tags.set(Did::from_bits(2), tags);
    registry.facts_mut().locks.add(Lock {
        target: LockTarget::Subtree(Did::from_bits(2)),
        index: 7,
        since: at(),
        reason: "incident".into(),
        until: None,
    });
    let sealed = Row::from_index(3);
    let standing = registry.standing(sealed);
    registry.set_standing(sealed, &Standing { sealed_at: Some(7), ..standing });
    let meant = |text: &str| meant_in(&registry, text, &Callers::unknown());
    assert_eq!(meant("tag:critical"), Ok(vec![1]));
    assert_eq!(meant("tag:env:*"), Ok(vec![1]));
    assert_eq!(meant("tag!=critical"), Ok(vec![0, 2, 3, 4]));
    assert_eq!(meant("locked"), Ok(vec![1, 2]));
    assert_eq!(meant("sealed"), Ok(vec![3]));
}

#[test]
fn a_mistake_is_named_with_its_place_and_the_way_out() {
    for (text, at, words) in [
        ("trsut<300", 0..5, "at character 1: there is no field \"trsut\"; did you mean trust?"),
        (
            "deploy:prod",
            0..6,
            "at character 1: there is no field \"deploy\"; quote it to look for it as a text",
        ),
        ("é trust<high", 9..13, "at character 9: trust takes a whole number"),
        ("trust:300", 5..6, "at character 6: trust takes =, !=, <, <=, > or >=, not :"),
        (
            "state=actve",
            6..11,
            "at character 7: state takes one of active, cut_off, suspended, expired, revoked; several with commas; did you mean active?",
        ),
        (
            "name:",
            0..5,
            "at character 1: name needs a value: a text; quote it where it has spaces or parentheses",
        ),
        ("under:ffff", 0..10, "at character 1: ffff: no agent has this DID, nor one that begins like this"),
        ("(trust<300", 0..1, "at character 1: the parenthesis is not closed"),
        ("trust<300)", 9..10, "at character 10: this parenthesis closes nothing"),
        ("trust<300 and", 13..13, "at character 14: a term must follow and"),
        ("or trust<300", 12..12, "at character 13: a term must follow the query"),
        ("()", 1..2, "at character 2: a term must follow ("),
        ("not", 3..3, "at character 4: a term must follow not"),
        ("name:\"open", 5..10, "at character 6: the quotation mark is not closed"),
        ("<300", 0..1, "at character 1: < compares nothing: write a field before it, as in trust<300"),
        (
            "seen<soon",
            5..9,
            "at character 6: seen takes a length of time such as 90s, 10m, 4h or 7d, or a time such as 2026-11-22T09:00:00Z",
        ),
    ] {
        let error = meant(text).unwrap_err();
        assert_eq!((error.at.clone(), error.to_string().as_str()), (at, words), "{text}");
    }
}

#[test]
fn a_query_is_bounded_in_length_terms_and_depth() {
    let problem = |text: &str| Query::parse(text).unwrap_err().problem;
    assert_eq!(problem(&"x".repeat(MAX_QUERY + 1)), QueryProblem::TooLong);
    assert_eq!(problem(&"x ".repeat(MAX_TERMS + 1)), QueryProblem::TooManyTerms);
    assert_eq!(problem(&"(".repeat(MAX_DEPTH + 1)), QueryProblem::TooDeep);
    assert_eq!(problem(&"!".repeat(MAX_DEPTH + 1)), QueryProblem::TooDeep);
    assert!(Query::parse(&"x ".repeat(MAX_TERMS)).is_ok());
}

#[test]
fn what_may_be_written_next_is_offered() {
    let registry = registry();
    let offered = |text: &str| complete(text, &registry);
    assert_eq!(offered("tr").texts, ["trust<"]);
    assert_eq!(offered("not un").texts, ["under:", "until<", "unlimited", "unscored", "unverified"]);
    assert_eq!(offered("not un").at, 4..6);
    assert_eq!(offered("(state=s").texts, ["suspended"]);
    assert_eq!(offered("state=active,s"), Completion { at: 13..14, texts: vec!["suspended".into()] });
    assert_eq!(offered("cap:dep").texts, ["deploy:prod"]);
    assert_eq!(offered("cap:*").texts, ["\"*\"", "\"read:*\""]);
    assert_eq!(offered("org:ex").texts, ["\"Example Corp\""]);
    assert_eq!(offered("sponsor:example").texts, ["ana@example.org", "ops@example.org"]);
    assert_eq!(offered("under:ab1").texts, ["did:mesh:ab1200000000000000000000000000ff"]);
    assert_eq!(offered("deploy ").texts, Vec::<String>::new());
    assert_eq!(offered("nothing:x").texts, Vec::<String>::new());
}

#[test]
fn the_words_of_a_field_are_the_words_of_what_it_is_about() {
    use crate::registry::{Rule, State};
    use crate::trust::Tier;
    assert_eq!(field::STATES, State::ALL.map(State::as_str));
    assert_eq!(field::RULES, Rule::ALL.map(Rule::code));
    let mut tiers: Vec<&str> = Tier::ALL.into_iter().map(Tier::as_str).collect();
    tiers.push("unscored");
    assert_eq!(
        field::TIERS.iter().collect::<HashSet<_>>(),
        tiers.iter().collect::<HashSet<_>>(),
        "whatever their order"
    );
}

proptest! {
    #[test]
    fn any_text_has_an_answer_and_its_mistake_a_place_inside(text in ".{0,80}") {
        if let Err(error) = meant(&text) {
            prop_assert!(error.at.end <= text.len() && error.column <= text.chars().count());
        }
        complete(&text, &registry());
    }

    #[test]
    fn any_text_of_the_language_has_an_answer(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "(", ")", "not", "and", "or", "!", "trust<300", "state=active", "broken", "deploy", "cap:\"a b\"", ":",
                "=", "<", "name:", "\"", "under:ab12",
            ]),
            0..14,
        )
    ) {
        let text = words.join(" ");
        if let Err(error) = meant(&text) {
            prop_assert!(error.at.end <= text.len(), "{}", text);
        }
    }

    #[test]
    fn a_query_and_its_contrary_share_the_agents(
        text in prop::sample::select(vec![
            "trust<300", "deploy", "cap:read:data", "unscored or depth=0", "state=active broken", "org:corp",
        ])
    ) {
        let mut all = meant(text).unwrap();
        all.extend(meant(&format!("not ({text})")).unwrap());
        all.sort_unstable();
        prop_assert_eq!(all, vec![0, 1, 2, 3, 4]);
    }
}
