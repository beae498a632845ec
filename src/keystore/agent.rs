//! Keys that an `ssh-agent` keeps: it signs, and no key leaves it (draft-ietf-sshm-ssh-agent).
//!
//! Ed25519 in SSH is Ed25519 over the very bytes that are given (RFC 8709 section 6), so that an agent's signature is an
//! ordinary one. What an agent answers is bounded before it is read.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::{Hand, KeystoreError, Work};
use crate::identity::KeyBytes;

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
const KIND: &[u8] = b"ssh-ed25519";
/// OpenSSH's own bound.
const MOST_BYTES: usize = 256 * 1024;
/// Somebody may have to touch a token, or to confirm.
const PATIENCE: Duration = Duration::from_secs(60);

/// One key of an agent.
pub struct SshAgent {
    stream: UnixStream,
    key: KeyBytes,
}

impl SshAgent {
    /// The key of the agent at `socket` that `chosen` takes, out of its Ed25519 keys.
    ///
    /// # Errors
    /// [`KeystoreError::Agent`] when the agent does not answer as agents do, [`KeystoreError::NotInAgent`] when it has no
    /// such key, or more than one.
    pub fn open(socket: &Path, chosen: impl Fn(&KeyBytes) -> bool) -> Result<Self, KeystoreError> {
        let mut stream = UnixStream::connect(socket).map_err(|_| KeystoreError::Agent)?;
        stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.set_write_timeout(Some(PATIENCE)))?;
        let answer = ask(&mut stream, &[REQUEST_IDENTITIES])?;
        let mut chosen = keys(&answer)?.into_iter().filter(|key| chosen(key));
        match (chosen.next(), chosen.next()) {
            (Some(key), None) => Ok(Self { stream, key }),
            _ => Err(KeystoreError::NotInAgent),
        }
    }
}

impl Hand for SshAgent {
    fn key(&mut self) -> Result<KeyBytes, KeystoreError> {
        Ok(self.key)
    }

    fn sign(&mut self, work: &Work<'_>) -> Result<[u8; 64], KeystoreError> {
        let mut request = vec![SIGN_REQUEST];
        put(&mut request, &blob(&self.key));
        put(&mut request, work.bytes);
        request.extend_from_slice(&0_u32.to_be_bytes());
        let answer = ask(&mut self.stream, &request)?;
        let mut rest = answer.strip_prefix(&[SIGN_RESPONSE]).ok_or(KeystoreError::AgentRefused)?;
        let mut signature = take(&mut rest)?;
        let (kind, raw) = (take(&mut signature)?, take(&mut signature)?);
        let raw = <[u8; 64]>::try_from(raw).ok().filter(|_| kind == KIND && rest.is_empty());
        let raw = raw.ok_or(KeystoreError::Agent)?;
        // An agent that signs something else is found out here, not by whoever reads the log.
        let key = self.key.check().map_err(|_| KeystoreError::Agent)?;
        if key.verify(work.bytes, &raw) { Ok(raw) } else { Err(KeystoreError::Agent) }
    }
}

/// The Ed25519 keys in an agent's answer.
fn keys(answer: &[u8]) -> Result<Vec<KeyBytes>, KeystoreError> {
    let mut rest = answer.strip_prefix(&[IDENTITIES_ANSWER]).ok_or(KeystoreError::Agent)?;
    let count = number(&mut rest)?;
    let mut keys = Vec::new();
    for _ in 0..count {
        let (mut blob, _comment) = (take(&mut rest)?, take(&mut rest)?);
        if take(&mut blob)? == KIND
            && let Ok(key) = <[u8; 32]>::try_from(take(&mut blob)?)
        {
            keys.push(KeyBytes(key));
        }
    }
    Ok(keys)
}

fn blob(key: &KeyBytes) -> Vec<u8> {
    let mut blob = Vec::with_capacity(51);
    put(&mut blob, KIND);
    put(&mut blob, &key.0);
    blob
}

fn ask(stream: &mut UnixStream, request: &[u8]) -> Result<Vec<u8>, KeystoreError> {
    let mut message = Vec::with_capacity(request.len().saturating_add(4));
    put(&mut message, request);
    stream.write_all(&message)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).map_err(|_| KeystoreError::Agent)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length == 0 || length > MOST_BYTES {
        return Err(KeystoreError::Agent);
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).map_err(|_| KeystoreError::Agent)?;
    Ok(answer)
}

fn put(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(part);
}

fn number(rest: &mut &[u8]) -> Result<usize, KeystoreError> {
    let (head, tail) = rest.split_first_chunk::<4>().ok_or(KeystoreError::Agent)?;
    *rest = tail;
    usize::try_from(u32::from_be_bytes(*head)).map_err(|_| KeystoreError::Agent)
}

fn take<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], KeystoreError> {
    let length = number(rest)?;
    let (part, tail) = rest.split_at_checked(length).ok_or(KeystoreError::Agent)?;
    *rest = tail;
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_lies_about_its_lengths_is_refused() {
        let key = KeyBytes([7; 32]);
        let mut answer = vec![IDENTITIES_ANSWER, 0, 0, 0, 1];
        put(&mut answer, &blob(&key));
        put(&mut answer, b"comment");
        assert_eq!(keys(&answer), Ok(vec![key]));
        for cut in 0..answer.len() {
            assert_eq!(keys(&answer[..cut]), Err(KeystoreError::Agent), "cut at {cut}");
        }
        answer[4] = 2;
        assert_eq!(keys(&answer), Err(KeystoreError::Agent), "one key more than there are");
        answer[1] = 0xff;
        assert_eq!(keys(&answer), Err(KeystoreError::Agent));
    }

    #[test]
    fn keys_of_other_kinds_are_passed_over() {
        let mut other = Vec::new();
        put(&mut other, b"ssh-rsa");
        put(&mut other, &[1; 32]);
        let mut answer = vec![IDENTITIES_ANSWER, 0, 0, 0, 1];
        put(&mut answer, &other);
        put(&mut answer, b"");
        assert_eq!(keys(&answer), Ok(Vec::new()));
    }
}
