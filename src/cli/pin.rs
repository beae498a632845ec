//! A verifier with the key of its log, written into the configuration: from then on nothing else is believed there.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::error::CliError;
use super::output::note;
use super::session::{Session, xdg};
use crate::audit::{NoteVerifier, log_of};

/// A context as it is written.
pub struct Table<'t> {
    /// By this it is asked for.
    pub name: &'t str,
    /// The verifier.
    pub url: &'t str,
    /// The key of its log.
    pub log_key: &'t str,
    /// The operator's name there.
    pub operator: &'t str,
    /// The file of the operator's key.
    pub key: &'t Path,
    /// Whether it is production.
    pub production: bool,
}

/// Adds the context to the configuration file, whose other lines stay as they are; the key must be that of the log `log`.
///
/// # Errors
/// [`CliError`]; the file is as before.
pub fn write(table: &Table<'_>, log: &str, session: &Session) -> Result<(), CliError> {
    let named = NoteVerifier::parse(table.log_key).ok().as_ref().and_then(log_of);
    if named.is_none_or(|named| named.to_string() != log) {
        return Err(CliError::Usage(
            "the log_key of the invitation is not the key of the log that it is for",
        ));
    }
    if session.config.contexts.iter().any(|context| context.badge.name() == table.name) {
        return Err(CliError::Usage("--pin: the configuration has a context of this name"));
    }
    let usual = || Some(xdg("XDG_CONFIG_HOME", ".config")?.join("meshwarden").join("config.toml"));
    let file = session.global.config.clone().or_else(usual).ok_or(CliError::NoDataDirectory)?;
    let key = std::path::absolute(table.key).map_err(|error| CliError::file(table.key, &error))?;
    append(&file, &text(table, &key)).map_err(|error| CliError::file(&file, &error))?;
    note(&format!("pinned in {}: meshwarden --context {}", file.display(), table.name));
    Ok(())
}

fn text(table: &Table<'_>, key: &Path) -> String {
    let key = key.display().to_string();
    let members = [
        ("name", table.name),
        ("verifier", table.url),
        ("log_key", table.log_key),
        ("operator", table.operator),
        ("operator_key", key.as_str()),
    ];
    let mut text = "\n[[context]]\n".to_owned();
    for (name, value) in members {
        text.push_str(&format!("{name} = {}\n", toml::Value::from(value)));
    }
    if table.production {
        text.push_str("production = true\n");
    }
    text
}

fn append(file: &PathBuf, text: &str) -> std::io::Result<()> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
