//! What a verifier sends of its log, piece by piece.

use super::{Ask, Client, ClientError};
use crate::audit::Note;
use crate::change::SignedChange;
use crate::encoding::base64;
use crate::warden::{Piece, Reached};
use crate::wire::PieceLine;

/// A line of a snapshot has at most so many bytes.
const MAX_LINE: usize = 4 << 20;

impl Client {
    /// Reads what a follower lacks that has `reached` so much; `take` gets each piece, and the answer is the signed head.
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
        let path = format!("/v1/snapshot?entries={}&records={}", reached.entries, reached.records);
        let unreadable =
            |problem: &str| ClientError::Unreadable { path: path.clone(), problem: problem.to_owned() };
        let mut response = self.send(&Ask::get(&path)).await?;
        let mut line: Vec<u8> = Vec::new();
        let mut head = None;
        while let Some(part) =
            response.chunk().await.map_err(|error| ClientError::unreachable(&self.base, &error))?
        {
            let mut parts = part.split(|byte| *byte == b'\n').peekable();
            while let Some(rest) = parts.next() {
                if line.len().saturating_add(rest.len()) > MAX_LINE {
                    return Err(ClientError::TooLong { path });
                }
                line.extend_from_slice(rest);
                if parts.peek().is_none() {
                    break;
                }
                let piece = serde_json::from_slice(&line).map_err(|_| unreadable("a line is no piece"))?;
                line.clear();
                match (piece, &head) {
                    (_, Some(_)) => return Err(unreadable("it goes on behind its head")),
                    (PieceLine::Checkpoint(note), None) => {
                        head =
                            Some(Note::parse(&note).map_err(|_| unreadable("its head is no signed note"))?);
                    }
                    (piece, None) => {
                        take(Piece::of_line(piece).ok_or_else(|| unreadable("a line is no piece"))?)?
                    }
                }
            }
        }
        head.ok_or_else(|| unreadable("it breaks off before its head"))
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
