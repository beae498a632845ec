//! What the console asks the command line to do: files and keys are its trade.

use std::path::{Path, PathBuf};

use crate::backend::Backend;
use crate::identity::Rekey;
use crate::keystore::{self, KeystoreError, Passphrase};
use crate::registry::CaseId;
use crate::tui;

/// Writes a case where `case export` would, and answers where that is.
pub fn export_case(backend: &mut Backend, id: CaseId, to: &Path) -> Result<PathBuf, String> {
    let to = std::path::absolute(to).map_err(|error| error.to_string())?;
    match backend {
        Backend::Local(warden) => super::case_export::write_case(warden, id, &to, false)
            .map(|_| to)
            .map_err(|error| error.to_string()),
    }
}

/// Asks the key in a file for its word; while the console has the terminal, a passphrase comes from a file.
pub fn sign_rekey(new: &tui::NewKey) -> Result<Rekey, tui::NoKey> {
    let passphrase = || match &new.passphrase {
        Some(file) => Passphrase::from_file(file),
        None => Err(KeystoreError::PassphraseNeeded),
    };
    match keystore::open(&new.file, passphrase) {
        Ok(key) => Ok(Rekey::sign(new.did.clone(), new.old, &key)),
        Err(KeystoreError::PassphraseNeeded) => Err(tui::NoKey::Encrypted),
        Err(error) => Err(tui::NoKey::Unusable(format!("{}: {error}", new.file.display()))),
    }
}
