//! The file that says which entries a program of the site was told of, and what became of each notice.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::{Damage, Obstacle, StoreError};
use super::{guard, resolve, sync_directory};
use crate::time::Time;

/// The file's name within its directory.
pub const NOTICES: &str = "notices";

/// The outcomes of so many notices are known.
const KNOWN: usize = 1024;
/// The file has at most so many bytes.
const MAX_BYTES: u64 = 1 << 20;

/// How far a log was told of; kept in its directory, which this process serves.
#[derive(Debug)]
pub struct Notices {
    /// None where nothing lasts.
    path: Option<PathBuf>,
    kept: Kept,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    log: String,
    from: u64,
    outcomes: BTreeMap<u64, Told>,
}

/// What became of the notice of one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// When it was settled, in microseconds.
    at: i64,
    /// How long that took.
    pub milliseconds: i64,
    /// The code of what failed; none when everybody has it.
    pub failure: Option<String>,
}

impl Told {
    /// A notice that was settled at a time.
    pub const fn new(at: Time, milliseconds: i64, failure: Option<String>) -> Self {
        Self { at: at.micros(), milliseconds, failure }
    }

    /// When it was settled.
    pub fn at(&self) -> Time {
        Time::from_micros(self.at).unwrap_or(Time::MIN)
    }
}

impl Notices {
    /// Goes on where the last process ended that told of this log; where there was none, at its end.
    ///
    /// # Errors
    /// [`StoreError`] when the file is not private, or damaged, or cannot be written.
    pub fn begin(directory: Option<&Path>, log: &str, size: u64) -> Result<Self, StoreError> {
        let path =
            directory.map(|directory| resolve(directory).map(|place| place.join(NOTICES))).transpose()?;
        let before = path.as_deref().map(read).transpose()?.flatten().filter(|kept| kept.log == log);
        let mut kept =
            before.unwrap_or_else(|| Kept { log: log.to_owned(), from: size, outcomes: BTreeMap::new() });
        // A log that was restored from a backup has less than was told of.
        kept.from = kept.from.min(size);
        kept.outcomes.retain(|index, _| *index < size);
        let this = Self { path, kept };
        this.write()?;
        Ok(this)
    }

    /// Nobody is told any more: whoever is told later hears of what happens from then on.
    ///
    /// # Errors
    /// [`Obstacle`] when the file cannot be removed.
    pub fn forget(directory: &Path) -> Result<(), StoreError> {
        let path = resolve(directory)?.join(NOTICES);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Obstacle::io(&path, &error).into()),
            _ => Ok(()),
        }
    }

    /// The first entry that is not settled.
    pub const fn from(&self) -> u64 {
        self.kept.from
    }

    /// What became of the notice of an entry; none long afterwards.
    pub fn of(&self, index: u64) -> Option<&Told> {
        self.kept.outcomes.get(&index)
    }

    /// The notice of an entry, and of all before, is settled; it lasts when this returns.
    ///
    /// # Errors
    /// [`Obstacle`]; it is known here, and the next process will tell of it again.
    pub fn settle(&mut self, index: u64, told: Told) -> Result<(), StoreError> {
        self.kept.outcomes.insert(index, told);
        if self.kept.outcomes.len() > KNOWN {
            self.kept.outcomes.pop_first();
        }
        self.kept.from = self.kept.from.max(index.saturating_add(1));
        self.write()
    }

    /// Writes no more: another process may serve the directory.
    pub fn end(&mut self) {
        self.path = None;
    }

    fn write(&self) -> Result<(), StoreError> {
        let Some(path) = &self.path else { return Ok(()) };
        let directory = path.parent().unwrap_or(path);
        let written = || -> std::io::Result<()> {
            // Whole or not at all; made for this user only.
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            serde_json::to_writer(&mut file, &self.kept)?;
            file.flush()?;
            file.as_file().sync_all()?;
            file.persist(path).map(drop).map_err(|error| error.error)
        };
        written().map_err(|error| Obstacle::io(path, &error))?;
        sync_directory(directory)
    }
}

fn read(path: &Path) -> Result<Option<Kept>, StoreError> {
    match guard::check_private_file(path) {
        Err(_) if !path.exists() && !path.is_symlink() => return Ok(None),
        checked => checked?,
    }
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut text));
    read.map_err(|error| Obstacle::io(path, &error))?;
    let kept: Option<Kept> = serde_json::from_slice(&text).ok();
    let sound = kept.filter(|kept| kept.outcomes.values().all(|told| Time::from_micros(told.at).is_some()));
    sound.map(Some).ok_or_else(|| Damage::Value(NOTICES).of(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(milliseconds: i64) -> Told {
        Told::new(Time::MIN, milliseconds, (milliseconds == 2).then(|| "notify_failed".to_owned()))
    }

    fn place() -> tempfile::TempDir {
        tempfile::Builder::new().prefix("notices").tempdir().unwrap()
    }

    fn begin(place: &tempfile::TempDir, log: &str, size: u64) -> Notices {
        Notices::begin(Some(place.path()), log, size).unwrap()
    }

    #[test]
    fn what_was_told_is_not_told_again_and_what_was_not_is() {
        let place = place();
        let mut notices = begin(&place, "a", 5);
        assert_eq!(notices.from(), 5, "nobody is told of what was before the first");
        notices.settle(7, told(1)).unwrap();
        notices.settle(9, told(2)).unwrap();
        let notices = begin(&place, "a", 20);
        assert_eq!((notices.from(), notices.of(7), notices.of(9)), (10, Some(&told(1)), Some(&told(2))));
        assert_eq!(notices.of(8), None);
    }

    #[test]
    fn another_log_or_a_shorter_one_begins_at_its_end() {
        let place = place();
        begin(&place, "a", 5).settle(7, told(1)).unwrap();
        let shorter = begin(&place, "a", 6);
        assert_eq!((shorter.from(), shorter.of(7)), (6, None));
        assert_eq!(begin(&place, "b", 3).from(), 3);
        Notices::forget(place.path()).unwrap();
        Notices::forget(place.path()).unwrap();
        assert_eq!(begin(&place, "b", 9).from(), 9);
    }

    #[test]
    fn outcomes_are_bounded_and_the_file_too() {
        let place = place();
        let mut notices = begin(&place, "a", 0);
        notices.end();
        for index in 0..2000 {
            notices.settle(index, Told::new(Time::MAX, i64::MAX, Some("n".repeat(64)))).unwrap();
        }
        assert_eq!((notices.kept.outcomes.len(), notices.of(975), notices.from()), (KNOWN, None, 2000));
        assert!(serde_json::to_vec(&notices.kept).unwrap().len() < usize::try_from(MAX_BYTES).unwrap());
        assert_eq!(begin(&place, "a", 1).from(), 0, "after the end nothing is written");
    }

    #[test]
    fn a_damaged_file_is_not_taken_for_none() {
        let place = place();
        drop(begin(&place, "a", 0));
        for text in ["", "{", r#"{"log":"a","from":0}"#, r#"{"log":"a","from":0,"outcomes":{},"more":1}"#] {
            fs::write(place.path().join(NOTICES), text).unwrap();
            let refused = Notices::begin(Some(place.path()), "a", 0).unwrap_err();
            assert_eq!(refused.code(), "store_value", "{text}");
        }
        fs::remove_file(place.path().join(NOTICES)).unwrap();
        std::os::unix::fs::symlink("elsewhere", place.path().join(NOTICES)).unwrap();
        assert!(Notices::begin(Some(place.path()), "a", 0).is_err(), "a link is not followed");
    }
}
