//! What was decided is found again: by who, what and when, from each side of a call, and under another policy.

use super::*;
use crate::policy::Policy;
use crate::store::Way;

#[test]
fn decisions_are_found_by_who_what_where_when_and_how() {
    let mut mesh = Mesh::new();
    mesh.call(1, "read:data", "big ledger");
    mesh.house.later(Span::seconds(60));
    mesh.call(4, "read:data", &format!("{}/inbox", did(2)));
    mesh.call(2, "pay:invoice", "inv/7");
    mesh.house.later(Span::seconds(60));
    mesh.call(2, "write:data", "inv/7");
    let digits = |number| did(number).unique_id().chars().take(8).collect::<String>();
    for (words, expected) in [
        (String::new(), vec![3, 2, 1, 0]),
        (format!("agent:{}", digits(1)), vec![1, 0]),
        (format!("agent:{}", did(2)), vec![3, 2, 1]),
        ("action:read:*".into(), vec![1, 0]),
        ("action:read".into(), vec![]),
        ("resource:\"big ledger\"".into(), vec![0]),
        ("resource:inv/* result:deny".into(), vec![3]),
        ("result:allow between:70s..".into(), vec![2, 1]),
        ("between:..119s".into(), vec![0]),
        ("result:action_not_*".into(), vec![3]),
    ] {
        assert_eq!(mesh.found(&words), expected, "{words}");
    }
    let search = Search::default();
    let two = mesh.house.warden.verdicts(&search, 2).unwrap();
    assert_eq!(two.iter().map(|decision| decision.index).collect::<Vec<_>>(), [3, 2], "the newest");
}

#[test]
fn what_a_compromise_could_have_touched_is_told_from_all_three_sides() {
    let mut mesh = Mesh::new();
    let inbox = format!("{}/inbox", did(2));
    for _ in 0..2 {
        mesh.call(4, "read:data", &inbox);
    }
    mesh.house.later(Span::seconds(60));
    mesh.call(4, "pay:invoice", "");
    mesh.call(1, "pay:invoice", "inv/7");
    let calls = |mesh: &mut Mesh, of: u8, since| {
        let found = mesh.house.warden.calls(&did(of), since).unwrap();
        let told = found.calls.into_iter().map(|call| {
            let other = (1..=4).find(|number| call.other == Some(did(*number).to_string()));
            (call.way, other, call.action, call.allowed, call.count)
        });
        told.collect::<Vec<_>>()
    };
    let (read, pay) = ("read:data".to_owned(), "pay:invoice".to_owned());
    let made = |other, action: &String, allowed, count| (Way::Made, other, action.clone(), allowed, count);
    assert_eq!(calls(&mut mesh, 4, None), [made(None, &pay, false, 1), made(Some(2), &read, true, 2)]);
    assert_eq!(calls(&mut mesh, 2, None), [(Way::Received, Some(4), read.clone(), true, 2)]);
    let through = |action: &String, allowed, count| (Way::Through, Some(4), action.clone(), allowed, count);
    let whole = [made(None, &pay, true, 1), through(&pay, false, 1), through(&read, true, 2)];
    assert_eq!(calls(&mut mesh, 1, None), whole);
    let lately = Some(mesh.house.warden.now());
    assert_eq!(calls(&mut mesh, 1, lately), whole[..2]);
    assert_eq!(calls(&mut mesh, 3, None), []);
}

#[test]
fn a_request_id_and_a_token_that_only_was_shown_name_their_agents() {
    let mut mesh = Mesh::new();
    let mut asked = mesh.ask(4, "read:data", "");
    asked.id = Some("req-81".into());
    mesh.decide(&asked);
    let jti = mesh.chain.tokens()[0].claims().id.clone();
    let line = format!(r#"{{"time":"2026-03-01T12:00:01Z","request_id":"req-81","jti":"{jti}"}}"#);
    let found = mesh.house.warden.recognize(&line).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0].did, found[0].by.as_str(), found[0].text.as_str()),
        (&did(4), "request_id", "req-81")
    );
    let by_token = mesh.house.warden.recognize(&format!("jti={jti}")).unwrap();
    assert_eq!((&by_token[0].did, by_token[0].by.as_str()), (&did(4), "jti"));
    assert_eq!(mesh.house.warden.recognize("req-82").unwrap(), []);
    let around = |mesh: &mut Mesh, seconds| {
        let moment = Some(start().plus(Span::seconds(seconds)));
        mesh.house.warden.verdicts_of(&did(4), moment).unwrap().len()
    };
    assert_eq!([around(&mut mesh, 300), around(&mut mesh, 301)], [1, 0]);
}

#[test]
fn a_dry_run_says_what_a_policy_would_have_answered_on_the_registry_of_that_time() {
    let mut mesh = Mesh::new();
    mesh.call(1, "read:data", "a");
    mesh.call(2, "pay:invoice", "b");
    mesh.call(2, "write:data", "c");
    let id = did(1).unique_id().to_owned();
    // What happened since is no difference between the policies.
    mesh.house.order(SUSPEND, &id, Scope::One, "since").unwrap();
    let strict = Policy::from_toml(
        "[[classes]]\nname = \"pay\"\ncapabilities = [\"pay:*\"]\ngate = \"verified_partner\"\n",
    )
    .unwrap();
    let run = mesh.house.warden.dry_run(&strict, 1000).unwrap();
    assert_eq!((run.judged, run.drifted, run.left_out), (3, 0, 0));
    let [shift] = run.shifts.as_slice() else { panic!("{run:?}") };
    assert_eq!((&shift.from, shift.to.as_deref(), shift.count), (&None, Some("tier_too_low"), 1));
    assert_eq!((shift.examples[0].index, shift.examples[0].resource.as_str()), (1, "b"));
    assert_eq!(mesh.house.warden.dry_run(&strict, 1).unwrap().judged, 1, "the newest only");
    let present = mesh.house.warden.policy().as_ref().clone();
    assert_eq!(mesh.house.warden.dry_run(&present, 1000).unwrap().shifts, []);
}
