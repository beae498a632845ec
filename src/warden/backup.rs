//! A copy of a directory that proves itself, and a directory that is brought back from one and says so.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::context::Hashing;
use super::fold::read_entry;
use super::{Context, FactReceipt, Kind, LOG_KEY, Place, Warden, WardenError, Word};
use crate::audit::{Checkpoint, CheckpointError, Frontier, Note, NoteVerifier, leaf_hash};
use crate::change::{Extent, Restore, What};
use crate::encoding::{Digest32, hex};
use crate::keystore::{make_private, write_private};
use crate::store::{self, DECISIONS, FILE};

/// The file of a backup that says what else is in it.
pub const MANIFEST: &str = "manifest.json";

const TYPE: &str = "meshwarden.backup.v1";
/// A manifest has at most this many bytes.
const MAX_MANIFEST: u64 = 1 << 20;

/// What a backup has in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[serde(rename = "type")]
    type_name: String,
    /// When it was made.
    pub made: String,
    /// The log's name.
    pub log: String,
    /// How many entries it has.
    pub entries: u64,
    /// The signed head of exactly this copy.
    pub checkpoint: String,
    /// The key that signed it.
    pub verifier: String,
    /// The files, with what they hash to.
    pub files: Vec<Copied>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hex.
    pub sha256: String,
}

/// Why a directory is no backup.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// The manifest is none.
    #[error("{MANIFEST} is none of a backup")]
    Malformed,
    /// A file is not what the manifest says.
    #[error("{name} is not what {MANIFEST} says")]
    FileDiffers {
        /// Its name.
        name: String,
    },
    /// The head in the manifest does not hold.
    #[error("its checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The log in it is another one than its checkpoint says.
    #[error("its log is not the one that its checkpoint says")]
    OtherHead,
    /// The log in it does not hold.
    #[error("its log does not hold: {words}")]
    Broken {
        /// What is wrong.
        words: String,
    },
}

impl BackupError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "backup_malformed",
            Self::FileDiffers { .. } => "backup_file_differs",
            Self::Checkpoint(error) => error.code(),
            Self::OtherHead => "backup_other_head",
            Self::Broken { .. } => "backup_broken",
        }
    }
}

impl Warden {
    /// Copies a directory while others work on it. The log's key is left out, unless `with_key`: whoever has it signs
    /// heads in the log's name.
    ///
    /// # Errors
    /// [`WardenError`]; `to` must not exist, and may be there in part.
    pub fn back_up(&mut self, to: &Path, with_key: bool) -> Result<Manifest, WardenError> {
        let from = match &self.kind {
            Kind::Directory(from) => from.clone(),
            _ => {
                let problem = "is no data directory";
                return Err(WardenError::NotARegistry { path: PathBuf::from("-"), problem });
            }
        };
        let key = self.log_key()?;
        make_directory(to)?;
        let mut names = vec![FILE];
        store::copy(&from.join(FILE), &to.join(FILE))?;
        if from.join(DECISIONS).exists() {
            store::copy(&from.join(DECISIONS), &to.join(DECISIONS))?;
            names.push(DECISIONS);
        }
        if with_key {
            copy(&from.join(LOG_KEY), &to.join(LOG_KEY))?;
            names.push(LOG_KEY);
        }
        let checkpoint = {
            let mut store = store::Sqlite::open(to)?;
            let view = store::Store::read(&mut store)?;
            let state = super::fold::load(&*view, self.meta.log)?;
            let root =
                super::checkpoint::state_root(&mut crate::audit::StateTree::default(), &state, &*view)?;
            let tree = crate::audit::Tree { size: state.head.size, root: state.head.root };
            Checkpoint { log: self.meta.log, tree, state: root, time: self.now() }
        };
        let note = checkpoint.sign(&key).map_err(|error| WardenError::Unsigned { error })?;
        let files = names.into_iter().map(|name| copied(to, name)).collect::<Result<_, _>>()?;
        let manifest = Manifest {
            type_name: TYPE.to_owned(),
            made: checkpoint.time.to_string(),
            log: checkpoint.log.to_string(),
            entries: checkpoint.tree.size,
            checkpoint: note.to_string(),
            verifier: self.verifier()?.to_string(),
            files,
        };
        let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
        write_new(&to.join(MANIFEST), text.as_bytes())?;
        sync(to)?;
        Ok(manifest)
    }

    /// The entry by which the log was brought back to less than `then`, and says that it knows of it.
    ///
    /// # Errors
    /// [`WardenError`] when the store cannot be read.
    pub fn declared(&mut self, then: &Checkpoint) -> Result<Option<u64>, WardenError> {
        let view = self.store.read()?;
        let mut found: Option<(u64, Restore)> = None;
        view.facts(&mut |row| {
            let fact =
                read_entry(row.index, row.bytes).ok().and_then(|(_, payload)| payload.order.fact().cloned());
            if let Some(What::Restore(restore)) = fact.map(|fact| fact.what)
                && restore.lost == Some(Extent { size: then.tree.size, root: then.tree.root })
            {
                found = Some((row.index, restore));
            }
            ControlFlow::Continue(())
        })?;
        let Some((index, restore)) = found else { return Ok(None) };
        let mut tree = Frontier::new();
        view.entries(0, &mut |row| {
            if row.index >= restore.kept.size {
                return ControlFlow::Break(());
            }
            tree.push(leaf_hash(row.bytes));
            ControlFlow::Continue(())
        })?;
        Ok((tree.root() == restore.kept.root).then_some(index))
    }
}

/// A backup of which every file and the head hold.
pub struct Backup {
    from: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its head.
    pub checkpoint: Checkpoint,
}

impl Backup {
    /// Reads a manifest, and checks every file against it.
    ///
    /// # Errors
    /// [`WardenError::Backup`].
    pub fn open(from: &Path) -> Result<Self, WardenError> {
        let named = |error: BackupError| WardenError::Backup { path: from.to_owned(), error };
        let path = from.join(MANIFEST);
        let mut text = String::new();
        let read = File::open(&path).and_then(|file| file.take(MAX_MANIFEST).read_to_string(&mut text));
        read.map_err(|error| WardenError::file(&path, &error))?;
        let manifest: Manifest = serde_json::from_str(&text).map_err(|_| named(BackupError::Malformed))?;
        let known = |file: &Copied| [FILE, DECISIONS, LOG_KEY].contains(&file.name.as_str());
        if manifest.type_name != TYPE || !manifest.files.iter().all(known) || manifest.files.len() > 3 {
            return Err(named(BackupError::Malformed));
        }
        let opened = || -> Result<Checkpoint, CheckpointError> {
            Checkpoint::open(&Note::parse(&manifest.checkpoint)?, &NoteVerifier::parse(&manifest.verifier)?)
        };
        let checkpoint = opened().map_err(|error| named(error.into()))?;
        for file in &manifest.files {
            if copied(from, &file.name)? != *file {
                return Err(named(BackupError::FileDiffers { name: file.name.clone() }));
            }
        }
        Ok(Self { from: from.to_owned(), manifest, checkpoint })
    }
}

impl Context {
    /// Makes a directory from a backup: everything is checked first, and the log itself says that it was brought back.
    ///
    /// `lost` is how far the log is known to have been.
    ///
    /// # Errors
    /// [`WardenError`]; `to` must not exist, and does not afterwards.
    pub fn restore(
        &self,
        backup: &Backup,
        to: &Path,
        open: impl FnOnce(&mut Warden),
        (lost, word): (Option<Extent>, Word<'_>),
    ) -> Result<(Warden, FactReceipt), WardenError> {
        make_directory(to)?;
        let restored = self.restore_into(backup, to, open, (lost, word));
        if restored.is_err() {
            let _ = fs::remove_dir_all(to);
        }
        restored
    }

    fn restore_into(
        &self,
        backup: &Backup,
        to: &Path,
        open: impl FnOnce(&mut Warden),
        (lost, word): (Option<Extent>, Word<'_>),
    ) -> Result<(Warden, FactReceipt), WardenError> {
        let named = |error: BackupError| WardenError::Backup { path: backup.from.clone(), error };
        for file in &backup.manifest.files {
            copy(&backup.from.join(&file.name), &to.join(&file.name))?;
            if copied(to, &file.name)? != *file {
                return Err(named(BackupError::FileDiffers { name: file.name.clone() }));
            }
        }
        sync(to)?;
        let mut warden = self.open(&Place::Directory(to.to_owned()), |_| Ok(()))?.warden;
        open(&mut warden);
        let report = warden.verify_log()?;
        if let Some(words) = report.fault {
            return Err(named(BackupError::Broken { words }));
        }
        let head = backup.checkpoint.tree;
        if (report.log, report.entries, report.root) != (backup.checkpoint.log, head.size, head.root) {
            return Err(named(BackupError::OtherHead));
        }
        // Whoever rewrote a backup signed its head with another key than the log announces.
        let operators = warden.snapshot().operators;
        let announced = operators.log_keys().last().map(|(_, key)| key);
        if operators.held() && announced != Some(&backup.manifest.verifier) {
            return Err(named(BackupError::OtherHead));
        }
        let kept = Extent { size: head.size, root: head.root };
        let lost = lost.filter(|lost| *lost != kept);
        let receipt = warden.append_fact(None, What::Restore(Restore { kept, lost }), None, word)?;
        Ok((warden, receipt))
    }
}

fn make_directory(path: &Path) -> Result<(), WardenError> {
    DirBuilder::new().mode(0o700).create(path).map_err(|error| WardenError::file(path, &error))
}

fn copied(directory: &Path, name: &str) -> Result<Copied, WardenError> {
    let path = directory.join(name);
    let digest = || -> io::Result<(u64, Digest32)> {
        let mut file = Hashing::new(File::open(&path)?);
        let bytes = io::copy(&mut file, &mut io::sink())?;
        Ok((bytes, file.digest()))
    };
    let (bytes, digest) = digest().map_err(|error| WardenError::file(&path, &error))?;
    Ok(Copied { name: name.to_owned(), bytes, sha256: hex::encode(&digest) })
}

/// Copies a file, for this user only.
fn copy(from: &Path, to: &Path) -> Result<(), WardenError> {
    let mut source = super::context::open_ordinary(from)?;
    let copied =
        make_private(to).and_then(|mut made| io::copy(&mut source, &mut made).and_then(|_| made.sync_all()));
    copied.map_err(|error| WardenError::file(to, &error))
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), WardenError> {
    write_private(path, bytes).map_err(|error| WardenError::file(path, &error))
}

fn sync(directory: &Path) -> Result<(), WardenError> {
    let synced = File::open(directory).and_then(|open| open.sync_all());
    synced.map_err(|error| WardenError::file(directory, &error))
}
