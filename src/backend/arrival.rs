//! What was sent of a log and was not judged yet: on the disk, so that neither a cut line nor a restart loses any of it.
//!
//! A file of lines: first from where on it was asked for, then the pieces as they were sent. A line that is torn, and
//! whatever comes behind it, was never sent.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientError, Portion};
use crate::warden::{Piece, Pieces, Reached, WardenError};
use crate::wire::PieceLine;

/// So many bytes lie there at most: a million agents with their history.
const MOST: u64 = 4 << 30;
/// A line has at most so many bytes.
const MAX_LINE: u64 = 8 << 20;
/// So many bytes are written together.
const BLOCK: usize = 64 << 10;

/// A log on its way.
pub(super) struct Arrival {
    path: PathBuf,
    file: File,
    /// How far it goes.
    reached: Reached,
    /// How many bytes lie there.
    bytes: u64,
    /// Whether some of it lay on the disk before this program began.
    resumed: bool,
}

#[derive(Serialize, Deserialize, PartialEq, Eq, Clone, Copy)]
#[serde(deny_unknown_fields)]
struct Base {
    entries: u64,
    records: u32,
}

impl Arrival {
    /// What has arrived behind `base`; what is there for another one is forgotten.
    pub(super) fn open(path: &Path, base: Reached) -> io::Result<Self> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(path)?;
        let first = Base { entries: base.entries, records: base.records };
        let (reached, bytes) = match so_far(&file, first)? {
            Some((reached, bytes)) => (reached, bytes),
            None => {
                file.set_len(0)?;
                let line = format!("{}\n", serde_json::to_string(&first)?);
                io::Seek::rewind(&mut file)?;
                file.write_all(line.as_bytes())?;
                (base, line.len() as u64)
            }
        };
        file.set_len(bytes)?;
        io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        Ok(Self { path: path.to_owned(), file, reached, bytes, resumed: reached != base })
    }

    /// How far it goes.
    pub(super) const fn reached(&self) -> Reached {
        self.reached
    }

    /// How many bytes lie there.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether some of it lay on the disk before this program began.
    pub(super) const fn resumed(&self) -> bool {
        self.resumed
    }

    /// Asks for about `most` bytes more, and keeps what comes, also when the line breaks meanwhile.
    pub(super) async fn portion(&mut self, client: &Client, most: usize) -> Result<Portion, ClientError> {
        let (from, before) = (self.reached, self.bytes);
        let mut block = Block { ready: Vec::new(), loose: Vec::new(), reached: from };
        let outcome = client
            .portion(from, most, |line, piece| {
                block.take(line, &piece);
                if block.ready.len() >= BLOCK { self.write(&mut block) } else { Ok(()) }
            })
            .await;
        self.write(&mut block)?;
        let portion = outcome?;
        if matches!(portion, Portion::Part(_)) && self.bytes == before {
            return Err(self.unkept("it sends nothing, and says that there is more"));
        }
        Ok(portion)
    }

    fn write(&mut self, block: &mut Block) -> Result<(), ClientError> {
        let length = block.ready.len() as u64;
        if self.bytes.saturating_add(length) > MOST {
            return Err(ClientError::TooLong { path: "/v1/snapshot".to_owned() });
        }
        self.file.write_all(&block.ready).map_err(|error| self.unkept(&error.to_string()))?;
        block.ready.clear();
        self.bytes = self.bytes.saturating_add(length);
        self.reached = block.reached;
        Ok(())
    }

    fn unkept(&self, problem: &str) -> ClientError {
        let problem = format!("{}: {problem}", self.path.display());
        ClientError::Unreadable { path: "/v1/snapshot".to_owned(), problem }
    }

    /// All that has arrived, in order, read as it is asked for.
    pub(super) fn pieces(&self) -> io::Result<Pieces> {
        let mut lines = BufReader::new(File::open(&self.path)?);
        next_line(&mut lines)?;
        let path = self.path.clone();
        Ok(Box::new(std::iter::from_fn(move || {
            let damaged = |problem| WardenError::File { path: path.clone(), problem };
            let line = match next_line(&mut lines) {
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(error) => return Some(Err(damaged(error.kind()))),
            };
            let piece = serde_json::from_slice(&line).ok().and_then(Piece::of_line);
            Some(piece.ok_or_else(|| damaged(io::ErrorKind::InvalidData)))
        })))
    }

    /// It is in the replica, or is not believed: nobody needs it any more.
    pub(super) fn forget(path: &Path) {
        let _ = fs::remove_file(path);
    }
}

/// What comes, until it is written.
struct Block {
    ready: Vec<u8>,
    /// Texts whose entry has not come yet: without it they would be sent again.
    loose: Vec<u8>,
    reached: Reached,
}

impl Block {
    fn take(&mut self, line: &[u8], piece: &PieceLine) {
        self.loose.extend_from_slice(line);
        self.loose.push(b'\n');
        if count(piece, &mut self.reached) {
            self.ready.append(&mut self.loose);
        }
    }
}

/// Counts a piece; answers whether what came so far stands by itself.
fn count(piece: &PieceLine, reached: &mut Reached) -> bool {
    match piece {
        PieceLine::Record { .. } => reached.records = reached.records.saturating_add(1),
        PieceLine::Entry(_) => reached.entries = reached.entries.saturating_add(1),
        PieceLine::Text(_) | PieceLine::Checkpoint(_) | PieceLine::More { .. } => return false,
    }
    true
}

/// How far a file goes that begins at `base`, and how many bytes of it count; none for any other file.
fn so_far(file: &File, base: Base) -> io::Result<Option<(Reached, u64)>> {
    let mut lines = BufReader::new(file);
    let Some(first) = next_line(&mut lines)? else { return Ok(None) };
    if serde_json::from_slice::<Base>(&first).ok() != Some(base) {
        return Ok(None);
    }
    let mut reached = Reached { entries: base.entries, records: base.records };
    let mut read = first.len() as u64;
    let mut whole = read;
    while let Some(line) = next_line(&mut lines)? {
        read = read.saturating_add(line.len() as u64);
        match serde_json::from_slice::<PieceLine>(&line) {
            Ok(PieceLine::Checkpoint(_) | PieceLine::More { .. }) | Err(_) => break,
            Ok(piece) if count(&piece, &mut reached) => whole = read,
            Ok(_) => {}
        }
    }
    Ok(Some((reached, whole)))
}

/// The next line with its end; none at the end of the file, or for a line that has none.
fn next_line(lines: &mut impl io::BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
    Ok(line.ends_with(b"\n").then_some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[PieceLine]) -> Vec<u8> {
        let text = |piece| serde_json::to_string(piece).unwrap() + "\n";
        pieces.iter().map(text).collect::<String>().into_bytes()
    }

    const BASE: Reached = Reached { entries: 3, records: 1 };

    #[test]
    fn what_arrived_before_a_crash_is_there_after_it_and_a_torn_line_never_came() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("arriving");
        let record = PieceLine::Record { bytes: "{}".to_owned(), opening: None, forgotten: None };
        let (text, entry) = (PieceLine::Text("eA==".to_owned()), PieceLine::Entry("e".to_owned()));
        let all = lines(&[record, text, entry]);
        for cut in 0..=all.len() {
            Arrival::forget(&path);
            let fresh = Arrival::open(&path, BASE).unwrap();
            assert!(!fresh.resumed());
            let (base, mut file) = (fresh.bytes(), fresh.file);
            file.write_all(&all[..cut]).unwrap();
            drop(file);
            let again = Arrival::open(&path, BASE).unwrap();
            let ends: Vec<usize> = (0..all.len()).filter(|at| all[*at] == b'\n').map(|at| at + 1).collect();
            let expected = match cut {
                cut if cut < ends[0] => (0, (3, 1), 0),
                // Without its entry a text is none.
                cut if cut < ends[2] => (ends[0], (3, 2), 1),
                _ => (ends[2], (4, 2), 3),
            };
            let reached = (again.reached().entries, again.reached().records);
            assert_eq!((again.bytes() - base, reached), (expected.0 as u64, expected.1), "cut at {cut}");
            assert_eq!(again.resumed(), reached != (3, 1));
            let pieces: Result<Vec<Piece>, _> = again.pieces().unwrap().collect();
            assert_eq!(pieces.unwrap().len(), expected.2, "cut at {cut}");
        }
        // From another place it is another one.
        let other = Arrival::open(&path, Reached { entries: 9, records: 1 }).unwrap();
        assert_eq!((other.reached().entries, other.resumed()), (9, false));
    }
}
