//! What every command has at hand: its options, the configuration, the time it began, and its output.

use std::path::PathBuf;

use super::arguments::Global;
use super::config::Config;
use super::contexts::{ContextTable, DEFAULT, Lies};
use super::error::CliError;
use super::hand::{Holder, Lazy, Voice};
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
use crate::tui::Caution;
use crate::warden::Warden;

/// One run of the program.
pub struct Session {
    /// The options that hold for every command.
    pub global: Global,
    /// The configuration file, or its defaults; in a context, what that says.
    pub config: Config,
    /// The context that was chosen.
    pub context: Option<ContextTable>,
    /// The options and the configuration as they are without a context.
    base: Box<(Global, Config)>,
    /// How the terminal may be used.
    pub voice: Voice,
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
        let name = global.context.clone();
        Self::of(Box::new((global, config)), name.as_deref())
    }

    fn of(base: Box<(Global, Config)>, context: Option<&str>) -> Result<Self, CliError> {
        let (mut global, mut config) = base.as_ref().clone();
        let chosen = match context {
            None => None,
            Some(name) => {
                let found = config.contexts.iter().find(|table| table.badge.name() == name).cloned();
                Some(found.ok_or_else(|| CliError::unknown_context(name, &config))?)
            }
        };
        if let Some(table) = &chosen {
            (global.data, global.registry, global.verifier, config.verifier) = (None, None, None, None);
            match table.lies.clone() {
                Lies::Verifier(url) => config.verifier = Some(url),
                Lies::Data(path) => global.data = Some(path),
                Lies::Registry(path) => global.registry = Some(path),
            }
            config.log_key.clone_from(&table.log_key);
            config.verifier_root.clone_from(&table.verifier_root);
            config.operator = table.operator.clone().or(config.operator);
            config.operator_key = table.operator_key.clone().or(config.operator_key);
        }
        let (output, now) = (Output::new(), when::now());
        Ok(Self { global, config, context: chosen, base, voice: Voice::Loud, output, now })
    }

    /// The options and the configuration as they are without a context.
    pub fn base(&self) -> Box<(Global, Config)> {
        self.base.clone()
    }

    /// These options and this configuration in a context, while somebody else has the terminal; `default` is none.
    ///
    /// # Errors
    /// [`CliError::UnknownContext`].
    pub fn elsewhere(mut base: Box<(Global, Config)>, name: &str) -> Result<Self, CliError> {
        // Scores belong to what the command line names.
        base.0.scores = base.0.scores.filter(|_| name == DEFAULT);
        let session = Self::of(base, Some(name).filter(|name| *name != DEFAULT))?;
        Ok(Self { voice: Voice::Mute, ..session })
    }

    /// Under which case commands work, and whether they may give authority; the console asks for both itself.
    pub fn prepare(&self, warden: &mut Warden) {
        if self.voice == Voice::Loud {
            warden.work_under(self.global.case.map(|case| case.to_string()));
            warden.only_take(self.only_takes());
        }
    }

    /// Whether commands here may only take authority away.
    fn only_takes(&self) -> bool {
        match self.context.as_ref().map(|table| table.caution) {
            None | Some(Caution::Open) => false,
            Some(Caution::ReadOnly) => true,
            Some(Caution::Production) => !self.global.unlock,
        }
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
        // So does its root certificate.
        let configured =
            self.config.verifier_root.as_ref().filter(|_| self.config.verifier.as_deref() == Some(url));
        let root = self.global.verifier_root.as_ref().or(configured).cloned();
        Ok(Remote { url: url.to_owned(), log_key, cache, root })
    }

    /// Who signs changes: the option, else the configuration; nobody without either.
    pub fn hand(&self) -> Option<Box<dyn Hand>> {
        let key = self.global.operator_key.as_ref().or(self.config.operator_key.as_ref())?;
        let passphrase_file = self.global.operator_passphrase_file.clone();
        Some(Box::new(Lazy::new(Holder::read(key), passphrase_file, self.voice)))
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
