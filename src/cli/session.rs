//! What every command has at hand: its options, the configuration, the time it began, and its output.

use std::path::PathBuf;

use super::arguments::Global;
use super::config::Config;
use super::error::CliError;
use super::hand::{Holder, Lazy};
use super::output::Output;
use super::when;
use crate::audit::NoteVerifier;
use crate::backend::{Remote, RemoteError};
use crate::change::MAX_ACTOR_BYTES;
use crate::identity::Reading;
use crate::ingest::Options;
use crate::keystore::Hand;
use crate::text::within;
use crate::time::Time;

/// One run of the program.
pub struct Session {
    /// The options that hold for every command.
    pub global: Global,
    /// The configuration file, or its defaults.
    pub config: Config,
    /// Where data goes.
    pub output: Output,
    /// When the command began.
    pub now: Time,
}

impl Session {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`CliError::Config`] or [`CliError::File`].
    pub fn begin(global: Global) -> Result<Self, CliError> {
        let config = Config::load(global.config.as_deref())?;
        Ok(Self { global, config, output: Output::new(), now: when::now() })
    }

    /// How to read records.
    pub fn reading(&self) -> Options {
        let assume_utc = self.global.assume_utc || self.config.assume_utc;
        Options { reading: Reading { now: self.now, assume_utc }, skip_invalid: self.global.skip_invalid }
    }

    /// The data directory: the option, else the configuration, else by XDG; none without a home.
    pub fn data_directory(&self) -> Option<PathBuf> {
        let chosen = self.global.data.clone().or_else(|| self.config.data.clone());
        chosen.or_else(|| Some(xdg("XDG_DATA_HOME", ".local/share")?.join("meshwarden")))
    }

    /// The verifier to work on: the option, else the configuration, unless another place is named.
    pub fn verifier(&self) -> Option<&str> {
        let elsewhere = self.global.data.is_some() || self.global.registry.is_some();
        let configured = self.config.verifier.as_deref().filter(|_| !elsewhere);
        self.global.verifier.as_deref().or(configured)
    }

    /// The name of the operator who works on a verifier.
    pub fn operator(&self) -> Option<String> {
        self.global.operator.clone().or_else(|| self.config.operator.clone())
    }

    /// The verifier at `url` with the key of its log.
    ///
    /// # Errors
    /// [`CliError::Usage`] without the key, [`CliError::Remote`] for one that is none.
    pub fn remote(&self, url: &str) -> Result<Remote, CliError> {
        let said = self.global.log_key.as_ref();
        // A key of the configuration belongs to the verifier of the configuration.
        let configured =
            self.config.log_key.as_ref().filter(|_| self.config.verifier.as_deref() == Some(url));
        let key = said.or(configured).ok_or(CliError::Usage(
            "give the key of the verifier's log, as an admin shows it with `meshwarden log key`: --log-key KEY",
        ))?;
        let log_key = NoteVerifier::parse(key).map_err(|_| RemoteError::LogKey { key: key.clone() })?;
        let cache = xdg("XDG_CACHE_HOME", ".cache").ok_or(CliError::NoDataDirectory)?.join("meshwarden");
        Ok(Remote { url: url.to_owned(), log_key, cache })
    }

    /// Who signs changes: the option, else the configuration; nobody without either.
    pub fn hand(&self) -> Option<Box<dyn Hand>> {
        self.hand_that(false)
    }

    /// Who signs changes in the console, which shows itself what is signed.
    pub fn quiet_hand(&self) -> Option<Box<dyn Hand>> {
        self.hand_that(true)
    }

    fn hand_that(&self, quiet: bool) -> Option<Box<dyn Hand>> {
        let key = self.global.operator_key.as_ref().or(self.config.operator_key.as_ref())?;
        let passphrase_file = self.global.operator_passphrase_file.clone();
        Some(Box::new(Lazy::new(Holder::read(key), passphrase_file, quiet)))
    }

    /// The name under which changes enter the log: the configuration's, else the login name.
    pub fn actor(&self) -> String {
        let login = || ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        let named = self.config.actor.clone().or_else(login).filter(|name| !name.trim().is_empty());
        let named = named.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
        within(&named, MAX_ACTOR_BYTES)
    }
}

/// A base directory by the XDG specification, which ignores relative paths.
pub fn xdg(variable: &str, under_home: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    named.or_else(|| home().map(|home| home.join(under_home)))
}
