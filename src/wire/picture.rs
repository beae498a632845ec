//! A lineage as a picture: Mermaid for Markdown, SVG for everybody else; texts from outside are marked and escaped.

use std::fmt::Write as _;

use crate::text::{visible, within};

/// A label has at most this many bytes.
const MOST_LABEL: usize = 96;

/// One agent in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its DID, or what stands for it.
    pub did: String,
    /// Its name, or nothing.
    pub name: String,
    /// Its effective state.
    pub state: &'static str,
    /// Hops below the top of the picture.
    pub level: usize,
    /// The number of the node above it.
    pub above: Option<usize>,
    /// Whether the picture is about it.
    pub meant: bool,
}

/// Agents in preorder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// The agents, parents first.
    pub nodes: Vec<Node>,
    /// How many were left out.
    pub left_out: usize,
}

impl Picture {
    /// A Mermaid flow chart.
    pub fn mermaid(&self) -> String {
        let mut out = String::from("graph TD\n");
        for (number, node) in self.nodes.iter().enumerate() {
            let (open, close) = if node.meant { ("[[", "]]") } else { ("[", "]") };
            let (did, name) = (mermaid(&node.did), mermaid(&node.name));
            let _ = writeln!(out, "  n{number}{open}\"{did}<br/>{name}<br/>{}\"{close}", node.state);
            if let Some(above) = node.above {
                let _ = writeln!(out, "  n{above} --> n{number}");
            }
        }
        if self.left_out > 0 {
            let _ = writeln!(out, "  more[\"and {} more\"]", self.left_out);
        }
        out
    }

    /// A graph for Graphviz.
    pub fn dot(&self) -> String {
        let mut out = String::from("digraph lineage {\n  node [shape=box, fontname=monospace];\n");
        for (number, node) in self.nodes.iter().enumerate() {
            let label = format!("{}\\n{}\\n{}", quoted(&node.name), quoted(&node.did), node.state);
            let weight = if node.meant { ", style=bold" } else { "" };
            let _ = writeln!(out, "  n{number} [label=\"{label}\"{weight}];");
            if let Some(above) = node.above {
                let _ = writeln!(out, "  n{above} -> n{number};");
            }
        }
        if self.left_out > 0 {
            let _ = writeln!(out, "  more [label=\"and {} more\"];", self.left_out);
        }
        out.push_str("}\n");
        out
    }

    /// A picture of its own.
    pub fn svg(&self) -> String {
        const ROW: usize = 22;
        let rows = self.nodes.len().saturating_add(usize::from(self.left_out > 0));
        let height = rows.saturating_mul(ROW).saturating_add(ROW);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1000\" height=\"{height}\" \
             font-family=\"monospace\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        );
        for (number, node) in self.nodes.iter().enumerate() {
            let (x, y) = (node.level.min(30).saturating_mul(24).saturating_add(16), place(number, ROW));
            if let Some(above) = node.above.and_then(|above| Some((above, self.nodes.get(above)?))) {
                let from = above.1.level.min(30).saturating_mul(24).saturating_add(22);
                let _ = writeln!(
                    out,
                    "<path d=\"M{from} {} V{mid} H{}\" stroke=\"#888\" fill=\"none\"/>",
                    place(above.0, ROW).saturating_add(4),
                    x.saturating_sub(2),
                    mid = y.saturating_sub(4),
                );
            }
            let weight = if node.meant { " font-weight=\"bold\"" } else { "" };
            let text = format!("{}  {}  {}", label(&node.did), label(&node.name), node.state);
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{y}\" fill=\"{}\"{weight} xml:space=\"preserve\">{}</text>",
                colour(node.state),
                xml(&text)
            );
        }
        if self.left_out > 0 {
            let y = place(self.nodes.len(), ROW);
            let _ = writeln!(out, "<text x=\"16\" y=\"{y}\">and {} more</text>", self.left_out);
        }
        out.push_str("</svg>\n");
        out
    }
}

const fn place(number: usize, row: usize) -> usize {
    number.saturating_mul(row).saturating_add(row)
}

fn colour(state: &str) -> &'static str {
    match state {
        "active" => "#1a7f37",
        "cut_off" | "suspended" => "#9a6700",
        _ => "#cf222e",
    }
}

fn label(text: &str) -> String {
    within(&visible(text), MOST_LABEL)
}

/// Text inside an XML element.
fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// Text inside the quotes of a Graphviz label.
fn quoted(text: &str) -> String {
    visible(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Text inside the quotes of a Mermaid node.
fn mermaid(text: &str) -> String {
    let mut out = String::new();
    for character in label(text).chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | ':' | '-' | '_' | '.' | '@' => out.push(character),
            _ if character.is_alphanumeric() => out.push(character),
            _ => {
                let _ = write!(out, "#{};", u32::from(character));
            }
        }
    }
    out
}

/// Text in a line of Markdown: marked, and with no markup of its own.
pub fn markdown(text: &str) -> String {
    let mut out = String::new();
    for character in visible(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~'
            | '-' | '.' | ':' | '@' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hostile() -> Picture {
        let node = |name: &str, above: Option<usize>| Node {
            did: "did:mesh:ab".into(),
            name: name.into(),
            state: "active",
            level: usize::from(above.is_some()),
            above,
            meant: true,
        };
        Picture {
            nodes: vec![node("root", None), node("\"]; evil [a=\"<script>\u{202e}&\u{1b}[2J\n", Some(0))],
            left_out: 2,
        }
    }

    #[test]
    fn a_hostile_name_draws_nothing_of_its_own() {
        let svg = hostile().svg();
        assert!(!svg.contains("<script") && !svg.contains('\u{202e}') && !svg.contains('\u{1b}'), "{svg}");
        let mermaid = hostile().mermaid();
        assert!(!mermaid.contains("\"]<") && !mermaid.contains("<script"), "{mermaid}");
        assert!(!mermaid.contains('\u{202e}') && !mermaid.contains('\u{1b}'), "{mermaid}");
        assert!(mermaid.contains("n0 --> n1") && mermaid.contains("and 2 more"), "{mermaid}");
    }

    #[test]
    fn a_hostile_name_ends_no_label_of_a_graph() {
        let dot = hostile().dot();
        assert!(dot.contains("n0 -> n1;") && dot.contains("and 2 more"), "{dot}");
        assert!(dot.contains("\\\"]; evil [a=\\\"<script>"), "{dot}");
        assert!(!dot.contains('\u{202e}') && !dot.contains('\u{1b}'), "{dot}");
        assert_eq!(dot.lines().count(), 7, "{dot}");
    }

    #[test]
    fn a_text_in_markdown_makes_no_markup() {
        let text = markdown("[x](http://e) <b> `c` | # \u{202e}");
        assert!(!text.contains("<b>") && !text.contains('\u{202e}') && text.contains("\\[x\\]\\("), "{text}");
    }
}
