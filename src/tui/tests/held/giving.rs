//! Parents, capabilities, keys, tags, sponsors, and whom a containment spares: seen whole before anybody signs.

use std::path::PathBuf;

use super::*;
use crate::change::kept_below;
use crate::identity::{Did, Rekey};
use crate::registry::Registry;
use crate::tui::effect::NoKey;

fn find(desk: &Desk, did: &str) -> Row {
    registry(desk).find(&Did::parse(did).unwrap()).unwrap()
}

fn registry(desk: &Desk) -> &Registry {
    desk.model.session.view.registry()
}

fn held(desk: &Desk, did: &str) -> Vec<String> {
    registry(desk).agent(find(desk, did)).capabilities().map(str::to_owned).collect()
}

/// The cursor of the agents room goes to this agent.
fn go_to(desk: &mut Desk, did: &str) {
    desk.keys("2/").key(KeyCode::Char('x'));
    desk.event(Event::Key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL)));
    desk.keys(did).keys("\r");
}

/// A child of the family, with something to lose, and an active agent outside of it that may give.
fn child_and_other(desk: &mut Desk) -> (String, String) {
    let top = to_family(desk);
    let view = desk.model.session.view.clone();
    let (registry, lineage) = (view.registry(), view.registry().lineage());
    let top = registry.find(&Did::parse(&top).unwrap()).unwrap();
    let mut below = lineage.subtree(top).filter_map(|at| lineage.at(at));
    let child = below.find(|row| *row != top && registry.agent(*row).capabilities().count() > 1).unwrap();
    let fits = |row: &Row| {
        let apart = lineage.path(*row).first() != lineage.path(top).first();
        apart && view.judgement.state(*row) == State::Active && registry.agent(*row).depth() < 3
    };
    let other = registry.rows().find(fits).unwrap();
    (registry.agent(child).did().to_string(), registry.agent(other).did().to_string())
}

fn approved(desk: &mut Desk) {
    assert!(desk.text().contains("NOT DONE YET"), "{}", desk.text());
    sit_down(desk, BO);
    desk.keys("7ay00000000\r");
    assert!(desk.text().contains(": DONE: "), "{}", desk.text());
    sit_down(desk, ADA);
}

#[test]
fn an_adoption_shows_what_is_lost_and_waits_for_a_second_admin() {
    let mut desk = desk_of(ADA, (80, 24));
    let (child, other) = child_and_other(&mut desk);
    let kept = kept_below(registry(&desk), find(&desk, &child), find(&desk, &other));
    go_to(&mut desk, &child);
    desk.keys("A").keys(short_id(&other)).keys("\r1");
    let text = desk.text();
    for words in ["ADOPT", "loses ", "then holds ", "SHA-256 of what is signed", "WAITS for the signature"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    insta::assert_snapshot!("adopt-80x24", text);
    desk.keys("y");
    approved(&mut desk);
    let agent = registry(&desk).agent(find(&desk, &child));
    assert_eq!(agent.parent_did().as_deref(), Some(other.as_str()));
    assert_eq!(held(&desk, &child), kept);
}

#[test]
fn what_cannot_be_carried_out_is_said_and_nobody_signs_it() {
    let mut desk = desk_of(ADA, (80, 24));
    let (child, _) = child_and_other(&mut desk);
    let top = registry(&desk).agent(find(&desk, &child)).parent_did().unwrap();
    let before = entries(&mut desk);
    go_to(&mut desk, &top);
    desk.keys("A").keys(short_id(&child)).keys("\r1");
    assert!(desk.text().contains("NOT DONE: ") && !desk.text().contains("SHA-256"), "{}", desk.text());
    desk.keys("yY\x1b");
    go_to(&mut desk, &child);
    desk.keys("+*\r1");
    assert!(desk.text().contains("NOT DONE: ") && !desk.text().contains("SHA-256"), "{}", desk.text());
    desk.keys("yY\x1b");
    assert_eq!(entries(&mut desk), before);
}

#[test]
fn a_prompt_says_what_is_wrong_with_what_was_typed() {
    let mut desk = desk_of(ADA, (80, 24));
    to_family(&mut desk);
    for (keys, why) in [
        ("A0000000000\r", "no agent has this DID"),
        ("Azebra\r", "neither a DID nor"),
        ("Pnobody\r", "nobody is no address"),
        ("Wnobody\r", "nobody is called for"),
    ] {
        desk.keys(keys);
        assert!(desk.text().contains(why), "{keys}\n{}", desk.text());
        desk.keys("\x1b");
        assert!(desk.model.overlays.is_empty());
    }
}

#[test]
fn what_an_agent_loses_is_marked_in_a_list_and_a_responder_may_take_it() {
    let mut desk = desk_of(GRACE, (80, 24));
    let (child, _) = child_and_other(&mut desk);
    let before = held(&desk, &child);
    go_to(&mut desk, &child);
    desk.keys("A");
    assert!(desk.text().contains("grace is responder, and adopt takes admin"), "{}", desk.text());
    desk.keys("n ");
    insta::assert_snapshot!("narrow-80x24", desk.text());
    desk.keys("\r1y");
    assert!(desk.text().contains("DONE: narrow"), "{}", desk.text());
    assert_eq!(held(&desk, &child), before[1..]);
    desk.keys("n\x1b");
    assert!(desk.model.overlays.is_empty());
    desk.keys("n\r");
    assert!(desk.model.overlays.is_empty(), "nothing marked is nothing asked");
}

#[test]
fn a_grant_stays_within_what_the_parent_may_give() {
    let mut desk = desk_of(ADA, (120, 40));
    let (child, _) = child_and_other(&mut desk);
    let first = held(&desk, &child)[0].clone();
    go_to(&mut desk, &child);
    desk.keys("n \r1y");
    assert!(!held(&desk, &child).contains(&first));
    desk.keys("+").keys(&first).keys("\r1");
    assert!(desk.text().contains(&format!("gets {first}")), "{}", desk.text());
    desk.keys("y");
    approved(&mut desk);
    assert_eq!(held(&desk, &child).last(), Some(&first));
    go_to(&mut desk, &child);
    desk.keys("+").keys(&first).keys("\r");
    assert!(desk.text().contains("it holds all of this already"), "{}", desk.text());
}

#[test]
fn tags_come_and_go() {
    let mut desk = desk_of(GRACE, (80, 24));
    let did = to_family(&mut desk);
    let tags = |desk: &Desk| registry(desk).tags(find(desk, &did)).map(str::to_owned).collect::<Vec<_>>();
    desk.keys("U");
    assert!(desk.text().contains("NOT NOW: it has no tags"), "{}", desk.text());
    desk.keys("Tpci eu\r");
    assert!(desk.text().contains("gets the tags pci eu"), "{}", desk.text());
    desk.keys("y");
    assert_eq!(tags(&desk), ["eu", "pci"]);
    desk.keys("Tpci\r");
    assert!(desk.text().contains("it has all of these already"), "{}", desk.text());
    desk.keys("\x1bUpc \r");
    assert!(desk.text().contains("loses the tags pci"), "{}", desk.text());
    desk.keys("y");
    assert_eq!(tags(&desk), ["eu"]);
}

#[test]
fn a_sponsor_is_verified_called_for_and_relieved() {
    let mut desk = desk_of(ADA, (80, 24));
    let did = to_family(&mut desk);
    let sponsor = |desk: &Desk| registry(desk).agent(find(desk, &did)).sponsor().to_owned();
    let first = sponsor(&desk);
    desk.keys("V1");
    assert!(desk.text().contains("SHA-256 of what is signed"), "{}", desk.text());
    desk.keys("y");
    assert!(registry(&desk).facts().sponsors.is_verified(&first));
    desk.keys("V");
    assert!(desk.text().contains("is verified already"), "{}", desk.text());
    desk.keys("W").keys(&first).keys("\r");
    assert!(desk.text().contains("nobody is a deputy for oneself"), "{}", desk.text());
    desk.keys("\x1bWcy@example.org\rcc1y");
    let deputy = registry(&desk).facts().sponsors.deputy(&first, noon()).unwrap();
    let week = noon().plus(crate::time::Span::seconds(7 * 86_400));
    assert_eq!((deputy.email.as_str(), deputy.until), ("cy@example.org", Some(week)));
    desk.keys("Wnobody\r1y");
    assert_eq!(registry(&desk).facts().sponsors.deputy(&first, noon()), None);
    desk.keys("Pbo@example.org\r1y");
    assert_eq!(sponsor(&desk), "bo@example.org");
    let others = registry(&desk).of_sponsor(&first).count();
    assert!(others > 1, "this agent alone, and {others} stay");
    go_to(&mut desk, &did);
    desk.keys("Pcy@example.org\rc");
    assert_eq!(desk.text().contains("all "), registry(&desk).of_sponsor("bo@example.org").count() > 1);
}

#[test]
fn another_key_signs_for_itself_and_what_the_old_one_signed_is_cut() {
    let mut desk = desk_of(ADA, (80, 24));
    let did = to_family(&mut desk);
    desk.means.rekey = Some(Arc::new(|new| match &new.passphrase {
        None => Err(NoKey::Encrypted),
        Some(file) if file.as_os_str() == "secret" => Ok(Rekey::sign(new.did.clone(), new.old, &key(200))),
        Some(_) => Err(NoKey::Unusable("the passphrase does not open it".to_owned())),
    }));
    desk.keys("Xnew.pem\r");
    assert!(desk.text().contains("the file that holds its passphrase"), "{}", desk.text());
    desk.keys("wrong\r");
    assert!(desk.text().contains("NOT NOW: the passphrase does not open it"), "{}", desk.text());
    desk.keys("s1yXnew.pem\rsecret\r1");
    insta::assert_snapshot!("rekey-80x24", desk.text());
    desk.keys("c");
    let text = desk.text();
    assert!(text.contains("which stopped it") && text.contains("SHA-256 of what is signed"), "{text}");
    desk.keys("cy");
    approved(&mut desk);
    assert_eq!(registry(&desk).agent(find(&desk, &did)).public_key(), bytes(200));
}

#[test]
fn an_agent_that_changed_since_it_was_shown_is_not_what_was_asked_for() {
    let mut desk = desk_of(ADA, (80, 24));
    let did = to_family(&mut desk);
    desk.keys("Tpci\r");
    assert!(desk.text().contains("SHA-256 of what is signed"), "{}", desk.text());
    desk.keys("\x1bn ");
    desk.keys("\r");
    let agent = Did::parse(&did).unwrap();
    desk.warden().seal(&agent, Word::of("nobody", "meanwhile")).unwrap();
    let before = entries(&mut desk);
    desk.keys("1");
    assert!(desk.text().contains("it changed meanwhile"), "{}", desk.text());
    desk.keys("yY");
    assert_eq!(entries(&mut desk), before);
}

#[test]
fn a_containment_spares_whom_one_marks_and_says_who_adopts_them() {
    let mut desk = desk_of(ADA, (80, 24));
    let view = desk.model.session.view.clone();
    let (registry_of, lineage) = (view.registry(), view.registry().lineage());
    let fits = |row: &Row| {
        let path = lineage.path(*row);
        path.len() > 2 && path.iter().all(|row| view.judgement.state(*row) == State::Active)
    };
    let row = registry_of.rows().find(fits).unwrap();
    let path = lineage.path(row);
    let did = |up: usize| view.agent(path[path.len() - up]).did().to_string();
    let (child, top, above) = (did(1), did(2), did(3));
    go_to(&mut desk, &top);
    desk.keys("se").keys(short_id(&child)).keys(" ");
    insta::assert_snapshot!("spare-list-80x24", desk.text());
    desk.keys("\r1");
    assert!(desk.text().contains(" spares "), "{}", desk.text());
    assert!(desk.text().contains("WAITS for the signature"), "whoever spares gives\n{}", desk.text());
    insta::assert_snapshot!("spare-80x24", desk.text());
    desk.keys("y");
    approved(&mut desk);
    assert_eq!([state(&desk, &top), state(&desk, &child)], [State::Suspended, State::Active]);
    assert_eq!(registry(&desk).agent(find(&desk, &child)).parent_did(), Some(above));
}

#[test]
fn sparing_takes_the_role_of_whoever_adopts_and_a_whole_subtree() {
    let mut desk = desk_of(GRACE, (80, 24));
    to_family(&mut desk);
    desk.keys("se");
    assert_eq!(desk.model.overlays.len(), 1);
    assert!(desk.text().contains("NOT DONE: grace is responder, and adopt takes"), "{}", desk.text());
    desk.keys("\x1b");
    sit_down(&mut desk, ADA);
    desk.keys("sce");
    assert_eq!(desk.model.overlays.len(), 1, "of one agent alone nobody is spared");
    desk.keys("ce\x1b");
    assert!(desk.text().contains("lose their power"), "who marks nobody is back\n{}", desk.text());
}

#[test]
fn a_case_is_exported_from_the_list_of_cases_by_whoever_may_look_and_the_place_is_named() {
    let mut desk = desk_of(ADA, (80, 24));
    desk.keys("Coodd calls\ry");
    sit_down(&mut desk, VI);
    desk.means.export = Some(Arc::new(|_, id, to| match to.to_str() {
        Some("case-C-8") => Ok(PathBuf::from(format!("/somewhere/case-{id}"))),
        other => Err(format!("{other:?}: there is already")),
    }));
    desk.keys("C");
    assert!(desk.text().contains("e export"), "{}", desk.text());
    desk.keys("je\r");
    assert!(desk.text().contains("the case was written to /somewhere/case-C-8"), "{}", desk.text());
    desk.keys("Cje2\r");
    assert!(desk.text().contains("NOT WRITTEN: Some(\"case-C-82\")"), "{}", desk.text());
}

#[test]
fn a_signature_that_is_not_verified_is_shown_as_such_and_a_proposal_names_who_signed_it() {
    let mut desk = desk_of(ADA, (80, 24));
    to_family(&mut desk);
    desk.keys("s1y5g\r");
    assert!(desk.text().contains("signed by   ada#key-"), "{}", desk.text());
    desk.keys("\x1b");
    let log = desk.warden().snapshot().log.to_string();
    let more = newcomer(&log, "ada", 77, Role::Admin);
    let add = Operate::AddKey { name: "ada".to_owned(), key: more.key, accepted: more.accepted };
    let waits = desk.warden().operate(add, Word::of("nobody", "a new laptop")).unwrap().waits.unwrap();
    desk.tick();
    desk.keys("5g\r");
    assert!(
        desk.text().contains("propose") && desk.text().contains("signed by   ada#key-"),
        "{}",
        desk.text()
    );
    desk.keys("\x1b");
    let proposed = desk.warden().entries(0, 100).unwrap().pop().unwrap();
    assert_eq!(proposed.signers, ["ada"]);
    desk.warden().sign_with(Box::new(key(BO)));
    desk.warden().approve(waits.id).unwrap();
    let drop = Operate::DropKey { name: "ada".to_owned(), key: bytes(ADA).to_base64() };
    desk.warden().operate(drop, Word::of("nobody", "the old one is lost")).unwrap();
    desk.tick();
    desk.keys("5gj\r");
    let text = desk.text();
    assert!(text.contains("NOT VERIFIED: ada#key-") && text.contains("signed by   bo#key-"), "{text}");
}
