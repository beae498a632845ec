//! What a replica keeps against its verifier: the last signed head, and every contradiction until an operator has seen it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Lie;
use crate::audit::Note;
use crate::encoding::{hex, json, sha256};
use crate::time::Time;

/// So many findings lie there at most: the first ones say what the others repeat.
const MOST: usize = 32;
/// A finding has at most so many bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The directory of a replica, as far as it holds evidence.
#[derive(Debug, Clone)]
pub struct Findings(PathBuf);

/// A contradiction, with what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// When it was found.
    pub found: String,
    /// The verifier.
    pub url: String,
    /// The stable code.
    pub code: String,
    /// What it is, in one sentence.
    pub words: String,
    /// The last head that held, as a signed note.
    pub held: Option<String>,
    /// The head that contradicts it, or what was sent under it, as a signed note.
    pub contradicts: Option<String>,
}

impl Finding {
    /// What `lie` is, found at `now`.
    pub fn of(lie: &Lie, (url, now): (&str, Time), held: Option<&Note>, signed: Option<&Note>) -> Self {
        let contradicts = match lie {
            Lie::OtherLine { head, .. } => Some(head.clone()),
            _ => signed.map(ToString::to_string),
        };
        Self {
            found: now.to_string(),
            url: url.to_owned(),
            code: lie.code().to_owned(),
            words: lie.to_string(),
            held: held.map(ToString::to_string),
            contradicts,
        }
    }
}

impl Findings {
    /// Those in the directory of a replica.
    pub const fn at(directory: PathBuf) -> Self {
        Self(directory)
    }

    fn open_ones(&self) -> PathBuf {
        self.0.join("evidence")
    }

    fn head_file(&self) -> PathBuf {
        self.0.join("head")
    }

    /// The last head that held.
    pub fn head(&self) -> Option<Note> {
        Note::parse(&fs::read_to_string(self.head_file()).ok()?).ok()
    }

    /// A head held: it is the last one now.
    pub(super) fn keep_head(&self, note: &Note) {
        // Evidence that cannot be kept stops nobody from following the log.
        let _ = self.write(&self.head_file(), note.to_string().as_bytes());
    }

    /// Keeps a contradiction; one that is known already is kept once.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn find(&self, finding: &Finding) -> io::Result<()> {
        let known = self.open();
        let same = |one: &Finding| (&one.code, &one.contradicts) == (&finding.code, &finding.contradicts);
        if known.len() >= MOST || known.iter().any(same) {
            return Ok(());
        }
        let bytes = serde_json::to_vec_pretty(finding)?;
        let digest: String = hex::encode(&sha256(&bytes)).chars().take(16).collect();
        fs::create_dir_all(self.open_ones())?;
        self.write(&self.open_ones().join(format!("{digest}.json")), &bytes)
    }

    /// Those that no operator has acknowledged.
    pub fn open(&self) -> Vec<Finding> {
        let mut found: Vec<Finding> = paths(&self.open_ones()).iter().filter_map(|path| read(path)).collect();
        found.sort_by(|a, b| a.found.cmp(&b.found));
        found
    }

    /// An operator has seen them all: they lie in `acknowledged` from now on. Answers how many there were.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn acknowledge(&self) -> io::Result<usize> {
        let seen = self.0.join("acknowledged");
        let paths = paths(&self.open_ones());
        if !paths.is_empty() {
            fs::create_dir_all(&seen)?;
        }
        for path in &paths {
            if let Some(name) = path.file_name() {
                fs::rename(path, seen.join(name))?;
            }
        }
        Ok(paths.len())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        File::open(&self.0)?.sync_all()
    }
}

fn paths(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

fn read(path: &Path) -> Option<Finding> {
    if fs::metadata(path).ok()?.len() > MAX_BYTES {
        return None;
    }
    json::object(&fs::read(path).ok()?).ok()
}
