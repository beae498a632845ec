//! Everything an operator can do, as data.

use crate::change::Kind;

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
    /// Changes that wait for signatures.
    Approvals,
    /// The people who may change things.
    Operators,
    /// Standing rules.
    Locks,
    /// The rules in force.
    Policy,
}

impl RoomName {
    /// The rooms with a number key, in their order.
    pub const ALL: [Self; 10] = [
        Self::Overview,
        Self::Agents,
        Self::Lineage,
        Self::Tiers,
        Self::Log,
        Self::Inspect,
        Self::Approvals,
        Self::Operators,
        Self::Locks,
        Self::Policy,
    ];

    /// Its name on screens and for `--view`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Agents => "agents",
            Self::Lineage => "lineage",
            Self::Tiers => "tiers",
            Self::Log => "log",
            Self::Inspect => "inspect",
            Self::Approvals => "approvals",
            Self::Operators => "operators",
            Self::Locks => "locks",
            Self::Policy => "policy",
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
    /// Mark the agent, or unmark it.
    Pick,
    /// Mark everybody from the agent that was marked last.
    PickRange,
    /// Mark everybody who is shown, or nobody.
    PickAll,
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
    /// Let nothing new come from the agent, or from below it.
    Seal,
    /// Make a standing rule.
    Lock,
    /// Lift the standing rule.
    Lift,
    /// Put the agent below another parent.
    Adopt,
    /// Give the agent capabilities.
    Grant,
    /// Take capabilities from the agent.
    Narrow,
    /// Replace the agent's key.
    Rekey,
    /// Put tags on the agent.
    Tag,
    /// Take tags off the agent.
    Untag,
    /// Say that the agent's sponsor is who it says.
    VerifySponsor,
    /// Give the agent, or all of its sponsor's, to another sponsor.
    Transfer,
    /// Say who is called for the agent's sponsor.
    Deputy,
    /// Sign what waits.
    Approve,
    /// Take back what waits.
    Withdraw,
    /// Stop an operator.
    SuspendOperator,
    /// Let an operator act again.
    RestoreOperator,
    /// Remove an operator for good.
    RemoveOperator,
    /// Give an operator another role.
    GiveRole,
    /// Check the whole log.
    VerifyLog,
    /// Show everything as of the entry.
    TravelHere,
    /// One entry back.
    Earlier,
    /// One entry on.
    Later,
    /// A day back.
    DayEarlier,
    /// A day on.
    DayLater,
    /// Mark the shown moment, to compare with.
    Mark,
    /// What differs between two moments.
    Compare,
    /// Read another policy from a file, and compare.
    ReadPolicy,
    /// What the policy from the file would have answered.
    DryRun,
    /// Put the policy from the file in force.
    ProposePolicy,
    /// The open cases.
    Cases,
    /// Why the agent can do something, and who can.
    Paths,
    /// Let the view stand still, or catch up.
    Freeze,
    /// Move along the time of the log.
    Slider,
    /// Copy something about the agent, or the command that shows this.
    Copy,
    /// Undo what stopped the agent, or say why that cannot be.
    Undo,
    /// Write the agents that are listed to a file.
    Export,
    /// What this console did and said.
    Journal,
    /// What the last containment stopped, and what not.
    Aftermath,
    /// Read the registry again.
    Refresh,
    /// The keys of where you are.
    Help,
    /// Every action by name.
    Palette,
    /// Go to another context.
    Contexts,
    /// Unlock the place for a while, or lock it again.
    Unlock,
    /// Where one was before: room, agent and filter.
    HistoryBack,
    /// Forward again.
    HistoryForward,
    /// Choose the columns of the table.
    Columns,
    /// Let the mouse select, or leave it to the terminal.
    Mouse,
    /// Stop the program until `fg`.
    Background,
    /// One level back: overlay, filter, room; then leave.
    Escape,
    /// Leave.
    Quit,
    /// Leave at once.
    Leave,
}

impl Action {
    /// Its name in configurations: `Suspend` is `suspend`, and the room of the log is `go-log`.
    pub fn name(self) -> String {
        if let Self::Go(room) = self {
            return format!("go-{}", room.as_str());
        }
        let mut name = String::new();
        for letter in format!("{self:?}").chars() {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(letter.to_ascii_lowercase());
        }
        name
    }

    /// The kind of change that it orders; none for what changes nothing, or what depends on the row.
    pub const fn orders(self) -> Option<Kind> {
        Some(match self {
            Self::Suspend => Kind::Suspend,
            Self::Revoke => Kind::Revoke,
            Self::Reactivate | Self::Undo => Kind::Reactivate,
            Self::Seal => Kind::Seal,
            Self::Lock => Kind::Lock,
            Self::Lift => Kind::Unlock,
            Self::Adopt => Kind::Adopt,
            Self::Grant => Kind::Grant,
            Self::Narrow => Kind::Narrow,
            Self::Rekey => Kind::Rekey,
            Self::Tag | Self::Untag => Kind::Tag,
            Self::VerifySponsor | Self::Transfer | Self::Deputy => Kind::Sponsor,
            Self::Approve | Self::Withdraw => Kind::Withdraw,
            Self::SuspendOperator | Self::RestoreOperator | Self::RemoveOperator | Self::GiveRole => {
                Kind::Operator
            }
            Self::ProposePolicy => Kind::Policy,
            _ => return None,
        })
    }
}
