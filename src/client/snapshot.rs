//! What a verifier sends of its log, piece by piece.

use super::{Ask, Client, ClientError};
use crate::audit::Note;
use crate::change::SignedChange;
use crate::encoding::base64;
use crate::warden::{Piece, Reached};
use crate::wire::PieceLine;

/// A line of a snapshot has at most so many bytes.
const MAX_LINE: usize = 4 << 20;

/// How a portion of a log ended.
#[derive(Debug, Clone)]
pub enum Portion {
    /// With the signed head: that was all of it.
    Whole(Note),
    /// There is more; the log has so many entries and records in all.
    Part(Reached),
}

impl Client {
    /// Reads all that a follower lacks that has `reached` so much; `take` gets each piece, and the answer is the signed head.
    ///
    /// Nothing of it is judged here: see [`crate::warden::Warden::absorb`].
    ///
    /// # Errors
    /// [`ClientError`]; what `take` got until then is the beginning of it.
    pub async fn snapshot(
        &self,
        reached: Reached,
        mut take: impl FnMut(Piece) -> Result<(), ClientError>,
    ) -> Result<Note, ClientError> {
        let unreadable = |problem: &str| ClientError::Unreadable {
            path: "/v1/snapshot".to_owned(),
            problem: problem.to_owned(),
        };
        let each = |_: &[u8], line: PieceLine| {
            take(Piece::of_line(line).ok_or_else(|| unreadable("a line is no piece"))?)
        };
        match self.portion(reached, usize::MAX, each).await? {
            Portion::Whole(note) => Ok(note),
            Portion::Part(_) => Err(unreadable("it breaks off before its head")),
        }
    }

    /// Reads what a follower lacks that has `reached` so much, about `most` bytes of it; `take` gets each line.
    ///
    /// Nothing of it is judged here: see [`crate::warden::Warden::absorb`].
    ///
    /// # Errors
    /// [`ClientError`]; what `take` got until then is the beginning of it.
    pub async fn portion(
        &self,
        reached: Reached,
        most: usize,
        mut take: impl FnMut(&[u8], PieceLine) -> Result<(), ClientError>,
    ) -> Result<Portion, ClientError> {
        let path =
            format!("/v1/snapshot?entries={}&records={}&most={most}", reached.entries, reached.records);
        let unreadable =
            |problem: &str| ClientError::Unreadable { path: path.clone(), problem: problem.to_owned() };
        // An entry is whole even where it alone has more than was asked for.
        let bound = most.saturating_add(MAX_LINE);
        let mut response = self.send(&Ask::get(&path)).await?;
        let (mut line, mut bytes): (Vec<u8>, usize) = (Vec::new(), 0);
        let mut end = None;
        while let Some(part) =
            response.chunk().await.map_err(|error| ClientError::unreachable(&self.base, &error))?
        {
            let mut parts = part.split(|byte| *byte == b'\n').peekable();
            while let Some(rest) = parts.next() {
                bytes = bytes.saturating_add(rest.len());
                if line.len().saturating_add(rest.len()) > MAX_LINE || bytes > bound.saturating_mul(2) {
                    return Err(ClientError::TooLong { path });
                }
                line.extend_from_slice(rest);
                if parts.peek().is_none() {
                    break;
                }
                let piece = serde_json::from_slice(&line).map_err(|_| unreadable("a line is no piece"))?;
                match (piece, &end) {
                    (_, Some(_)) => return Err(unreadable("it goes on behind its end")),
                    (PieceLine::Checkpoint(note), None) => {
                        let note =
                            Note::parse(&note).map_err(|_| unreadable("its head is no signed note"))?;
                        end = Some(Portion::Whole(note));
                    }
                    (PieceLine::More { entries, records }, None) => {
                        end = Some(Portion::Part(Reached { entries, records }));
                    }
                    (piece, None) => take(&line, piece)?,
                }
                line.clear();
            }
        }
        end.ok_or_else(|| unreadable("it breaks off before its end"))
    }

    /// Hands in a signed change, with what opens the commitments in it; safe to repeat.
    ///
    /// # Errors
    /// [`ClientError`]; unless the verifier refused, nobody knows whether it was taken.
    pub async fn submit(
        &self,
        change: &SignedChange,
        openings: &[Vec<u8>],
    ) -> Result<serde_json::Value, ClientError> {
        let unsigned = |problem: String| ClientError::Unsigned { problem };
        let change = change.to_bytes().map_err(|error| unsigned(error.to_string()))?;
        let change = String::from_utf8(change).map_err(|error| unsigned(error.to_string()))?;
        let openings: Vec<String> = openings.iter().map(|opening| base64::encode(opening)).collect();
        let openings = serde_json::to_string(&openings).map_err(|error| unsigned(error.to_string()))?;
        let body = format!("{{\"change\":{change},\"openings\":{openings}}}");
        self.ask(&Ask::post("/v1/changes", body.into_bytes())).await
    }
}
