//! Laws of the book: what a score depends on, and what it does not.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::identity::Did;
use crate::time::{Span, Time};

fn agent(number: u8) -> Did {
    Did::from_bits(u128::from(number))
}

fn at(minute: i64) -> Time {
    Time::from_micros(1_780_000_000_000_000).unwrap().plus(Span::seconds(minute * 60))
}

fn rules() -> Rules {
    let source = |name: &str, agent| Source { name: name.to_owned(), agent, per_hour: 1000 };
    Rules { sources: vec![source("monitor", None), source("peer", Some(agent(9)))], ..Rules::default() }
}

fn event(index: u64, minute: i64, subject: u8, kind: Kind) -> Event {
    Event { index, at: at(minute), subject: agent(subject), source: "monitor".to_owned(), kind }
}

fn any_kind() -> impl Strategy<Value = Kind> {
    let share = (0..=1_000_000_000_u32).prop_map(|count| Share::billionths(count).unwrap());
    prop_oneof![
        1 => (0..=1_000_000_000_000_i64).prop_map(|count| Kind::Assessed(Points::billionths(count))),
        3 => (-100_000_000_000..=100_000_000_000_i64).prop_map(|count| Kind::Positive(Points::billionths(count))),
        4 => (0..5_usize, share.clone()).prop_map(|(at, value)| Kind::Signal(Dimension::ALL[at], value)),
        4 => share.prop_map(Kind::Violation),
        4 => (0..6_u8, 1..=100_u8).prop_map(|(with, times)| Kind::Interaction(agent(with), times)),
    ]
}

/// Events about six agents, in the order of a log.
fn any_events() -> impl Strategy<Value = Vec<Event>> {
    let one = (0..6_u8, 0..90_i64, any_kind());
    prop::collection::vec(one, 0..40).prop_map(|parts| {
        let mut minute = 0;
        let mut events = Vec::new();
        for (index, (subject, later, kind)) in (0..).zip(parts) {
            minute += later;
            if !matches!(&kind, Kind::Interaction(with, _) if *with == agent(subject)) {
                events.push(event(index, minute, subject, kind));
            }
        }
        events
    })
}

fn fold<'e>(events: impl IntoIterator<Item = &'e Event>) -> Book {
    let mut book = Book::default();
    for event in events {
        book.record(event.clone(), &rules()).unwrap();
    }
    book
}

fn readings(book: &Book, now: Time) -> Vec<Reading> {
    (0..6).map(|number| book.read(&agent(number), Some(640), &rules(), now)).collect()
}

proptest! {
    #[test]
    fn a_score_does_not_depend_on_how_often_or_in_which_order_it_is_read(
        events in any_events(), minutes in prop::collection::vec(0..5000_i64, 1..20),
    ) {
        let (read, unread) = (fold(&events), fold(&events));
        for minute in &minutes {
            for _ in 0..50 {
                readings(&read, at(*minute));
            }
        }
        for minute in minutes.iter().rev() {
            prop_assert_eq!(readings(&read, at(*minute)), readings(&unread, at(*minute)));
        }
    }

    #[test]
    fn a_voided_event_counts_as_if_it_had_never_been(
        events in any_events(), picks in prop::collection::vec(any::<prop::sample::Index>(), 1..4), minute in 0..6000_i64,
    ) {
        prop_assume!(!events.is_empty());
        let mut voided: Vec<u64> = picks.iter().map(|pick| pick.get(&events).index).collect();
        voided.sort_unstable();
        voided.dedup();
        let mut book = fold(&events);
        for index in &voided {
            book.void(*index).unwrap();
            prop_assert_eq!(book.void(*index), Err(VoidError::Already(*index)));
        }
        let without = fold(events.iter().filter(|event| !voided.contains(&event.index)));
        prop_assert_eq!(readings(&book, at(minute)), readings(&without, at(minute)));
        for number in 0..6 {
            let causes = |book: &Book| book.explain(&agent(number), Some(640), &rules(), at(minute));
            prop_assert_eq!(causes(&book), causes(&without));
            for dimension in Dimension::ALL {
                prop_assert_eq!(book.gauge(&agent(number), dimension), without.gauge(&agent(number), dimension));
            }
        }
    }

    #[test]
    fn the_causes_of_a_score_add_up_to_it(events in any_events(), base in prop::option::of(0..=1000_u16), minute in 0..6000_i64) {
        let book = fold(&events);
        for number in 0..6 {
            let reading = book.read(&agent(number), base, &rules(), at(minute));
            let explained = book.explain(&agent(number), base, &rules(), at(minute));
            prop_assert_eq!(explained.points(), reading.points);
            prop_assert!((Points::ZERO..=Points::MAX).contains(&reading.points));
        }
    }

    #[test]
    fn what_was_lost_lately_is_what_the_events_since_then_took(
        events in any_events(), base in prop::option::of(0..=1000_u16), minute in 0..4000_i64,
    ) {
        let still = Rules { decay_per_hour: 0, ..rules() };
        let (before, now) = (fold(events.iter().filter(|event| event.at <= at(minute))), fold(&events));
        for number in 0..6 {
            let points = |book: &Book| book.read(&agent(number), base, &still, at(9000)).points;
            let lost = now.lost_since(&agent(number), base, &rules(), at(minute));
            prop_assert_eq!(lost, points(&before).minus(points(&now)).max(Points::ZERO));
        }
    }

    #[test]
    fn time_without_events_only_lowers_a_score(events in any_events(), first in 0..9000_i64, later in 0..9000_i64) {
        let book = fold(&events);
        for (before, after) in readings(&book, at(first)).into_iter().zip(readings(&book, at(first + later))) {
            prop_assert!(after.points <= before.points);
        }
    }

    #[test]
    fn events_about_strangers_commute(kinds in prop::collection::vec(any_kind(), 2..12), minute in 0..6000_i64) {
        let kinds: Vec<_> = kinds.into_iter().filter(|kind| !matches!(kind, Kind::Interaction(..))).collect();
        let book = |order: &mut dyn Iterator<Item = (u8, &Kind)>| {
            fold(&order.enumerate().map(|(at, (subject, kind))| event(at as u64, 0, subject, kind.clone())).collect::<Vec<_>>())
        };
        let numbered = |(at, kind)| (u8::try_from(at % 2).unwrap(), kind);
        let together = book(&mut kinds.iter().enumerate().map(numbered));
        let (zeros, ones): (Vec<_>, Vec<_>) = kinds.iter().enumerate().map(numbered).partition(|(subject, _)| *subject == 0);
        let apart = book(&mut ones.into_iter().chain(zeros));
        prop_assert_eq!(readings(&together, at(minute)), readings(&apart, at(minute)));
    }

    #[test]
    fn the_log_gives_back_the_event_that_it_was_given(events in any_events()) {
        for event in events {
            let kept = event.to_json();
            crate::encoding::canonical::to_bytes(&kept).unwrap();
            prop_assert_eq!(Event::from_json(&kept, event.index, event.at), Ok(event));
        }
    }
}

#[test]
fn a_snapshot_keeps_the_score_that_it_was_taken_at() {
    let mut book = fold(&[event(1, 0, 1, Kind::Positive(Points::whole(50)))]);
    let snapshot = book.clone();
    book.record(event(2, 0, 1, Kind::Violation(Share::WHOLE)), &rules()).unwrap();
    let score = |book: &Book| book.read(&agent(1), None, &rules(), at(0)).points.score();
    assert_eq!((score(&snapshot), score(&book)), (550, 450));
}

#[test]
fn an_agent_never_scores_itself() {
    let mut book = Book::default();
    let own = |subject, kind| Event { source: "peer".to_owned(), ..event(1, 0, subject, kind) };
    let praise = Kind::Positive(Points::whole(5));
    assert_eq!(book.record(own(9, praise.clone()), &rules()), Err(RecordError::OwnScore));
    assert_eq!(book.record(own(1, Kind::Interaction(agent(9), 1)), &rules()), Err(RecordError::OwnScore));
    assert_eq!(book.record(own(1, praise), &rules()), Ok(()));
}

#[test]
fn a_source_that_nobody_registered_is_not_heard() {
    let mut book = Book::default();
    let stranger = Event { source: "stranger".to_owned(), ..event(1, 0, 1, Kind::Violation(Share::WHOLE)) };
    assert_eq!(book.record(stranger, &rules()), Err(RecordError::UnknownSource("stranger".to_owned())));
    assert!(book.is_empty());
}

#[test]
fn a_source_is_heard_so_often_about_one_agent_within_an_hour() {
    let mut rules = rules();
    rules.sources[0].per_hour = 2;
    let mut book = Book::default();
    let mut tell = |index, minute, subject| {
        book.record(event(index, minute, subject, Kind::Violation(Share::NONE)), &rules)
    };
    // The clock hour of `at(0)` ends within an hour.
    assert_eq!([tell(1, 0, 1), tell(2, 0, 1), tell(3, 0, 1)], [Ok(()), Ok(()), Err(RecordError::OverCap(2))]);
    assert_eq!(tell(3, 0, 2), Ok(()), "another agent");
    assert_eq!(tell(4, 60, 1), Ok(()), "another hour");
}

#[test]
fn voiding_an_event_gives_its_source_no_second_one() {
    let mut rules = rules();
    rules.sources[0].per_hour = 1;
    let mut book = Book::default();
    book.record(event(1, 0, 1, Kind::Violation(Share::WHOLE)), &rules).unwrap();
    book.void(1).unwrap();
    let again = event(2, 0, 1, Kind::Violation(Share::WHOLE));
    assert_eq!(book.record(again, &rules), Err(RecordError::OverCap(1)));
}

#[test]
fn the_log_has_one_order() {
    let mut book = fold(&[event(5, 10, 1, Kind::Violation(Share::NONE))]);
    for (index, minute) in [(5, 10), (4, 10), (6, 9)] {
        let late = event(index, minute, 1, Kind::Violation(Share::NONE));
        assert_eq!(book.record(late, &rules()), Err(RecordError::OutOfOrder));
    }
}

#[test]
fn contagion_ends_on_a_cycle_and_charges_everybody_once() {
    let mut events: Vec<_> = (0..6)
        .map(|one| event(u64::from(one), 0, one, Kind::Interaction(agent((one + 1) % 6), 100)))
        .collect();
    events.push(event(10, 0, 0, Kind::Violation(Share::WHOLE)));
    let scores: Vec<_> =
        readings(&fold(&events), at(0)).iter().map(|reading| reading.points.score()).collect();
    assert_eq!(scores, [540, 610, 625, 640, 625, 610]);
}

#[test]
fn an_agent_deals_with_so_many_others_and_no_more() {
    let mut book = Book::default();
    let tie = |number: u64| Event {
        subject: Did::from_bits(0),
        ..event(number, 0, 0, Kind::Interaction(Did::from_bits(u128::from(number)), 1))
    };
    for number in 1..=MAX_NEIGHBOURS as u64 {
        book.record(tie(number), &rules()).unwrap();
    }
    assert_eq!(book.record(tie(1000), &rules()), Err(RecordError::TooManyNeighbours));
    let known = Event { index: 2000, ..tie(1) };
    assert_eq!(book.record(known, &rules()), Ok(()), "a tie that is there grows");
}

#[test]
fn a_score_that_came_with_a_record_decays_from_the_day_it_came() {
    let mut book = Book::default();
    let score = |book: &Book, number| book.read(&agent(number), Some(700), &rules(), at(600)).points.score();
    assert_eq!(score(&book, 1), 700, "a file that nobody opened here has no first day");
    book.begin(at(0));
    assert_eq!(score(&book, 1), 680);
    book.introduce(&agent(2), at(300));
    book.introduce(&agent(2), at(500));
    assert_eq!((score(&book, 1), score(&book, 2)), (680, 690), "one that came later has a day of its own");
}

#[test]
fn an_event_of_a_stranger_s_making_is_refused_by_member() {
    let good = event(1, 0, 1, Kind::Signal(Dimension::OutputQuality, Share::WHOLE)).to_json();
    let with = |name: &str, value: serde_json::Value| {
        let mut bad = good.clone();
        bad[name] = value;
        Event::from_json(&bad, 1, at(0)).map_err(|error| error.0)
    };
    assert!(Event::from_json(&good, 1, at(0)).is_ok());
    assert_eq!(with("value", 1_000_000_001.into()), Err("value"));
    assert_eq!(with("value", 0.5.into()), Err("value"));
    assert_eq!(with("dimension", "charm".into()), Err("dimension"));
    assert_eq!(with("subject", "did:web:x".into()), Err("subject"));
    assert_eq!(with("source", "s".repeat(65).into()), Err("source"));
    assert_eq!(with("kind", "praise".into()), Err("kind"));
    assert_eq!(with("weight", 5.into()), Err("a member"));
}

#[test]
fn strengths_of_a_later_policy_do_not_change_what_was() {
    let mut book = fold(&[
        event(1, 0, 0, Kind::Interaction(agent(1), 100)),
        event(2, 0, 0, Kind::Violation(Share::WHOLE)),
    ]);
    let strengths = Arc::new(Strengths { contagion: 1000, ..Strengths::default() });
    let stricter = Rules { strengths, ..rules() };
    book.record(event(3, 0, 5, Kind::Interaction(agent(4), 1)), &stricter).unwrap();
    book.void(3).unwrap();
    assert_eq!(book.read(&agent(1), Some(640), &stricter, at(0)).points.score(), 610);
}

#[test]
fn one_violation_reaches_so_many_agents_and_the_closest_first() {
    let mut rules = rules();
    rules.sources[0].per_hour = u32::MAX;
    let mut book = Book::default();
    let did = |hub: u64, spoke: u64| Did::from_bits(u128::from(hub * 1000 + spoke));
    let mut index = 0;
    let mut tie = |book: &mut Book, one: Did, other: Did, times| {
        index += 1;
        let event = Event {
            index,
            at: at(0),
            subject: one,
            source: "monitor".to_owned(),
            kind: Kind::Interaction(other, times),
        };
        book.record(event, &rules).unwrap();
    };
    for hub in 1..=60 {
        tie(&mut book, Did::from_bits(0), did(hub, 0), 50);
        for spoke in 1..=100 {
            tie(&mut book, did(hub, 0), did(hub, spoke), if spoke <= 10 { 100 } else { 1 });
        }
    }
    let violation =
        Event { subject: Did::from_bits(0), ..event(1_000_000, 0, 0, Kind::Violation(Share::WHOLE)) };
    book.record(violation, &rules).unwrap();
    let hit = |hub, spoke| book.read(&did(hub, spoke), None, &rules, at(0)).points < Points::whole(500);
    let pairs = (1..=60).flat_map(|hub| (0..=100).map(move |spoke| (hub, spoke)));
    assert_eq!(pairs.clone().filter(|(hub, spoke)| hit(*hub, *spoke)).count(), MAX_REACHED);
    assert!(
        pairs.filter(|(_, spoke)| *spoke <= 10).all(|(hub, spoke)| hit(hub, spoke)),
        "the closest are among them"
    );
}

#[test]
fn a_source_is_silent_until_it_speaks_again() {
    let mut book = Book::default();
    let rules = rules();
    assert_eq!(book.silent_since(&rules, at(0)), ["monitor", "peer"]);
    book.record(event(0, 10, 1, Kind::Violation(Share::thousandths(500).unwrap())), &rules).unwrap();
    assert_eq!(book.silent_since(&rules, at(9)), ["peer"]);
    assert_eq!(book.silent_since(&rules, at(10)), ["monitor", "peer"]);
}
