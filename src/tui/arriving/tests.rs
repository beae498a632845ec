//! What is told is shown as told, and nothing is stopped that was not offered and confirmed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::state::{Ask, Focus, Here, State, Way};
use super::work::first;
use super::{Told, view};
use crate::backend::{EarlyReceipt, Offer, Seen, Stage};
use crate::identity::Did;
use crate::time::{Span, Time};
use crate::tui::caution::{Bar, Caution};
use crate::tui::keymap::{Keymap, Rebind};
use crate::tui::theme::{Theme, ThemeName};
use crate::warden::Reached;
use crate::wire::ToldAgent;

fn agent(digit: char, name: &str) -> ToldAgent {
    let did = format!("did:mesh:{}", digit.to_string().repeat(32));
    let line = serde_json::json!({
        "did": did, "name": name, "state": "active", "status": "active", "reason": null, "until": null, "code": null,
        "score": 700, "tier": "trusted", "sponsor_email": "a@example.com", "organization": null, "parent_did": null,
        "delegation_depth": 0, "descendants": 3, "capabilities": ["read:a"], "expires_at": null, "version": 1,
        "sealed_at": null,
    });
    serde_json::from_value(line).unwrap()
}

fn state() -> State {
    state_in(Caution::Open, Keymap::default())
}

fn state_in(caution: Caution, keymap: Keymap) -> State {
    let reached = Reached { entries: 3, records: 100 };
    let of = Some(Reached { entries: 5, records: 50_000 });
    let seen = Seen { reached, of, bytes: 1 << 20, stage: Stage::Coming };
    let here = Here {
        url: "https://mesh.example".to_owned(),
        name: "rex".to_owned(),
        back: None,
        keymap,
        theme: Theme::new(ThemeName::default(), true),
    };
    let now = Time::parse("2026-03-01T12:00:00Z").unwrap();
    let mut state = State::new(here, Bar::of(caution), now, seen);
    let found = vec![agent('a', "planner"), agent('b', "wor\u{202e}ker")];
    assert_eq!(state.told(Told::Found(String::new(), Ok((found, true)))), None);
    state
}

fn screen(state: &State) -> String {
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
    terminal.draw(|frame| view::draw(state, frame)).unwrap();
    terminal.backend().to_string()
}

fn press(state: &mut State, code: KeyCode) -> Option<Ask> {
    state.key(&KeyEvent::new(code, KeyModifiers::NONE))
}

fn type_in(state: &mut State, text: &str) -> Vec<Ask> {
    text.chars().filter_map(|letter| press(state, KeyCode::Char(letter))).collect()
}

fn offered(state: &mut State) -> Did {
    let Some(Ask::Offer(did)) = press(state, KeyCode::Char('s')) else { panic!("nothing was asked") };
    state.told(Told::Offered(Ok(Box::new(offer(&did)))));
    did
}

fn offer(did: &Did) -> Offer {
    let impact = serde_json::json!({
        "did": did.to_string(), "name": "planner", "version": 4, "count": 4, "digest": "00".repeat(32), "among": 9,
        "losing_by_level": [1, 3], "capabilities_lost": ["read:a"],
    });
    Offer::of_test(did, serde_json::from_value(impact).unwrap())
}

#[test]
fn every_frame_says_that_nothing_is_proved_and_how_far_the_log_has_come() {
    let mut state = state();
    let list = screen(&state);
    assert!(list.contains("NOT YET PROVED") && list.contains("100 of 50000 records"), "{list}");
    assert!(list.contains("planner") && !list.contains('\u{202e}'), "{list}");
    offered(&mut state);
    let dialog = screen(&state);
    assert!(dialog.contains("NOT YET PROVED") && dialog.contains("TOLD, NOT PROVED"), "{dialog}");
    assert!(dialog.contains("4 change status, 4 lose their power"), "{dialog}");
    state.seen.stage = Stage::Broken("the entries are not those that were signed".to_owned());
    let broken = screen(&state);
    assert!(broken.contains("NOT TO BE TRUSTED"), "{broken}");
}

#[test]
fn what_is_typed_is_sought_and_a_late_answer_to_something_else_is_dropped() {
    let mut state = state();
    press(&mut state, KeyCode::Char('/'));
    let asked = type_in(&mut state, "wo");
    assert_eq!(asked, [Ask::Search("w".to_owned()), Ask::Search("wo".to_owned())]);
    state.told(Told::Found("w".to_owned(), Ok((vec![agent('c', "late")], false))));
    assert!(!screen(&state).contains("late"));
    state.told(Told::Found("wo".to_owned(), Ok((vec![agent('b', "worker")], false))));
    press(&mut state, KeyCode::Enter);
    let carried = state.carried();
    assert_eq!((carried.text.as_str(), carried.did.is_some()), ("wo", true));
}

#[test]
fn nothing_is_signed_without_a_reason_and_the_digits_of_the_root() {
    let mut state = state();
    let did = offered(&mut state);
    assert_eq!(press(&mut state, KeyCode::Enter), None, "no reason");
    assert_eq!(type_in(&mut state, "odd calls"), []);
    assert_eq!(press(&mut state, KeyCode::Enter), None);
    assert_eq!(type_in(&mut state, "aaaaaaa"), []);
    assert_eq!(press(&mut state, KeyCode::Enter), None, "a digit is missing");
    assert_eq!(type_in(&mut state, "a"), []);
    let Some(Ask::Order(offer, reason)) = press(&mut state, KeyCode::Enter) else { panic!("not signed") };
    assert_eq!((offer.impact.did, reason.as_str()), (did.to_string(), "odd calls"));
    assert_eq!(press(&mut state, KeyCode::Enter), None, "it is signed once");
    let receipt = EarlyReceipt { index: 7, time: String::new(), count: 4, waits: None, proved: Ok(()) };
    assert_eq!(state.told(Told::Ordered(Ok(receipt))), Some(Ask::Search(String::new())));
    assert!(screen(&state).contains("entry 7, in the log, proved under the pinned key"));
    assert_eq!(state.focus, Focus::List);
    assert!(state.carried().deeds[0].contains("entry 7"), "whoever leaves is told once more");
}

#[test]
fn an_order_goes_before_every_question_and_of_the_searches_only_the_newest_is_asked() {
    let mut state = state();
    let did = offered(&mut state);
    let Focus::Dialog(dialog) = &state.focus else { panic!("no dialog") };
    let order = Ask::Order(Box::new(dialog.offer.clone()), "odd".to_owned());
    let search = |text: &str| Ask::Search(text.to_owned());
    let mut waiting = vec![search("a"), Ask::Show(did), search("ab"), order.clone(), Ask::Tend];
    assert_eq!(first(&mut waiting), order);
    assert!(matches!(first(&mut waiting), Ask::Show(_)));
    assert_eq!([first(&mut waiting), first(&mut waiting)], [search("ab"), Ask::Tend]);
    assert_eq!(waiting, []);
}

#[test]
fn a_locked_context_sends_nothing_until_it_is_unlocked_in_the_dialog() {
    let mut state = state_in(Caution::Production, Keymap::default());
    assert!(screen(&state).contains("READ-ONLY: ! unlocks"), "{}", screen(&state));
    offered(&mut state);
    type_in(&mut state, "odd calls!");
    press(&mut state, KeyCode::Enter);
    let locked = screen(&state);
    assert!(locked.contains("nothing was sent: READ-ONLY: ! unlocks for 5 minutes"), "{locked}");
    type_in(&mut state, "aaaaaaaa");
    assert_eq!(press(&mut state, KeyCode::Enter), None);
    type_in(&mut state, "!");
    assert!(screen(&state).contains("UNLOCKED for 5:00"), "{}", screen(&state));
    assert_eq!(press(&mut state, KeyCode::Enter), None, "what was typed while it was locked is gone");
    type_in(&mut state, "aaaaaaaa");
    state.now = state.now.plus(Span::seconds(300));
    assert_eq!(press(&mut state, KeyCode::Enter), None, "it is locked again by then");
    type_in(&mut state, "!aaaaaaaa");
    let Some(Ask::Order(_, reason)) = press(&mut state, KeyCode::Enter) else { panic!("not signed") };
    assert_eq!(reason, "odd calls!", "in a reason the key is a letter");
    assert!(!state.carried().bar.locked(state.now), "what was unlocked stays so in the rooms");
}

#[test]
fn the_keys_are_those_of_the_configuration() {
    let rebind = |action: &str, key: &str| Rebind { action: action.to_owned(), keys: vec![key.to_owned()] };
    let keymap =
        Keymap::with(&[rebind("suspend", "f5"), rebind("unlock", "f6"), rebind("filter", "f7")]).unwrap();
    let mut state = state_in(Caution::Production, keymap);
    let shown = screen(&state);
    assert!(shown.contains(" f5 suspend ") && shown.contains(" f7 search ") && shown.contains("f6 unlocks"));
    assert_eq!(press(&mut state, KeyCode::Char('s')), None);
    assert!(matches!(press(&mut state, KeyCode::F(5)), Some(Ask::Offer(_))));
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::F(7));
    assert_eq!(state.focus, Focus::Search);
    press(&mut state, KeyCode::Enter);
    assert_eq!(press(&mut state, KeyCode::Char('D')), None);
    assert!(screen(&state).contains("revoke: once its log is here"), "{}", screen(&state));
}

#[test]
fn a_late_answer_tears_nobody_from_what_they_do_and_offers_nobody_else() {
    let mut state = state();
    let Some(Ask::Offer(first)) = press(&mut state, KeyCode::Char('s')) else { panic!("nothing was asked") };
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Down);
    assert!(matches!(press(&mut state, KeyCode::Char('s')), Some(Ask::Offer(_))));
    state.told(Told::Offered(Ok(Box::new(offer(&first)))));
    assert!(matches!(state.focus, Focus::Asking(_)), "another agent was asked about since");
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Up);
    offered(&mut state);
    state.told(Told::Shown(Err("nobody answers".to_owned())));
    assert!(matches!(state.focus, Focus::Dialog(_)), "a dialog outlives an answer to something else");
}

#[test]
fn whoever_came_from_elsewhere_gives_up_and_whoever_began_here_leaves() {
    let mut state = state();
    press(&mut state, KeyCode::Esc);
    assert_eq!(state.way, None, "esc leads nowhere from the first screen");
    press(&mut state, KeyCode::Char('q'));
    assert_eq!(state.way, Some(Way::Out));
    state.way = None;
    state.here.back = Some("lab".to_owned());
    assert!(screen(&state).contains(" esc give up "), "{}", screen(&state));
    press(&mut state, KeyCode::Char('/'));
    type_in(&mut state, "wo");
    press(&mut state, KeyCode::Enter);
    press(&mut state, KeyCode::Esc);
    assert_eq!((state.way, state.text.text()), (None, ""), "first the search ends");
    press(&mut state, KeyCode::Esc);
    assert_eq!(state.way, Some(Way::Back));
}
