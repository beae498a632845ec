//! What is looked into from a screen: paths, one agent's tabs.

use super::*;
use crate::audit::{self, Ruling, Told};
use crate::backend::Beat;
use crate::identity::Did;
use crate::registry::{LoggedToken, Row, State};
use crate::store::{Call, Calls, Way};
use crate::time::Span;
use crate::trust::{Event as Signal, Kind as SignalKind, Rules, Share, Source};
use crate::tui::rooms::inspect::{Held, Looked};
use crate::tui::rooms::overview::{self, Behind};
use crate::verify::{Check, Decision, Failure, Verdict};
use crate::warden::{Dossier, History};
use crate::wire::{DecisionLine, UnsignedLine};

/// Puts the cursor on an active agent that lies two delegations below its root, and answers what it holds.
fn to_grandchild(desk: &mut Desk) -> (Row, String) {
    let view = desk.model.session.view.clone();
    let registry = view.registry();
    let fits = |row: &Row| registry.agent(*row).depth() == 2 && view.judgement.state(*row) == State::Active;
    let row = registry.rows().find(fits).unwrap();
    let held = registry.agent(row).capabilities().next().unwrap().to_owned();
    let did = registry.agent(row).did().to_string();
    desk.keys("2/").keys(&did).keys("\r");
    (row, held)
}

#[test]
fn paths_say_what_gives_it_at_each_hop_and_who_else_can() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::new(&mesh(60), size);
        let (row, held) = to_grandchild(&mut desk);
        desk.keys("c").keys(&held).keys("\r");
        let text = desk.text();
        let view = desk.model.session.view.clone();
        assert!(text.contains(&format!("{} can {held}", view.agent(row).name())), "{text}");
        assert!(text.contains("Who can: "), "{text}");
        insta::assert_snapshot!(format!("paths-{}x{}", size.0, size.1), text);
        desk.keys("j\r");
        assert_eq!(desk.model.room, RoomName::Inspect);
        let root = view.registry().lineage().path(row)[0];
        assert_eq!(desk.model.rooms.inspect.row, Some(root), "enter inspects the hop under the cursor");
    }
}

#[test]
fn paths_say_where_it_ends() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    to_grandchild(&mut desk);
    desk.keys("cno:such:thing\r");
    assert!(desk.text().contains(" CANNOT no:such:thing: "), "{}", desk.text());
    assert!(desk.text().contains("✗ scope_not_held"), "{}", desk.text());
}

#[test]
fn who_can_is_listed_as_rows_that_can_be_marked_and_stopped_at_once() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    let (row, held) = to_grandchild(&mut desk);
    desk.keys("1c").keys(&held).keys("\rl");
    let view = desk.model.session.view.clone();
    let shown = desk.model.rooms.agents.rows.shown.to_vec();
    let who = crate::policy::who_can(view.registry(), &view.judgement, &held);
    assert!(shown.contains(&row) && shown.len() == who.len(), "{held}: {shown:?}");
    assert_eq!(desk.model.filter_text(), Some(crate::registry::query::reach_query(&held).as_str()));
    desk.keys("*s");
    assert!(desk.text().contains("SUSPEND"), "{}", desk.text());
}

/// The agent under the cursor has a past: trust that fell, tokens, verdicts and calls.
fn with_a_past(desk: &mut Desk) -> Did {
    let (row, _) = to_grandchild(desk);
    let view = desk.model.session.view.clone();
    let (did, parent) = (view.agent(row).did(), view.agent(row).parent().unwrap().did());
    let mut snapshot = desk.backend.snapshot();
    let ago = |minutes: i64| noon().minus(Span::seconds(60 * minutes));
    let rules = Rules {
        sources: vec![Source { name: "monitor".into(), agent: None, per_hour: 9 }],
        ..Rules::default()
    };
    let facts = snapshot.registry.facts_mut();
    facts.rules = Arc::new(rules.clone());
    for (index, minutes, parts) in [(11, 300, 400), (12, 90, 900), (13, 10, 800)] {
        let kind = SignalKind::Violation(Share::thousandths(parts).unwrap());
        let source = "monitor".to_owned();
        let said = Signal { index, at: ago(minutes), subject: did.clone(), source, kind };
        facts.trust.record(said, &rules).unwrap();
    }
    for (number, id, minutes) in [(1_u8, "jti-1", -30), (2, "jti-2", -600)] {
        let token = LoggedToken {
            index: u64::from(number),
            id: id.to_owned(),
            issuer: parent.clone(),
            subject: did.clone(),
            expires: ago(minutes),
            compact: String::new(),
        };
        facts.tokens.log([number; 32], token, noon());
    }
    facts.tokens.revoke_id("jti-2", 9);
    let visit = desk.model.visit();
    let view = Arc::new(View::of(snapshot, noon()));
    desk.event(Event::Reply(visit, Box::new(Reply::Judged(view))));
    did
}

/// A denial of the agent, and what it called.
fn dossier(did: &Did) -> Dossier {
    let check = |name: &'static str, hop, passed| Check { name: name.into(), hop, passed };
    let verdict = Verdict {
        decision: Decision::Deny,
        now: noon(),
        index: 1,
        as_of: noon(),
        policy: [0; 32],
        caller: Some(did.clone()),
        token: None,
        action: "deploy:prod".to_owned(),
        resource: "cluster-7".to_owned(),
        checks: vec![
            check("proof", None, true),
            check("status", Some(0), true),
            check("status", Some(1), true),
            check("tier", Some(1), false),
        ]
        .into(),
        failure: Some(Failure {
            code: "tier_too_low".into(),
            hop: Some(1),
            expected: "trusted or better for deploys".to_owned(),
            found: "standard (510)".to_owned(),
        }),
    };
    let ruling = Ruling {
        hashed: audit::Hashed::Short,
        verdict,
        request: None,
        digest: [0; 32],
        proof: [0; 32],
        audience: "mesh".to_owned(),
        tokens: Vec::new(),
        id: None,
        peer: None,
    };
    let log = crate::audit::LogName::from_bits(1);
    let time = noon().minus(Span::seconds(240));
    let decision = audit::Decision { log, index: 7, time, told: Told::Ruling(Box::new(ruling)) };
    let call = Call {
        way: Way::Made,
        other: Some(did.to_string()),
        audience: "mesh".to_owned(),
        resource: "cluster-\u{202e}7".to_owned(),
        action: "read:data".to_owned(),
        allowed: true,
        count: 12,
        first: time,
        last: time,
    };
    Dossier {
        verdicts: Some((vec![decision], Calls { calls: vec![call], more: false })),
        history: History { touches: Vec::new(), next: None },
    }
}

#[test]
fn trust_is_drawn_over_time_and_every_fall_has_its_cause() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::new(&mesh(60), size);
        with_a_past(&mut desk);
        desk.keys("\r\t\t\t");
        let text = desk.text();
        assert!(
            text.contains("fell by 210 within a day") && text.contains("violation, said by monitor"),
            "{text}"
        );
        insta::assert_snapshot!(format!("trust-{}x{}", size.0, size.1), text);
    }
}

#[test]
fn tokens_have_bars_of_what_is_left_and_a_revoked_one_has_none() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    with_a_past(&mut desk);
    desk.keys("\r\t\t\t\t");
    let text = desk.text();
    let line = |id: &str| {
        let at = text.lines().position(|line| line.contains(id)).unwrap();
        text.lines().nth(at - 1).unwrap().to_owned()
    };
    assert!(line("jti-1").contains("[████████████████] ends in 30m"), "{text}");
    assert!(line("jti-2").contains("[                ] REVOKED by entry 9"), "{text}");
    insta::assert_snapshot!("tokens-80x24", text);
}

#[test]
fn a_verdict_is_a_ladder_of_checks_and_the_one_that_failed_says_what_would_have_passed() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::new(&mesh(60), size);
        let did = with_a_past(&mut desk);
        desk.keys("\r\t\t\t\t\t");
        let inspect = &mut desk.model.rooms.inspect;
        inspect.ask(&desk.model.session, 7777);
        let looked = Looked { dossier: dossier(&did), told: None, held: Held::default() };
        let visit = desk.model.visit();
        desk.event(Event::Reply(visit, Box::new(Reply::Dossier(7777, did, Ok(Box::new(looked))))));
        let text = desk.text();
        assert!(text.contains("✓ proof ✓ statusx2 ✗ tier"), "{text}");
        assert!(text.contains("trusted or better for deploys") && text.contains("12x"), "{text}");
        insta::assert_snapshot!(format!("calls-{}x{}", size.0, size.1), text);
    }
}

#[test]
fn what_the_verifier_tells_of_verdicts_is_said_to_be_its_word() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    let did = with_a_past(&mut desk);
    desk.keys("\r\t\t\t\t\t");
    desk.model.rooms.inspect.ask(&desk.model.session, 7777);
    let Dossier { verdicts, history } = dossier(&did);
    let told = verdicts.map(|(decisions, _)| decisions.iter().map(DecisionLine::of).collect());
    let looked = Looked { dossier: Dossier { verdicts: None, history }, told, held: Held::default() };
    let visit = desk.model.visit();
    desk.event(Event::Reply(visit, Box::new(Reply::Dossier(7777, did, Ok(Box::new(looked))))));
    let text = desk.text();
    assert!(text.contains("as the verifier tells them") && text.contains("why      tier_too_low"), "{text}");
}

#[test]
fn what_was_asked_about_another_agent_is_not_shown() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    let did = with_a_past(&mut desk);
    desk.keys("\r\t\t\t\t\t");
    let looked = |did: &Did| Looked { dossier: dossier(did), told: None, held: Held::default() };
    let visit = desk.model.visit();
    desk.event(Event::Reply(visit, Box::new(Reply::Dossier(1, did.clone(), Ok(Box::new(looked(&did)))))));
    assert!(!desk.text().contains("deploy:prod"), "a late answer: {}", desk.text());
}

#[test]
fn an_entry_about_an_agent_opens_and_so_does_the_list_of_its_sponsor() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    let (row, _) = to_grandchild(&mut desk);
    desk.keys("s1y\r\t\t\t\t\t\t");
    assert!(desk.text().contains("suspend"), "{}", desk.text());
    desk.keys("\r");
    assert!(matches!(desk.model.overlays.last(), Some(Overlay::Entry(entry)) if entry.index == 1));
    desk.keys("\x1b\t");
    assert!(desk.text().contains("Call now"), "{}", desk.text());
    let sponsor = desk.model.session.view.agent(row).sponsor().to_owned();
    desk.keys("jjjjj\r");
    assert_eq!(desk.model.filter_text(), Some(format!("sponsor=\"{sponsor}\"").as_str()));
    assert!(desk.model.rooms.agents.rows.shown.contains(&row));
}

/// Goes to a line of the overview, and opens it.
fn open(desk: &mut Desk, behind: &Behind) {
    let figures = overview::counted(&desk.model.rooms.overview, &desk.model.session);
    let at = figures.iter().position(|(each, _)| each == behind).unwrap();
    desk.keys("g").keys(&"j".repeat(at)).keys("\r");
}

#[test]
fn behind_the_verdicts_of_a_minute_stand_the_last_ones_and_enter_inspects_who_asked() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    let did = with_a_past(&mut desk);
    desk.keys("1");
    desk.model.rooms.overview.ask(&desk.model.session, 7777);
    let visit = desk.model.visit();
    desk.event(Event::Reply(visit, Box::new(Reply::Beat(7777, Ok(Some(Beat::default()))))));
    open(&mut desk, &Behind::Verdicts("result:deny"));
    let ticket = match desk.model.overlays.last() {
        Some(Overlay::Reading(reading)) => reading.ticket,
        _ => 0,
    };
    let (decisions, _) = dossier(&did).verdicts.unwrap();
    let lines = decisions.iter().map(DecisionLine::of).collect();
    desk.event(Event::Reply(visit, Box::new(Reply::Verdicts(ticket, Ok(lines)))));
    let text = desk.text();
    assert!(text.contains("Verdicts") && text.contains("deploy:prod  tier_too_low  cluster-7"), "{text}");
    desk.keys("\r");
    let row = desk.model.session.view.registry().find(&did);
    assert_eq!((desk.model.room, desk.model.rooms.inspect.row), (RoomName::Inspect, row));
}

#[test]
fn a_source_that_fell_silent_is_a_figure_and_is_named_behind_it() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    with_a_past(&mut desk);
    desk.keys("1");
    assert!(desk.text().contains("! trust fell today             1"), "{}", desk.text());
    assert!(
        desk.text().contains("  silent sources, points       0"),
        "it spoke ten minutes ago: {}",
        desk.text()
    );
    let mut snapshot = desk.model.session.view.snapshot.clone();
    let quiet = Source { name: "auditor".into(), agent: None, per_hour: 9 };
    let facts = snapshot.registry.facts_mut();
    let mut rules = (*facts.rules).clone();
    rules.sources.push(quiet);
    facts.rules = Arc::new(rules);
    let visit = desk.model.visit();
    desk.event(Event::Reply(visit, Box::new(Reply::Judged(Arc::new(View::of(snapshot, noon()))))));
    assert!(desk.text().contains("! silent sources, points       1"), "{}", desk.text());
    open(&mut desk, &Behind::Sources);
    let text = desk.text();
    assert!(text.contains("auditor") && text.contains("SILENT for an hour"), "{text}");
    assert!(text.contains("monitor") && text.contains("speaks"), "{text}");
}

#[test]
fn what_came_unsigned_is_a_figure_and_the_way_that_it_came_stands_behind_it() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    desk.model.rooms.overview.ask(&desk.model.session, 7777);
    let visit = desk.model.visit();
    let line = |through: Option<&str>, count| UnsignedLine { through: through.map(str::to_owned), count };
    let unsigned = vec![line(None, 2), line(Some("ed\u{202e}ge"), 5)];
    let beat = Beat { unsigned, ..Beat::default() };
    desk.event(Event::Reply(visit, Box::new(Reply::Beat(7777, Ok(Some(beat))))));
    assert!(desk.text().contains("! came unsigned, a day         7"), "{}", desk.text());
    open(&mut desk, &Behind::Unsigned);
    let text = desk.text();
    assert!(text.contains("to the verifier itself") && text.contains("2 within a day"), "{text}");
    assert!(text.contains("5 within a day") && !text.contains('\u{202e}'), "{text}");
}
