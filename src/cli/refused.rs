//! Where refused records go: a file beside the input, and a few of them to standard error.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::error;
use super::output::note;
use crate::ingest::Refused;
use crate::wire::{RefusedLine, to_json};

/// So many refusals are told one by one.
const MOST_TOLD: u64 = 10;

/// Takes refused records; the file is made with the first one.
pub struct Basket {
    input: PathBuf,
    beside: Option<PathBuf>,
    file: Option<BufWriter<File>>,
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
            note(&format!("refused: {}", error::Refused(&self.input, refused.error)));
        }
        let Some(beside) = &self.beside else { return Ok(()) };
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(BufWriter::new(open(beside)?)),
        };
        let (place, fault) = (refused.error.place(), refused.error.fault());
        let line = RefusedLine {
            line: place.line,
            record: place.index.saturating_add(1),
            did: refused.error.did().map(ToString::to_string),
            code: fault.code(),
            reason: fault.to_string(),
            fix: fault.fix(),
            source: String::from_utf8_lossy(refused.source).into_owned(),
        };
        writeln!(file, "{}", to_json(&line)?)
    }

    /// Says how many there were; answers where they lie.
    ///
    /// # Errors
    /// When the file beside the input cannot be written.
    pub fn finish(mut self) -> io::Result<Option<PathBuf>> {
        if let Some(file) = &mut self.file {
            file.flush()?;
        }
        if self.count > MOST_TOLD {
            note(&format!("refused: {} records in all", self.count));
        }
        Ok(self.beside.filter(|_| self.file.is_some()))
    }
}

/// A file for its owner only; a link that somebody put there is not followed.
fn open(path: &Path) -> io::Result<File> {
    let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).custom_flags(no_follow).open(path)
}
