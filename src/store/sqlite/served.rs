//! The file by which one process at a time serves a directory, and which says up to when it took requests.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

use super::super::{Damage, Obstacle, StoreError};
use super::{guard, resolve, sync_directory};
use crate::time::Time;

/// The file's name within its directory.
pub const SERVED: &str = "served";

/// A mark is written as microseconds with so many digits, and a line feed: within one sector, so whole or not at all.
const DIGITS: usize = 20;

/// A directory that this process serves, until this is dropped or the process ends.
#[derive(Debug)]
pub struct Served {
    file: File,
    path: PathBuf,
    mark: Option<Time>,
}

impl Served {
    /// Begins to serve a directory.
    ///
    /// # Errors
    /// [`Obstacle::Served`] while another process does; [`StoreError`] when the file is not private, or damaged.
    pub fn begin(directory: &Path) -> Result<Self, StoreError> {
        let directory = resolve(directory)?;
        guard::check_directory(&directory)?;
        let path = directory.join(SERVED);
        let fail = |error: &std::io::Error| Obstacle::io(&path, error);
        // A link that somebody put there is not followed to what it names.
        let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
        let mut open = OpenOptions::new();
        open.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
        let mut file = open.open(&path).map_err(|error| fail(&error))?;
        guard::check_private_file(&path)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(Obstacle::Served { path }.into());
        }
        sync_directory(&directory)?;
        let mut text = String::new();
        let read = (&mut file).take(64).read_to_string(&mut text);
        let mark = match read {
            Ok(0) => None,
            Ok(_) => Some(parse(&text).ok_or_else(|| Damage::Value(SERVED).of(&path))?),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(Damage::Value(SERVED).of(&path));
            }
            Err(error) => return Err(fail(&error).into()),
        };
        Ok(Self { file, path, mark })
    }

    /// The mark that lasts; none before the first.
    pub const fn mark(&self) -> Option<Time> {
        self.mark
    }

    /// Moves the mark; it lasts when this returns. It never goes back.
    ///
    /// # Errors
    /// [`Obstacle`]; the mark is as before, or as asked.
    pub fn raise(&mut self, mark: Time) -> Result<(), StoreError> {
        if self.mark.is_some_and(|before| mark <= before) {
            return Ok(());
        }
        let text = format!("{:0DIGITS$}\n", mark.micros());
        let written = self.file.write_all_at(text.as_bytes(), 0).and_then(|()| self.file.sync_data());
        written.map_err(|error| Obstacle::io(&self.path, &error))?;
        self.mark = Some(mark);
        Ok(())
    }
}

fn parse(text: &str) -> Option<Time> {
    let digits = text.strip_suffix('\n')?;
    let micros: i64 = digits.parse().ok()?;
    // Signs and other lengths read as numbers too.
    Time::from_micros(micros).filter(|_| format!("{micros:0DIGITS$}") == digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn at(second: i64) -> Time {
        Time::from_micros(second * 1_000_000).unwrap()
    }

    fn place() -> tempfile::TempDir {
        tempfile::Builder::new().prefix("served").tempdir().unwrap()
    }

    #[test]
    fn the_mark_lasts_and_never_goes_back() {
        let place = place();
        let mut served = Served::begin(place.path()).unwrap();
        assert_eq!(served.mark(), None);
        served.raise(at(20)).unwrap();
        served.raise(at(10)).unwrap();
        drop(served);
        let mut served = Served::begin(place.path()).unwrap();
        assert_eq!(served.mark(), Some(at(20)));
        for mark in [Time::MAX, Time::MAX] {
            served.raise(mark).unwrap();
        }
        drop(served);
        assert_eq!(Served::begin(place.path()).unwrap().mark(), Some(Time::MAX));
        let before = self::place();
        Served::begin(before.path()).unwrap().raise(Time::MIN).unwrap();
        assert_eq!(Served::begin(before.path()).unwrap().mark(), Some(Time::MIN));
    }

    #[test]
    fn one_process_serves_a_directory() {
        let place = place();
        let first = Served::begin(place.path()).unwrap();
        assert_eq!(Served::begin(place.path()).unwrap_err().code(), "store_served");
        drop(first);
        assert!(Served::begin(place.path()).is_ok());
    }

    #[test]
    fn a_damaged_mark_is_no_mark_that_can_be_forgotten() {
        let place = place();
        drop(Served::begin(place.path()).unwrap());
        for text in [
            "7",
            "00000000000000000007",
            "+0000000000000000007\n",
            "x\n",
            "00000000000000000007\n\n",
            "\u{0}",
        ] {
            fs::write(place.path().join(SERVED), text).unwrap();
            assert_eq!(Served::begin(place.path()).unwrap_err().code(), "store_value", "{text:?}");
        }
        fs::write(place.path().join(SERVED), [0xff]).unwrap();
        assert_eq!(Served::begin(place.path()).unwrap_err().code(), "store_value");
        fs::write(place.path().join(SERVED), "00000000000000000007\n").unwrap();
        assert_eq!(Served::begin(place.path()).unwrap().mark(), Time::from_micros(7));
    }

    #[test]
    fn a_link_or_a_shared_file_is_not_taken() {
        use std::os::unix::fs::PermissionsExt;
        let place = place();
        let path = place.path().join(SERVED);
        std::os::unix::fs::symlink("elsewhere", &path).unwrap();
        assert!(Served::begin(place.path()).is_err());
        fs::remove_file(&path).unwrap();
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
        assert_eq!(Served::begin(place.path()).unwrap_err().code(), "store_writable_by_others");
    }
}
