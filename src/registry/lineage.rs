//! Who delegated to whom: a petgraph model, and a preorder index derived from it.
//!
//! The graph is the one source of truth; node numbers are row numbers, an edge is a delegation. In
//! preorder a subtree is one slice: its size is known without walking, and a pass that needs parents
//! before children is one loop.

use petgraph::graph::{DiGraph, NodeIndex};

use super::Row;

const NONE: u32 = u32::MAX;

/// The delegation graph of a registry and its preorder.
#[derive(Clone, Default)]
pub struct Lineage {
    graph: DiGraph<(), (), u32>,
    /// Parent by row as the preorder uses it: [`NONE`] for roots, orphans and where a cycle is cut.
    above: Vec<u32>,
    order: Vec<u32>,
    position: Vec<u32>,
    size: Vec<u32>,
    /// Hops below the top of the tree, by position.
    level: Vec<u16>,
    /// Members of cycles, ascending; the first number is the row, the second where its cycle is cut.
    cycles: Vec<(u32, u32)>,
}

impl Lineage {
    /// Builds the graph from `parents` (by row, [`NONE`]-coded) and its preorder.
    ///
    /// A cycle is cut above one of its members for which `broken` says that its own hop is at fault;
    /// there is always one, since depths cannot rise all the way round.
    pub(super) fn build(parents: &[u32], broken: impl Fn(usize) -> bool) -> Self {
        let count = parents.len();
        let mut graph = DiGraph::with_capacity(count, count);
        for _ in 0..count {
            graph.add_node(());
        }
        for (row, parent) in parents.iter().enumerate() {
            if *parent != NONE {
                graph.add_edge(NodeIndex::new(*parent as usize), NodeIndex::new(row), ());
            }
        }
        let mut lineage = Self {
            graph,
            above: parents.to_vec(),
            order: Vec::with_capacity(count),
            position: vec![NONE; count],
            size: vec![1; count],
            level: Vec::with_capacity(count),
            cycles: Vec::new(),
        };
        for (row, parent) in parents.iter().enumerate() {
            if *parent == NONE {
                lineage.visit(row);
            }
        }
        for row in 0..count {
            if lineage.position[row] == NONE {
                let entry = lineage.cut_cycle(row, parents, &broken);
                lineage.visit(entry);
            }
        }
        lineage.cycles.sort_unstable();
        for position in (0..count).rev() {
            let row = lineage.order[position] as usize;
            let above = lineage.above[row];
            if above != NONE {
                let size = lineage.size[position];
                let parent = lineage.position[above as usize] as usize;
                lineage.size[parent] += size;
            }
        }
        lineage
    }

    /// Appends the tree below `top` in preorder, children in registration order.
    fn visit(&mut self, top: usize) {
        let mut stack = vec![(top, 0u16)];
        while let Some((row, level)) = stack.pop() {
            if self.position[row] != NONE {
                continue;
            }
            self.position[row] = narrow(self.order.len());
            self.order.push(narrow(row));
            self.level.push(level);
            // petgraph lists the newest edge first, so the oldest child ends on top of the stack.
            stack.extend(
                self.graph
                    .neighbors(NodeIndex::new(row))
                    .map(NodeIndex::index)
                    .filter(|child| self.above[*child] == narrow(row))
                    .map(|child| (child, level.saturating_add(1))),
            );
        }
    }

    /// Finds the cycle above `start`, records its members and cuts it above the one it returns.
    fn cut_cycle(&mut self, start: usize, parents: &[u32], broken: &impl Fn(usize) -> bool) -> usize {
        let mut on_cycle = start;
        let mut seen = std::collections::HashSet::new();
        while seen.insert(on_cycle) {
            on_cycle = parents[on_cycle] as usize;
        }
        let mut members = vec![on_cycle];
        let mut next = parents[on_cycle] as usize;
        while next != on_cycle {
            members.push(next);
            next = parents[next] as usize;
        }
        let entry = members.iter().copied().filter(|row| broken(*row)).min().unwrap_or(on_cycle);
        self.cycles.extend(members.iter().map(|row| (narrow(*row), narrow(entry))));
        self.above[entry] = NONE;
        entry
    }

    /// Adds an agent to the graph; the preorder is as before.
    pub(super) fn add(&mut self) {
        self.graph.add_node(());
    }

    /// Moves an agent below another in the graph; the preorder is as before.
    pub(super) fn hang(&mut self, row: Row, parent: Option<Row>) {
        let node = NodeIndex::new(row.index());
        if let Some(edge) = self.graph.first_edge(node, petgraph::Direction::Incoming) {
            self.graph.remove_edge(edge);
        }
        if let Some(parent) = parent {
            self.graph.add_edge(NodeIndex::new(parent.index()), node, ());
        }
    }

    /// The graph: node numbers are row numbers.
    pub const fn graph(&self) -> &DiGraph<(), (), u32> {
        &self.graph
    }

    /// How many agents there are, unregistered ones included.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The registered parent; none for a root, for an agent whose parent is not registered, and where a
    /// cycle is cut.
    #[inline]
    pub fn parent(&self, row: Row) -> Option<Row> {
        let above = self.above[row.index()];
        (above != NONE).then_some(Row(above))
    }

    /// The row at a preorder position.
    #[inline]
    pub fn at(&self, position: usize) -> Option<Row> {
        self.order.get(position).copied().map(Row)
    }

    /// All rows, parents before children.
    pub fn preorder(&self) -> impl DoubleEndedIterator<Item = Row> + ExactSizeIterator {
        self.order.iter().copied().map(Row)
    }

    /// All rows, parents before children, each with the size of its tree.
    pub(super) fn preorder_with_sizes(&self) -> impl Iterator<Item = (Row, usize)> {
        self.order.iter().zip(&self.size).map(|(row, size)| (Row(*row), *size as usize))
    }

    /// The preorder position of a row.
    #[inline]
    pub fn position(&self, row: Row) -> usize {
        self.position[row.index()] as usize
    }

    /// How many agents the tree of `row` holds, itself included.
    #[inline]
    pub fn size(&self, row: Row) -> usize {
        self.size[self.position(row)] as usize
    }

    /// Hops from the top of its tree.
    pub fn level(&self, row: Row) -> usize {
        usize::from(self.level[self.position(row)])
    }

    pub(super) fn levels(&self, positions: std::ops::Range<usize>) -> &[u16] {
        self.level.get(positions).unwrap_or(&[])
    }

    /// Preorder positions of everything that falls when `row` falls, itself included.
    ///
    /// On a cycle everybody is everybody's descendant.
    pub fn subtree(&self, row: Row) -> std::ops::Range<usize> {
        let top = self.cycle_entry(row).unwrap_or(row);
        let start = self.position(top);
        start..start + self.size(top)
    }

    /// The children in registration order.
    pub fn children(&self, row: Row) -> Vec<Row> {
        let start = self.position(row);
        let end = start + self.size(row);
        let mut children = Vec::new();
        let mut position = start + 1;
        while position < end {
            children.push(Row(self.order[position]));
            position += self.size[position] as usize;
        }
        children
    }

    /// How many children there are.
    pub fn child_count(&self, row: Row) -> usize {
        let start = self.position(row);
        let end = start + self.size(row);
        let mut count = 0;
        let mut position = start + 1;
        while position < end {
            count += 1;
            position += self.size[position] as usize;
        }
        count
    }

    /// The tops of all trees, in preorder.
    pub fn tops(&self) -> Vec<Row> {
        let mut tops = Vec::new();
        let mut position = 0;
        while position < self.order.len() {
            tops.push(Row(self.order[position]));
            position += self.size[position] as usize;
        }
        tops
    }

    /// The rows from the top of the tree down to `row`.
    pub fn path(&self, row: Row) -> Vec<Row> {
        let mut path = vec![row];
        let mut at = row;
        while let Some(parent) = self.parent(at) {
            path.push(parent);
            at = parent;
        }
        path.reverse();
        path
    }

    /// Whether following `parent_did` from `row` leads back to it.
    pub fn on_cycle(&self, row: Row) -> bool {
        self.cycle_entry(row).is_some()
    }

    fn cycle_entry(&self, row: Row) -> Option<Row> {
        let at = self.cycles.binary_search_by_key(&row.0, |(member, _)| *member).ok()?;
        self.cycles.get(at).map(|(_, entry)| Row(*entry))
    }

    pub(super) fn heap(&self) -> usize {
        let (nodes, edges) = self.graph.capacity();
        nodes * 8
            + edges * 16
            + (self.above.capacity() + self.order.capacity() + self.position.capacity()) * 4
            + self.size.capacity() * 4
            + self.level.capacity() * 2
            + self.cycles.capacity() * 8
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(NONE)
}
