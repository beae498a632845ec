//! Where refused records go: a file beside the input, and a few of them to standard error.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::output::note;
use super::redacted::redacted;
use super::said;
use crate::ingest::Refused;
use crate::keystore::make_private;
use crate::wire::{RefusedLine, to_json};

/// So many refusals are told one by one.
const MOST_TOLD: u64 = 10;

/// Takes refused records; the file is made with the first one.
pub struct Basket {
    input: PathBuf,
    beside: Option<PathBuf>,
    file: Option<Draft>,
    count: u64,
}

impl Basket {
    /// For records of `input`; `keep` says whether they are written beside it.
    pub fn new(input: &Path, keep: bool) -> Self {
        let beside = (keep && input != Path::new("-")).then(|| {
            let mut name = input.as_os_str().to_owned();
            name.push(".refused.jsonl");
            PathBuf::from(name)
        });
        Self { input: input.to_owned(), beside, file: None, count: 0 }
    }

    /// Takes one.
    ///
    /// # Errors
    /// When the file beside the input cannot be written.
    pub fn take(&mut self, refused: Refused<'_>) -> io::Result<()> {
        self.count = self.count.saturating_add(1);
        if self.count <= MOST_TOLD {
            note(&format!("refused: {}", said::Refused(&self.input, refused.error)));
        }
        let Some(beside) = &self.beside else { return Ok(()) };
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(Draft::beside(beside)?),
        };
        let (place, fault) = (refused.error.place(), refused.error.fault());
        let line = RefusedLine {
            line: place.line,
            record: place.index.saturating_add(1),
            did: refused.error.did().map(ToString::to_string),
            code: fault.code(),
            reason: fault.to_string(),
            fix: fault.fix(),
            source: redacted(refused.source),
        };
        writeln!(file.writer, "{}", to_json(&line)?)
    }

    /// Says how many there were; answers where they lie.
    ///
    /// # Errors
    /// When the file beside the input cannot be written.
    pub fn finish(mut self) -> io::Result<Option<PathBuf>> {
        let written = self.file.is_some();
        if let (Some(file), Some(beside)) = (self.file.take(), &self.beside) {
            file.put(beside)?;
        }
        if self.count > MOST_TOLD {
            note(&format!("refused: {} records in all", self.count));
        }
        Ok(self.beside.filter(|_| written))
    }
}

/// A fresh file for its owner only, beside the one whose place it takes; gone when it never does.
struct Draft {
    path: PathBuf,
    writer: BufWriter<File>,
}

impl Draft {
    fn beside(place: &Path) -> io::Result<Self> {
        // Whatever stands there is replaced and never opened; only a directory cannot be.
        if fs::symlink_metadata(place).is_ok_and(|found| found.is_dir()) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
        for attempt in 0..100 {
            let mut name = place.as_os_str().to_owned();
            name.push(format!(".{}-{attempt}", std::process::id()));
            let path = PathBuf::from(name);
            match make_private(&path) {
                Ok(file) => return Ok(Self { path, writer: BufWriter::new(file) }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
                Err(error) => return Err(error),
            }
        }
        Err(taken)
    }

    fn put(mut self, place: &Path) -> io::Result<()> {
        self.writer.flush()?;
        fs::rename(&self.path, place)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once it has taken its place there is nothing of this name.
        fs::remove_file(&self.path).unwrap_or_default();
    }
}
