mod framing;
mod reading;
mod scoring;

use std::io::{self, Read};

/// One byte at a time.
struct Drip<'b>(&'b [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.0.len().min(out.len()).min(1);
        let (now, later) = self.0.split_at(count);
        out[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

/// A beginning, then one byte for ever.
struct Endless {
    start: &'static [u8],
    byte: u8,
    given: u64,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.start.read(out)?;
        out[count..].fill(self.byte);
        self.given += out.len() as u64;
        assert!(self.given < 8 << 20, "it reads on and on");
        Ok(out.len())
    }
}
