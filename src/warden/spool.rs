//! Changes that were signed and that nobody answered for: kept on the disk until a verifier takes or refuses them.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::change::SignedChange;
use crate::encoding::{base64, json};

/// So many changes wait at most.
const MOST: usize = 1000;
/// A change with what opens its commitments has at most so many bytes.
const MAX_BYTES: u64 = 4 << 20;

/// The directory of one replica's spool.
#[derive(Debug, Clone)]
pub(super) struct Spool(PathBuf);

/// A change that waits for a verifier.
pub(super) struct Spooled {
    path: PathBuf,
    /// The change.
    pub change: SignedChange,
    /// What opens the commitments in it.
    pub openings: Vec<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    change: Box<RawValue>,
    openings: Vec<String>,
}

impl Spool {
    pub(super) const fn at(directory: PathBuf) -> Self {
        Self(directory)
    }

    /// Keeps a change; when it returns, the disk has it.
    pub(super) fn keep(&self, id: &str, change: &SignedChange, openings: &[Vec<u8>]) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        if self.names()?.len() >= MOST {
            return Err(io::Error::other("too many changes wait for the verifier"));
        }
        let bytes = change.to_bytes().map_err(io::Error::other)?;
        let change = String::from_utf8(bytes).map_err(io::Error::other)?;
        let written = Written {
            change: RawValue::from_string(change)?,
            openings: openings.iter().map(|opening| base64::encode(opening)).collect(),
        };
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
        file.write_all(serde_json::to_string(&written)?.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(self.0.join(format!("{id}.json")))?;
        File::open(&self.0)?.sync_all()
    }

    /// Why the last one was refused that was; said until somebody removes it.
    pub(super) fn refusal(&self) -> Option<String> {
        let entries = fs::read_dir(&self.0).ok()?;
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let last = paths.filter(|path| path.extension().is_some_and(|extension| extension == "why")).max()?;
        fs::read_to_string(last).ok()
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.names().map_or(0, |names| names.len())
    }

    /// Those that wait; what cannot be read stays where it is.
    pub(super) fn waiting(&self) -> Vec<Spooled> {
        self.names().unwrap_or_default().into_iter().filter_map(|path| read(&path)).collect()
    }

    fn names(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read?,
        };
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let mut names: Vec<_> =
            paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
        names.sort();
        Ok(names)
    }
}

impl Spooled {
    /// The verifier will never take it: it waits no more, and lies beside what waits with the reason.
    pub(super) fn refused(&self, why: &str) {
        let beside = self.path.with_extension("refused");
        if fs::rename(&self.path, &beside).is_ok() {
            let _ = fs::write(beside.with_extension("why"), why);
        }
    }

    /// The log has it: it waits no more.
    pub(super) fn answered(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn read(path: &Path) -> Option<Spooled> {
    if fs::metadata(path).ok()?.len() > MAX_BYTES {
        return None;
    }
    let written: Written = json::object(&fs::read(path).ok()?).ok()?;
    let change = SignedChange::from_bytes(written.change.get().as_bytes()).ok()?;
    let openings = written.openings.iter().map(|text| base64::decode(text)).collect::<Option<_>>()?;
    Some(Spooled { path: path.to_owned(), change, openings })
}
