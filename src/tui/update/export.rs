//! Writing agents to a file: those that are marked, else those that are listed, else the one with everybody below it.

use std::sync::Arc;

use crate::registry::Row;
use crate::text::agents;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::prompt;
use crate::tui::session::View;
use crate::wire::SheetFormat;

/// Asks for the file.
pub(super) fn ask(model: &Model) -> Vec<Effect> {
    let rows = meant(model);
    if rows.is_empty() {
        return vec![Effect::Refuse("no agent is listed here".to_owned())];
    }
    let count = agents(rows.len());
    let mut prompt = prompt::State::new(prompt::Purpose::Sheet(rows, model.session.view.clone()));
    prompt.known = vec![format!("{count}; pictures are svg, mmd (Mermaid) and dot (Graphviz)")];
    prompt.typed.set("agents.csv");
    vec![Effect::Prompt(Box::new(prompt))]
}

fn meant(model: &Model) -> Arc<Vec<Row>> {
    let marked = model.session.marks.sorted();
    if !marked.is_empty() {
        return Arc::new(marked);
    }
    let shown = model.shown();
    let Some(row) = model.selected().filter(|_| shown.is_empty()) else { return shown };
    let lineage = model.session.view.registry().lineage();
    Arc::new(lineage.subtree(row).filter_map(|position| lineage.at(position)).collect())
}

/// What follows from the file that was typed.
pub(super) fn typed(rows: &Arc<Vec<Row>>, view: &Arc<View>, text: &str) -> Result<Effect, String> {
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    let format = SheetFormat::parse(ending).ok_or_else(|| {
        let endings = SheetFormat::ALL.map(SheetFormat::as_str).join(", ");
        format!("{text:?} says no form: a file ends in one of {endings}")
    })?;
    Ok(Effect::WriteSheet(text.into(), format, rows.clone(), view.clone()))
}
