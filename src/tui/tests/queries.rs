//! Queries as they are typed: a bad one loses nothing, what was asked comes back, and figures open as queries.

use super::*;
use crate::registry::State;
use crate::tui::rooms::overview;

fn shown(desk: &Desk) -> Vec<crate::registry::Row> {
    desk.model.rooms.agents.rows.shown.to_vec()
}

fn typed(desk: &Desk) -> String {
    match desk.model.overlays.last() {
        Some(Overlay::Filter(state)) => state.typed.text().to_owned(),
        _ => String::new(),
    }
}

#[test]
fn a_bad_query_keeps_the_last_good_rows_and_says_what_is_wrong_under_the_cursor() {
    let mut desk = Desk::new(&mesh(60), (100, 24));
    desk.keys("2/state=suspended");
    let good = shown(&desk);
    assert!(!good.is_empty() && good.len() < 60);
    desk.event(Event::Paste("(trsut<300)".into()));
    assert_eq!(shown(&desk), good);
    assert!(desk.text().contains("there is no field \"trsut\"; did you mean trust?"), "{}", desk.text());
    desk.keys("\r");
    assert!(desk.text().contains("at character 17"), "it stays said after enter: {}", desk.text());
    desk.key(KeyCode::Esc);
    assert_eq!(shown(&desk).len(), 60, "esc shows everybody again");
}

#[test]
fn every_kind_of_term_narrows_the_table_the_tree_and_the_tiers() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    desk.keys("2/depth=0 and not state=revoked\r");
    let view = desk.model.session.view.clone();
    assert!(shown(&desk).iter().all(|row| view.agent(*row).depth() == 0) && !shown(&desk).is_empty());
    desk.keys("3/state=cut_off\r");
    let lineage = &desk.model.rooms.lineage;
    let under = lineage.selected().unwrap();
    assert_eq!(view.judgement.state(under), State::CutOff, "the cursor is on the first match");
    desk.keys("4/trust<700\r");
    let tier = &desk.model.rooms.tiers.table.rows;
    assert!(tier.shown.iter().all(|row| view.trust(*row).0.is_some_and(|score| score < 700)));
}

#[test]
fn tab_completes_words_and_values_and_goes_round() {
    let mut desk = Desk::new(&mesh(60), (100, 24));
    desk.keys("2/sta");
    assert!(desk.text().contains("tab state=  status="), "{}", desk.text());
    desk.key(KeyCode::Tab);
    assert_eq!(typed(&desk), "state=");
    desk.key(KeyCode::Tab);
    assert_eq!(typed(&desk), "status=");
    desk.key(KeyCode::Tab);
    assert_eq!(typed(&desk), "state=");
    desk.key(KeyCode::BackTab);
    assert_eq!(typed(&desk), "status=");
    desk.keys("sus");
    desk.key(KeyCode::Tab);
    assert_eq!(typed(&desk), "status=suspended");
}

#[test]
fn what_was_asked_before_comes_back_newest_first() {
    let mut desk = Desk::new(&mesh(60), (100, 24));
    desk.keys("2/depth=0\r");
    desk.key(KeyCode::Esc);
    desk.keys("/state=revoked\r");
    desk.key(KeyCode::Esc);
    desk.keys("/");
    desk.key(KeyCode::Up);
    assert_eq!(typed(&desk), "state=revoked");
    desk.key(KeyCode::Up);
    assert_eq!(typed(&desk), "depth=0");
    desk.key(KeyCode::Up);
    assert_eq!(typed(&desk), "depth=0", "there is nothing older");
    desk.key(KeyCode::Down);
    assert_eq!(typed(&desk), "state=revoked");
    assert!(shown(&desk).len() < 60, "what comes back is asked");
}

#[test]
fn who_was_seen_is_a_mistake_where_no_verdicts_are_kept() {
    let mut desk = Desk::new(&mesh(60), (100, 24));
    desk.keys("2/");
    desk.event(Event::Paste("seen<10m".into()));
    desk.keys("\r");
    assert!(desk.text().contains("no verdicts are kept here"), "{}", desk.text());
    assert_eq!(shown(&desk).len(), 60);
}

#[test]
fn each_figure_of_the_overview_opens_exactly_the_agents_that_it_counts() {
    let mut desk = Desk::new(&mesh(60), (100, 40));
    let figures = overview::counted(&desk.model.rooms.overview, &desk.model.session);
    let mut opened = 0;
    for (number, (behind, count)) in figures.into_iter().enumerate() {
        let overview::Behind::Agents(query, _) = behind else { continue };
        desk.keys("1g").keys(&"j".repeat(number)).keys("\r");
        assert_eq!(desk.model.filter_text(), Some(query.as_str()));
        assert_eq!(shown(&desk).len(), count as usize, "{query}");
        desk.key(KeyCode::Esc);
        opened += 1;
    }
    assert!(opened > 15, "{opened}");
}

#[test]
fn what_asks_for_somebody_stands_first_and_what_does_not_is_silent() {
    for size in [(80, 24), (120, 40), (60, 30)] {
        let desk = Desk::new(&mesh(60), size);
        let text = desk.text();
        let place = |words: &str| text.lines().position(|line| line.contains(words)).unwrap();
        assert!(place("! broken lineage") < place("  trust fell today"), "{text}");
        assert!(place("! orphaned") < place("  trust fell today"), "{text}");
        assert!(text.contains("no verdicts here"), "{text}");
    }
}

#[test]
fn a_query_that_asks_for_trouble_is_sorted_by_risk() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    desk.keys("2/fell>=0\r");
    assert!(desk.text().contains("risk ▼"), "{}", desk.text());
    let view = desk.model.session.view.clone();
    let impacts: Vec<u32> = shown(&desk).iter().map(|row| view.risks.impact(view.registry(), *row)).collect();
    assert!(
        impacts.windows(2).all(|pair| pair[0] >= pair[1]),
        "without a loss, who takes most down: {impacts:?}"
    );
    assert!(impacts[0] > 1);
}
