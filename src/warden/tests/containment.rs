//! How containment works: each rule of the design by name.

use super::*;
use crate::change::PlanError;
use crate::identity::LifecycleError;

#[test]
fn a_subtree_falls_as_one_entry_and_its_root_is_sealed() {
    let mut house = House::new();
    let receipt = house.order(Verb::Revoke, "02", Scope::Subtree, "stolen").unwrap();
    assert_eq!((receipt.index, receipt.count), (1, 2));
    let states = house.states();
    assert_eq!([of(&states, "02"), of(&states, "04")], [State::Revoked; 2]);
    assert_eq!([of(&states, "01"), of(&states, "03"), of(&states, "09")], [State::Active; 3]);
    let registry = house.warden.registry();
    assert_eq!(registry.agent(row(&house.warden, "02")).sealed_at(), Some(1));
    assert_eq!(registry.agent(row(&house.warden, "04")).sealed_at(), None);
    assert_eq!(registry.agent(row(&house.warden, "04")).reason(), Some("Parent revoked: stolen"));
    assert_eq!(house.warden.entries(0, 10).unwrap().len(), 2);
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn one_agent_alone_falls_and_its_children_are_merely_cut_off() {
    let mut house = House::new();
    house.order(SUSPEND, "02", Scope::One, "odd").unwrap();
    let states = house.states();
    assert_eq!((of(&states, "02"), of(&states, "04")), (State::Suspended, State::CutOff));
    house.order(WAKE, "02", Scope::One, "").unwrap();
    assert!(house.states().iter().all(|(_, state)| *state == State::Active));
}

#[test]
fn waking_a_cascade_wakes_only_whom_the_same_change_put_to_sleep() {
    let mut house = House::new();
    house.order(SUSPEND, "04", Scope::One, "by itself").unwrap();
    house.order(SUSPEND, "01", Scope::Subtree, "all of it").unwrap();
    house.order(WAKE, "01", Scope::Subtree, "").unwrap();
    let states = house.states();
    assert_eq!(of(&states, "04"), State::Suspended);
    assert_eq!([of(&states, "01"), of(&states, "02"), of(&states, "03")], [State::Active; 3]);
    let root = row(&house.warden, "01");
    assert_eq!(house.warden.registry().agent(root).sealed_at(), None, "waking lifts the seal");
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn a_security_suspension_is_lifted_only_with_the_override() {
    let mut house = House::new();
    house.order(SUSPEND, "03", Scope::One, "Security: key seen elsewhere").unwrap();
    let refused = house.freeze(WAKE, "03", Scope::One).unwrap_err();
    assert!(matches!(refused, PlanError::Lifecycle { why: LifecycleError::OverrideRequired, .. }));
    let wake = Verb::Reactivate { override_security: true };
    house.order(wake, "03", Scope::One, "").unwrap();
    assert_eq!(of(&house.states(), "03"), State::Active);
}

#[test]
fn a_revoked_agent_never_comes_back_and_a_suspension_never_shortens_it() {
    let mut house = House::new();
    house.order(Verb::Revoke, "03", Scope::One, "gone").unwrap();
    let until = Some(house.warden.now().plus(Span::seconds(60)));
    for verb in [SUSPEND, Verb::Suspend { until }, WAKE, Verb::Reactivate { override_security: true }] {
        assert!(house.freeze(verb, "03", Scope::One).is_err(), "{verb:?}");
    }
    house.order(Verb::Suspend { until }, "01", Scope::Subtree, "for a minute").unwrap();
    house.later(Span::seconds(120));
    let states = house.states();
    assert_eq!(of(&states, "03"), State::Revoked);
    assert_eq!([of(&states, "01"), of(&states, "02"), of(&states, "04")], [State::Active; 3]);
}

#[test]
fn a_suspension_with_a_term_ends_at_that_instant_and_not_before() {
    let mut house = House::new();
    let until = house.warden.now().plus(Span::seconds(60));
    house.order(Verb::Suspend { until: Some(until) }, "09", Scope::One, "a minute").unwrap();
    house.later(Span::seconds(59));
    assert_eq!(of(&house.states(), "09"), State::Suspended);
    let judgement = Judgement::of(house.warden.registry(), house.warden.now());
    assert_eq!(judgement.next_change(), Some(until));
    house.later(Span::seconds(1));
    assert_eq!(of(&house.states(), "09"), State::Active);
    house.order(SUSPEND, "09", Scope::One, "again").unwrap();
    assert_eq!(of(&house.states(), "09"), State::Suspended);
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn what_changed_since_the_dialog_is_named_and_nothing_is_done() {
    let mut house = House::new();
    let shown = house.freeze(Verb::Revoke, "01", Scope::Subtree).unwrap();
    house.order(SUSPEND, "04", Scope::One, "somebody else").unwrap();
    let rows = house.warden.registry().row_count();
    let refused = house.warden.commit(&shown, rows, crate::warden::Word::of("tester", "all")).unwrap_err();
    let Rejection::Stale(differences) = refused else { panic!("{refused}") };
    let agent = row(&house.warden, "04");
    assert_eq!(differences.len(), 1);
    assert_eq!((differences[0].row, differences[0].shown, differences[0].now), (agent, Some(0), Some(1)));
    assert_eq!(of(&house.states(), "01"), State::Active);
    assert_eq!(house.warden.entries(0, 10).unwrap().len(), 2);
}

#[test]
fn descendants_that_appeared_since_the_dialog_fall_and_are_named() {
    let mut house = House::new();
    let shown = house.freeze(Verb::Revoke, "02", Scope::Subtree).unwrap();
    let rows_shown = house.warden.registry().row_count();
    let more =
        [record("05", Some("02"), 2), record("06", Some("05"), 3), record("07", Some("03"), 2)].concat();
    import(&mut house.warden, &more, &ImportOptions::default()).unwrap();
    let receipt =
        house.warden.commit(&shown, rows_shown, crate::warden::Word::of("tester", "spawning")).unwrap();
    let names: Vec<String> = receipt.newcomers.iter().map(Did::unique_id).collect();
    assert_eq!(names, ["05", "06"]);
    let states = house.states();
    assert_eq!([of(&states, "05"), of(&states, "06")], [State::Revoked; 2]);
    assert_eq!(of(&states, "07"), State::Active);
}

#[test]
fn waking_never_touches_an_agent_that_the_dialog_did_not_show() {
    let mut house = House::new();
    house.order(SUSPEND, "01", Scope::Subtree, "all").unwrap();
    let shown = house.freeze(WAKE, "01", Scope::Subtree).unwrap();
    house.order(Verb::Revoke, "04", Scope::One, "meanwhile").unwrap();
    let rows = house.warden.registry().row_count();
    assert!(matches!(
        house.warden.commit(&shown, rows, crate::warden::Word::of("tester", "")),
        Err(Rejection::Stale(_))
    ));
    assert_eq!(of(&house.states(), "01"), State::Suspended);
}

#[test]
fn everybody_on_a_cycle_falls_once() {
    let mut house = House::new();
    let cycle =
        [record("0a", Some("0b"), 1), record("0b", Some("0a"), 2), record("0c", Some("0b"), 3)].concat();
    import(&mut house.warden, &cycle, &ImportOptions::default()).unwrap();
    let receipt = house.order(Verb::Revoke, "0b", Scope::Subtree, "loop").unwrap();
    assert_eq!(receipt.count, 3);
    let states = house.states();
    assert_eq!([of(&states, "0a"), of(&states, "0b"), of(&states, "0c")], [State::Revoked; 3]);
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn a_containment_wants_a_reason() {
    let mut house = House::new();
    assert!(house.order(SUSPEND, "09", Scope::One, "  ").is_err());
    assert_eq!(of(&house.states(), "09"), State::Active);
}

#[test]
fn no_entry_is_older_than_the_one_before_it() {
    let mut house = House::new();
    house.order(SUSPEND, "09", Scope::One, "now").unwrap();
    house.later(Span::seconds(-3600));
    assert_eq!(house.warden.now(), start(), "the last entry holds the time");
    let receipt = house.order(WAKE, "09", Scope::One, "").unwrap();
    assert_eq!(receipt.time, start());
}

#[test]
fn a_longer_suspension_takes_the_place_of_a_shorter_one_and_never_the_other_way() {
    let mut house = House::new();
    let after = |house: &House, seconds| Some(house.warden.now().plus(Span::seconds(seconds)));
    let short = Verb::Suspend { until: after(&house, 60) };
    house.order(short, "02", Scope::One, "somebody else's minute").unwrap();
    let shorter = Verb::Suspend { until: after(&house, 30) };
    assert!(house.freeze(shorter, "02", Scope::One).is_err());
    let receipt = house.order(SUSPEND, "01", Scope::Subtree, "all of it").unwrap();
    assert_eq!(receipt.count, 4);
    house.later(Span::seconds(120));
    assert_eq!(of(&house.states(), "02"), State::Suspended, "nobody waits out another's term");
    assert!(house.freeze(Verb::Suspend { until: after(&house, 999) }, "02", Scope::One).is_err());
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn a_harmless_reason_does_not_wash_away_a_security_suspension() {
    let mut house = House::new();
    let until = Some(house.warden.now().plus(Span::seconds(60)));
    house.order(Verb::Suspend { until }, "03", Scope::One, "security: key seen").unwrap();
    house.order(SUSPEND, "03", Scope::One, "maintenance").unwrap();
    assert!(matches!(
        house.freeze(WAKE, "03", Scope::One).unwrap_err(),
        PlanError::Lifecycle { why: LifecycleError::OverrideRequired, .. }
    ));
}

#[test]
fn a_subtree_that_is_stopped_already_can_still_be_sealed() {
    let mut house = House::new();
    for id in ["02", "04"] {
        house.order(Verb::Revoke, id, Scope::One, "one by one").unwrap();
    }
    let receipt = house.order(Verb::Revoke, "02", Scope::Subtree, "and closed").unwrap();
    assert_eq!(receipt.count, 1);
    assert!(house.warden.registry().agent(row(&house.warden, "02")).sealed_at().is_some());
    assert!(house.freeze(Verb::Revoke, "02", Scope::Subtree).is_err());
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn nothing_registers_below_a_sealed_agent() {
    let mut house = House::new();
    house.order(SUSPEND, "01", Scope::Subtree, "all").unwrap();
    let below = record("20", Some("04"), 3);
    let refused = import(&mut house.warden, &below, &ImportOptions::default()).unwrap_err();
    assert_eq!(refused.code(), "below_sealed", "{refused}");
    let forward = [record("22", Some("21"), 4), record("21", Some("04"), 3)].concat();
    assert!(import(&mut house.warden, &forward, &ImportOptions::default()).is_err());
    let options = ImportOptions { replaces: true, ..ImportOptions::default() };
    assert!(import(&mut house.warden, &(family() + &below), &options).is_err());
    assert_eq!(house.warden.registry().len(), 5);
    house.order(WAKE, "01", Scope::Subtree, "").unwrap();
    import(&mut house.warden, &below, &ImportOptions::default()).unwrap();
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn a_dialog_of_another_generation_confirms_nothing() {
    let mut house = House::new();
    let shown = house.freeze(SUSPEND, "02", Scope::One).unwrap();
    let rows = house.warden.registry().row_count();
    let options = ImportOptions { replaces: true, ..ImportOptions::default() };
    let wider = family().replace("read:a", "*");
    import(&mut house.warden, &wider, &options).unwrap();
    assert!(matches!(
        house.warden.commit(&shown, rows, crate::warden::Word::of("tester", "x")),
        Err(Rejection::Replaced)
    ));
    let again = house.freeze(SUSPEND, "02", Scope::One).unwrap();
    assert_eq!(again.members[0].1, 1, "a record that came again is another version");
}

#[test]
fn a_slow_import_keeps_nobody_from_revoking() {
    let root = tempfile::tempdir().unwrap();
    let place = crate::warden::Place::Directory(root.path().join("data"));
    let mut first = context(root.path()).open(&place, |_| Ok(())).unwrap().warden;
    import(&mut first, &family(), &ImportOptions::default()).unwrap();
    let mut second = context(root.path()).open(&place, |_| Ok(())).unwrap().warden;
    /// A source that, half read, sees somebody else revoke.
    struct Slow<'w>(&'w mut Warden, std::io::Cursor<String>, bool);
    impl std::io::Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if !std::mem::replace(&mut self.2, true) {
                let frozen = freeze(self.0, Verb::Revoke, "02", Scope::Subtree).unwrap();
                let rows = self.0.registry().row_count();
                self.0.commit(&frozen, rows, crate::warden::Word::of("tester", "while it reads")).unwrap();
            }
            self.1.read(buffer)
        }
    }
    let newcomer = record("20", Some("03"), 2);
    let reader = Slow(&mut second, std::io::Cursor::new(newcomer), false);
    let source = Source { reader, name: "slow".into(), origin: None };
    let report = first.import(source, &ImportOptions::default(), "tester", |_| Ok(())).unwrap();
    assert_eq!(report.index, 2);
    let states = states(&first);
    assert_eq!((of(&states, "02"), of(&states, "20")), (State::Revoked, State::Active));
    assert_eq!(first.verify_log().unwrap().fault, None);
}

fn freeze_each(house: &House, verb: Verb, ids: &[&str]) -> Frozen {
    let dids = ids.iter().map(|id| Did::from_unique_id(id).unwrap()).collect();
    let request = crate::change::Request::listed(verb, dids).unwrap();
    Frozen::of(house.warden.registry(), request, house.warden.now()).unwrap()
}

fn commit(house: &mut House, shown: &Frozen, reason: &str) -> Result<Receipt, Rejection> {
    let rows = house.warden.registry().row_count();
    house.warden.commit(shown, rows, crate::warden::Word::of("tester", reason))
}

#[test]
fn several_agents_fall_as_one_entry_each_alone_and_by_the_same_reason() {
    let mut house = House::new();
    let shown = freeze_each(&house, SUSPEND, &["09", "02", "03", "02"]);
    let receipt = commit(&mut house, &shown, "odd").unwrap();
    assert_eq!((receipt.index, receipt.count), (1, 3));
    let states = house.states();
    assert_eq!([of(&states, "02"), of(&states, "03"), of(&states, "09")], [State::Suspended; 3]);
    assert_eq!((of(&states, "01"), of(&states, "04")), (State::Active, State::CutOff));
    for id in ["02", "03", "09"] {
        let agent = house.warden.registry().agent(row(&house.warden, id));
        assert_eq!((agent.reason(), agent.sealed_at(), agent.version()), (Some("odd"), None, 1), "{id}");
    }
    let wake = freeze_each(&house, WAKE, &["02", "03"]);
    assert_eq!(commit(&mut house, &wake, "").unwrap().count, 2);
    let states = house.states();
    assert_eq!(
        [of(&states, "02"), of(&states, "04"), of(&states, "09")].map(|state| state == State::Active),
        [true, true, false]
    );
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn whom_a_list_cannot_touch_is_left_out_and_named() {
    let mut house = House::new();
    house.order(SUSPEND, "02", Scope::One, "before").unwrap();
    let shown = freeze_each(&house, SUSPEND, &["02", "03"]);
    let registry = house.warden.registry();
    assert_eq!(shown.members, [(row(&house.warden, "03"), 0)]);
    let judgement = Judgement::of(registry, house.warden.now());
    let left = crate::change::Plan::make(registry, &judgement, shown.request).unwrap().left;
    assert_eq!(left, [(row(&house.warden, "02"), LifecycleError::AlreadySuspended)]);
    let none = crate::change::Request::listed(
        SUSPEND,
        vec![Did::from_unique_id("02").unwrap(), Did::from_unique_id("fe").unwrap()],
    );
    let error = Frozen::of(registry, none.unwrap(), house.warden.now()).unwrap_err();
    assert!(matches!(error, PlanError::Unknown(_)), "a name that means nobody is no list: {error}");
}

#[test]
fn a_list_of_which_one_changed_meanwhile_is_shown_again_and_touches_nobody() {
    let mut house = House::new();
    let shown = freeze_each(&house, SUSPEND, &["02", "03", "09"]);
    house.order(SUSPEND, "03", Scope::One, "a colleague").unwrap();
    let Err(Rejection::Stale(differences)) = commit(&mut house, &shown, "odd") else { panic!() };
    assert_eq!(differences.len(), 1);
    assert_eq!((differences[0].row, differences[0].now), (row(&house.warden, "03"), None));
    assert_eq!(of(&house.states(), "02"), State::Active);
}

#[test]
fn what_several_lose_is_counted_once_however_they_lie() {
    let house = House::new();
    let registry = house.warden.registry();
    let judgement = Judgement::of(registry, house.warden.now());
    let dids = ["01", "02", "09"].map(|id| Did::from_unique_id(id).unwrap()).to_vec();
    let request = crate::change::Request::listed(Verb::Revoke, dids).unwrap();
    let plan = crate::change::Plan::make(registry, &judgement, request).unwrap();
    assert_eq!((plan.count(), plan.impact.size, plan.impact.losing(), plan.impact.orphaned), (3, 5, 5, 2));
    assert_eq!(plan.impact.capabilities_lost, ["read:a"]);
}
