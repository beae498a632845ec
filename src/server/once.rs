//! Each signed request once, also after a restart: the durable mark of [`Nonces`] lies in one small file.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;

use super::problem::Problem;
use crate::time::Time;
use crate::wire::message_signature::{Nonces, Step, VerifiedRequest};

/// The file of a data directory that holds the mark.
pub const MARK: &str = "requests.mark";
/// So many requests are remembered, each for at most 5 minutes.
const MOST: usize = 1 << 20;
/// So many of one key.
const MOST_EACH: usize = 1 << 18;

/// The requests that were taken.
pub(super) struct Once {
    nonces: Mutex<Nonces>,
    path: Option<PathBuf>,
}

impl Once {
    /// Begins behind the mark of the process before; without a directory nothing outlives this one.
    ///
    /// # Errors
    /// When the mark cannot be read: then nobody knows what was taken.
    pub(super) fn open(directory: Option<&Path>) -> io::Result<Self> {
        let path = directory.map(|directory| directory.join(MARK));
        let floor = path.as_deref().map(read).transpose()?.flatten();
        Ok(Self { nonces: Mutex::new(Nonces::new(MOST, MOST_EACH, floor)), path })
    }

    /// Takes a request, the first time.
    ///
    /// # Errors
    /// 401 when it was taken before, or nobody knows; 503 when the mark cannot be written.
    pub(super) fn spend(&self, request: &VerifiedRequest, now: Time) -> Result<(), Problem> {
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match nonces.spend(request, now) {
                Ok(Step::Taken) => return Ok(()),
                Ok(Step::Mark(mark)) => {
                    let written = self.path.as_deref().map_or(Ok(()), |path| write(path, mark));
                    written.map_err(|error| {
                        let detail = format!("{MARK} cannot be written: {error}");
                        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail)
                    })?;
                    nonces.marked(mark);
                }
                Err(error) => {
                    let problem = Problem::new(StatusCode::UNAUTHORIZED, error.code(), error.to_string());
                    return Err(Problem { now: error.server_time(), ..problem });
                }
            }
        }
    }
}

fn read(path: &Path) -> io::Result<Option<Time>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    let mark = Time::parse(text.trim()).map_err(|_| {
        io::Error::new(io::ErrorKind::InvalidData, "holds no time; remove it once 5 minutes have passed")
    })?;
    Ok(Some(mark))
}

/// Puts the mark in the place of the one before, whole or not at all; when it returns, the disk has it.
fn write(path: &Path, mark: Time) -> io::Result<()> {
    let next = path.with_extension("mark.next");
    let mut file = File::create(&next)?;
    file.write_all(mark.to_string().as_bytes())?;
    file.sync_all()?;
    fs::rename(&next, path)?;
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}
