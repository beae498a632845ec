//! Where one is, in one line: the place, the room, the filter, the agent.

use super::model::Model;
use crate::text::{cut_end, visible, width};

/// The most columns that one of them takes.
const EACH: usize = 40;

/// The crumbs in at most `columns`, cut from the left.
pub(super) fn crumbs(model: &Model, columns: usize) -> String {
    let mut crumbs = vec![model.session.context(), model.room.as_str().to_owned()];
    crumbs.extend(model.filter_text().filter(|text| !text.trim().is_empty()).map(str::to_owned));
    crumbs.extend(model.selected().map(|row| model.session.view.agent(row).name().to_owned()));
    let shown: Vec<String> = crumbs.iter().map(|crumb| cut_end(&visible(crumb), EACH).into_owned()).collect();
    fit(&shown, columns)
}

/// As many of the last as fit.
fn fit(crumbs: &[String], columns: usize) -> String {
    let whole = crumbs.join(" > ");
    if width(&whole) <= columns {
        return whole;
    }
    for from in 1..crumbs.len() {
        let words = format!("… > {}", crumbs.get(from..).unwrap_or(&[]).join(" > "));
        if width(&words) <= columns {
            return words;
        }
    }
    cut_end(crumbs.last().map_or("", String::as_str), columns).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crumbs_are_cut_from_the_left() {
        let crumbs = ["mesh.jsonl", "agents", "trust<300", "billing-7"].map(str::to_owned);
        for (columns, words) in [
            (50, "mesh.jsonl > agents > trust<300 > billing-7"),
            (42, "… > agents > trust<300 > billing-7"),
            (30, "… > trust<300 > billing-7"),
            (14, "… > billing-7"),
            (12, "billing-7"),
            (5, "bill…"),
            (0, ""),
        ] {
            assert_eq!(fit(&crumbs, columns), words);
            assert!(width(words) <= columns);
        }
    }
}
