//! Which columns the table of agents has, in which order, and how it is sorted: chosen, and remembered per context.

use std::collections::HashMap;
use std::sync::Arc;

use super::listing::Sort;
use super::widgets::Column;

/// A column of the table of agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnName {
    Name,
    State,
    Did,
    Score,
    CutOffBy,
    Subtree,
    Depth,
    Expiry,
    Sponsor,
    Organization,
    Risk,
}

impl ColumnName {
    pub(super) const ALL: [Self; 11] = [
        Self::Name,
        Self::State,
        Self::Did,
        Self::Score,
        Self::CutOffBy,
        Self::Subtree,
        Self::Depth,
        Self::Expiry,
        Self::Sponsor,
        Self::Organization,
        Self::Risk,
    ];

    /// Its heading, and its name where the choice is kept.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::State => "state",
            Self::Did => "DID",
            Self::Score => "score",
            Self::CutOffBy => "cut off by",
            Self::Subtree => "subtree",
            Self::Depth => "depth",
            Self::Expiry => "expiry",
            Self::Sponsor => "sponsor",
            Self::Organization => "organization",
            Self::Risk => "risk",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.as_str() == text)
    }

    /// Whom it is and how it stands is always shown.
    pub(super) const fn always(self) -> bool {
        matches!(self, Self::Name | Self::State)
    }

    /// The order by it, if there is one.
    pub(super) fn sort(self) -> Option<Sort> {
        Sort::ALL.into_iter().find(|sort| sort.as_str() == self.as_str())
    }

    const fn width(self) -> usize {
        match self {
            Self::Name => 30,
            Self::State => 10,
            Self::Did => 18,
            Self::Score => 21,
            Self::CutOffBy => 24,
            Self::Subtree | Self::Expiry => 8,
            Self::Depth => 5,
            Self::Sponsor => 30,
            Self::Organization => 20,
            Self::Risk => 9,
        }
    }
}

/// How the table of agents is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// What is shown beside name and state, in this order, as far as there is room.
    pub(super) shown: Vec<ColumnName>,
    pub(super) sort: Sort,
    pub(super) reversed: bool,
}

/// The layouts of contexts by name; the place without a name has an empty one.
pub type Layouts = HashMap<String, Layout>;

/// Keeps the layout of a context, as whoever opened the console knows how.
pub type Remember = Arc<dyn Fn(&str, &Layout) -> Result<(), String> + Send + Sync>;

impl Default for Layout {
    fn default() -> Self {
        let usual = |column: &ColumnName| !column.always() && *column != ColumnName::Risk;
        let shown = ColumnName::ALL.into_iter().filter(usual).collect();
        Self { shown, sort: Sort::default(), reversed: false }
    }
}

impl Layout {
    /// A layout from its words; none when a word means nothing, or a column stands twice.
    pub fn read(columns: &[String], sort: &str, reversed: bool) -> Option<Self> {
        let mut shown = Vec::new();
        for column in columns {
            let column =
                ColumnName::parse(column).filter(|column| !column.always() && !shown.contains(column))?;
            shown.push(column);
        }
        let sort = Sort::ALL.into_iter().find(|each| each.as_str() == sort)?;
        Some(Self { shown, sort, reversed })
    }

    /// The columns beside name and state, in words.
    pub fn columns(&self) -> Vec<&'static str> {
        self.shown.iter().map(|column| column.as_str()).collect()
    }

    /// By what it is sorted.
    pub fn sort(&self) -> &'static str {
        self.sort.as_str()
    }

    /// Whether the order is turned round.
    pub const fn reversed(&self) -> bool {
        self.reversed
    }

    /// The columns that fit: name and state always, the others in their order as there is room.
    ///
    /// Where it is sorted by risk, that is shown whether it was chosen or not.
    pub(super) fn fitting(&self, sort: Sort, width: usize) -> Vec<Column> {
        let name = match width {
            0..60 => width.saturating_sub(12).clamp(4, 27),
            60..100 => 24,
            _ => ColumnName::Name.width(),
        };
        let column = |column: ColumnName| Column { heading: column.as_str(), width: column.width() };
        let mut columns = vec![Column { heading: "name", width: name }, column(ColumnName::State)];
        let mut used: usize = columns.iter().map(|column| column.width + 1).sum();
        let risk =
            (sort == Sort::Risk && !self.shown.contains(&ColumnName::Risk)).then_some(ColumnName::Risk);
        for each in risk.into_iter().chain(self.shown.iter().copied()) {
            if used + each.width() < width {
                used += each.width() + 1;
                columns.push(column(each));
            }
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_reads_back_and_nothing_else_does() {
        let layout =
            Layout { shown: vec![ColumnName::Sponsor, ColumnName::Did], sort: Sort::Score, reversed: true };
        let words: Vec<String> = layout.columns().into_iter().map(str::to_owned).collect();
        assert_eq!(Layout::read(&words, layout.sort(), true), Some(layout));
        for (columns, sort) in
            [(vec!["nose"], "score"), (vec!["DID", "DID"], "score"), (vec!["name"], "name"), (vec![], "x")]
        {
            let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
            assert_eq!(Layout::read(&columns, sort, false), None, "{columns:?} {sort}");
        }
    }

    #[test]
    fn name_and_state_are_there_at_every_width_and_nothing_sticks_out() {
        let layout = Layout::default();
        for width in 20..300 {
            let columns = layout.fitting(Sort::default(), width);
            assert_eq!((columns[0].heading, columns[1].heading), ("name", "state"));
            assert!(columns.iter().map(|column| column.width + 1).sum::<usize>() <= width + 1, "{width}");
        }
        assert!(layout.fitting(Sort::Risk, 80).iter().any(|column| column.heading == "risk"));
    }
}
