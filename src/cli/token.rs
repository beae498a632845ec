//! `token`: what a parent grants for a while, signed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::chain::{self, Above};
use super::error::CliError;
use super::key::{self, Given};
use super::session::Session;
use super::when::Then;
use super::{Exit, find, grant, inspect, logged, source, speak, when};
use crate::delegation::{Act, Chain, Claims, Grant, Issuer, Proof, Renewal, Token};
use crate::encoding::sha256;
use crate::time::Span;
use crate::verify::examine;
use crate::wire::{ExaminationLine, ProofLine};

/// Issue, refresh, show, verify and revoke delegation tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what a chain says, and check nothing: tokens, or a scope chain of the reference
    #[command(after_help = inspect::AFTER)]
    Inspect(inspect::Inspect),
    /// Sign a token for a registered child, and put it into the log
    #[command(after_help = AFTER)]
    Issue(Issue),
    /// Sign a successor of a chain's last token: the same scope, or less of it
    #[command(after_help = AFTER)]
    Refresh(Refresh),
    /// Sign a proof of possession for one request with the leaf's key
    #[command(after_help = AFTER)]
    Prove(Prove),
    /// Check a chain against the registry, without a caller (exit code 1 if it counts for nothing)
    #[command(after_help = AFTER)]
    Verify(Verify),
    /// Put a chain that was signed elsewhere into the log: it then counts even if a key is stolen later
    #[command(after_help = AFTER)]
    Log(Log),
    /// List the tokens in the log that have not expired
    List,
    /// Revoke tokens by their jti, by their issuer, or by a subtree
    #[command(after_help = AFTER)]
    Revoke(logged::Revoke),
}

/// `token issue`.
#[derive(Debug, Args)]
pub struct Issue {
    /// The agent that delegates
    #[arg(long, value_name = "DID")]
    pub from: String,
    /// Its child
    #[arg(long, value_name = "DID")]
    pub to: String,
    /// What the child may do; may be repeated [default: what its record holds]
    #[arg(long = "capability", value_name = "CAPABILITY")]
    pub capabilities: Vec<String>,
    /// The issuer's key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Where the passphrase of the key file comes from.
    #[command(flatten)]
    pub given: Given,
    /// How long the token counts, such as 15m or 1h; at most what the policy allows [default: the policy's]
    #[arg(long, value_name = "LENGTH", value_parser = when::span)]
    pub ttl: Option<Span>,
    /// File with the issuer's own chain [default: the one in the log]
    #[arg(long, value_name = "FILE")]
    pub chain: Option<PathBuf>,
}

/// `token refresh`.
#[derive(Debug, Args)]
pub struct Refresh {
    /// The chain, or - for standard input
    #[arg(value_name = "FILE")]
    pub chain: PathBuf,
    /// The key file of the last token's issuer
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Where the passphrase of the key file comes from.
    #[command(flatten)]
    pub given: Given,
    /// Less than before; may be repeated [default: the same]
    #[arg(long = "capability", value_name = "CAPABILITY")]
    pub capabilities: Vec<String>,
    /// How long it counts from now on; at most what the policy allows [default: the policy's]
    #[arg(long, value_name = "LENGTH", value_parser = when::span)]
    pub ttl: Option<Span>,
}

/// `token prove`.
#[derive(Debug, Args)]
pub struct Prove {
    /// The agent that acts
    #[arg(long, value_name = "DID")]
    pub agent: String,
    /// Its key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Where the passphrase of the key file comes from.
    #[command(flatten)]
    pub given: Given,
    /// Its chain; a root has none
    #[arg(long, value_name = "FILE")]
    pub chain: Option<PathBuf>,
    /// The verifier that is asked
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub audience: String,
    /// The method of the request
    #[arg(long, default_value = "GET", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub method: String,
    /// Its whole URI
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub uri: String,
    /// Its body: a file, or - for standard input [default: none]
    #[arg(long, value_name = "FILE")]
    pub body: Option<PathBuf>,
    /// How long the proof counts, at most 60s
    #[arg(long, value_name = "LENGTH", value_parser = when::span, default_value = "60s")]
    pub ttl: Span,
}

/// `token verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The chain, or - for standard input
    #[arg(value_name = "FILE")]
    pub chain: PathBuf,
    /// What somebody wants to do with it [default: whatever it grants]
    #[arg(long, value_name = "CAPABILITY", default_value = "", hide_default_value = true)]
    pub action: String,
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

/// `token log`.
#[derive(Debug, Args)]
pub struct Log {
    /// The chain, or - for standard input
    #[arg(value_name = "FILE")]
    pub chain: PathBuf,
}

const AFTER: &str = "\
A chain is a text of tokens joined by ~, as in the header Mesh-Chain, or a JSON array of them. What is issued here is \
in the log at once, so that it counts even if the issuer's key is stolen later.

Examples:
  meshwarden token issue --from 28eaf98c --to 9c11a0b2 --key planner.pem --ttl 15m > worker.chain
  meshwarden token verify worker.chain
  meshwarden token refresh worker.chain --key planner.pem > worker-2.chain
  meshwarden token revoke --subtree 28eaf98c --reason 'planner leaked its tokens'
  meshwarden token prove --agent 9c11a0b2 --key worker.pem --chain worker.chain \\
    --audience mesh --uri https://a.example/x > worker.proof

Exit codes: 0 yes; 1 the chain counts for nothing (verify); 2 usage or input; 4 refused; 5 the data directory is out \
of reach.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    match command {
        Command::Inspect(inspect) => inspect::run(inspect, session),
        Command::Issue(issue) => run_issue(issue, session),
        Command::Refresh(refresh) => run_refresh(refresh, session),
        Command::Prove(prove) => run_prove(prove, session),
        Command::Verify(verify) => run_verify(verify, session),
        Command::Log(log) => {
            let chain = chain::read(&log.chain)?;
            let mut opened = speak::open(session, false)?;
            let actor = session.actor();
            let receipt = opened.warden.log_tokens(chain.to_header(), speak::word(&actor, ""))?;
            speak::acknowledge(&receipt, session)
        }
        Command::List => logged::list(session),
        Command::Revoke(revoke) => logged::revoke(revoke, session),
    }
}

fn run_issue(issue: &Issue, session: &mut Session) -> Result<Exit, CliError> {
    let above = issue.chain.as_deref().map(chain::read).transpose()?;
    let key = key::open(&issue.key, &issue.given)?;
    let mut opened = speak::open(session, false)?;
    let (now, registry) = (opened.warden.now(), opened.warden.registry());
    let (from, to) = (find::agent(registry, &issue.from)?, find::agent(registry, &issue.to)?);
    grant::is_key_of(registry, from, &issue.key, &key, now)?;
    let above = Above::of(registry, from, above)?;
    let (issuer, subject) = (registry.agent(from).did(), registry.agent(to));
    let held: Vec<&str> = subject.capabilities().collect();
    let asked: Vec<&str> = issue.capabilities.iter().map(String::as_str).collect();
    let rules = &opened.warden.policy().tokens;
    let length = grant::lifetime(issue.ttl, rules)?;
    let leaf = above.leaf().map(Token::claims);
    let grant = Grant {
        subject: subject.did(),
        key: subject.public_key(),
        scope: if asked.is_empty() { &held } else { &asked },
        issued: now,
        not_before: now,
        expires: grant::end(now, length, leaf),
        id: chain::fresh_id()?,
        max_depth: leaf.map_or(rules.max_depth, |leaf| leaf.max_depth.min(rules.max_depth)),
        ceiling: subject.ceiling(),
    };
    let chain = above.grant(Issuer { did: &issuer, key: &key }, &grant).map_err(CliError::Denied)?;
    keep(&chain, &mut opened, session)
}

fn run_refresh(refresh: &Refresh, session: &mut Session) -> Result<Exit, CliError> {
    let chain = chain::read(&refresh.chain)?;
    let key = key::open(&refresh.key, &refresh.given)?;
    let mut opened = speak::open(session, false)?;
    let (now, registry) = (opened.warden.now(), opened.warden.registry());
    let Some(leaf) = chain.leaf().map(Token::claims) else { return Ok(Exit::No) };
    let subject = registry.agent(find::agent(registry, &leaf.subject.to_string())?);
    let from = find::agent(registry, &leaf.issuer.to_string())?;
    grant::is_key_of(registry, from, &refresh.key, &key, now)?;
    let asked: Vec<&str> = refresh.capabilities.iter().map(String::as_str).collect();
    let length = grant::lifetime(refresh.ttl, &opened.warden.policy().tokens)?;
    let above = chain.tokens().len().checked_sub(2).and_then(|at| chain.tokens().get(at));
    let renewal = Renewal {
        scope: (!asked.is_empty()).then_some(asked.as_slice()),
        key: subject.public_key(),
        issued: now,
        expires: grant::end(now, length, above.map(Token::claims)),
        id: chain::fresh_id()?,
    };
    let issuer = Issuer { did: &leaf.issuer, key: &key };
    let fresh = chain.refresh(issuer, &renewal).map_err(CliError::Denied)?;
    keep(&fresh, &mut opened, session)
}

/// Puts a chain into the log, and prints it.
fn keep(chain: &Chain, opened: &mut crate::warden::Opened, session: &mut Session) -> Result<Exit, CliError> {
    let actor = session.actor();
    let receipt = opened.warden.log_tokens(chain.to_header(), speak::word(&actor, ""))?;
    grant::tell(chain, &receipt, session)
}

fn run_prove(prove: &Prove, session: &mut Session) -> Result<Exit, CliError> {
    speak::one_stdin([prove.chain.as_ref(), prove.body.as_ref()])?;
    let chain = prove.chain.as_deref().map(chain::read).transpose()?;
    let key = key::open(&prove.key, &prove.given)?;
    let sight = source::look(session)?;
    let row = find::agent(&sight.registry, &prove.agent)?;
    grant::is_key_of(&sight.registry, row, &prove.key, &key, sight.now)?;
    let did = sight.registry.agent(row).did();
    let body = prove.body.as_deref().map(speak::body).transpose()?.unwrap_or_default();
    let act = Act {
        audience: &prove.audience,
        method: &prove.method,
        uri: &prove.uri,
        leaf: chain.as_ref().and_then(Chain::leaf_digest),
    };
    let signer = Issuer { did: &did, key: &key };
    let proof = Proof::make(&act, sha256(&body), signer, sight.now, prove.ttl, chain::fresh_id()?)
        .map_err(CliError::Denied)?;
    let proof = proof.as_str();
    if session.global.json {
        session.output.json(&ProofLine { proof: proof.to_owned() })?;
    } else {
        session.output.line(proof)?;
    }
    Ok(Exit::Yes)
}

fn run_verify(verify: &Verify, session: &mut Session) -> Result<Exit, CliError> {
    let sight = source::look_at(session, verify.then.at)?;
    let line = match chain::parse(&speak::text(&verify.chain)?) {
        Ok(chain) => ExaminationLine::of(&examine(chain, &verify.action, &sight.basis(), sight.now)),
        Err(denial) => ExaminationLine::unreadable(&denial),
    };
    if session.global.json {
        session.output.json(&line)?;
    } else {
        inspect::write_examination(&line, &mut session.output)?;
    }
    Ok(if line.counts { Exit::Yes } else { Exit::No })
}

/// What a token says, in lines.
pub fn claim_lines(claims: &Claims) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("issuer", claims.issuer.to_string()),
        ("subject", claims.subject.to_string()),
        ("scope", claims.scope.as_str().to_owned()),
        ("counts", format!("from {} until {}", claims.not_before, claims.expires)),
        ("depth", format!("{} of at most {}", claims.depth, claims.max_depth)),
        ("jti", claims.id.clone()),
    ];
    lines.extend(claims.ceiling.map(|ceiling| ("ceiling", ceiling.to_string())));
    lines.extend(claims.previous.clone().map(|previous| ("replaces", previous)));
    lines
}
