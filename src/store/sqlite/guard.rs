//! The directory and its files are private, and are what they seem.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::super::{Damage, Obstacle, StoreError};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Makes the directory, and those above it, for this user only; one that exists stays as it is.
pub(super) fn make_directory(directory: &Path) -> Result<(), Obstacle> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Obstacle::NotADirectory { path: directory.to_owned() },
        _ => Obstacle::io(directory, &error),
    })
}

/// Makes an empty file for this user only; SQLite gives the files beside it the same mode.
pub(super) fn make_file(path: &Path) -> Result<(), Obstacle> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|error| Obstacle::io(path, &error))
}

/// Refuses a directory that somebody else owns or can write.
pub(super) fn check_directory(directory: &Path) -> Result<(), Obstacle> {
    let found = fs::symlink_metadata(directory).map_err(|error| Obstacle::io(directory, &error))?;
    if !found.is_dir() {
        return Err(Obstacle::NotADirectory { path: directory.to_owned() });
    }
    check_owner(directory, found.uid(), found.mode(), own_id())
}

/// Refuses a database, or a file of its log, that is no file, that somebody else owns or can write, or that
/// does not begin like a database.
pub(super) fn check_files(path: &Path) -> Result<(), StoreError> {
    for file in siblings(path) {
        let found = match fs::symlink_metadata(&file) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound && file != path => continue,
            Err(error) => return Err(Obstacle::io(&file, &error).into()),
        };
        check_file(&file, &found)?;
    }
    check_magic(path)
}

/// Refuses what is no file, or what somebody else owns or can write.
pub(super) fn check_private_file(path: &Path) -> Result<(), Obstacle> {
    let found = fs::symlink_metadata(path).map_err(|error| Obstacle::io(path, &error))?;
    check_file(path, &found)
}

fn check_file(path: &Path, found: &fs::Metadata) -> Result<(), Obstacle> {
    if !found.is_file() {
        return Err(Obstacle::NotAFile { path: path.to_owned() });
    }
    check_owner(path, found.uid(), found.mode(), own_id())
}

/// The database and the files that SQLite keeps beside it.
pub(super) fn siblings(path: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    })
}

fn check_owner(path: &Path, owner: u32, mode: u32, own: u32) -> Result<(), Obstacle> {
    let path = path.to_owned();
    if owner != own {
        return Err(Obstacle::OtherOwner { path, owner });
    }
    if mode & 0o022 != 0 {
        return Err(Obstacle::WritableByOthers { path, mode: mode & 0o7777 });
    }
    Ok(())
}

fn own_id() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// SQLite takes an empty file for a new database; here it is one that lost everything.
fn check_magic(path: &Path) -> Result<(), StoreError> {
    let mut begin = Vec::new();
    let open = fs::File::open(path).map_err(|error| Obstacle::io(path, &error))?;
    open.take(16).read_to_end(&mut begin).map_err(|error| Obstacle::io(path, &error))?;
    match begin.as_slice() {
        [] => Err(Damage::Empty.of(path)),
        magic if magic == MAGIC => Ok(()),
        _ => Err(Damage::NotADatabase.of(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ones_own_and_unshared_files_pass() {
        let path = Path::new("x");
        let code = |owner, mode| check_owner(path, owner, mode, 1000).err().map(|obstacle| obstacle.code());
        assert_eq!(code(1000, 0o100_600), None);
        assert_eq!(code(1000, 0o040_755), None);
        assert_eq!(code(1001, 0o100_600), Some("store_other_owner"));
        assert_eq!(code(0, 0o100_600), Some("store_other_owner"));
        assert_eq!(code(1000, 0o100_620), Some("store_writable_by_others"));
        assert_eq!(code(1000, 0o100_602), Some("store_writable_by_others"));
    }
}
