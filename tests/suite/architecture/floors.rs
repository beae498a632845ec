//! The floors of the house, and what each room must not know.

use super::mention::{How, Mention};

/// The rooms, lowest floor first; an import goes down, never up and never sideways.
pub const FLOORS: &[&[&str]] = &[
    &["encoding", "time", "text"],
    &["identity", "capability"],
    &["delegation", "trust"],
    &["registry"],
    &["policy", "handshake", "generate"],
    &["verify"],
    &["change", "audit"],
    &["store", "wire", "keystore", "ingest", "notify"],
    &["warden"],
    &["server", "client"],
    &["backend"],
    &["tui"],
    &["cli"],
];

/// The last floor that knows no clock, file, socket, async or chance: *now* and *entropy* are arguments there.
const LAST_PURE_ROOM: &str = "audit";

/// Sideways imports that are allowed: who, whom, why.
const NEIGHBOURS: &[(&str, &str, &str)] = &[
    ("encoding", "time", "a member of a JSON object may be a time"),
    ("identity", "capability", "a record holds capabilities"),
    ("audit", "change", "an entry carries a change"),
];

/// Outside crates that only some rooms may name.
const OWNERS: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("tui_tree_widget", &["tui"]),
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli", "main"]),
    ("cedar_policy", &["policy"]),
    ("miette", &["policy"]),
    ("pkcs8", &["keystore"]),
    ("ssh_key", &["keystore"]),
    ("reqwest", &["notify", "client"]),
    ("rustls", &["notify", "client", "server"]),
    ("axum", &["server"]),
    ("hyper", &["server"]),
    ("hyper_util", &["server"]),
    ("tokio_rustls", &["server"]),
    ("tower", &["server"]),
    ("tower_http", &["server"]),
    ("prometheus_client", &["server"]),
    ("sfv", &["wire"]),
    ("toml", &["cli", "main", "policy"]),
    ("color_eyre", &["cli", "main"]),
];

/// What no pure room may name, tests inside it excepted.
const IMPURE: &[&[&str]] = &[
    &["std", "fs"],
    &["std", "net"],
    &["std", "os"],
    &["std", "process"],
    &["std", "io"],
    &["std", "env"],
    &["std", "time", "SystemTime"],
    &["std", "time", "Instant"],
    &["std", "time", "UNIX_EPOCH"],
    &["tokio"],
    &["rustix"],
    &["getrandom"],
    &["async"],
];

/// Files over [`MOST_LINES`], each with its reason.
pub const LONG_FILES: &[(&str, &str)] = &[];

pub const MOST_LINES: usize = 400;

/// The floor of a room, counted from the bottom.
pub fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

/// Says what is wrong with a mention in a room; `room` is empty for `src/lib.rs`.
pub fn judge(room: &str, mention: &Mention) -> Option<String> {
    let path: Vec<&str> = mention.path.iter().map(String::as_str).collect();
    let spelled = path.join("::");
    match path.as_slice() {
        ["crate"] if mention.how == How::Path || room.is_empty() => None,
        ["crate"] => Some("takes the root of the crate under a name or whole; name the room".to_owned()),
        ["crate", other, ..] => refuse_room(room, other).map(|why| format!("{spelled}: {why}")),
        [name, ..] => refuse_owned(room, name)
            .or_else(|| refuse_impure(room, mention, &path))
            .map(|why| format!("{spelled}: {why}")),
        [] => None,
    }
}

fn refuse_room(room: &str, other: &str) -> Option<String> {
    if room == other || matches!(room, "" | "main") {
        return None;
    }
    let Some(theirs) = floor(other) else {
        return Some(format!("{other} is no room of this house"));
    };
    let neighbours = NEIGHBOURS.iter().any(|&(who, whom, _)| (who, whom) == (room, other));
    match floor(room) {
        Some(ours) if theirs < ours || neighbours => None,
        Some(ours) if theirs == ours => Some(format!("{other} is on the same floor as {room}")),
        Some(_) => Some(format!("{other} is above {room}")),
        None => Some(format!("{room} has no floor")),
    }
}

fn refuse_owned(room: &str, name: &str) -> Option<String> {
    let (_, owners) = OWNERS.iter().find(|(owned, _)| *owned == name)?;
    (!owners.contains(&room)).then(|| format!("only {} may name it", owners.join(" and ")))
}

fn refuse_impure(room: &str, mention: &Mention, path: &[&str]) -> Option<String> {
    if mention.in_test || floor(room)? > floor(LAST_PURE_ROOM)? {
        return None;
    }
    let mut path = path.to_vec();
    if matches!(path.first(), Some(&("core" | "alloc"))) {
        path[0] = "std";
    }
    // Whoever imports what holds an impure name can reach that name unseen.
    let opens = |impure: &[&str]| mention.how != How::Path && impure.starts_with(&path);
    let impure = IMPURE.iter().any(|impure| path.starts_with(impure) || opens(impure));
    impure.then(|| format!("{room} is pure: no clock, file, socket, process, environment, async or chance"))
}
