//! The `[[context]]` tables of the configuration: places with names, and how careful they want people to be.

use std::ops::Range;
use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;
use toml::Spanned;
use toml::de::DeValue;

use super::Exit;
use super::config::{Config, Problem};
use super::error::CliError;
use super::output::cell;
use super::session::Session;
use crate::audit::NoteVerifier;
use crate::tui::{Badge, Caution, ContextColour, Destination};

/// The name of what the keys outside of any table say.
pub const DEFAULT: &str = "default";

/// The keys of a table.
pub const KEYS: [&str; 12] = [
    "name",
    "verifier",
    "data",
    "registry",
    "log_key",
    "verifier_root",
    "operator",
    "operator_key",
    "read_only",
    "production",
    "colour",
    "enforced_by",
];

/// Where a context lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lies {
    /// At a verifier.
    Verifier(String),
    /// In a data directory.
    Data(PathBuf),
    /// In a registry file.
    Registry(PathBuf),
}

/// One context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextTable {
    /// `name` and `colour`.
    pub badge: Badge,
    /// `verifier`, `data` or `registry`.
    pub lies: Lies,
    /// `log_key`: the key of the verifier's log.
    pub log_key: Option<String>,
    /// `verifier_root`: certificates, one of which issued that of the verifier.
    pub verifier_root: Option<PathBuf>,
    /// `operator`: the name of the operator at the verifier.
    pub operator: Option<String>,
    /// `operator_key`: the key that signs changes.
    pub operator_key: Option<String>,
    /// `read_only` and `production`.
    pub caution: Caution,
    /// `enforced_by`: who enforces what is ordered there.
    pub enforced_by: Option<String>,
}

/// What is wrong, and where.
type Wrong = (Range<usize>, Problem);

/// Reads all tables.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(value: &Spanned<DeValue<'_>>) -> Result<Vec<ContextTable>, Wrong> {
    let wrong = || (value.span(), Problem::Value { key: "context", expected: "tables: [[context]]" });
    let mut tables: Vec<ContextTable> = Vec::new();
    for table in value.get_ref().as_array().ok_or_else(wrong)?.iter() {
        let read = read_table(table)?;
        if tables.iter().any(|other| other.badge.name() == read.badge.name()) {
            return Err((table.span(), Problem::Context("another context has this name")));
        }
        tables.push(read);
    }
    Ok(tables)
}

fn read_table(table: &Spanned<DeValue<'_>>) -> Result<ContextTable, Wrong> {
    let wrong = || (table.span(), Problem::Value { key: "context", expected: "tables: [[context]]" });
    let members = table.get_ref().as_table().ok_or_else(wrong)?;
    let mut draft = Draft::default();
    let mut first: Option<Wrong> = None;
    for (key, value) in members {
        let Err(problem) = draft.set(key.get_ref(), value.get_ref()) else { continue };
        let span = if matches!(problem, Problem::UnknownKey { .. }) { key.span() } else { value.span() };
        if first.as_ref().is_none_or(|(earlier, _)| span.start < earlier.start) {
            first = Some((span, problem));
        }
    }
    first.map_or(Ok(()), Err)?;
    draft.finish().map_err(|words| (table.span(), Problem::Context(words)))
}

/// What a table said so far.
#[derive(Default)]
struct Draft {
    name: Option<String>,
    lies: Vec<Lies>,
    log_key: Option<String>,
    verifier_root: Option<PathBuf>,
    operator: Option<String>,
    operator_key: Option<String>,
    read_only: bool,
    production: bool,
    colour: Option<ContextColour>,
    enforced_by: Option<String>,
}

impl Draft {
    fn set(&mut self, key: &str, value: &DeValue<'_>) -> Result<(), Problem> {
        let text = || value.as_str().filter(|text| !text.trim().is_empty());
        let word = |key, expected| text().map(str::to_owned).ok_or(Problem::Value { key, expected });
        let path = |key| {
            let path = text().map(PathBuf::from).filter(|path| path.is_absolute());
            path.ok_or(Problem::Value { key, expected: "an absolute path" })
        };
        let flag = |key| value.as_bool().ok_or(Problem::Value { key, expected: "true or false" });
        match key {
            "name" => {
                let name = text()
                    .filter(|name| *name != DEFAULT && Badge::new(name, ContextColour::Usual).is_some());
                let expected = "1 to 24 letters, digits, -, _ or .; default is taken";
                self.name = Some(name.ok_or(Problem::Value { key: "name", expected })?.to_owned());
            }
            "verifier" => self.lies.push(Lies::Verifier(word("verifier", "the URL of a verifier")?)),
            "data" => self.lies.push(Lies::Data(path("data")?)),
            "registry" => self.lies.push(Lies::Registry(path("registry")?)),
            "log_key" => {
                let key = text().filter(|text| NoteVerifier::parse(text).is_ok()).map(str::to_owned);
                self.log_key =
                    Some(key.ok_or(Problem::Value { key: "log_key", expected: "the key of a log" })?);
            }
            "verifier_root" => self.verifier_root = Some(path("verifier_root")?),
            "operator" => self.operator = Some(word("operator", "the name of an operator")?),
            "operator_key" => {
                let expected = "a path, \"agent\" or \"agent:SHA256:...\"";
                self.operator_key = Some(word("operator_key", expected)?);
            }
            "read_only" => self.read_only = flag("read_only")?,
            "production" => self.production = flag("production")?,
            "colour" => {
                let expected = "red, yellow, green, blue, magenta or cyan";
                let colour = text().and_then(ContextColour::parse);
                self.colour = Some(colour.ok_or(Problem::Value { key: "colour", expected })?);
            }
            "enforced_by" => self.enforced_by = Some(word("enforced_by", "who enforces it, in a few words")?),
            _ => return Err(Problem::UnknownKey { key: key.to_owned(), keys: &KEYS }),
        }
        Ok(())
    }

    fn finish(self) -> Result<ContextTable, &'static str> {
        let usual = if self.production { ContextColour::Red } else { ContextColour::Usual };
        let badge = self.name.and_then(|name| Badge::new(&name, self.colour.unwrap_or(usual)));
        let badge = badge.ok_or("a context needs a name")?;
        let mut lies = self.lies.into_iter();
        let (Some(lies), None) = (lies.next(), lies.next()) else {
            return Err("a context needs one of verifier, data and registry");
        };
        match (&lies, &self.log_key) {
            (Lies::Verifier(_), None) if self.production => {
                return Err(
                    "production trusts no key on first use: add log_key, as an admin shows it with `meshwarden \
                            log key` at the verifier",
                );
            }
            (Lies::Data(_) | Lies::Registry(_), Some(_)) => return Err("log_key belongs to a verifier"),
            (Lies::Data(_) | Lies::Registry(_), None) if self.verifier_root.is_some() => {
                return Err("verifier_root belongs to a verifier");
            }
            _ => {}
        }
        let caution = match (self.read_only, self.production) {
            (true, _) => Caution::ReadOnly,
            (false, true) => Caution::Production,
            (false, false) => Caution::Open,
        };
        let (operator, operator_key) = (self.operator, self.operator_key);
        let (log_key, verifier_root, enforced_by) = (self.log_key, self.verifier_root, self.enforced_by);
        Ok(ContextTable { badge, lies, log_key, verifier_root, operator, operator_key, caution, enforced_by })
    }
}

impl ContextTable {
    fn place(&self) -> String {
        match &self.lies {
            Lies::Verifier(url) => url.clone(),
            Lies::Data(path) | Lies::Registry(path) => path.display().to_string(),
        }
    }
}

const fn caution_word(caution: Caution) -> &'static str {
    match caution {
        Caution::Open => "open",
        Caution::ReadOnly => "read-only",
        Caution::Production => "production",
    }
}

/// Where the console can go: nowhere, unless the configuration has contexts.
pub fn destinations(config: &Config) -> Vec<Destination> {
    let one = |table: &ContextTable| {
        let careful = match table.caution {
            Caution::Open => String::new(),
            caution => format!(" · {}", caution_word(caution)),
        };
        let enforced =
            table.enforced_by.as_ref().map_or_else(String::new, |by| format!(" · enforced by {by}"));
        Destination {
            name: table.badge.name().to_owned(),
            words: format!("{}{careful}{enforced}", table.place()),
        }
    };
    let mut all: Vec<Destination> = config.contexts.iter().map(one).collect();
    if !all.is_empty() {
        let words = "what the configuration and the command line name without a context".to_owned();
        all.push(Destination { name: DEFAULT.to_owned(), words });
    }
    all
}

/// Look at the contexts of the configuration.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the contexts of the configuration
    List,
}

#[derive(Serialize)]
struct Line<'c> {
    name: &'c str,
    place: String,
    caution: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforced_by: Option<&'c str>,
    chosen: bool,
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    let Command::List = command;
    let chosen = session.context.as_ref().map(|table| table.badge);
    for table in &session.config.contexts {
        let line = Line {
            name: table.badge.name(),
            place: table.place(),
            caution: caution_word(table.caution),
            operator: table.operator.as_deref(),
            enforced_by: table.enforced_by.as_deref(),
            chosen: chosen == Some(table.badge),
        };
        if session.global.json {
            session.output.json(&line)?;
            continue;
        }
        let mark = if line.chosen { "*" } else { " " };
        let enforced = line.enforced_by.map_or_else(String::new, |by| format!("  enforced by {by}"));
        let (name, caution) = (cell(line.name, 24), cell(line.caution, 10));
        session.output.line(&format!("{mark} {name}  {caution}  {}{enforced}", line.place))?;
    }
    Ok(Exit::Yes)
}
