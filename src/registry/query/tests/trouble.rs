//! What asks for somebody.

use super::*;
use crate::registry::{Figure, Pulse, pulse};
use crate::trust::{Event, Kind, Rules, Share, Source};

#[test]
fn what_is_at_risk_is_what_falls_times_what_was_lost_lately() {
    let mut registry = registry();
    let rules = Rules {
        sources: vec![Source { name: "monitor".into(), agent: None, per_hour: 9 }],
        ..Rules::default()
    };
    registry.facts_mut().rules = std::sync::Arc::new(rules.clone());
    let harm = |index: u64, bits, before: i64, parts| Event {
        index,
        at: later(-before),
        subject: Did::from_bits(bits),
        source: "monitor".into(),
        kind: Kind::Violation(Share::thousandths(parts).unwrap()),
    };
    // Long ago, and so no news; then two of today, the smaller one with somebody below it.
    for event in [harm(1, 4, 90_000, 900), harm(2, 2, 3600, 300), harm(3, 3, 60, 400)] {
        registry.facts_mut().trust.record(event, &rules).unwrap();
    }
    let meant = |text: &str| meant_in(&registry, text, &Callers::unknown());
    assert_eq!(meant("fell>0"), Ok(vec![1, 2]));
    assert_eq!(meant("fell=30"), Ok(vec![1]));
    assert_eq!(meant("risk=60"), Ok(vec![1]), "two that may act, times 30");
    assert_eq!(meant("risk=40"), Ok(vec![2]));
    assert_eq!(meant("risk>=40 and risk<60"), Ok(vec![2]));
    let judgement = Judgement::of(&registry, at());
    let pulse = Pulse::of(&registry, &judgement);
    let fastest: Vec<(u16, usize)> = pulse.fastest.iter().map(|(fell, row)| (*fell, row.index())).collect();
    assert_eq!(fastest, [(40, 2), (30, 1)]);
    assert_eq!(pulse.silent, Vec::<String>::new());
}

#[test]
fn every_figure_counts_exactly_those_whom_its_query_means() {
    let registry = registry();
    let judgement = Judgement::of(&registry, at());
    let pulse = Pulse::of(&registry, &judgement);
    let states = pulse::by_state(&judgement).map(|(_, figure)| figure);
    let tiers = pulse::by_tier(&judgement).map(|(_, figure)| figure);
    let rules = pulse::by_rule(&judgement).map(|(_, figure)| figure);
    let figures: Vec<Figure> =
        pulse.urgent(&judgement).into_iter().chain(states).chain(tiers).chain(rules).collect();
    assert!(figures.iter().filter(|figure| figure.count > 0).count() > 5, "{figures:?}");
    for figure in figures {
        assert_eq!(meant(&figure.query).map(|rows| rows.len()), Ok(figure.count as usize), "{figure:?}");
    }
}
