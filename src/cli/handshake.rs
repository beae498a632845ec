//! `handshake`: two terminals prove their keys to each other, message by message.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::source::{self, Sight};
use super::{Exit, key, speak, when};
use crate::encoding::members::MembersError;
use crate::handshake::reference::{Challenger, MAX_RESPONSE_BYTES, RESULT_TTL, TIMEOUT};
use crate::handshake::{
    Awaiting, Challenge, Demand, HandshakeError, Hello, Initiator, Me, Nonce, Peer, Proof, Terms, reference,
};
use crate::identity::{Did, MAX_SCORE, SecretKey};
use crate::keystore;
use crate::time::Span;
use crate::warden;
use crate::wire::{HandshakeLine, codes};

/// Prove keys to each other in three messages, or judge an answer in the reference's form.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// First message, of the initiator: who speaks, to whom, and over what
    #[command(after_help = AFTER)]
    Hello(SayHello),
    /// Second message: the responder judges the hello, and proves its key (exit code 1 if it refuses)
    #[command(after_help = AFTER)]
    Answer(Answer),
    /// Third message: the initiator judges the responder, and proves its key (exit code 1 if it refuses)
    #[command(after_help = AFTER)]
    Finish(Finish),
    /// The responder judges the proof, once (exit code 1 if it refuses)
    #[command(after_help = AFTER)]
    Check(Check),
    /// Judge a response in the reference's form: a COMPATIBILITY FORM that proves less (exit code 1 if it refuses)
    #[command(after_help = REFERENCE)]
    Verify(Verify),
}

/// `handshake hello`.
#[derive(Debug, Args)]
pub struct SayHello {
    /// This side.
    #[command(flatten)]
    pub own: Own,
    /// The responder's whole DID
    #[arg(long, value_name = "DID", value_parser = did)]
    pub to: Did,
    /// What the initiator means to do, such as read:data; may be repeated
    #[arg(long, value_name = "CAPABILITY")]
    pub scope: Vec<String>,
    /// What for
    #[arg(long, value_name = "TEXT")]
    pub purpose: String,
    /// Nonce of whoever must know that the proof was made just now: 64 hex digits
    #[arg(long, value_name = "HEX", value_parser = nonce)]
    pub freshness: Option<Nonce>,
    /// How long the handshake may take, at most 5m
    #[arg(long = "for", value_name = "SPAN", default_value = "2m", value_parser = when::span)]
    pub lasting: Span,
}

/// `handshake answer`.
#[derive(Debug, Args)]
pub struct Answer {
    /// The hello; - is standard input
    #[arg(value_name = "HELLO")]
    pub hello: PathBuf,
    /// New file in which the responder keeps what it waits for; `check` takes it away
    #[arg(long, value_name = "FILE")]
    pub pending: PathBuf,
    /// This side.
    #[command(flatten)]
    pub own: Own,
    /// What is demanded of the initiator.
    #[command(flatten)]
    pub demanded: Demanded,
}

/// `handshake finish`.
#[derive(Debug, Args)]
pub struct Finish {
    /// The challenge; - is standard input
    #[arg(value_name = "CHALLENGE")]
    pub challenge: PathBuf,
    /// The hello that this side sent
    #[arg(long, value_name = "FILE")]
    pub hello: PathBuf,
    /// This side.
    #[command(flatten)]
    pub own: Own,
    /// What is demanded of the responder.
    #[command(flatten)]
    pub demanded: Demanded,
}

/// `handshake check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The proof; - is standard input
    #[arg(value_name = "PROOF")]
    pub proof: PathBuf,
    /// The file that `answer` made; it is removed whatever the answer is, so that a challenge is answered once
    #[arg(long, value_name = "FILE")]
    pub pending: PathBuf,
    /// What is demanded of the initiator.
    #[command(flatten)]
    pub demanded: Demanded,
}

/// `handshake verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The response of the reference; - is standard input
    #[arg(value_name = "RESPONSE")]
    pub response: PathBuf,
    /// The challenge that was sent
    #[arg(long, value_name = "FILE")]
    pub challenge: PathBuf,
    /// Whom the challenge was for
    #[arg(long, value_name = "DID", value_parser = did)]
    pub peer: Option<Did>,
    /// What is demanded of the peer.
    #[command(flatten)]
    pub demanded: Demanded,
}

/// This side of a handshake.
#[derive(Debug, Args)]
pub struct Own {
    /// This side's private key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// This side's whole DID [default: the one that is bound to the key]
    #[arg(long = "as", value_name = "DID", value_parser = did)]
    pub own_did: Option<Did>,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub given: key::Given,
}

/// What one side demands of the other.
#[derive(Debug, Args)]
pub struct Demanded {
    /// The least trust score
    #[arg(long, value_name = "SCORE", default_value_t = 700, value_parser = clap::value_parser!(u16).range(0..=i64::from(MAX_SCORE)))]
    pub min_score: u16,
    /// A capability that it must hold; may be repeated
    #[arg(long, value_name = "CAPABILITY")]
    pub require: Vec<String>,
    /// It must be attested
    #[arg(long)]
    pub attested: bool,
}

const AFTER: &str = "\
Messages go to standard output, and can be sent over any channel. Who the other side is, is read from the registry.

Example, of agent A at one terminal and agent B at another:
  A  meshwarden handshake hello --key a.pem --to DID --scope read:data --purpose audit > hello.json
  B  meshwarden handshake answer --key b.pem --pending open.json hello.json > challenge.json
  A  meshwarden handshake finish --key a.pem --hello hello.json challenge.json > proof.json
  B  meshwarden handshake check --pending open.json proof.json";

const REFERENCE: &str = "\
A compatibility form. The response is signed over challenge id, nonces and DID alone: it names no purpose and no scope, \
and what the peer says of its capabilities, score and user is outside the signature and is not used. Whether the same \
challenge was answered before is for whoever sent it to know.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: Command, session: &mut Session) -> Result<Exit, CliError> {
    match command {
        Command::Hello(hello) => say_hello(hello, session),
        Command::Answer(command) => answer(&command, session),
        Command::Finish(command) => finish(&command, session),
        Command::Check(command) => check(&command, session),
        Command::Verify(command) => verify(&command, session),
    }
}

fn say_hello(command: SayHello, session: &mut Session) -> Result<Exit, CliError> {
    let expires = session.now.plus(command.lasting);
    let terms = Terms::new(command.scope, command.purpose, command.freshness, expires);
    let (did, key) = command.own.open()?;
    let me = Me { did: &did, key: &key };
    let fresh = Nonce(*key::draw()?);
    let initiator = Initiator::begin(me, command.to, terms?, fresh, session.now)?;
    session.output.json(&initiator.hello().to_json()).map(|()| Exit::Yes)
}

fn answer(command: &Answer, session: &mut Session) -> Result<Exit, CliError> {
    let hello = read(&command.hello, Hello::from_json)?;
    let sight = source::look(session)?;
    let (did, key) = command.own.open()?;
    let me = Me { did: &did, key: &key };
    let fresh = Nonce(*key::draw()?);
    let answered = peer(&sight, hello.initiator())
        .and_then(|peer| Awaiting::answer(me, hello, &peer, &command.demanded.demand(), fresh, sight.now));
    match answered {
        Ok((challenge, awaiting)) => {
            keystore::create(&command.pending, &awaiting.to_json().to_string())
                .map_err(|error| CliError::Key { path: command.pending.clone(), error })?;
            session.output.json(&challenge.to_json()).map(|()| Exit::Yes)
        }
        Err(error) => refuse("mutual", &error, session),
    }
}

fn finish(command: &Finish, session: &mut Session) -> Result<Exit, CliError> {
    let hello = read(&command.hello, Hello::from_json)?;
    let challenge = read(&command.challenge, Challenge::from_json)?;
    let sight = source::look(session)?;
    let (did, key) = command.own.open()?;
    let met = peer(&sight, hello.responder()).and_then(|peer| {
        let me = Me { did: &did, key: &key };
        Initiator::resume(hello).meet(me, &challenge, &peer, &command.demanded.demand(), sight.now)
    });
    match met {
        Ok((proof, proven)) => {
            note(&format!("PROVEN  {} holds its registered key", proven.peer()));
            session.output.json(&proof.to_json()).map(|()| Exit::Yes)
        }
        Err(error) => refuse("mutual", &error, session),
    }
}

fn check(command: &Check, session: &mut Session) -> Result<Exit, CliError> {
    let proof = read(&command.proof, Proof::from_json)?;
    let awaiting = read(&command.pending, Awaiting::from_json)?;
    let sight = source::look(session)?;
    // Whoever removes the file has the one try; it is gone before the answer is known.
    fs::remove_file(&command.pending).map_err(|error| CliError::file(&command.pending, &error))?;
    let finished = peer(&sight, awaiting.initiator())
        .and_then(|peer| awaiting.finish(&proof, &peer, &command.demanded.demand(), sight.now));
    match finished {
        Ok(proven) => tell(&HandshakeLine::mutual(&proven), session),
        Err(error) => refuse("mutual", &error, session),
    }
}

fn verify(command: &Verify, session: &mut Session) -> Result<Exit, CliError> {
    let challenge = read(&command.challenge, |text| Ok(reference::Challenge::from_json(text)?))?;
    let response = read(&command.response, |text| Ok(reference::Response::from_json(text)?))?;
    let sight = source::look(session)?;
    note("COMPATIBILITY FORM: scopes, purpose and the peer's own statements are outside the signature.");
    let lookup = |did: &Did| peer(&sight, did).ok();
    let (id, demand, now) = (challenge.id().to_owned(), command.demanded.demand(), sight.now);
    let judged =
        Challenger::new(&response.did().to_string(), RESULT_TTL, TIMEOUT).and_then(|mut challenger| {
            let made = challenge.at();
            challenger.challenge(challenge, made)?;
            challenger.judge(&id, &response, command.peer.as_ref(), &demand, Some(&lookup), now)
        });
    match judged {
        Ok(verified) => tell(&HandshakeLine::reference(&verified), session),
        Err(error) => refuse("reference", &error, session),
    }
}

impl Own {
    fn open(&self) -> Result<(Did, SecretKey), CliError> {
        let key = key::open(&self.key, &self.given)?;
        let did = self.own_did.clone().unwrap_or_else(|| key.public_key().bytes().bound_did());
        Ok((did, key))
    }
}

impl Demanded {
    fn demand(&self) -> Demand {
        Demand { score: self.min_score, capabilities: self.require.clone(), attested: self.attested }
    }
}

/// The other side, as the registry and the rules of trust have it.
fn peer(sight: &Sight, did: &Did) -> Result<Peer, HandshakeError> {
    warden::peer(&sight.registry, &sight.policy, did, sight.now)
}

/// Reads a message; one that is none is wrong input, not the answer no.
fn read<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T, HandshakeError>) -> Result<T, CliError> {
    let bytes = speak::bytes(path, MAX_RESPONSE_BYTES as u64 + 1)?;
    let message = |error| CliError::Message { path: path.to_owned(), error };
    let text = std::str::from_utf8(&bytes).map_err(|_| message(MembersError::NotJson.into()))?;
    parse(text).map_err(message)
}

fn refuse(form: &'static str, error: &HandshakeError, session: &mut Session) -> Result<Exit, CliError> {
    tell(&HandshakeLine::refused(form, error), session)
}

fn tell(line: &HandshakeLine, session: &mut Session) -> Result<Exit, CliError> {
    let exit = if line.proven { Exit::Yes } else { Exit::No };
    if session.global.json {
        session.output.json(line)?;
        return Ok(exit);
    }
    let out = &mut session.output;
    if let (Some(code), Some(reason)) = (line.code, &line.reason) {
        out.line(&format!("NOT PROVEN  {reason}"))?;
        out.line(&format!("  fix: {}", codes::advice(code)))?;
        out.line(&format!("  code: {code}"))?;
        return Ok(exit);
    }
    let peer = line.peer.as_deref().unwrap_or_default();
    out.line(&format!("PROVEN  {peer} holds its registered key"))?;
    if let (Some(purpose), Some(expires)) = (&line.purpose, &line.expires) {
        out.line(&format!("  scopes: {}", line.scopes.join(" ")))?;
        out.line(&format!("  purpose: {purpose}"))?;
        out.line(&format!("  until: {expires}"))?;
    }
    Ok(exit)
}

fn did(text: &str) -> Result<Did, String> {
    Did::parse(text).map_err(|error| error.to_string())
}

fn nonce(text: &str) -> Result<Nonce, String> {
    Nonce::from_hex(text).ok_or_else(|| "is not 64 lower-case hex digits".to_owned())
}
