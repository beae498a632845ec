//! A list of agents for other programs and other people: CSV, JSON Lines, Markdown, and pictures of their lineage.

use super::{AgentLine, Node, Picture, markdown, to_json};
use crate::registry::{Judgement, Registry, Row};
use crate::text::visible;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetFormat {
    /// RFC 4180, every cell quoted, and none that a spreadsheet would take for a formula.
    Csv,
    /// One JSON object per line, as `agent list --json` prints them.
    Jsonl,
    /// A table.
    Markdown,
    /// A picture that a browser shows.
    Svg,
    /// A flow chart inside Markdown.
    Mermaid,
    /// A graph for Graphviz.
    Dot,
}

impl SheetFormat {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Csv, Self::Jsonl, Self::Markdown, Self::Svg, Self::Mermaid, Self::Dot];

    /// Its name, which is the usual ending of a file of this form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Markdown => "md",
            Self::Svg => "svg",
            Self::Mermaid => "mmd",
            Self::Dot => "dot",
        }
    }

    /// The form of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }
}

/// The columns of a table.
const COLUMNS: [&str; 13] = [
    "did",
    "name",
    "state",
    "reason",
    "code",
    "score",
    "tier",
    "sponsor_email",
    "organization",
    "parent_did",
    "delegation_depth",
    "descendants",
    "expires_at",
];

/// So many agents stand in one picture at most.
const MOST_DRAWN: usize = 2000;

/// The agents in this form, in this order; pictures have them in the order of their lineage.
pub fn sheet(registry: &Registry, judgement: &Judgement, rows: &[Row], format: SheetFormat) -> String {
    let lines = rows.iter().map(|row| AgentLine::of(registry, judgement, *row));
    match format {
        SheetFormat::Csv => {
            let mut out = csv(COLUMNS.map(str::to_owned));
            lines.for_each(|line| out.push_str(&csv(cells(&line))));
            out
        }
        SheetFormat::Jsonl => {
            let lines = lines.filter_map(|line| to_json(&line).ok());
            lines.fold(String::new(), |out, line| out + &line + "\n")
        }
        SheetFormat::Markdown => {
            let row = |cells: [String; 13]| format!("| {} |\n", cells.join(" | "));
            let mut out = row(COLUMNS.map(str::to_owned));
            out.push_str(&row([(); 13].map(|()| "---".to_owned())));
            lines.for_each(|line| out.push_str(&row(cells(&line).map(|cell| markdown(&cell)))));
            out
        }
        SheetFormat::Svg => picture(registry, judgement, rows).svg(),
        SheetFormat::Mermaid => picture(registry, judgement, rows).mermaid(),
        SheetFormat::Dot => picture(registry, judgement, rows).dot(),
    }
}

fn cells(line: &AgentLine) -> [String; 13] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
    [
        line.did.clone(),
        line.name.clone(),
        line.state.to_owned(),
        text(&line.reason),
        word(line.code),
        line.score.map_or_else(String::new, |score| score.to_string()),
        word(line.tier),
        line.sponsor_email.clone(),
        text(&line.organization),
        text(&line.parent_did),
        line.delegation_depth.to_string(),
        line.descendants.to_string(),
        text(&line.expires_at),
    ]
}

/// One line of cells, quoted; one that a spreadsheet would take for a formula begins with an apostrophe.
fn csv(cells: [String; 13]) -> String {
    let cell = |cell: &String| {
        let shown = visible(cell);
        let formula = shown.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let mark = if formula { "'" } else { "" };
        format!("\"{mark}{}\"", shown.replace('"', "\"\""))
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n"
}

/// The agents with lines to the nearest agent above that is shown too.
fn picture(registry: &Registry, judgement: &Judgement, rows: &[Row]) -> Picture {
    let lineage = registry.lineage();
    let mut rows = rows.to_vec();
    rows.sort_unstable_by_key(|row| lineage.position(*row));
    let left_out = rows.len().saturating_sub(MOST_DRAWN);
    rows.truncate(MOST_DRAWN);
    let mut nodes: Vec<Node> = Vec::with_capacity(rows.len());
    // Those whose trees the next agent may be in: where each tree ends, and the number of its root.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for row in rows {
        let position = lineage.position(row);
        while open.pop_if(|(end, _)| *end <= position).is_some() {}
        let above = open.last().map(|(_, number)| *number);
        let level = above.and_then(|above| nodes.get(above)).map_or(0, |above| above.level.saturating_add(1));
        open.push((position.saturating_add(lineage.size(row)), nodes.len()));
        let agent = registry.agent(row);
        nodes.push(Node {
            did: agent.did().to_string(),
            name: agent.name().to_owned(),
            state: judgement.state(row).as_str(),
            level,
            above,
            meant: false,
        });
    }
    Picture { nodes, left_out }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(first: &str) -> [String; 13] {
        let mut cells = [(); 13].map(|()| String::new());
        first.clone_into(&mut cells[0]);
        cells
    }

    #[test]
    fn no_cell_is_a_formula_and_no_cell_ends_early() {
        for evil in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            let line = csv(cells(evil));
            assert!(line.starts_with("\"'") || line.starts_with("\"␉"), "{line}");
        }
        assert!(csv(cells("a\"b,c")).starts_with("\"a\"\"b,c\","));
        assert_eq!(csv(cells("two\nlines\u{202e}")).lines().count(), 1);
    }
}
