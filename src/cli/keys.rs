//! The keys of the console: the table of the configuration that changes them, and the command that shows them.

use std::ops::Range;

use clap::{Args, ValueEnum};
use serde::Serialize;
use toml::Spanned;
use toml::de::DeValue;

use super::Exit;
use super::config::{Config, Problem};
use super::error::CliError;
use super::output::cell;
use super::session::Session;
use crate::tui::{Bound, Keymap, Rebind, RoomName};

/// What is wrong, and where.
type Wrong = (Range<usize>, Problem);

/// Reads the table `[keys]`.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(value: &Spanned<DeValue<'_>>) -> Result<Vec<Rebind>, Wrong> {
    let wrong = |span, expected| (span, Problem::Value { key: "keys", expected });
    let table = value.get_ref().as_table().ok_or_else(|| wrong(value.span(), "a table: [keys]"))?;
    let mut written: Vec<_> = table.iter().collect();
    written.sort_by_key(|(action, _)| action.span().start);
    let (mut rebinds, mut places) = (Vec::new(), Vec::new());
    for (action, keys) in written {
        let texts = match keys.get_ref() {
            DeValue::String(key) => vec![(key.to_string(), keys.span())],
            DeValue::Array(list) => {
                let one = |key: &Spanned<DeValue<'_>>| Some((key.get_ref().as_str()?.to_owned(), key.span()));
                let list: Option<Vec<_>> = list.iter().map(one).collect();
                list.ok_or_else(|| wrong(keys.span(), "a key or a list of keys"))?
            }
            _ => return Err(wrong(keys.span(), "a key or a list of keys")),
        };
        let (keys, spans): (Vec<String>, Vec<Range<usize>>) = texts.into_iter().unzip();
        rebinds.push(Rebind { action: action.get_ref().to_string(), keys });
        places.push((action.span(), spans));
    }
    match Keymap::with(&rebinds) {
        Ok(_) => Ok(rebinds),
        Err((at, which, error)) => {
            let (action, keys) = places.get(at).cloned().unwrap_or_default();
            let span = which.and_then(|which| keys.get(which).cloned()).unwrap_or(action);
            Err((span, Problem::Keys(error)))
        }
    }
}

/// The keys that a configuration gives the console.
pub fn keymap(config: &Config) -> Keymap {
    // What the configuration was read with is what cannot be refused here.
    Keymap::with(&config.keys).unwrap_or_default()
}

/// What follows the help of the command.
pub const AFTER: &str = "\
Change them in the configuration, by name:
  [keys]
  suspend = [\"s\", \"f5\"]
  refresh = \"ctrl-r\"

Examples:
  meshwarden keys                                the whole table
  meshwarden keys --room lineage                 what holds in one room
  meshwarden keys --format markdown > keys.md    for a document";

/// Show the keys of the console, as the configuration has them.
#[derive(Debug, Args)]
pub struct Keys {
    /// Only those that hold in this room
    #[arg(long, value_name = "ROOM", value_parser = room)]
    pub room: Option<RoomName>,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// How the keys are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line each
    Text,
    /// One JSON object per line
    Json,
    /// A table for a document
    Markdown,
}

fn room(name: &str) -> Result<RoomName, String> {
    let names = || RoomName::ALL.map(RoomName::as_str).join(", ");
    RoomName::parse(name).ok_or_else(|| format!("the rooms are {}", names()))
}

#[derive(Serialize)]
struct Line<'k> {
    action: String,
    keys: &'k [String],
    place: &'static str,
    words: &'static str,
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Keys, session: &mut Session) -> Result<Exit, CliError> {
    let format = if session.global.json { Format::Json } else { command.format };
    let keymap = keymap(&session.config);
    if format == Format::Markdown {
        session.output.line("| keys | what they do | where | name |")?;
        session.output.line("|---|---|---|---|")?;
    }
    let here = |bound: &&Bound| command.room.is_none_or(|room| bound.holds_in(room));
    for bound in keymap.bindings().iter().filter(here) {
        let (action, place, words) = (bound.action.name(), bound.place.as_str(), bound.words);
        match format {
            Format::Json => session.output.json(&Line { action, keys: &bound.keys, place, words })?,
            Format::Text => {
                let (keys, action, place) =
                    (cell(&bound.keys.join(" "), 12), cell(&action, 16), cell(place, 10));
                session.output.line(&format!("{keys}  {action}  {place}  {words}"))?;
            }
            Format::Markdown => {
                let keys = bound
                    .keys
                    .iter()
                    .map(|key| format!("`{}`", key.replace('|', "\\|")))
                    .collect::<Vec<_>>()
                    .join(" ");
                session.output.line(&format!("| {keys} | {words} | {place} | `{action}` |"))?;
            }
        }
    }
    Ok(Exit::Yes)
}
