//! Every room and every dialog, as it looks in a small terminal, in a comfortable one and in a large one.

use std::sync::Arc;

use super::super::overlays::changed;
use super::*;
use crate::backend::Beat;
use crate::change::{Frozen, Request, Verb};
use crate::registry::{Figure, Row, Scope, State};
use crate::store::Minute;
use crate::text::short_id;
use crate::time::Span;
use crate::warden::{FileDifference, Side};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// Draws what `walk` leads to at each size, and compares.
fn look(name: &str, walk: impl Fn(&mut Desk)) {
    for size in SIZES {
        look_at(name, size, &walk);
    }
}

fn look_at(name: &str, size: (u16, u16), walk: impl Fn(&mut Desk)) {
    let mut desk = Desk::new(&mesh(60), size);
    walk(&mut desk);
    insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), desk.text());
}

/// An active agent with a family below it, all active.
fn family(desk: &Desk) -> Row {
    let view = &desk.model.session.view;
    let lineage = view.registry().lineage();
    let active =
        |position| lineage.at(position).is_some_and(|row| view.judgement.state(row) == State::Active);
    let fits = |row: &Row| (4..=9).contains(&lineage.size(*row)) && lineage.subtree(*row).all(active);
    view.registry().rows().find(fits).unwrap()
}

fn did(desk: &Desk, row: Row) -> String {
    desk.model.session.view.agent(row).did().to_string()
}

/// Puts the cursor on the family in the agents room.
fn to_family(desk: &mut Desk) -> Row {
    let row = family(desk);
    let did = did(desk, row);
    desk.keys("2/").keys(&did).keys("\r");
    row
}

/// Somebody else suspends an agent.
fn elsewhere(desk: &mut Desk, row: Row, reason: &str) {
    let did = desk.model.session.view.agent(row).did();
    let request = Request::of(Verb::Suspend { until: None }, did, Scope::One);
    let warden = desk.warden();
    let frozen = Frozen::of(warden.registry(), request, noon()).unwrap();
    let rows = warden.registry().row_count();
    warden.commit(&frozen, rows, crate::warden::Word::of("grace", reason)).unwrap();
}

fn last_of(desk: &Desk, top: Row) -> Row {
    let lineage = desk.model.session.view.registry().lineage();
    lineage.subtree(top).filter_map(|position| lineage.at(position)).next_back().unwrap()
}

#[test]
fn overview() {
    look("overview", |_| {});
}

/// What verdicts say, as the decision log would: twelve in the minute before, and three denials.
fn beat() -> Beat {
    let minute = |ago: i64, allowed, denied, strangers| Minute {
        begin: noon().minus(Span::seconds(60 * ago)),
        allowed,
        denied,
        strangers,
    };
    let figure = |name, count, query: &str| Figure { name, count, query: query.to_owned() };
    Beat {
        minutes: vec![minute(9, 3, 0, 0), minute(3, 30, 2, 40), minute(1, 9, 1, 2)],
        figures: vec![
            figure("denied lately", 2, "denied<10m"),
            figure("nobody asked, a day", 0, "seen>1d state=active"),
        ],
        ..Beat::default()
    }
}

fn with_verdicts(desk: &mut Desk) {
    desk.model.rooms.overview.ask(&desk.model.session, 7777);
    let visit = desk.model.visit();
    desk.event(Event::Reply(visit, Box::new(Reply::Beat(7777, Ok(Some(beat()))))));
}

#[test]
fn overview_with_verdicts() {
    look("overview_verdicts", with_verdicts);
    look_at("overview_verdicts", (40, 20), with_verdicts);
}

#[test]
fn a_late_word_about_verdicts_is_dropped_and_a_failure_is_said() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    with_verdicts(&mut desk);
    let visit = desk.model.visit();
    desk.event(Event::Reply(visit, Box::new(Reply::Beat(1, Ok(None)))));
    assert!(desk.text().contains("! denied lately "), "{}", desk.text());
    desk.model.rooms.overview.ask(&desk.model.session, 8888);
    desk.event(Event::Reply(visit, Box::new(Reply::Beat(8888, Err("the disk is gone".to_owned())))));
    assert!(desk.text().contains("cannot be read: the disk is gone"), "{}", desk.text());
}

#[test]
fn columns_of_the_overview_are_changed_by_left_and_right() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    desk.keys("l\r");
    assert_eq!(desk.model.filter_text(), Some("state=active"));
    desk.keys("\x1b1h\r");
    assert_eq!(desk.model.filter_text(), Some("overprivileged state=active"), "on the same line");
}

#[test]
fn the_cursor_of_the_overview_stays_on_its_figure_when_another_comes_before_it() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    desk.keys("j");
    with_verdicts(&mut desk);
    desk.keys("\r");
    assert_eq!(desk.model.filter_text(), Some("orphaned"));
}

#[test]
fn agents() {
    look("agents", |desk| {
        desk.keys("2jj");
    });
}

#[test]
fn agents_filtered() {
    look("agents_filtered", |desk| {
        desk.keys("2/research");
    });
}

#[test]
fn lineage() {
    look("lineage", |desk| {
        desk.keys("3tjjj");
    });
}

#[test]
fn lineage_filtered() {
    look("lineage_filtered", |desk| {
        desk.keys("3/research\r");
    });
}

#[test]
fn tiers() {
    look("tiers", |desk| {
        desk.keys("4l");
    });
}

#[test]
fn log() {
    look("log", |desk| {
        to_family(desk);
        desk.keys("s2y5");
    });
}

#[test]
fn inspect() {
    let tabs = [
        "record",
        "lineage",
        "verdict",
        "trust",
        "tokens",
        "calls",
        "events",
        "people",
        "json",
        "did_document",
        "jwk",
    ];
    for (index, tab) in tabs.into_iter().enumerate() {
        look(&format!("inspect_{tab}"), |desk| {
            to_family(desk);
            let deepest = last_of(desk, family(desk));
            let did = did(desk, deepest);
            desk.keys("\x1b/").keys(&did).keys("\r\r").keys(&"\t".repeat(index));
        });
    }
}

#[test]
fn suspend() {
    let walk = |desk: &mut Desk| {
        to_family(desk);
        desk.keys("s");
    };
    look("suspend", walk);
    look_at("suspend", (40, 20), walk);
}

#[test]
fn suspend_with_reason_and_term() {
    let walk = |desk: &mut Desk| {
        to_family(desk);
        desk.keys("sttrkey seen on a paste site");
    };
    look("suspend_typed", walk);
    look_at("suspend_typed", (40, 20), walk);
}

#[test]
fn suspended() {
    let walk = |desk: &mut Desk| {
        to_family(desk);
        desk.keys("s1y");
    };
    look("suspended", walk);
    look_at("suspended", (40, 20), walk);
}

#[test]
fn revoke_with_phrase() {
    look("revoke", |desk| {
        let did = {
            let row = to_family(desk);
            did(desk, row)
        };
        desk.keys("D1y").keys(short_id(&did).get(..5).unwrap());
    });
}

#[test]
fn reactivate_with_override() {
    look("reactivate_refused", |desk| {
        to_family(desk);
        desk.keys("s1ya");
    });
    look("reactivate_override", |desk| {
        to_family(desk);
        desk.keys("s1yao");
    });
}

#[test]
fn refused() {
    look("refused", |desk| {
        let did = {
            let row = to_family(desk);
            did(desk, row)
        };
        desk.keys("D1y").keys(short_id(&did)).keys("\ra");
    });
}

#[test]
fn stale() {
    look("stale", |desk| {
        let top = to_family(desk);
        desk.keys("s1");
        let last = last_of(desk, top);
        elsewhere(desk, last, "seen where it should not be");
        desk.keys("y");
    });
}

#[test]
fn file_changed() {
    look("file_changed", |desk| {
        let dids = |range: std::ops::Range<usize>| {
            let view = &desk.model.session.view;
            let rows = view.registry().rows().skip(range.start).take(range.len());
            let dids: Vec<_> = rows.map(|row| view.agent(row).did()).collect();
            Side { count: dids.len(), dids }
        };
        let difference = FileDifference {
            added: Side::default(),
            changed: dids(3..10),
            removed: dids(20..21),
            digest: [0; 32],
        };
        let state = changed::State { difference, taking: false, failure: None };
        desk.model.overlays.push(Overlay::Changed(Box::new(state)));
        desk.event(Event::Resize);
    });
}

#[test]
fn a_file_that_cannot_be_taken_says_why_and_can_be_tried_again() {
    let mut desk = Desk::new(&mesh(20), (80, 24));
    let tries = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = tries.clone();
    desk.means.take = Some(Arc::new(move |_: &mut Backend| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Err("line 3: not JSON".to_owned())
    }));
    let state = changed::State { difference: FileDifference::default(), taking: false, failure: None };
    desk.model.overlays.push(Overlay::Changed(Box::new(state)));
    desk.keys("\r");
    assert_eq!(tries.load(std::sync::atomic::Ordering::Relaxed), 0, "Enter takes nothing");
    desk.keys("yy");
    assert_eq!(tries.load(std::sync::atomic::Ordering::Relaxed), 2);
    assert!(desk.text().contains("NOT TAKEN: line 3: not JSON"), "{}", desk.text());
    desk.keys("\x1b");
    assert!(desk.model.overlays.is_empty());
}

#[test]
fn help() {
    look("help", |desk| {
        desk.keys("3?");
    });
}

#[test]
fn palette() {
    look("palette", |desk| {
        desk.keys("2:agent");
    });
}

#[test]
fn too_small() {
    for size in [(23, 8), (24, 7), (10, 3)] {
        look_at("too_small", size, |_| {});
    }
}
