//! `init`: the log gets operators.

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, key, policy, public, source, speak};
use crate::change::operators::{Init as Order, Newcomer, OperatorError, Role};
use crate::identity::SecretKey;
use crate::keystore::{self, Passphrase};
use crate::warden::{Place, WardenError};
use crate::wire::OperatorLine;

/// Give the log its operators: from then on every change is signed.
#[derive(Debug, Args)]
pub struct Init {
    /// An admin, as NAME=KEY: a public key in base64, a line ssh-ed25519 ..., or a file that holds one; twice or more
    #[arg(long = "admin", value_name = "NAME=KEY", value_parser = named)]
    pub admins: Vec<(String, String)>,
    /// One person holds the log alone, and approves nothing: for a laptop. Every screen says so
    #[arg(long)]
    pub solo: bool,
    /// A key of the recovery set, in the same forms; the set can only replace the admins
    #[arg(long = "recovery-key", value_name = "KEY", conflicts_with = "make_recovery")]
    pub recovery_keys: Vec<String>,
    /// How many recovery keys must sign together
    #[arg(long, value_name = "M", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
    pub threshold: u8,
    /// Make the recovery keys, as encrypted files recovery-1.pem ... in this directory, to be carried elsewhere
    #[arg(long, value_name = "DIR")]
    pub make_recovery: Option<PathBuf>,
    /// How many recovery keys are made
    #[arg(long, value_name = "N", default_value_t = 3, requires = "make_recovery",
        value_parser = clap::value_parser!(u8).range(1..))]
    pub of: u8,
    /// File whose first line is the passphrase of the recovery keys that are made [default: ask on the terminal]
    #[arg(long, value_name = "FILE", requires = "make_recovery")]
    pub recovery_passphrase_file: Option<PathBuf>,
    /// No recovery set: whoever loses the admins' keys loses the log
    #[arg(long, conflicts_with_all = ["recovery_keys", "make_recovery"])]
    pub no_recovery: bool,
    /// The policy to begin with; later ones need approval
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

pub const AFTER: &str = "\
Before init, changes are unsigned: the log says who said that he ordered them. From init on every change is signed by an \
operator, over its exact bytes, and what gives authority needs two of them. Whoever runs it signs with --operator-key, \
and is one of the admins.

Examples:
  meshwarden key new ada.pem
  meshwarden init --admin ada=ada.pub --admin bo='ssh-ed25519 AAAA...' --make-recovery /media/usb \\
    --operator-key ada.pem
  meshwarden init --solo --admin ada=ada.pub --no-recovery --operator-key agent

Exit codes: 0 done; 2 usage or input; 4 refused: the log has operators already; 5 the data directory is out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(init: &Init, session: &mut Session) -> Result<Exit, CliError> {
    if init.recovery_keys.is_empty() && init.make_recovery.is_none() && !init.no_recovery {
        return Err(CliError::Usage(
            "make a recovery set with --make-recovery DIR, name its keys with --recovery-key, or say --no-recovery",
        ));
    }
    if session.hand().is_none() {
        return Err(CliError::Usage(
            "name the key that signs, that of one of the admins: --operator-key FILE",
        ));
    }
    let admins = init.admins.iter().map(|(name, key)| {
        let key = public::key(key)?.to_base64();
        Ok(Newcomer { name: name.clone(), key, role: Role::Admin, accepted: None })
    });
    let operators: Vec<Newcomer> = admins.collect::<Result<_, CliError>>()?;
    let seed = init.policy.as_deref().map(|path| policy::load(Some(path), None)).transpose()?;
    if !matches!(source::place(session)?, Place::Directory(_)) {
        return Err(CliError::Usage(
            "a registry file is an OFFLINE COPY, ENFORCED BY NOBODY, and nobody holds it: name a data directory with --data",
        ));
    }
    let mut opened = speak::open(session, true)?;
    if let Some(since) = opened.warden.snapshot().operators.since() {
        return Err(WardenError::from(OperatorError::Begun(since)).into());
    }
    let log_key = opened.warden.verifier()?.to_string();
    let actor = session.actor();
    let mut made = Made::default();
    let recovery = recovery(init, &mut made)?;
    let threshold = if recovery.is_empty() { 0 } else { init.threshold };
    let order = Order { operators, threshold, recovery, solo: init.solo, log_key };
    // One that is refused leaves no policy behind.
    opened.warden.could_init(&order)?;
    if let Some(policy) = &seed {
        opened.warden.set_policy(policy, speak::word(&actor, ""))?;
    }
    let receipt = opened.warden.init(order, speak::word(&actor, "")).inspect_err(|error| {
        // Where it is unknown whether the entry lasts, the keys stay.
        if !matches!(error, WardenError::Operator(_) | WardenError::Hand(_)) {
            made.keep();
        }
    })?;
    made.keep();
    for operator in opened.warden.snapshot().operators.iter() {
        if session.global.json {
            session.output.json(&OperatorLine::of(operator))?;
        } else {
            session.output.line(&super::operator::words(operator))?;
        }
    }
    if init.no_recovery {
        note("NO RECOVERY SET: whoever loses the admins' keys can change nothing any more.");
    } else if init.make_recovery.is_some() {
        note("Carry the recovery keys elsewhere, to different people; this machine needs none of them.");
    }
    if init.solo {
        note("SOLO: one person holds this log alone; nobody approves anything.");
    }
    speak::acknowledge(&receipt, session)
}

/// The files of recovery keys that are made here, removed again unless the log got them: else the next try finds them in
/// its way.
#[derive(Default)]
struct Made(Vec<PathBuf>);

impl Made {
    fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The public keys of the recovery set, its files written if they are made here.
fn recovery(init: &Init, made: &mut Made) -> Result<Vec<String>, CliError> {
    let Some(directory) = &init.make_recovery else {
        return init.recovery_keys.iter().map(|text| public::key(text).map(|key| key.to_base64())).collect();
    };
    let passphrase = match &init.recovery_passphrase_file {
        Some(file) => Passphrase::from_file(file),
        None => Passphrase::ask_new("Passphrase for the recovery keys: "),
    };
    let named = |path: &std::path::Path| {
        let path = path.to_owned();
        move |error| CliError::Key { path, error }
    };
    let passphrase = passphrase.map_err(named(directory))?;
    (1..=init.of)
        .map(|number| {
            let path = directory.join(format!("recovery-{number}.pem"));
            let key = SecretKey::from_seed(*key::draw()?);
            let text = keystore::encode(&key, Some(&passphrase), &*key::draw()?).map_err(named(&path))?;
            keystore::create(&path, &text).map_err(named(&path))?;
            made.0.push(path);
            Ok(key.public_key().bytes().to_base64())
        })
        .collect()
}

fn named(text: &str) -> Result<(String, String), &'static str> {
    let (name, key) = text.split_once('=').ok_or("takes NAME=KEY")?;
    Ok((name.to_owned(), key.to_owned()))
}
