//! Places that can be opened: a data directory, a registry file with a directory of its own, the demo.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use crate::audit::LogName;
use crate::change::MAX_NAME_BYTES;
use crate::encoding::{Digest32, hex, sha256};
use crate::ingest::Refused;
use crate::store::{Memory, Meta, Origin, Sqlite, Store};
use crate::text::within;
use crate::time::Time;

use super::log_key::LOG_KEY;
use super::{
    Clock, Entropy, ImportOptions, ImportReport, Kind, Source, SystemClock, SystemEntropy, Warden,
    WardenError,
};

/// What to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A data directory, made if it is not there.
    Directory(PathBuf),
    /// A registry file; what is done to it lives in a directory of its own.
    File(PathBuf),
    /// A verifier; it is reached by others than this room.
    Verifier(String),
    /// Records from standard input; what is done to them is gone when the program ends.
    Stdin,
}

/// How to open it.
pub struct Context {
    /// Where the directories of registry files lie.
    pub data_root: PathBuf,
    /// Who opens it, as the log names people until operators have keys.
    pub actor: String,
    /// How records are read.
    pub options: ImportOptions,
    /// The clock.
    pub clock: fn() -> Box<dyn Clock>,
    /// The random source.
    pub entropy: fn() -> Box<dyn Entropy>,
}

/// An open warden, and what to say about its opening.
pub struct Opened {
    /// The warden.
    pub warden: Warden,
    /// What was imported just now.
    pub imported: Option<ImportReport>,
    /// How the registry file differs from what was imported.
    pub staleness: Option<Staleness>,
}

/// The registry file was written since it was imported; nothing of that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staleness {
    /// The file.
    pub path: PathBuf,
    /// When it was imported.
    pub imported: Time,
    /// Whether it is there at all.
    pub missing: bool,
}

impl Context {
    /// A context of this machine.
    pub fn of_this_machine(data_root: PathBuf, actor: String) -> Self {
        Self {
            data_root,
            actor,
            options: ImportOptions::default(),
            clock: || Box::new(SystemClock),
            entropy: || Box::new(SystemEntropy),
        }
    }

    /// Opens `place`; records that are passed over go to `on_refused`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn open(
        &self,
        place: &Place,
        on_refused: impl FnMut(Refused<'_>) -> io::Result<()>,
    ) -> Result<Opened, WardenError> {
        match place {
            Place::Directory(path) => {
                let warden = self.warden(path, Kind::Directory(path.clone()), None)?;
                Ok(Opened { warden, imported: None, staleness: None })
            }
            Place::File(path) => self.open_file(path, on_refused),
            Place::Verifier(_) => Err(WardenError::AtTheVerifier { what: "open" }),
            Place::Stdin => {
                let kind = Kind::OfflineCopy(PathBuf::from("-"));
                self.in_memory(io::stdin().lock(), "standard input", kind, on_refused)
            }
        }
    }

    /// Opens the demo mesh, given its records as JSON Lines; it lives in memory.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn open_demo(&self, records: impl Read) -> Result<Opened, WardenError> {
        self.in_memory(records, "demo mesh", Kind::Demo, |_| Ok(()))
    }

    fn in_memory<R: Read>(
        &self,
        reader: R,
        name: &str,
        kind: Kind,
        on_refused: impl FnMut(Refused<'_>) -> io::Result<()>,
    ) -> Result<Opened, WardenError> {
        let store = Box::new(Memory::new(self.meta(None)?));
        let mut warden = Warden::over(store, kind, (self.clock)(), (self.entropy)())?;
        let source = Source { reader, name: name.to_owned(), origin: None };
        let imported = warden.import(source, &self.options, &self.actor, on_refused)?;
        Ok(Opened { warden, imported: Some(imported), staleness: None })
    }

    fn open_file(
        &self,
        path: &Path,
        on_refused: impl FnMut(Refused<'_>) -> io::Result<()>,
    ) -> Result<Opened, WardenError> {
        let path = &resolve(path)?;
        let directory = self.directory_of(path);
        let kind = Kind::OfflineCopy(path.clone());
        let missing = !path.exists();
        if missing && !directory.join(crate::store::FILE).exists() {
            return Err(WardenError::File { path: path.clone(), problem: io::ErrorKind::NotFound });
        }
        let mut warden = self.warden(&directory, kind, None)?;
        let Some(origin) = warden.meta.origin.clone() else {
            let imported = self.take_file(&mut warden, path, &self.options, None, on_refused)?;
            return Ok(Opened { warden, imported: Some(imported), staleness: None });
        };
        let changed = missing || differs(path, &origin)?;
        let staleness = changed.then(|| Staleness { path: path.clone(), imported: origin.imported, missing });
        Ok(Opened { warden, imported: None, staleness })
    }

    /// Imports the file as it is now in place of what was imported before; what changes made of agents stays.
    ///
    /// With `compared`, the digest of what somebody looked at, no other content is taken.
    ///
    /// # Errors
    /// [`WardenError`]; nothing was taken.
    pub fn take_again(
        &self,
        warden: &mut Warden,
        path: &Path,
        compared: Option<Digest32>,
        on_refused: impl FnMut(Refused<'_>) -> io::Result<()>,
    ) -> Result<ImportReport, WardenError> {
        let options = ImportOptions { replaces: true, ..self.options.clone() };
        self.take_file(warden, path, &options, compared, on_refused)
    }

    fn take_file(
        &self,
        warden: &mut Warden,
        path: &Path,
        options: &ImportOptions,
        compared: Option<Digest32>,
        on_refused: impl FnMut(Refused<'_>) -> io::Result<()>,
    ) -> Result<ImportReport, WardenError> {
        let file = open_ordinary(path)?;
        let modified = modified(&file, path)?;
        let imported = warden.now();
        let owned = path.to_owned();
        let source = Source {
            reader: Hashing::new(file),
            name: within(&path.display().to_string(), MAX_NAME_BYTES),
            origin: Some(Box::new(move |reader: Hashing<File>| {
                let digest: Digest32 = reader.hasher.finalize().into();
                if compared.is_some_and(|compared| compared != digest) {
                    return Err(WardenError::FileMoved { path: owned });
                }
                Ok(Origin { path: owned, digest, size: reader.size, modified, imported })
            })),
        };
        warden.import(source, options, &self.actor, on_refused)
    }

    fn warden(&self, directory: &Path, kind: Kind, origin: Option<Origin>) -> Result<Warden, WardenError> {
        let meta = self.meta(origin)?;
        let store: Box<dyn Store> = Box::new(match &kind {
            Kind::Directory(_) => Sqlite::open_with_reserve(directory, &meta)?,
            // Nobody relies on the copy of a file.
            _ => Sqlite::open_or_create(directory, &meta)?,
        });
        let mut warden = Warden::over(store, kind, (self.clock)(), (self.entropy)())?;
        // The log's key is as old as its directory. One that cannot be used is told when something is to be signed:
        // an operator who opens the console to stop somebody is not kept out.
        if let Kind::Directory(directory) = &warden.kind
            && !directory.join(LOG_KEY).exists()
        {
            let _ = warden.log_key();
        }
        Ok(warden)
    }

    fn meta(&self, origin: Option<Origin>) -> Result<Meta, WardenError> {
        let name = (self.entropy)().bits().ok_or(WardenError::NoEntropy)?;
        Ok(Meta { log: LogName::from_bits(name), created: (self.clock)().now(), origin })
    }

    /// The directory of a registry file, found again by the file's path.
    pub fn directory_of(&self, path: &Path) -> PathBuf {
        let digest = sha256(path.as_os_str().as_encoded_bytes());
        let short: String = hex::encode(&digest).chars().take(24).collect();
        self.data_root.join("files").join(short)
    }
}

/// The path as the file is found again: absolute, links followed when it exists.
fn resolve(path: &Path) -> Result<PathBuf, WardenError> {
    if path.is_dir() {
        let problem = "is a directory; open a data directory with --data";
        return Err(WardenError::NotARegistry { path: path.to_owned(), problem });
    }
    fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .map_err(|error| WardenError::file(path, &error))
}

/// Opens an ordinary file; a pipe that lies there instead is refused and never waited for.
pub(super) fn open_ordinary(path: &Path) -> Result<File, WardenError> {
    let unblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = File::options().read(true).custom_flags(unblocking).open(path);
    let file = file.map_err(|error| WardenError::file(path, &error))?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(WardenError::NotARegistry { path: path.to_owned(), problem: "is no ordinary file" });
    }
    Ok(file)
}

/// Whether the file's content differs from what was imported; size and time are only a short cut.
fn differs(path: &Path, origin: &Origin) -> Result<bool, WardenError> {
    let file = open_ordinary(path)?;
    let size = file.metadata().map_err(|error| WardenError::file(path, &error))?.len();
    if size != origin.size {
        return Ok(true);
    }
    if modified(&file, path)? == origin.modified {
        return Ok(false);
    }
    Ok(digest_of(file).map_err(|error| WardenError::file(path, &error))? != origin.digest)
}

fn digest_of(file: File) -> io::Result<Digest32> {
    let mut reader = Hashing::new(file);
    io::copy(&mut reader, &mut io::sink())?;
    Ok(reader.digest())
}

fn modified(file: &File, path: &Path) -> Result<Time, WardenError> {
    let metadata = file.metadata().map_err(|error| WardenError::file(path, &error))?;
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(since
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .and_then(Time::from_micros)
        .unwrap_or(Time::MIN))
}

/// Hashes what passes.
pub(super) struct Hashing<R> {
    inner: R,
    hasher: Sha256,
    size: u64,
}

impl<R> Hashing<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, hasher: Sha256::new(), size: 0 }
    }

    pub(super) fn digest(self) -> Digest32 {
        self.hasher.finalize().into()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or(&[]));
        self.size = self.size.saturating_add(count as u64);
        Ok(count)
    }
}
