//! The binding table: the only source of keys, footer, help and palette.

mod chosen;

pub use chosen::{Bound, Keymap, KeymapError, Rebind};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{Action, RoomName};

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// In every room.
    Everywhere,
    /// In rooms with rows to move over.
    Rows,
    /// Where an agent can be selected.
    Agents,
    /// In this room only.
    Room(RoomName),
}

/// Keys, what they do, where, and the words for it.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The keys, as people write them.
    pub keys: &'static [&'static str],
    /// What they do.
    pub action: Action,
    /// Where.
    pub place: Whereabouts,
    /// One or two words for the footer; empty keeps it out of there.
    pub short: &'static str,
    /// What it does.
    pub words: &'static str,
}

const fn binding(
    keys: &'static [&'static str],
    action: Action,
    place: Whereabouts,
    short: &'static str,
    words: &'static str,
) -> Binding {
    Binding { keys, action, place, short, words }
}

use Action as A;
use RoomName as R;
use Whereabouts::{Agents, Everywhere, Room, Rows};

/// All bindings, the ones for the footer first.
pub const BINDINGS: &[Binding] = &[
    binding(&["s"], A::Suspend, Agents, "suspend", "suspend the selected agent (asks first)"),
    binding(&["D"], A::Revoke, Agents, "revoke", "revoke the selected agent (asks first)"),
    binding(&["a"], A::Reactivate, Agents, "reactivate", "reactivate the selected agent (asks first)"),
    binding(&["S"], A::Seal, Agents, "seal", "seal the selected agent: nothing new below it (asks first)"),
    binding(&["K"], A::Lock, Agents, "lock", "lock the subtree, sponsor, organization or key (asks first)"),
    binding(&["A"], A::Adopt, Agents, "", "adopt: put the agent below another parent (asks first)"),
    binding(&["+"], A::Grant, Agents, "", "grant the agent capabilities (asks first)"),
    binding(&["n"], A::Narrow, Agents, "", "narrow the agent: take capabilities from it (asks first)"),
    binding(&["X"], A::Rekey, Agents, "", "rekey: replace the agent's stolen or lost key (asks first)"),
    binding(&["T"], A::Tag, Agents, "", "tag the agent (asks first)"),
    binding(&["U"], A::Untag, Agents, "", "untag the agent (asks first)"),
    binding(&["V"], A::VerifySponsor, Agents, "", "verify the agent's sponsor (asks first)"),
    binding(&["P"], A::Transfer, Agents, "", "transfer to another sponsor (asks first)"),
    binding(&["W"], A::Deputy, Agents, "", "whom to call for its sponsor: a deputy (asks first)"),
    binding(&["a"], A::Approve, Room(R::Approvals), "approve", "sign what waits (asks first)"),
    binding(&["x"], A::Withdraw, Room(R::Approvals), "withdraw", "take back what waits (asks first)"),
    binding(&["s"], A::SuspendOperator, Room(R::Operators), "suspend", "suspend the operator (asks first)"),
    binding(&["a"], A::RestoreOperator, Room(R::Operators), "restore", "let the operator act (asks first)"),
    binding(&["r"], A::GiveRole, Room(R::Operators), "role", "give the operator another role (asks first)"),
    binding(&["D"], A::RemoveOperator, Room(R::Operators), "remove", "remove the operator (asks first)"),
    binding(&["u"], A::Lift, Room(R::Locks), "lift", "lift the lock (asks first)"),
    binding(&["v"], A::VerifyLog, Room(R::Log), "verify", "recompute every hash and every state of the log"),
    binding(&["t"], A::TravelHere, Room(R::Log), "as of", "show everything as of the entry"),
    binding(&["F"], A::ReadPolicy, Room(R::Policy), "file", "read another policy from a file, and compare"),
    binding(&["d"], A::DryRun, Room(R::Policy), "dry run", "what the file would have answered lately"),
    binding(&["p"], A::ProposePolicy, Room(R::Policy), "propose", "put the file in force (asks first)"),
    binding(&["enter"], A::Open, Rows, "open", "inspect the agent, or open what the cursor is on"),
    binding(&["/"], A::Filter, Rows, "filter", "filter by a query: a name, trust<300, state=active"),
    binding(&["v"], A::PickRange, Agents, "", "mark everybody from the agent that was marked last"),
    binding(&["*"], A::PickAll, Agents, "", "mark everybody who is shown, or nobody of them"),
    binding(&["o"], A::Sort, Room(R::Agents), "sort", "sort by the next column"),
    binding(
        &[","],
        A::Columns,
        Room(R::Agents),
        "",
        "choose the columns: which, in which order, sorted by which",
    ),
    binding(&["O"], A::SortDirection, Room(R::Agents), "", "reverse the order"),
    binding(&["t"], A::Toggle, Room(R::Lineage), "expand", "open everything below the node, or close it"),
    binding(&["L"], A::ShowInLineage, Agents, "in tree", "show the selected agent in the delegation tree"),
    binding(&["tab"], A::NextTab, Room(R::Inspect), "next tab", "the next tab"),
    binding(&["shift-tab"], A::PreviousTab, Room(R::Inspect), "", "the tab before"),
    binding(&["c"], A::Paths, Everywhere, "", "why can it do something, and who can: paths, hop by hop"),
    binding(&["C"], A::Cases, Everywhere, "cases", "cases: open one, work under one, note, hand over"),
    binding(&["?", "f1"], A::Help, Everywhere, "keys", "the keys of where you are"),
    binding(&[":"], A::Palette, Everywhere, "palette", "every action by name"),
    binding(&["q"], A::Quit, Everywhere, "quit", "back, and from the first room leave"),
    binding(&["space"], A::Pick, Agents, "mark", "mark it: suspend, revoke, reactivate then mean all marked"),
    binding(&["1"], A::Go(R::Overview), Everywhere, "", "overview: states, tiers, broken lineages, expiries"),
    binding(&["2"], A::Go(R::Agents), Everywhere, "", "agents: the table"),
    binding(&["3"], A::Go(R::Lineage), Everywhere, "", "lineage: the delegation tree"),
    binding(&["4"], A::Go(R::Tiers), Everywhere, "", "tiers: agents by trust"),
    binding(&["5"], A::Go(R::Log), Everywhere, "", "log: what was done"),
    binding(&["6"], A::Go(R::Inspect), Everywhere, "", "inspect: the selected agent"),
    binding(&["7"], A::Go(R::Approvals), Everywhere, "", "approvals: what waits for signatures"),
    binding(&["8"], A::Go(R::Operators), Everywhere, "", "operators: who may change things"),
    binding(&["9"], A::Go(R::Locks), Everywhere, "", "locks: standing rules, and what is held back"),
    binding(&["0"], A::Go(R::Policy), Everywhere, "", "policy: the rules in force"),
    binding(&["k", "up"], A::Up, Rows, "", "one row up"),
    binding(&["j", "down"], A::Down, Rows, "", "one row down"),
    binding(&["ctrl-u"], A::HalfUp, Rows, "", "half a page up"),
    binding(&["ctrl-d"], A::HalfDown, Rows, "", "half a page down"),
    binding(&["pgup"], A::PageUp, Rows, "", "a page up"),
    binding(&["pgdn"], A::PageDown, Rows, "", "a page down"),
    binding(&["g", "home"], A::Top, Rows, "", "the first row"),
    binding(&["G", "end"], A::Bottom, Rows, "", "the last row"),
    binding(&["h", "left"], A::Left, Rows, "", "close the node or go to its parent; left"),
    binding(&["l", "right"], A::Right, Rows, "", "open the node; right"),
    binding(&["["], A::Earlier, Everywhere, "", "everything as it was one entry earlier"),
    binding(&["]"], A::Later, Everywhere, "", "one entry later"),
    binding(&["{"], A::DayEarlier, Everywhere, "", "everything as it was a day earlier"),
    binding(&["}"], A::DayLater, Everywhere, "", "a day later"),
    binding(&["b"], A::Slider, Everywhere, "", "a bar over the time of the log: go along it, look there"),
    binding(&["f"], A::Freeze, Everywhere, "", "freeze the view, or catch up and see what happened"),
    binding(&["="], A::Compare, Everywhere, "", "what differs between the shown moment and the mark, or now"),
    binding(&["m"], A::Mark, Everywhere, "", "mark the shown moment, to compare with"),
    binding(&["<"], A::HistoryBack, Everywhere, "", "back to where one was: room, agent and filter"),
    binding(&[">"], A::HistoryForward, Everywhere, "", "forward again"),
    binding(&["-"], A::Back, Everywhere, "", "the room before this one"),
    binding(&["y"], A::Copy, Everywhere, "", "copy: the DID, the record, the command that shows this"),
    binding(
        &["N"],
        A::Aftermath,
        Everywhere,
        "",
        "not stopped: what the last containment did, and who confirmed",
    ),
    binding(&["z"], A::Undo, Agents, "", "undo what stopped the agent, or say why not (asks first)"),
    binding(&["E"], A::Export, Agents, "", "export to a file: CSV, JSON, Markdown, SVG, Mermaid, DOT"),
    binding(&["w"], A::Journal, Everywhere, "", "journal: what was done and said, and the commands for it"),
    binding(&["R"], A::Refresh, Everywhere, "", "look for changes by others now"),
    binding(&["@"], A::Contexts, Everywhere, "", "contexts: go to another place; in the palette, ctx NAME"),
    binding(&["!"], A::Unlock, Everywhere, "", "unlock a read-only context for 5 minutes, or lock it again"),
    binding(&["M"], A::Mouse, Everywhere, "", "let the mouse select here, or leave it to the terminal"),
    binding(&["esc"], A::Escape, Everywhere, "", "one level back: overlay, past, filter, room"),
    binding(&["ctrl-z"], A::Background, Everywhere, "", "stop the program; fg brings it back"),
    binding(&["ctrl-c"], A::Leave, Everywhere, "", "leave"),
];

impl Whereabouts {
    /// Where that is, in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Everywhere => "everywhere",
            Rows => "lists",
            Agents => "an agent",
            Room(room) => room.as_str(),
        }
    }
}

impl Binding {
    /// Whether it holds in `room`.
    pub fn holds_in(&self, room: RoomName) -> bool {
        match self.place {
            Everywhere | Rows => true,
            Agents => room.has_agents(),
            Room(only) => only == room,
        }
    }
}

impl RoomName {
    /// Whether an agent can be selected in it.
    pub const fn has_agents(self) -> bool {
        matches!(self, Self::Agents | Self::Lineage | Self::Tiers | Self::Inspect)
    }
}

/// The name of a key as the table writes it.
pub fn key_name(key: &KeyEvent) -> Option<String> {
    let plain = match key.code {
        KeyCode::Char(' ') => "space".to_owned(),
        KeyCode::Char(letter) => letter.to_string(),
        KeyCode::Enter => "enter".to_owned(),
        KeyCode::Esc => "esc".to_owned(),
        KeyCode::Tab => "tab".to_owned(),
        KeyCode::BackTab => return Some("shift-tab".to_owned()),
        KeyCode::Backspace => "backspace".to_owned(),
        KeyCode::Delete => "delete".to_owned(),
        KeyCode::Up => "up".to_owned(),
        KeyCode::Down => "down".to_owned(),
        KeyCode::Left => "left".to_owned(),
        KeyCode::Right => "right".to_owned(),
        KeyCode::Home => "home".to_owned(),
        KeyCode::End => "end".to_owned(),
        KeyCode::PageUp => "pgup".to_owned(),
        KeyCode::PageDown => "pgdn".to_owned(),
        KeyCode::F(number) => format!("f{number}"),
        _ => return None,
    };
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return Some(format!("ctrl-{}", plain.to_lowercase()));
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        return Some(format!("alt-{plain}"));
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_room() {
        for room in RoomName::ALL {
            let mut seen = std::collections::HashMap::new();
            for binding in BINDINGS.iter().filter(|binding| binding.holds_in(room)) {
                for key in binding.keys {
                    let other = seen.insert(*key, binding.action);
                    assert!(other.is_none(), "{key} in {room:?}: {other:?} and {:?}", binding.action);
                }
            }
        }
    }

    #[test]
    fn no_single_key_contains_without_asking_and_trigger_keys_are_not_y() {
        for binding in BINDINGS.iter().filter(|binding| binding.action.orders().is_some()) {
            assert!(binding.words.contains("asks first"));
            assert!(!binding.keys.contains(&"y") && !binding.keys.contains(&"enter"));
        }
    }
}
