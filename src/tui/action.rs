//! Everything an operator can do, as data.

/// The rooms of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoomName {
    /// Counts and troubles at a glance.
    Overview,
    /// All agents in a table.
    Agents,
    /// The delegation tree.
    Lineage,
    /// Agents by trust tier.
    Tiers,
    /// What was done.
    Log,
    /// One agent.
    Inspect,
}

impl RoomName {
    /// The rooms with a number key, in their order.
    pub const ALL: [Self; 6] =
        [Self::Overview, Self::Agents, Self::Lineage, Self::Tiers, Self::Log, Self::Inspect];

    /// Its name on screens and for `--view`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Agents => "agents",
            Self::Lineage => "lineage",
            Self::Tiers => "tiers",
            Self::Log => "log",
            Self::Inspect => "inspect",
        }
    }

    /// The room of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|room| room.as_str() == text)
    }
}

/// Something an operator can ask for by a key or from the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// The first row.
    Top,
    /// The last row.
    Bottom,
    /// Close the node, or go to its parent; the tier or tab to the left.
    Left,
    /// Open the node; the tier or tab to the right.
    Right,
    /// Open what the cursor is on.
    Open,
    /// Open the node and everything below it, or close it all.
    Toggle,
    /// The next tab.
    NextTab,
    /// The tab before.
    PreviousTab,
    /// Go to a room.
    Go(RoomName),
    /// Show the selected agent in the tree.
    ShowInLineage,
    /// The room before this one.
    Back,
    /// Type a filter.
    Filter,
    /// The next sort column.
    Sort,
    /// The other direction.
    SortDirection,
    /// Stop the agent for a while.
    Suspend,
    /// Stop the agent for good.
    Revoke,
    /// Wake the agent.
    Reactivate,
    /// Copy the DID.
    Copy,
    /// Read the registry again.
    Refresh,
    /// The keys of where you are.
    Help,
    /// Every action by name.
    Palette,
    /// Stop the program until `fg`.
    Background,
    /// One level back: overlay, filter, room; then leave.
    Escape,
    /// Leave.
    Quit,
    /// Leave at once.
    Leave,
}
