//! What the console shows first, on the command line.

use std::ffi::OsString;

use clap::Args;

use super::{nearest, when};
use crate::time::Time;
use crate::tui;

/// What the console shows first; the copy menu (y l) writes these.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Console")]
pub struct Look {
    /// Line by line, without drawing anything: for screen readers and logs (also where TERM is dumb)
    #[arg(long)]
    pub plain: bool,
    /// Room to begin in [default: whichever shows the rest]
    #[arg(long, value_name = "ROOM", value_parser = room)]
    pub view: Option<tui::RoomName>,
    /// Agent to select: its DID, its hex digits, or their beginning
    #[arg(long, value_name = "DID")]
    pub select: Option<String>,
    /// Agents to list, such as 'trust<300 state=active' (see: agent list --help)
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub query: Option<String>,
    /// Everything as it was then
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    pub at: Option<Time>,
}

fn room(text: &str) -> Result<tui::RoomName, String> {
    let names = tui::RoomName::ALL.map(tui::RoomName::as_str);
    tui::RoomName::parse(text).ok_or_else(|| {
        let near = nearest(text, names).map_or_else(String::new, |near| format!("; did you mean {near}?"));
        format!("the rooms are {}{near}", names.join(", "))
    })
}

/// The arguments with each room in one word with its option: some rooms are called as commands are, which come first.
pub fn joined(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    for argument in arguments {
        let room = argument.to_str().and_then(tui::RoomName::parse);
        match joined.last_mut().filter(|last| *last == "--view" && room.is_some()) {
            Some(last) => {
                last.push("=");
                last.push(argument);
            }
            None => joined.push(argument),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_that_is_called_as_a_command_is_opened_all_the_same() {
        let of = |line: &str| joined(line.split(' ').map(OsString::from));
        assert_eq!(
            of("meshwarden --view lineage --select ab12"),
            ["meshwarden", "--view=lineage", "--select", "ab12"]
        );
        assert_eq!(of("meshwarden log list"), ["meshwarden", "log", "list"]);
        assert_eq!(of("meshwarden --view log list"), ["meshwarden", "--view=log", "list"]);
        assert_eq!(of("meshwarden --view nowhere"), ["meshwarden", "--view", "nowhere"]);
    }
}
