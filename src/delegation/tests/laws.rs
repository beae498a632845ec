//! What holds for every chain.

use super::*;
use proptest::prelude::*;

/// Capabilities that often cover one another.
fn capability() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{1,2}(:[ab]{1,2}){0,2}", "[ab]{1,2}(:[ab]{1,2}){0,1}:\\*"]
}

fn scope() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(capability(), 1..5)
}

fn words(scope: &[String]) -> Vec<&str> {
    scope.iter().map(String::as_str).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn attenuation_never_widens(scopes in prop::collection::vec(scope(), 2..6), asked in capability()) {
        let mut chain = issue(0, &grant(1, &words(&scopes[0]))).unwrap();
        for scope in &scopes[1..] {
            let agent = u8::try_from(chain.tokens().len()).unwrap();
            let before = chain.leaf().unwrap().claims().scope.clone();
            // What is refused leaves the chain as it was; what is granted allows nothing that was not allowed.
            if let Ok(longer) = attenuate(&chain, agent, &grant(agent + 1, &words(scope))) {
                chain = longer;
                let after = &chain.leaf().unwrap().claims().scope;
                prop_assert!(!after.allows(&asked) || before.allows(&asked), "{after:?} {before:?} {asked}");
            }
        }
        prop_assert!(verify(&chain, at(0)).is_ok(), "whatever can be issued verifies");
    }

    #[test]
    fn narrowing_is_a_partial_order(a in scope(), b in scope(), c in scope()) {
        let [a, b, c] = [&a, &b, &c].map(|scope| Scope::of(words(scope)).unwrap());
        let within = |small: &Scope, large: &Scope| small.first_beyond(large).is_none();
        prop_assert!(within(&a, &a));
        if within(&a, &b) && within(&b, &c) {
            prop_assert!(within(&a, &c));
        }
        if within(&a, &b) && within(&b, &a) {
            let one = |asked: &str| a.allows(asked) == b.allows(asked);
            prop_assert!(a.iter().chain(b.iter()).chain(c.iter()).all(one), "the same authority");
        }
    }

    #[test]
    fn a_long_scope_is_compared_as_a_short_one_is(held in prop::collection::vec(capability(), 1..40), asked in scope()) {
        let (held, asked) = (Scope::of(words(&held)).unwrap(), Scope::of(words(&asked)).unwrap());
        let slow = asked.iter().find(|asked| !held.iter().any(|held| crate::capability::allows(held, asked)));
        prop_assert_eq!(asked.first_beyond(&held), slow);
    }

    #[test]
    fn any_mutated_byte_of_a_chain_denies(place in any::<prop::sample::Index>(), byte in 0x20u8..0x7f) {
        let text = line(3, &["read:data"]).to_header();
        let mut bytes = text.clone().into_bytes();
        let at_byte = place.index(bytes.len());
        prop_assume!(bytes[at_byte] != byte);
        bytes[at_byte] = byte;
        let other = Chain::from_header(std::str::from_utf8(&bytes).unwrap());
        prop_assert!(other.and_then(|chain| verify(&chain, at(0))).is_err(), "byte {}", at_byte);
    }

    #[test]
    fn any_dropped_or_repeated_part_of_a_chain_denies(drop in 0usize..3, twice in 0usize..3) {
        let chain = line(4, &["read:data"]);
        let texts: Vec<&str> = chain.tokens().iter().map(Token::as_str).collect();
        let mut fewer = texts.clone();
        fewer.remove(drop);
        prop_assert!(verify(&Chain::parse(&fewer).unwrap(), at(0)).is_err());
        let mut more = texts;
        more.insert(twice, more[twice]);
        prop_assert!(verify(&Chain::parse(&more).unwrap(), at(0)).is_err());
    }

    #[test]
    fn what_a_token_says_reads_back(scope in scope(), depth in 1u32..10, ceiling in prop::option::of(0u16..=1000), life in 1i64..86_400, id: [u8; 16]) {
        let words = words(&scope);
        let grant = Grant { max_depth: depth, ceiling, expires: at(life), id, ..grant(1, &words) };
        let chain = issue(0, &grant).unwrap();
        let claims = chain.leaf().unwrap().claims();
        prop_assert_eq!(&Claims::from_json(&claims.to_json()).unwrap(), claims);
        prop_assert_eq!(claims.scope.as_str(), words.join(" "));
        prop_assert_eq!((claims.max_depth, claims.ceiling, claims.expires), (depth, ceiling, at(life)));
        prop_assert_eq!(claims.key, key(1).thumbprint());
    }

    #[test]
    fn time_only_removes_authority(starts in prop::collection::vec(0i64..50, 1..4), lives in prop::collection::vec(1i64..50, 4), first in -10i64..120, later in 0i64..120) {
        let mut chain: Option<Chain> = None;
        for (agent, (start, life)) in (0u8..).zip(starts.iter().zip(&lives)) {
            let grant = Grant { not_before: at(*start), expires: at(start + life), ..grant(agent + 1, &["read:data"]) };
            let longer = match &chain {
                None => issue(agent, &grant),
                Some(chain) => attenuate(chain, agent, &grant),
            };
            let Ok(longer) = longer else { break };
            chain = Some(longer);
        }
        let chain = chain.unwrap();
        // Nothing comes with time but the start: what has ended, or counted and then not, stays denied.
        let state = |now| verify(&chain, at(now)).map(|_| ()).map_err(|denial| denial.code);
        match (state(first), state(first + later)) {
            (Err("token_expired"), after) => prop_assert_eq!(after, Err("token_expired")),
            (Ok(()), after) => prop_assert!(after.is_ok() || after == Err("token_expired")),
            (before, _) => prop_assert_eq!(before, Err("token_not_yet_valid")),
        }
    }

    #[test]
    fn no_text_panics_or_verifies(text in "[ -~]{0,200}") {
        prop_assert!(Chain::from_header(&text).is_err());
        prop_assert!(Proof::parse(&text).is_err());
        prop_assert!(Claims::from_json(text.as_bytes()).is_err());
    }
}
