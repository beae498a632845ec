//! What the console shows first, on the command line.

use clap::Args;

use super::{nearest, when};
use crate::time::Time;
use crate::tui;

/// What the console shows first; the copy menu (y l) writes these.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Console")]
pub struct Look {
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
