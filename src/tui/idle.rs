//! Tells a test when there is nothing left to do; output only.

use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Writes one line to the pipe that `MESHWARDEN_IDLE` names, each time queue and effects are empty.
pub(super) struct Idle {
    pipe: Option<File>,
    events: u64,
    frames: u64,
}

impl Idle {
    pub(super) fn new(path: Option<&Path>) -> Self {
        let pipe = path.and_then(|path| File::options().write(true).open(path).ok());
        Self { pipe, events: 0, frames: 0 }
    }

    /// Counts a key or a paste.
    pub(super) fn consumed(&mut self) {
        self.events += 1;
    }

    pub(super) fn drawn(&mut self) {
        self.frames += 1;
    }

    /// Reports that the frame of this size shows everything that was consumed.
    pub(super) fn report(&mut self, (columns, rows): (u16, u16)) {
        let line = format!("frame={} events={} size={columns}x{rows}\n", self.frames, self.events);
        if let Some(pipe) = &mut self.pipe
            && pipe.write_all(line.as_bytes()).is_err()
        {
            self.pipe = None;
        }
    }
}
