//! What became of one agent.

use super::*;
use crate::warden::Word;

fn did(id: &str) -> Did {
    Did::from_unique_id(id).unwrap()
}

/// The places of the entries, and the digits of the ancestor that each names instead of the agent.
fn history(house: &mut House, id: &str, before: u64, most: usize) -> (Vec<(u64, String)>, Option<u64>) {
    let page = house.warden.history(&did(id), before, most).unwrap();
    let through = |through: Option<Did>| through.map_or(String::new(), |did| did.unique_id());
    (page.touches.into_iter().map(|touch| (touch.line.index, through(touch.through))).collect(), page.next)
}

fn told(pairs: &[(u64, &str)]) -> Vec<(u64, String)> {
    pairs.iter().map(|(index, through)| (*index, (*through).to_owned())).collect()
}

#[test]
fn an_agent_is_told_of_what_names_it_and_of_what_reaches_it_from_above() {
    let mut house = House::new();
    house.order(SUSPEND, "01", Scope::Subtree, "it spreads").unwrap();
    house.order(WAKE, "01", Scope::Subtree, "it was nothing").unwrap();
    house.order(SUSPEND, "04", Scope::One, "odd").unwrap();
    house.order(SUSPEND, "09", Scope::One, "odd").unwrap();
    assert_eq!(history(&mut house, "04", u64::MAX, 10), (told(&[(3, ""), (2, "01"), (1, "01")]), None));
    assert_eq!(history(&mut house, "01", u64::MAX, 10), (told(&[(2, ""), (1, "")]), None));
    assert_eq!(history(&mut house, "09", u64::MAX, 10), (told(&[(4, "")]), None));
    assert_eq!(history(&mut house, "0a", u64::MAX, 10), (Vec::new(), None));
}

#[test]
fn a_page_ends_where_the_next_one_begins() {
    let mut house = House::new();
    for _ in 0..3 {
        house.order(SUSPEND, "01", Scope::Subtree, "odd").unwrap();
        house.order(WAKE, "01", Scope::Subtree, "not").unwrap();
    }
    let (mut before, mut all) = (Some(u64::MAX), Vec::new());
    while let Some(place) = before {
        let (page, next) = history(&mut house, "03", place, 2);
        assert!(page.len() <= 2);
        all.extend(page.into_iter().map(|(index, _)| index));
        before = next;
    }
    assert_eq!(all, [6, 5, 4, 3, 2, 1]);
}

#[test]
fn whoever_moved_is_told_of_what_reached_it_under_its_former_parent_and_of_nothing_there_since() {
    let mut house = House::new();
    let word = Word::of("tester", "reorganized");
    house.order(SUSPEND, "01", Scope::Subtree, "odd").unwrap();
    house.order(WAKE, "01", Scope::Subtree, "not").unwrap();
    house.warden.adopt(&did("04"), &did("09"), None, word).unwrap();
    house.order(SUSPEND, "01", Scope::Subtree, "again").unwrap();
    house.order(SUSPEND, "09", Scope::Subtree, "this too").unwrap();
    let (told_of, _) = history(&mut house, "04", u64::MAX, 10);
    assert_eq!(told_of, told(&[(5, "09"), (3, ""), (2, "01"), (1, "01")]));
}

#[test]
fn the_index_of_mentions_is_a_part_of_what_is_verified() {
    let mut house = House::new();
    house.order(SUSPEND, "01", Scope::Subtree, "odd").unwrap();
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}
