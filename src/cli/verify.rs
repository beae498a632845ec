//! `verify`: may this caller do this, and does an old verdict come out the same?

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::when::Then;
use super::{Exit, chain, checks, source, speak, verdicts};
use crate::audit::{Asked, Decision, Told};
use crate::delegation::{Body, Token};
use crate::encoding::sha256;
use crate::policy::Policy;
use crate::registry::Registry;
use crate::verify::{Basis, ProofUse, Request, Verdict, verify};
use crate::warden::{Answer, Place};
use crate::wire::FailureLine;

/// `verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The whole request, as --save wrote it; - for standard input
    #[arg(value_name = "FILE", conflicts_with_all = ["proof", "chain", "audience", "method", "uri", "body", "action"])]
    pub request: Option<PathBuf>,
    /// The proof of possession: a file, or - for standard input
    #[arg(long, value_name = "FILE", required_unless_present_any = ["request", "kept"])]
    pub proof: Option<PathBuf>,
    /// The caller's chain: a file, or - for standard input; a root has none
    #[arg(long, value_name = "FILE")]
    pub chain: Option<PathBuf>,
    /// The name that this verifier goes by
    #[arg(long, value_name = "NAME", required_unless_present_any = ["request", "kept"])]
    pub audience: Option<String>,
    /// The method of the guarded request
    #[arg(long, default_value = "GET")]
    pub method: String,
    /// Its whole URI
    #[arg(long, required_unless_present_any = ["request", "kept"])]
    pub uri: Option<String>,
    /// Its body: a file, or - for standard input [default: none]
    #[arg(long, value_name = "FILE", conflicts_with = "body_unseen")]
    pub body: Option<PathBuf>,
    /// The body is seen by somebody else, who compares it with the proof
    #[arg(long)]
    pub body_unseen: bool,
    /// What the caller wants to do, as a capability
    #[arg(long, value_name = "CAPABILITY", required_unless_present_any = ["request", "kept"])]
    pub action: Option<String>,
    /// To what
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub resource: String,
    /// Write the request to this file, so that its verdict can be had again
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Judge as this verdict did, at its time and log index, and compare; needs the saved request
    #[arg(long, value_name = "FILE", requires = "request")]
    pub replay: Option<PathBuf>,
    /// Show a decision that was kept, and judge it again at its time and log index
    #[arg(long, value_name = "INDEX", conflicts_with_all = ["request", "proof", "chain", "audience", "uri", "action", "save"])]
    pub kept: Option<u64>,
    /// Judge only: keep nothing, and use the proof up for nobody
    #[arg(long)]
    pub dry_run: bool,
    /// The name under which a gateway logs the request; it is kept with the verdict
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub request_id: Option<String>,
    /// Where the request came from; it is kept with the verdict
    #[arg(long, value_name = "PEER", allow_hyphen_values = true)]
    pub peer: Option<String>,
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

/// What the help says at its end.
pub const AFTER: &str = "\
The verdict names every check in order. It is kept in the decision log of the data directory before it is given, and an \
allow uses the proof up: the same request is denied the second time (see: meshwarden verdicts). Nothing is kept with \
--dry-run, --replay, --at or --scores, nor for a registry file. A proof counts for a minute at most; a saved request \
replays to the same verdict for ever.

Examples:
  meshwarden verify --chain worker.chain --proof worker.proof --audience mesh \\
    --uri https://a.example/x --action read:data --save request.json --json > verdict.json
  meshwarden verify request.json --replay verdict.json
  meshwarden verify --kept 118

Exit codes: 0 allowed, or the same verdict; 1 denied, or another verdict; 2 usage or input; 5 the data directory is \
out of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Verify, session: &mut Session) -> Result<Exit, CliError> {
    if let Some(index) = command.kept {
        return kept(index, session);
    }
    let request = request(command)?;
    if let Some(path) = &command.save {
        std::fs::write(path, request.to_json()).map_err(|error| CliError::file(path, &error))?;
    }
    if let Some(path) = &command.replay {
        return replay(&request, path, session);
    }
    let looks = command.dry_run || command.then.at.is_some() || session.global.scores.is_some();
    if let (false, place @ Place::Directory(_)) = (looks, source::place(session)?) {
        let asked = Asked { request, id: command.request_id.clone(), peer: command.peer.clone() };
        return decide(&asked, &place, session);
    }
    let sight = source::look_at(session, command.then.at)?;
    let verdict = verify(&request, &sight.basis(), sight.now);
    tell(&verdict, session)?;
    Ok(if verdict.allows() { Exit::Yes } else { Exit::No })
}

/// Judges and keeps what is decided.
fn decide(asked: &Asked<'_>, place: &Place, session: &mut Session) -> Result<Exit, CliError> {
    let mut warden = source::open(place, session)?.warden;
    let mut exit = Exit::No;
    for Answer { verdict, index, unkept } in warden.decide(std::slice::from_ref(asked))? {
        tell(&verdict, session)?;
        if let (Some(index), false) = (index, session.global.json) {
            session.output.line(&format!("  kept      decision {index}"))?;
        }
        if let Some(error) = unkept {
            session.output.flush()?;
            note(&format!("not kept in the decision log: {error}"));
        }
        exit = if verdict.allows() { Exit::Yes } else { Exit::No };
    }
    Ok(exit)
}

fn request(command: &Verify) -> Result<Request<'static>, CliError> {
    if let Some(path) = &command.request {
        let text = speak::text(path)?;
        return Request::from_json(text.as_bytes())
            .map_err(|error| CliError::Unreadable { path: path.clone(), error });
    }
    let (Some(proof), Some(audience), Some(uri), Some(action)) =
        (&command.proof, &command.audience, &command.uri, &command.action)
    else {
        return Err(CliError::Usage("say --proof, --audience, --uri and --action, or name a saved request"));
    };
    speak::one_stdin([Some(proof), command.chain.as_ref(), command.body.as_ref()])?;
    let chain = command.chain.as_deref().map(chain::read).transpose()?;
    let tokens = chain.iter().flat_map(|chain| chain.tokens()).map(Token::as_str);
    let body = match (&command.body, command.body_unseen) {
        (Some(path), _) => Body::Digest(sha256(&speak::body(path)?)),
        (None, true) => Body::Unseen,
        (None, false) => Body::Digest(sha256(b"")),
    };
    Ok(Request {
        chain: tokens.map(|token| Cow::Owned(token.to_owned())).collect(),
        proof: Cow::Owned(speak::text(proof)?),
        proof_use: ProofUse::Fresh,
        audience: Cow::Owned(audience.clone()),
        method: Cow::Owned(command.method.clone()),
        uri: Cow::Owned(uri.clone()),
        body,
        action: Cow::Owned(action.clone()),
        resource: Cow::Owned(command.resource.clone()),
    })
}

/// Shows a decision of the log, and judges it again.
fn kept(index: u64, session: &mut Session) -> Result<Exit, CliError> {
    let mut warden = verdicts::keeper(session)?;
    let found = warden.decisions_from(index, 1)?.pop().filter(|decision| decision.index == index);
    let Some(Decision { told: Told::Ruling(ruling), .. }) = found else {
        return Err(CliError::Usage("the decision log keeps no verdict there; see: meshwarden verdicts"));
    };
    let Some(request) = ruling.request.as_deref().and_then(|bytes| Request::from_json(bytes).ok()) else {
        tell(&ruling.verdict, session)?;
        session.output.flush()?;
        note("The request was too large to be kept, so its verdict is not had again.");
        return Ok(Exit::No);
    };
    let then = warden.as_of(ruling.verdict.index)?;
    let before = ruling.verdict.to_json().unwrap_or_default();
    again(&request, (&ruling.verdict, before.as_bytes()), (&then.registry, &then.policy), session)
}

/// Judges again what was judged before, on the registry as it was then.
fn replay(request: &Request<'_>, path: &std::path::Path, session: &mut Session) -> Result<Exit, CliError> {
    let before = speak::text(path)?;
    let unreadable = |error| CliError::Unreadable { path: path.to_owned(), error };
    let old = Verdict::from_json(before.as_bytes()).map_err(unreadable)?;
    let (registry, policy) = then(old.index, session)?;
    again(request, (&old, before.as_bytes()), (&registry, &policy), session)
}

/// The verdict of then, had again: the same bytes, or not.
fn again(
    request: &Request<'_>,
    (old, bytes): (&Verdict, &[u8]),
    (registry, policy): (&Registry, &Policy),
    session: &mut Session,
) -> Result<Exit, CliError> {
    let policy_digest = policy.digest();
    let basis = Basis { registry, policy, policy_digest, index: old.index, as_of: old.as_of };
    let verdict = verify(request, &basis, old.now);
    let same = verdict.to_json().is_ok_and(|again| again.as_bytes() == bytes);
    tell(&verdict, session)?;
    if !session.global.json {
        let words =
            if same { "The same verdict, byte for byte." } else { "ANOTHER VERDICT than the one given." };
        session.output.line(words)?;
    }
    Ok(if same { Exit::Yes } else { Exit::No })
}

/// Everything as it was when the log had so many entries. A registry file without a log is as it is: looking at it makes
/// none.
fn then(index: u64, session: &Session) -> Result<(Registry, Arc<Policy>), CliError> {
    let place = source::place(session)?;
    let bare = match &place {
        Place::Stdin => true,
        Place::File(path) => !source::has_log(session, path)?,
        Place::Directory(_) | Place::Verifier(_) => false,
    };
    if bare {
        let sight = source::look(session)?;
        return Ok((sight.registry, sight.policy));
    }
    let mut then = source::open(&place, session)?.warden.as_of(index)?;
    source::score(&mut then.registry, &source::scores(session)?);
    Ok((then.registry, then.policy))
}

fn tell(verdict: &Verdict, session: &mut Session) -> Result<(), CliError> {
    if session.global.json {
        session.output.raw(&verdict.to_json().unwrap_or_default())?;
        return session.output.raw("\n");
    }
    let out = &mut session.output;
    let caller = verdict.caller.as_ref().map_or("an unknown caller".to_owned(), ToString::to_string);
    let answer = if verdict.allows() { "ALLOWED" } else { "DENIED" };
    out.line(format!("{answer}  {caller}  {} {}", verdict.action, verdict.resource).trim_end())?;
    if let Some(failure) = &verdict.failure {
        checks::write_failure(&FailureLine::of_verdict(failure), out)?;
    }
    checks::write(&verdict.checks, out)
}
