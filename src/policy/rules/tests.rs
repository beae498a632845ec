//! What rules say, and what they cannot be made to say.

use super::*;

const AGENT: &str = "did:mesh:000102030405060708090a0b0c0d0e0f";

fn rules(text: &str) -> Result<Rules, RulesError> {
    Rules::parse(text, &["payments", "default"])
}

fn judge(text: &str, change: impl FnOnce(&mut HopFacts<'_>)) -> RuleAnswer {
    let did = Did::parse(AGENT).unwrap();
    let mut hop = HopFacts {
        principal: &did,
        class: "payments",
        action: "pay:invoice",
        resource: "invoice-7",
        hop: 2,
        depth: 2,
        tier: Tier::Trusted,
        score: 750,
        sponsor: "amara@example.org",
        scopes: &["pay:invoice", "read:ledger"],
        age: Span::seconds(90),
    };
    change(&mut hop);
    rules(text).unwrap().judge(&hop)
}

const OPEN: &str = "permit(principal, action, resource);";

#[test]
fn without_a_text_what_the_other_checks_passed_is_permitted() {
    let did = Did::parse(AGENT).unwrap();
    let hop = HopFacts {
        principal: &did,
        class: "no such class",
        action: "",
        resource: "",
        hop: 0,
        depth: 0,
        tier: Tier::Untrusted,
        score: 0,
        sponsor: "",
        scopes: &[],
        age: Span::seconds(0),
    };
    assert_eq!(Rules::built_in().judge(&hop), RuleAnswer::Permit);
    assert_eq!(
        rules(OPEN).unwrap().judge(&hop),
        RuleAnswer::Failed { rules: vec![] },
        "a class that nobody declared"
    );
}

#[test]
fn a_text_that_permits_nothing_denies_everything() {
    assert_eq!(judge("", |_| ()), RuleAnswer::Deny { rules: vec![] });
    assert_eq!(judge("// nothing yet", |_| ()), RuleAnswer::Deny { rules: vec![] });
}

#[test]
fn a_forbid_overrides_every_permit_and_is_named() {
    let text = format!(
        "{OPEN} permit(principal == Agent::{AGENT:?}, action == Action::\"payments\", resource);
         @id(\"old tokens\") forbid(principal, action, resource) when {{ context.age > 60 }};
         forbid(principal, action, resource) when {{ context.sponsor like \"*@example.org\" }};"
    );
    let rules = vec!["old tokens".to_owned(), "rule 4".to_owned()];
    assert_eq!(judge(&text, |_| ()), RuleAnswer::Deny { rules });
    assert_eq!(
        judge(&text, |hop| (hop.age, hop.sponsor) = (Span::seconds(60), "x@example.com")),
        RuleAnswer::Permit
    );
}

#[test]
fn a_rule_sees_every_fact_of_the_hop() {
    for condition in [
        "context.action == \"pay:invoice\"",
        "context.age == 90",
        "context.depth == 2",
        "context.hop == 2",
        "context.scopes.contains(\"read:ledger\")",
        "context.score >= 750",
        "context.tier == Tier::\"trusted\"",
        "context.sponsor == \"amara@example.org\"",
        "context[\"depth\"] == 2",
        "context has depth && context.hop == 2",
        "if context has sponsor then context.score > 1 else false",
        "context == context",
        "[context].contains(context) && context.age > 1",
        "resource == Resource::\"invoice-7\"",
        "principal == Agent::\"did:mesh:000102030405060708090a0b0c0d0e0f\"",
        "action == Action::\"payments\"",
    ] {
        let text = |how: &str| format!("permit(principal, action, resource) {how} {{ {condition} }};");
        assert_eq!(judge(&text("when"), |_| ()), RuleAnswer::Permit, "{condition}");
        assert_eq!(judge(&text("unless"), |_| ()), RuleAnswer::Deny { rules: vec![] }, "{condition}");
    }
}

#[test]
fn a_rule_that_fails_denies_even_where_another_permits() {
    let text = format!(
        "{OPEN} @id(\"sum\") permit(principal, action, resource) when {{ context.age * 9223372036854775807 > 0 }};"
    );
    assert_eq!(judge(&text, |_| ()), RuleAnswer::Failed { rules: vec!["sum".to_owned()] });
    assert_eq!(judge(&text, |hop| hop.age = Span::seconds(1)), RuleAnswer::Permit);
}

#[test]
fn mistakes_are_found_when_the_rules_are_read_with_their_place() {
    for (text, line, column) in [
        ("permit(principal, action, resource)\n  when { context.scor > 1 };", 2, 10),
        ("permit(principal, action == Action::\"paymnts\", resource);", 1, 29),
        ("permit(principal, action, resource) when { context.tier == Tier::\"trustd\" };", 1, 60),
        ("permit(principal, action, resource) when { context.score > \"7\" };", 1, 60),
        ("permit(principal, action, resource) when { principal.name == \"x\" };", 1, 44),
    ] {
        match rules(text) {
            Err(RulesError::Schema { line: l, column: c, .. }) => {
                assert_eq!((l, c), (line, column), "{text}")
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(matches!(rules("permit(principal, action);"), Err(RulesError::Syntax { line: 1, .. })));
    assert!(matches!(rules("\npermit principal;"), Err(RulesError::Syntax { line: 2, column: 8, .. })));
    let template = "permit(principal == ?principal, action, resource);";
    assert!(matches!(rules(template), Err(RulesError::Template(_))));
    let twice = format!("@id(\"a\") {OPEN} @id(\"a\") {OPEN}");
    assert_eq!(rules(&twice).unwrap_err(), RulesError::Twice("a".to_owned()));
}

#[test]
fn what_nests_deep_or_goes_on_and_on_is_refused_before_it_is_parsed() {
    let rule = |condition: String| format!("permit(principal, action, resource) when {{ {condition} }};");
    let many = |part: &str, count: usize| part.repeat(count);
    for text in [
        rule(many("(", 20_000) + "true" + &many(")", 20_000)),
        rule(many("true||", 9_000) + "true"),
        rule(many("!", 60_000) + "true"),
        rule(many("-", 60_000) + "1 == 1"),
        rule("context".to_owned() + &many(".a", 30_000) + " == 1"),
        rule(many("[", 20_000)),
        rule("[".to_owned() + &many("1,", 30_000) + "1].contains(1)"),
    ] {
        assert!(
            matches!(rules(&text), Err(RulesError::TooDeep { .. })),
            "{}",
            text.chars().take(80).collect::<String>()
        );
    }
    assert_eq!(rules(&many(OPEN, MAX_RULES + 1)), Err(RulesError::TooMany));
    assert_eq!(rules(&many(" ", MAX_RULES_TEXT + 1)), Err(RulesError::TooLong));
    // Words nest as well; the parser has a guard of its own for these.
    let ifs = rule(many("if true then ", 4_000) + "true" + &many(" else true", 4_000));
    assert!(rules(&ifs).is_err());
    let not_so_deep = rule(many("if true then ", 30) + "true" + &many(" else true", 30));
    assert!(rules(&not_so_deep).is_ok());
}

#[test]
fn rules_are_equal_when_their_texts_are() {
    assert_eq!(rules(OPEN), rules(OPEN));
    assert_ne!(rules(OPEN).unwrap(), Rules::built_in());
    assert_eq!(
        format!("{:?} {:?}", rules(OPEN).unwrap(), Rules::built_in()),
        "Rules(36 bytes) Rules(built in)"
    );
}
