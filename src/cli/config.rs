//! The configuration file: a few keys, each refused by name when it is wrong.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::contexts::{self, ContextTable};
use super::error::CliError;
use super::session::xdg;
use super::{keys, query};
use crate::audit::NoteVerifier;
use crate::registry::query::QueryError;
use crate::tui::{KeymapError, Rebind, ThemeName};

/// What the configuration file says; a missing file says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// `data`: the data directory.
    pub data: Option<PathBuf>,
    /// `assume_utc`: whether times without a zone are UTC.
    pub assume_utc: bool,
    /// `theme`: how the console looks.
    pub theme: ThemeName,
    /// `borders`: whether the console draws with ASCII only.
    pub ascii: bool,
    /// `actor`: the name under which changes enter the log.
    pub actor: Option<String>,
    /// `operator_key`: the key that signs changes.
    pub operator_key: Option<String>,
    /// `verifier`: the URL of the verifier that is worked on.
    pub verifier: Option<String>,
    /// `log_key`: the key of its log.
    pub log_key: Option<String>,
    /// `verifier_root`: certificates, one of which issued that of the verifier.
    pub verifier_root: Option<PathBuf>,
    /// `operator`: the name of the operator who works on it.
    pub operator: Option<String>,
    /// `notify`: the command, with its arguments, that is told of what everybody should know.
    pub notify: Vec<String>,
    /// `notify_url`: the webhook that is told of it.
    pub notify_url: Option<String>,
    /// `mouse`: whether the mouse selects in the console.
    pub mouse: bool,
    /// `queries`: queries by name, for the palette and the history of the filter.
    pub queries: Vec<(String, String)>,
    /// `[keys]`: other keys for actions of the console; they go together.
    pub keys: Vec<Rebind>,
    /// `[[context]]`: other places, by name.
    pub contexts: Vec<ContextTable>,
    /// `on_change`: the command that a verifier tells of whoever is stopped or woken.
    pub on_change: Vec<String>,
    /// `on_change_url`: the webhook that it tells.
    pub on_change_url: Option<String>,
}

/// A configuration file refused at a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}:{column}: {problem}", .file.display())]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The file is not TOML.
    #[error("{}", .0.lines().next().unwrap_or("not TOML"))]
    Syntax(String),
    /// A key that does not exist.
    #[error("unknown key {key:?}{}", suggestion(.key, .keys))]
    UnknownKey {
        /// The key.
        key: String,
        /// The keys that exist there.
        keys: &'static [&'static str],
    },
    /// A value that its key does not take.
    #[error("{key} takes {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A key of the console that cannot be what it is to be.
    #[error("{0}")]
    Keys(KeymapError),
    /// A query that is none.
    #[error("{name}: {error}")]
    Query {
        /// Its name.
        name: String,
        /// What is wrong with it.
        error: Box<QueryError>,
    },
    /// A context that does not hold together.
    #[error("{0}")]
    Context(&'static str),
}

const KEYS: [&str; 18] = [
    "data",
    "assume_utc",
    "theme",
    "borders",
    "mouse",
    "actor",
    "operator_key",
    "verifier",
    "log_key",
    "verifier_root",
    "operator",
    "notify",
    "notify_url",
    "on_change",
    "on_change_url",
    "queries",
    "keys",
    "context",
];

impl ConfigError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match &self.problem {
            Problem::NotUtf8 | Problem::Syntax(_) => "config_malformed",
            Problem::UnknownKey { .. } => "config_unknown_key",
            Problem::Value { .. } => "config_value",
            Problem::Keys(_) => "config_keys",
            Problem::Query { .. } => "config_query",
            Problem::Context(_) => "config_context",
        }
    }
}

impl Config {
    /// Reads `path`, or the file at its usual place if there is one.
    ///
    /// # Errors
    /// [`CliError::File`] when `path` cannot be read, [`CliError::Config`] when what it says is wrong.
    pub fn load(path: Option<&Path>) -> Result<Self, CliError> {
        let usual = || Some(xdg("XDG_CONFIG_HOME", ".config")?.join("meshwarden").join("config.toml"));
        let Some(file) = path.map(Path::to_owned).or_else(usual) else {
            return Ok(Self::default());
        };
        let bytes = match std::fs::read(&file) {
            Err(error) if path.is_none() && error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            read => read.map_err(|error| CliError::file(&file, &error))?,
        };
        Ok(Self::parse(&bytes, &file)?)
    }

    fn parse(bytes: &[u8], file: &Path) -> Result<Self, ConfigError> {
        let at = |text: &str, offset: usize, problem| {
            let (line, column) = place(text, offset);
            ConfigError { file: file.to_owned(), line, column, problem }
        };
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let valid = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
            at(&valid, valid.len(), Problem::NotUtf8)
        })?;
        let table = DeTable::parse(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            at(text, start, Problem::Syntax(error.message().to_owned()))
        })?;
        let mut config = Self::default();
        let mut wrong: Option<(Range<usize>, Problem)> = None;
        for (key, value) in table.get_ref() {
            let read = match key.get_ref().as_ref() {
                "context" => contexts::read(value).map(|tables| config.contexts = tables),
                "queries" => query::saved(value).map(|queries| config.queries = queries),
                "keys" => keys::read(value).map(|rebinds| config.keys = rebinds),
                name => config.set(name, value.get_ref()).map_err(|problem| {
                    let unknown = matches!(problem, Problem::UnknownKey { .. });
                    (if unknown { key.span() } else { value.span() }, problem)
                }),
            };
            let Err((span, problem)) = read else { continue };
            if wrong.as_ref().is_none_or(|(first, _)| span.start < first.start) {
                wrong = Some((span, problem));
            }
        }
        wrong.map_or(Ok(config), |(span, problem)| Err(at(text, span.start, problem)))
    }

    fn set(&mut self, key: &str, value: &DeValue<'_>) -> Result<(), Problem> {
        let wrong = |key, expected| Problem::Value { key, expected };
        let text = || value.as_str().filter(|text| !text.trim().is_empty());
        match key {
            "data" => {
                let path = text().map(PathBuf::from).filter(|path| path.is_absolute());
                self.data = Some(path.ok_or_else(|| wrong("data", "an absolute path"))?);
            }
            "assume_utc" => {
                self.assume_utc = value.as_bool().ok_or_else(|| wrong("assume_utc", "true or false"))?;
            }
            "theme" => {
                self.theme = text()
                    .and_then(ThemeName::parse)
                    .ok_or_else(|| wrong("theme", "\"dark\", \"light\", \"high-contrast\" or \"plain\""))?;
            }
            "borders" => {
                self.ascii = match text() {
                    Some("ascii") => true,
                    Some("unicode") => false,
                    _ => return Err(wrong("borders", "\"unicode\" or \"ascii\"")),
                };
            }
            "mouse" => self.mouse = value.as_bool().ok_or_else(|| wrong("mouse", "true or false"))?,
            "actor" => {
                self.actor = Some(text().ok_or_else(|| wrong("actor", "a name"))?.to_owned());
            }
            "verifier" => {
                let url = text().ok_or_else(|| wrong("verifier", "the URL of a verifier"))?;
                self.verifier = Some(url.to_owned());
            }
            "log_key" => {
                let key = text().filter(|text| NoteVerifier::parse(text).is_ok());
                self.log_key = Some(key.ok_or_else(|| wrong("log_key", "the key of a log"))?.to_owned());
            }
            "verifier_root" => {
                let path = text().map(PathBuf::from).filter(|path| path.is_absolute());
                self.verifier_root = Some(path.ok_or_else(|| wrong("verifier_root", "an absolute path"))?);
            }
            "operator" => {
                let name = text().ok_or_else(|| wrong("operator", "the name of an operator"))?;
                self.operator = Some(name.to_owned());
            }
            "operator_key" => {
                let key = text()
                    .ok_or_else(|| wrong("operator_key", "a path, \"agent\" or \"agent:SHA256:...\""))?;
                self.operator_key = Some(key.to_owned());
            }
            "notify_url" => self.notify_url = Some(url(value).ok_or_else(|| wrong("notify_url", URL))?),
            "notify" => self.notify = command(value).ok_or_else(|| wrong("notify", COMMAND))?,
            "on_change_url" => {
                self.on_change_url = Some(url(value).ok_or_else(|| wrong("on_change_url", URL))?);
            }
            "on_change" => self.on_change = command(value).ok_or_else(|| wrong("on_change", COMMAND))?,
            _ => return Err(Problem::UnknownKey { key: key.to_owned(), keys: &KEYS }),
        }
        Ok(())
    }
}

const URL: &str = "an http or https URL";
const COMMAND: &str = "a list: a program and its arguments";

fn url(value: &DeValue<'_>) -> Option<String> {
    let url = value.as_str().filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    url.map(str::to_owned)
}

fn command(value: &DeValue<'_>) -> Option<Vec<String>> {
    let words: Option<Vec<&str>> = value.as_array()?.iter().map(|word| word.get_ref().as_str()).collect();
    let words = words.filter(|words| words.first().is_some_and(|program| !program.is_empty()));
    Some(words?.into_iter().map(str::to_owned).collect())
}

fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    (line, column)
}

fn suggestion(key: &str, keys: &[&'static str]) -> String {
    match super::nearest(key, keys.iter().copied()) {
        Some(near) => format!("; did you mean {near:?}?"),
        None => format!("; the keys are {}", keys.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &[u8]) -> String {
        Config::parse(text, Path::new("c.toml")).unwrap_err().to_string()
    }

    #[test]
    fn the_example_documents_every_key_and_says_what_holds_anyway() {
        let example = include_str!("../../config.example.toml");
        let active = Config::parse(example.as_bytes(), Path::new("example")).unwrap();
        assert_eq!(active, Config::default());
        let (flat, tables) = example.split_once("# [keys]\n").unwrap();
        let (rebinds, context) = tables.split_once("# [[context]]\n").unwrap();
        let rebinds = rebinds.lines().filter(|line| line.contains(" = ")).map(|line| line.replace("# ", ""));
        let rebinds = rebinds.fold("[keys]\n".to_owned(), |text, line| text + &line + "\n");
        assert!(Config::parse(rebinds.as_bytes(), Path::new("example")).unwrap().keys.len() > 1);
        let uncommented: String = flat
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(setting) if KEYS.iter().any(|key| setting.starts_with(&format!("{key} = "))) => setting,
                _ => "",
            })
            .fold(String::new(), |text, line| text + line + "\n");
        let set = Config::parse(uncommented.as_bytes(), Path::new("example")).unwrap();
        assert!(set.data.is_some() && set.actor.is_some());
        for key in KEYS.into_iter().filter(|key| !["keys", "context"].contains(key)) {
            assert!(uncommented.contains(&format!("{key} = ")), "{key}");
        }
        // Only one place can be named at a time.
        let table = context.replace("# ", "").replace("production = true", "production = false");
        let settings = table
            .lines()
            .filter(|line| contexts::KEYS.iter().any(|key| line.starts_with(&format!("{key} = "))));
        let table = settings.fold("[[context]]\n".to_owned(), |text, line| text + line + "\n");
        let set = Config::parse(table.as_bytes(), Path::new("example")).unwrap();
        assert_eq!(set.contexts.len(), 1);
        for key in contexts::KEYS.into_iter().filter(|key| !["data", "registry"].contains(key)) {
            assert!(table.contains(&format!("{key} = ")), "{key}");
        }
    }

    #[test]
    fn a_wrong_key_is_named_with_its_place_and_the_right_one() {
        assert_eq!(
            refusal(b"\n  them = \"x\"\n"),
            "c.toml:2:3: unknown key \"them\"; did you mean \"theme\"?"
        );
        assert_eq!(
            refusal(b"assumeutc = true"),
            "c.toml:1:1: unknown key \"assumeutc\"; did you mean \"assume_utc\"?"
        );
        assert_eq!(
            refusal(b"colour = 1"),
            "c.toml:1:1: unknown key \"colour\"; the keys are data, assume_utc, theme, borders, mouse, actor, \
             operator_key, verifier, log_key, verifier_root, operator, notify, notify_url, on_change, \
             on_change_url, queries, keys, context"
        );
    }

    #[test]
    fn a_wrong_value_is_named_with_its_place_and_what_is_allowed() {
        assert_eq!(
            refusal(b"theme = \"neon\""),
            "c.toml:1:9: theme takes \"dark\", \"light\", \"high-contrast\" or \"plain\""
        );
        assert_eq!(refusal(b"borders = \"round\""), "c.toml:1:11: borders takes \"unicode\" or \"ascii\"");
        assert_eq!(refusal(b"actor = \"x\"\nassume_utc = 1"), "c.toml:2:14: assume_utc takes true or false");
        assert_eq!(refusal(b"data = \"here\""), "c.toml:1:8: data takes an absolute path");
        assert_eq!(refusal(b"actor = \" \""), "c.toml:1:9: actor takes a name");
    }

    #[test]
    fn a_key_that_cannot_be_is_named_with_its_place() {
        assert_eq!(
            refusal(b"[keys]\nsort = \"f2\"\nsuspnd = \"f5\""),
            "c.toml:3:1: no action is called \"suspnd\"; did you mean \"suspend\"?"
        );
        assert_eq!(
            refusal(b"[keys]\nsuspend = [\"f5\", \"D\"]"),
            "c.toml:2:18: \"D\" is the key of revoke: give that another one too"
        );
        assert_eq!(
            refusal(b"[keys]\nsuspend = \"y\""),
            "c.toml:2:11: \"y\" confirms in dialogs and never begins what is confirmed there"
        );
        assert_eq!(refusal(b"[keys]\nsuspend = 7"), "c.toml:2:11: keys takes a key or a list of keys");
        assert_eq!(
            refusal(b"queries = { odd = \"trust<\" }"),
            "c.toml:1:19: odd: at character 1: trust needs a value: a whole number"
        );
        assert_eq!(refusal(b"queries = 1"), "c.toml:1:11: queries takes a table of queries by name");
        assert_eq!(refusal(b"keys = 1"), "c.toml:1:8: keys takes a table: [keys]");
    }

    #[test]
    fn what_is_not_toml_or_not_utf8_is_refused_with_its_place() {
        assert!(refusal(b"theme = \n").starts_with("c.toml:1:"), "{}", refusal(b"theme = \n"));
        assert!(refusal(b"theme = \"dark\"\ntheme = \"dark\"").starts_with("c.toml:2:1: "));
        assert_eq!(refusal(b"theme = \"\xff\""), "c.toml:1:10: not UTF-8");
    }
}
