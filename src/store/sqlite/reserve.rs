//! Room on the disk that is kept for the day when there is none: it is given back step by step, so that a revocation
//! always fits.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

use super::super::Obstacle;

/// The file's name within its directory.
pub const RESERVE: &str = "reserve";
/// So much is kept.
pub const RESERVED: u64 = 16 << 20;

/// So much is given back at a time: who else fills the disk does not get all of it at once.
const STEP: u64 = 4 << 20;
/// A disk with less than this is full.
const SPENT: u64 = 1 << 20;
/// The reserve is made again when so much would be left beside it.
const PLENTY: u64 = 64 << 20;

/// The reserve of a directory.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    pub(super) fn of(directory: &Path) -> Self {
        Self { path: directory.join(RESERVE) }
    }

    /// How much it holds.
    pub(super) fn held(&self) -> u64 {
        std::fs::symlink_metadata(&self.path).map_or(0, |found| found.blocks().saturating_mul(512))
    }

    /// Makes it whole again, unless the disk needs the room more.
    pub(super) fn restock(&self) -> Result<(), Obstacle> {
        if self.held() >= RESERVED || self.free().is_some_and(|free| free < RESERVED + PLENTY) {
            return Ok(());
        }
        let fail = |error: &std::io::Error| Obstacle::io(&self.path, error);
        let file = self.open(true).map_err(|error| fail(&error))?;
        match fallocate(&file, FallocateFlags::empty(), 0, RESERVED) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill(file).map_err(|error| fail(&error)),
            other => other.map_err(|error| fail(&error.into())),
        }
    }

    /// Gives a part of it back; answers whether there was any.
    pub(super) fn give(&self) -> bool {
        let Ok(file) = self.open(false) else { return false };
        let length = file.metadata().map_or(0, |found| found.len());
        length > 0 && file.set_len(length.saturating_sub(STEP)).and_then(|()| file.sync_all()).is_ok()
    }

    /// Whether the disk has no room.
    pub(super) fn disk_is_full(&self) -> bool {
        self.free().is_some_and(|free| free < SPENT)
    }

    /// Bytes that this user may still write; none when the system does not say.
    pub(super) fn free(&self) -> Option<u64> {
        let directory = self.path.parent()?;
        statvfs(directory).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    fn open(&self, make: bool) -> std::io::Result<File> {
        // A link that somebody put there is not followed to what it names.
        let flags = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
        OpenOptions::new().write(true).create(make).mode(0o600).custom_flags(flags).open(&self.path)
    }
}

/// Writes what a file system without `fallocate` does not promise.
fn fill(mut file: File) -> std::io::Result<()> {
    let zeros = vec![0; 1 << 20];
    for _ in 0..RESERVED >> 20 {
        file.write_all(&zeros)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_holds_what_it_says_and_gives_it_back_in_steps() {
        let place = tempfile::TempDir::new().unwrap();
        let reserve = Reserve::of(place.path());
        assert_eq!((reserve.held(), reserve.give()), (0, false));
        reserve.restock().unwrap();
        if reserve.held() == 0 {
            return eprintln!("SKIPPED: this disk has less than {} MiB", (RESERVED + PLENTY) >> 20);
        }
        assert!(reserve.held() >= RESERVED);
        assert!(reserve.give());
        assert!(reserve.held() < RESERVED, "{}", reserve.held());
        reserve.restock().unwrap();
        let times = (0..9).take_while(|_| reserve.give()).count();
        assert_eq!((times, reserve.held()), (4, 0));
    }

    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let place = tempfile::TempDir::new().unwrap();
        let (reserve, other) = (Reserve::of(place.path()), place.path().join("other"));
        std::fs::write(&other, "precious").unwrap();
        std::os::unix::fs::symlink(&other, place.path().join(RESERVE)).unwrap();
        assert!(!reserve.give());
        let _ = reserve.restock();
        assert_eq!(std::fs::read(&other).unwrap(), b"precious");
    }
}
