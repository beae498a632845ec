//! Cases and tags: what is done under a case, what it holds, and who undoes it.

use super::*;
use crate::change::{LockOn, OnCase, OnSponsor, Tagging};
use crate::registry::CaseId;
use crate::warden::{FactReceipt, WardenError, Word};

const ADA: Word<'_> = Word::of("ada", "because");
const BO: Word<'_> = Word::of("bo", "because");

fn did(id: &str) -> Did {
    Did::from_unique_id(id).unwrap()
}

fn open(house: &mut House, word: Word<'_>) -> CaseId {
    let receipt = house.warden.case(None, OnCase::Open { title: "odd calls".into() }, word).unwrap();
    CaseId::of(receipt.index)
}

fn under<'w>(word: Word<'w>, case: &'w str) -> Word<'w> {
    Word { case: Some(case), ..word }
}

fn order(
    house: &mut House,
    verb: Verb,
    id: &str,
    scope: Scope,
    word: Word<'_>,
) -> Result<Receipt, Rejection> {
    let frozen = house.freeze(verb, id, scope).map_err(WardenError::from)?;
    let rows = house.warden.registry().row_count();
    house.warden.commit(&frozen, rows, word)
}

fn refused(answer: Result<FactReceipt, WardenError>) -> &'static str {
    answer.unwrap_err().code()
}

fn minute(house: &House) -> Verb {
    Verb::Suspend { until: Some(house.warden.now().plus(Span::seconds(60))) }
}

/// What who opens the log anew sees, folded and from the cache.
fn sound(house: &mut House) {
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
    let size = house.warden.snapshot().head.size;
    let folded = house.warden.as_of(size).unwrap().registry;
    let all = |registry: &crate::registry::Registry| {
        registry.facts().cases.iter().cloned().collect::<Vec<crate::registry::Case>>()
    };
    assert_eq!(all(&folded), all(house.warden.registry()));
}

#[test]
fn a_case_is_opened_shared_handed_over_and_closed() {
    let mut house = House::new();
    let id = open(&mut house, ADA);
    assert_eq!(id.to_string(), "C-1");
    let mut step = |step, word| house.warden.case(Some(id), step, word);
    assert_eq!(refused(step(OnCase::Claim {}, ADA)), "nothing_to_do");
    step(OnCase::Note { text: "the vendor knows".into(), seen: None }, ADA).unwrap();
    step(OnCase::Join {}, BO).unwrap();
    assert_eq!(refused(step(OnCase::Join {}, BO)), "nothing_to_do");
    assert_eq!(refused(step(OnCase::Handover { to: "cy".into() }, BO)), "case_owner");
    step(OnCase::Handover { to: "bo".into() }, ADA).unwrap();
    step(OnCase::Claim {}, ADA).unwrap();
    assert_eq!(refused(step(OnCase::Note { text: " ".into(), seen: None }, ADA)), "change_text_blank");
    let close = || OnCase::Close { release: false };
    assert_eq!(refused(step(close(), Word { reason: " ", ..ADA })), "change_text_blank");
    step(close(), ADA).unwrap();
    assert_eq!(refused(step(OnCase::Join {}, BO)), "case_closed");
    let case = house.warden.registry().facts().cases.get(id).unwrap();
    assert_eq!((case.owner.as_str(), case.is_open(), case.entries.len()), ("ada", false, 6));
    assert_eq!(case.people.iter().collect::<Vec<_>>(), ["ada", "bo"]);
    sound(&mut house);
}

#[test]
fn a_change_names_an_open_case_or_none() {
    let mut house = House::new();
    let lock = || LockOn::Organization("x".into());
    for (name, code) in [("C-1", "case_unknown"), ("7", "case_unknown"), ("C-01", "case_unknown")] {
        assert_eq!(refused(house.warden.lock(lock(), under(ADA, name))), code, "{name}");
    }
    let id = open(&mut house, ADA).to_string();
    house.warden.work_under(Some(id.clone()));
    house.warden.lock(lock(), BO).unwrap();
    let line = house.warden.entries(2, 1).unwrap().pop().unwrap();
    assert_eq!(line.case, Some(id));
    let case = house.warden.registry().facts().cases.iter().next().unwrap();
    assert!(case.people.contains("bo"), "whoever acts under a case takes part");
    sound(&mut house);
}

#[test]
fn a_suspension_under_an_open_case_does_not_end_silently() {
    let mut house = House::new();
    let id = open(&mut house, ADA);
    let name = id.to_string();
    let verb = minute(&house);
    order(&mut house, verb, "02", Scope::Subtree, under(ADA, &name)).unwrap();
    let verb = minute(&house);
    order(&mut house, verb, "09", Scope::One, ADA).unwrap();
    assert_eq!(house.warden.registry().due(row(&house.warden, "02"), house.warden.now()), None);
    let soon = house.warden.now().plus(Span::seconds(3600));
    assert_eq!(house.warden.registry().ending(id, soon).len(), 2, "it warns before the time is up");
    house.later(Span::seconds(61));
    let states = house.states();
    assert_eq!([of(&states, "02"), of(&states, "04")], [State::Suspended; 2], "due, and held");
    assert_eq!(of(&states, "09"), State::Active, "without a case it ends by itself");
    let (now, two) = (house.warden.now(), row(&house.warden, "02"));
    assert_eq!(house.warden.registry().due(two, now), Some(id));
    assert_eq!(house.warden.registry().verdict_at(two, now).state, State::Suspended);
    let close = |release| OnCase::Close { release };
    assert_eq!(refused(house.warden.case(Some(id), close(false), ADA)), "case_holds");
    sound(&mut house);
    order(&mut house, SUSPEND, "04", Scope::One, under(ADA, &name)).unwrap();
    house.warden.case(Some(id), close(true), ADA).unwrap();
    let states = house.states();
    assert_eq!([of(&states, "02"), of(&states, "04")], [State::Active, State::Suspended]);
    sound(&mut house);
}

#[test]
fn a_due_suspension_is_lifted_and_outlives_records_that_come_again() {
    let mut house = House::new();
    let name = open(&mut house, ADA).to_string();
    let verb = minute(&house);
    order(&mut house, verb, "02", Scope::One, under(ADA, &name)).unwrap();
    house.later(Span::seconds(61));
    let options = ImportOptions { replaces: true, ..ImportOptions::default() };
    import(&mut house.warden, &family(), &options).unwrap();
    assert_eq!(of(&house.states(), "02"), State::Suspended);
    order(&mut house, WAKE, "02", Scope::One, ADA).unwrap();
    assert_eq!(of(&house.states(), "02"), State::Active);
    sound(&mut house);
}

#[test]
fn undoing_what_another_did_under_an_open_case_names_that_case() {
    let mut house = House::new();
    let name = open(&mut house, ADA).to_string();
    let other = open(&mut house, BO).to_string();
    order(&mut house, SUSPEND, "02", Scope::Subtree, under(ADA, &name)).unwrap();
    let lock = || LockOn::Subtree("did:mesh:09".into());
    house.warden.lock(lock(), under(ADA, &name)).unwrap();
    for word in [BO, under(BO, &other)] {
        assert_eq!(
            order(&mut house, WAKE, "02", Scope::Subtree, word).unwrap_err().code(),
            "case_of_another"
        );
        assert_eq!(refused(house.warden.unlock(lock(), word)), "case_of_another");
        let adopted = house.warden.adopt(&did("04"), &did("01"), None, word);
        assert_eq!(refused(adopted), "case_of_another", "moving it out undoes it as well");
    }
    house.warden.unlock(lock(), under(BO, &name)).unwrap();
    order(&mut house, WAKE, "02", Scope::Subtree, ADA).unwrap();
    order(&mut house, SUSPEND, "02", Scope::One, under(ADA, &name)).unwrap();
    let id = CaseId::parse(&name).unwrap();
    house.warden.case(Some(id), OnCase::Close { release: false }, ADA).unwrap();
    order(&mut house, WAKE, "02", Scope::One, BO).unwrap();
    sound(&mut house);
}

#[test]
fn a_lock_on_a_tag_holds_whoever_has_it_and_whoever_gets_it() {
    let mut house = House::new();
    let tag = |add: &[&str], remove: &[&str]| {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Tagging { add: texts(add), remove: texts(remove) }
    };
    house.warden.tag(&did("02"), tag(&["pci", "eu"], &[]), ADA).unwrap();
    house.warden.lock(LockOn::Tag("pci".into()), ADA).unwrap();
    let states = house.states();
    assert_eq!([of(&states, "02"), of(&states, "04")], [State::Suspended, State::CutOff]);
    house.warden.tag(&did("09"), tag(&["pci"], &[]), ADA).unwrap();
    assert_eq!(of(&house.states(), "09"), State::Suspended);
    assert_eq!(refused(house.warden.tag(&did("02"), tag(&[], &["pci"]), ADA)), "tag_locked");
    house.warden.tag(&did("02"), tag(&[], &["eu"]), ADA).unwrap();
    assert_eq!(refused(house.warden.tag(&did("02"), tag(&[], &["eu"]), ADA)), "nothing_to_do");
    house.warden.unlock(LockOn::Tag("pci".into()), ADA).unwrap();
    assert!(house.states().iter().all(|(_, state)| *state == State::Active));
    let options = ImportOptions { replaces: true, ..ImportOptions::default() };
    import(&mut house.warden, &family(), &options).unwrap();
    let two = row(&house.warden, "02");
    assert_eq!(house.warden.registry().tags(two).collect::<Vec<_>>(), ["pci"], "whatever file it comes from");
    sound(&mut house);
}

#[test]
fn tags_are_bounded_and_visible() {
    let mut house = House::new();
    let mut add =
        |tags: Vec<String>| house.warden.tag(&did("02"), Tagging { add: tags, remove: vec![] }, ADA);
    for bad in ["", "a b", "a\u{202e}", "\u{200b}", &"x".repeat(65)] {
        assert_eq!(refused(add(vec![bad.to_owned()])), "change_member_unreadable", "{bad:?}");
    }
    assert_eq!(refused(add(vec!["a".into(), "a".into()])), "change_member_unreadable");
    add((0..32).map(|number| format!("t{number}")).collect()).unwrap();
    assert_eq!(refused(add(vec!["one-more".into()])), "too_many_tags");
}

#[test]
fn the_agents_of_a_sponsor_become_anothers_and_stay_so() {
    let mut house = House::new();
    let sponsor = |warden: &Warden, id: &str| warden.registry().agent(row(warden, id)).sponsor().to_owned();
    let transfer = |ids: &[&str], to: &str| OnSponsor::Transfer {
        agents: ids.iter().map(|id| did(id).to_string()).collect(),
        to: to.into(),
    };
    let email = "b@example.com";
    house.warden.sponsor(OnSponsor::Verify { email: email.into() }, ADA).unwrap();
    assert_eq!(
        refused(house.warden.sponsor(OnSponsor::Verify { email: email.into() }, ADA)),
        "nothing_to_do"
    );
    house.warden.sponsor(transfer(&["02", "04"], email), ADA).unwrap();
    assert_eq!(refused(house.warden.sponsor(transfer(&["02"], email), ADA)), "nothing_to_do");
    assert_eq!(refused(house.warden.sponsor(transfer(&["77"], email), ADA)), "unknown_agent");
    assert_eq!(refused(house.warden.sponsor(transfer(&["02"], "nobody"), ADA)), "change_member_unreadable");
    assert_eq!([sponsor(&house.warden, "02"), sponsor(&house.warden, "01")], [email, "a@example.com"]);
    let registry = house.warden.registry();
    assert_eq!(registry.of_sponsor(email).count(), 2);
    assert!(registry.agent(row(&house.warden, "02")).sponsor_verified());
    house.warden.lock(LockOn::Sponsor(email.into()), ADA).unwrap();
    assert_eq!(refused(house.warden.sponsor(transfer(&["02"], "c@example.com"), ADA)), "sponsor_locked");
    assert_eq!(of(&house.states(), "02"), State::Suspended);
    house.warden.unlock(LockOn::Sponsor(email.into()), ADA).unwrap();
    let until = Some(crate::change::Until(house.warden.now().plus(Span::seconds(60))));
    let deputy = OnSponsor::Deputy { email: email.into(), deputy: Some("d@example.com".into()), until };
    house.warden.sponsor(deputy, ADA).unwrap();
    let called = |house: &House| {
        let sponsors = &house.warden.registry().facts().sponsors;
        sponsors.deputy(email, house.warden.now()).map(|deputy| deputy.email.clone())
    };
    assert_eq!(called(&house).as_deref(), Some("d@example.com"));
    house.later(Span::seconds(60));
    assert_eq!(called(&house), None);
    let options = ImportOptions { replaces: true, ..ImportOptions::default() };
    import(&mut house.warden, &family(), &options).unwrap();
    assert_eq!(sponsor(&house.warden, "04"), email, "whatever the file says");
    sound(&mut house);
}
