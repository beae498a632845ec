//! The delegation tree through tui-tree-widget, fed the visible window only.
//!
//! The widget flattens every node that it is given, each frame: 400 ms for a million. It is given the
//! rows of the window and the ancestors of the first one, which fix the indentation; those are drawn
//! above the window and cut away.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::StatefulWidget;
use tui_tree_widget::{Tree as TreeWidget, TreeItem, TreeState};

use crate::tui::theme::Theme;

/// One visible row of the tree.
pub(in crate::tui) struct Node {
    pub id: u32,
    /// Hops from the top of its tree.
    pub level: usize,
    pub has_children: bool,
    pub open: bool,
    pub line: Line<'static>,
}

/// The visible rows, the ancestors of the first of them before them.
pub(in crate::tui) struct Tree {
    pub theme: Theme,
    pub nodes: Vec<Node>,
    /// How many of the nodes lie above the window.
    pub above: usize,
    /// The node under the cursor, by its place in `nodes`.
    pub selected: Option<usize>,
}

struct Open {
    level: usize,
    id: u32,
    line: Line<'static>,
    children: Vec<TreeItem<'static, u32>>,
}

impl Tree {
    /// Draws the window into `area`.
    pub(in crate::tui) fn draw(self, frame: &mut Frame<'_>, area: Rect) {
        let Ok(above) = u16::try_from(self.above) else { return };
        let canvas = Rect { x: 0, y: 0, width: area.width, height: area.height.saturating_add(above) };
        if area.is_empty() || canvas.height <= above {
            return;
        }
        let mut state = TreeState::default();
        let mut path = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            path.truncate(path.iter().take_while(|(level, _)| *level < node.level).count());
            path.push((node.level, node.id));
            let ids = || path.iter().map(|(_, id)| *id).collect::<Vec<u32>>();
            if node.open && node.has_children {
                state.open(ids());
            }
            if self.selected == Some(index) {
                state.select(ids());
            }
        }
        let theme = self.theme;
        let items = nest(self.nodes);
        let Ok(widget) = TreeWidget::new(&items) else { return };
        let widget = widget
            .highlight_style(theme.selected())
            .node_closed_symbol("▸ ")
            .node_open_symbol("▾ ")
            .node_no_children_symbol("· ");
        let mut buffer = Buffer::empty(canvas);
        StatefulWidget::render(widget, canvas, &mut buffer, &mut state);
        copy(&buffer, above, frame.buffer_mut(), area);
    }
}

/// Builds the nested items that the flat rows stand for.
fn nest(nodes: Vec<Node>) -> Vec<TreeItem<'static, u32>> {
    let mut roots = Vec::new();
    let mut stack: Vec<Open> = Vec::new();
    let last = nodes.len().saturating_sub(1);
    for (index, node) in nodes.into_iter().enumerate() {
        while stack.last().is_some_and(|open| open.level >= node.level) {
            close(&mut stack, &mut roots);
        }
        let mut children = Vec::new();
        if node.has_children && (!node.open || index == last) {
            // A node needs a child to be drawn with its arrow; this one is closed in or below the window.
            children.push(TreeItem::new_leaf(u32::MAX, ""));
        }
        stack.push(Open { level: node.level, id: node.id, line: node.line, children });
    }
    while !stack.is_empty() {
        close(&mut stack, &mut roots);
    }
    roots
}

fn close(stack: &mut Vec<Open>, roots: &mut Vec<TreeItem<'static, u32>>) {
    let Some(done) = stack.pop() else { return };
    let Ok(item) = TreeItem::new(done.id, done.line, done.children) else { return };
    match stack.last_mut() {
        Some(parent) => parent.children.push(item),
        None => roots.push(item),
    }
}

fn copy(from: &Buffer, above: u16, to: &mut Buffer, area: Rect) {
    for y in 0..area.height {
        for x in 0..area.width {
            let source = from.cell((x, y.saturating_add(above)));
            let target = to.cell_mut((area.x.saturating_add(x), area.y.saturating_add(y)));
            if let (Some(source), Some(target)) = (source, target) {
                *target = source.clone();
            }
        }
    }
}
