//! Files for one user alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::{KeystoreError, Passphrase, decode};
use crate::identity::SecretKey;

/// A key file has at most this many bytes.
pub const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Writes a key file, 0600 from its first moment and lasting when this returns. A file that is there stays as it is.
///
/// # Errors
/// [`KeystoreError::Exists`] or [`KeystoreError::Io`].
pub fn create(path: &Path, text: &str) -> Result<(), KeystoreError> {
    write_private(path, text.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeystoreError::Exists,
        kind => KeystoreError::Io(kind),
    })
}

/// Makes a file, 0600 from its first moment. One that is there stays as it is.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`], or whatever the system says.
pub fn make_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes a new file for this user alone, lasting when this returns.
///
/// # Errors
/// As [`make_private`]; nothing of a file that could not be written stays.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = make_private(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| sync_above(path));
    // Half a file is of no use, and in the way of the next try.
    written.inspect_err(|_| fs::remove_file(path).unwrap_or_default())
}

/// Reads a key file; `passphrase` is asked for only if the key is encrypted.
///
/// # Errors
/// [`KeystoreError`].
pub fn open(
    path: &Path,
    passphrase: impl FnOnce() -> Result<Passphrase, KeystoreError>,
) -> Result<SecretKey, KeystoreError> {
    let file = open_private(path, false)?;
    // Room for all that is read, so that no growing buffer leaves a copy behind.
    let mut bytes =
        Zeroizing::new(Vec::with_capacity(usize::try_from(MAX_FILE_BYTES).unwrap_or(0).saturating_add(64)));
    let most = MAX_FILE_BYTES.saturating_add(1);
    file.take(most).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(KeystoreError::TooLarge);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| KeystoreError::Unreadable)?;
    decode(text, passphrase)
}

/// Opens a file that nobody else can read; what is judged is what was opened, not what has its name by then. A pipe is let
/// through where `or_pipe` says so: nobody else reads what is written to it for us.
pub(super) fn open_private(path: &Path, or_pipe: bool) -> Result<File, KeystoreError> {
    // Somebody's named pipe in the place of a key is refused, not waited for.
    let flags = if or_pipe { OFlags::empty() } else { OFlags::NONBLOCK };
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let file = file?;
    let found = file.metadata()?;
    if or_pipe && !found.is_file() && !found.is_dir() {
        return Ok(file);
    }
    match () {
        () if !found.is_file() => Err(KeystoreError::NotAFile),
        () if found.uid() != rustix::process::geteuid().as_raw() => Err(KeystoreError::OtherOwner),
        () if found.mode() & 0o077 != 0 => Err(KeystoreError::OpenToOthers(path.to_owned())),
        () => Ok(file),
    }
}

/// Makes the name of a new file last.
fn sync_above(path: &Path) -> io::Result<()> {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(above)?.sync_all()
}
