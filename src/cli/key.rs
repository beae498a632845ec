//! `key`: private keys in files.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use super::Exit;
use super::error::CliError;
use super::output::note;
use super::session::Session;
use crate::identity::{KeyBytes, SecretKey};
use crate::keystore::{self, KeystoreError, Passphrase};
use crate::warden::{Entropy, SystemEntropy, WardenError};
use crate::wire::KeyLine;

/// Make and show private keys.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key in a new file, encrypted by a passphrase
    #[command(after_help = AFTER)]
    New(New),
    /// Show the public half of a key file: this program's, OpenSSL's or OpenSSH's
    #[command(after_help = AFTER)]
    Show(Show),
}

/// `key new`.
#[derive(Debug, Args)]
pub struct New {
    /// The file to make; one that is there is never overwritten
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Leave the key unencrypted: whoever reads the file has the key
    #[arg(long, conflicts_with = "passphrase_file")]
    pub no_passphrase: bool,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub given: Given,
}

/// `key show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The key file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub given: Given,
}

/// Where a passphrase comes from.
#[derive(Debug, Args)]
pub struct Given {
    /// File whose first line is the passphrase [default: ask on the terminal]
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

const AFTER: &str = "\
New files are PKCS#8 in PEM (version 1, scrypt, AES-256-CBC), readable by openssl pkey, for their owner alone (0600).
A passphrase is never taken from an argument or the environment: others can read both. Nobody can recover it.

Examples:
  meshwarden key new agent.pem
  meshwarden key show ~/.ssh/id_ed25519 --json
  openssl pkey -in agent.pem -pubout";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    match command {
        Command::New(new) => run_new(new, session),
        Command::Show(show) => {
            let key = open(&show.file, &show.given)?;
            tell(&key.public_key().bytes(), session)
        }
    }
}

fn run_new(new: &New, session: &mut Session) -> Result<Exit, CliError> {
    // The name is tried before anybody is asked to think of a passphrase; making the file decides.
    if new.file.symlink_metadata().is_ok() {
        return Err(CliError::Key { path: new.file.clone(), error: KeystoreError::Exists });
    }
    let passphrase = match (&new.given.passphrase_file, new.no_passphrase) {
        (Some(file), _) => Some(passphrase_of(file)?),
        (None, true) => None,
        (None, false) => Some(Passphrase::ask_new("Passphrase for the new key: ").map_err(named(&new.file))?),
    };
    let key = SecretKey::from_seed(*draw()?);
    let text = keystore::encode(&key, passphrase.as_ref(), &*draw()?).map_err(named(&new.file))?;
    keystore::create(&new.file, &text).map_err(named(&new.file))?;
    if passphrase.is_none() {
        note("The key is NOT ENCRYPTED: whoever reads the file has it.");
    }
    tell(&key.public_key().bytes(), session)
}

/// Opens a key file for a command that signs or shows.
///
/// # Errors
/// [`CliError::Key`].
pub fn open(path: &Path, given: &Given) -> Result<SecretKey, CliError> {
    let passphrase = given.passphrase_file.as_deref().map(passphrase_of).transpose()?;
    let prompt = format!("Passphrase for {}: ", crate::text::visible(&path.display().to_string()));
    let asked = || passphrase.map_or_else(|| Passphrase::ask(&prompt), Ok);
    keystore::open(path, asked).map_err(named(path))
}

/// 256 fresh bits.
///
/// # Errors
/// [`WardenError::NoEntropy`].
pub fn draw() -> Result<Zeroizing<[u8; 32]>, CliError> {
    Ok(SystemEntropy.seed().ok_or(WardenError::NoEntropy)?)
}

fn passphrase_of(file: &Path) -> Result<Passphrase, CliError> {
    Passphrase::from_file(file).map_err(named(file))
}

fn named(path: &Path) -> impl FnOnce(KeystoreError) -> CliError {
    move |error| CliError::Key { path: path.to_owned(), error }
}

fn tell(key: &KeyBytes, session: &mut Session) -> Result<Exit, CliError> {
    let line = KeyLine::of(key, key.fingerprint());
    if session.global.json {
        session.output.json(&line)?;
        return Ok(Exit::Yes);
    }
    for (label, value) in [
        ("bound DID  ", &line.bound_did),
        ("public key ", &line.public_key),
        ("key id     ", &line.key_id),
        ("thumbprint ", &line.thumbprint),
        ("fingerprint", &line.fingerprint),
    ] {
        session.output.line(&format!("{label}  {value}"))?;
    }
    Ok(Exit::Yes)
}
