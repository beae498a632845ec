//! `agent create`, `agent delegate`: agents come in with a key, and with what somebody grants them.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::Args;

use super::chain::{self, Above};
use super::error::CliError;
use super::key::{self, Given};
use super::session::Session;
use super::{Exit, find, grant, speak, when};
use crate::delegation::{self, Child, Grant, Issuer, Token};
use crate::identity::{Identity, KeyBytes, Status};
use crate::time::{Span, Time};
use crate::warden::Newcomer;

/// What a new agent is and may do.
#[derive(Debug, Args)]
pub struct Profile {
    /// Its name
    #[arg(long, value_name = "TEXT")]
    pub name: String,
    /// A capability it gets, word for word one of its parent's; may be repeated
    #[arg(long = "capability", value_name = "CAPABILITY")]
    pub capabilities: Vec<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// The most trust that it can ever have, 0 to 1000
    #[arg(long, value_name = "SCORE", value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub ceiling: Option<u16>,
    /// Statement of an attester, as `agent attest --print` makes it
    #[arg(long, value_name = "FILE")]
    pub attestation: Option<PathBuf>,
}

/// Whose key it is.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Key {
    /// Its key file; only the public half is used
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Its public key, in base64
    #[arg(long, value_name = "BASE64", value_parser = public_key)]
    pub public_key: Option<KeyBytes>,
}

/// `agent create`.
#[derive(Debug, Args)]
pub struct Create {
    /// What it is and may do.
    #[command(flatten)]
    pub profile: Profile,
    /// Whose key it is.
    #[command(flatten)]
    pub key: Key,
    /// Where the passphrase of the key file comes from.
    #[command(flatten)]
    pub given: Given,
    /// The human who answers for it; an agent below another has its parent's
    #[arg(long, value_name = "EMAIL", required_unless_present = "parent", conflicts_with = "parent")]
    pub sponsor: Option<String>,
    /// The organization it belongs to; an agent below another has its parent's
    #[arg(long, value_name = "NAME", conflicts_with = "parent")]
    pub organization: Option<String>,
    /// The agent that it is put below: you grant, not the parent, so there is no token
    #[arg(long, value_name = "DID")]
    pub parent: Option<String>,
    /// When it ends by itself
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    pub expires: Option<Time>,
}

/// `agent delegate`.
#[derive(Debug, Args)]
pub struct Delegate {
    /// The agent that delegates
    #[arg(value_name = "PARENT")]
    pub parent: String,
    /// The parent's key file: it signs the grant
    #[arg(long, value_name = "FILE")]
    pub parent_key: PathBuf,
    /// What the child is and may do.
    #[command(flatten)]
    pub profile: Profile,
    /// Whose key it is.
    #[command(flatten)]
    pub key: Key,
    /// Where the passphrases of the key files come from.
    #[command(flatten)]
    pub given: Given,
    /// How long the token counts, such as 15m or 1h; at most what the policy allows [default: the policy's]
    #[arg(long, value_name = "LENGTH", value_parser = when::span)]
    pub ttl: Option<Span>,
    /// How deep agents below may lie, counted from the root
    #[arg(long, value_name = "DEPTH", value_parser = clap::value_parser!(u32).range(1..=10))]
    pub max_depth: Option<u32>,
    /// File with the parent's own chain, or - for standard input [default: the one in the log]
    #[arg(long, value_name = "FILE")]
    pub chain: Option<PathBuf>,
}

/// What the help of `agent create` says at its end.
pub const AFTER_CREATE: &str = "\
The DID is derived from the key, so nobody else can have it. The agent gets what you say and nothing by its own word. \
What it gets it can delegate word for word: read:* allows it read:data, and lets it hand on read:* only.

Examples:
  meshwarden key new planner.pem
  meshwarden agent create --name planner --sponsor ops@example.org --key planner.pem \\
    --capability read:data --capability write:data

Exit codes: 0 done; 2 usage or input; 4 refused; 5 the data directory is out of reach.";

/// What the help of `agent delegate` says at its end.
pub const AFTER_DELEGATE: &str = "\
The child is registered, and the chain that it presents with every call goes to standard output: tokens joined by ~, \
as in the header Mesh-Chain. The token is in the log, so it counts even if the parent's key is stolen later.

Examples:
  meshwarden agent delegate 28eaf98c --parent-key planner.pem --name worker --key worker.pem \\
    --capability read:data --ttl 1h > worker.chain

Exit codes: 0 done; 2 usage or input; 4 refused; 5 the data directory is out of reach.";

fn public_key(text: &str) -> Result<KeyBytes, &'static str> {
    let key = KeyBytes::from_base64(text).ok_or("is not the base64 of 32 bytes")?;
    key.check().map_err(|_| "is no strict Ed25519 key")?;
    Ok(key)
}

impl Key {
    fn bytes(&self, given: &Given) -> Result<KeyBytes, CliError> {
        match (&self.key, self.public_key) {
            (Some(path), _) => Ok(key::open(path, given)?.public_key().bytes()),
            (None, Some(key)) => Ok(key),
            (None, None) => Err(CliError::Usage("name the agent's key with --key or --public-key")),
        }
    }
}

impl Profile {
    fn newcomer(
        &self,
        identity: Identity<'static>,
        chain: Option<String>,
    ) -> Result<Newcomer<'static>, CliError> {
        let attestation = self.attestation.as_deref().map(speak::statement).transpose()?;
        Ok(Newcomer { identity, chain, attestation })
    }

    fn below(&self, parent: &Identity<'_>, key: KeyBytes, now: Time) -> Result<Identity<'static>, CliError> {
        let capabilities: Vec<&str> = self.capabilities.iter().map(String::as_str).collect();
        let request = delegation::Request {
            name: &self.name,
            capabilities: &capabilities,
            description: self.description.as_deref(),
            max_initial_trust_score: self.ceiling.map(i64::from),
        };
        let child = Child { did: key.bound_did(), public_key: key };
        Ok(delegation::delegate(parent, &request, child, now)?)
    }
}

/// Runs `agent create`.
///
/// # Errors
/// [`CliError`].
pub fn create(create: &Create, session: &mut Session) -> Result<Exit, CliError> {
    let key = create.key.bytes(&create.given)?;
    let mut opened = speak::open(session, true)?;
    let now = opened.warden.now();
    if create.expires.is_some_and(|end| end <= now) {
        return Err(CliError::Usage("--expires lies in the past: the agent could never act"));
    }
    let identity = match &create.parent {
        Some(text) => {
            let registry = opened.warden.registry();
            let parent = registry.agent(find::agent(registry, text)?).identity(now);
            let below = create.profile.below(&parent, key, now)?;
            Identity { expires_at: create.expires, ..below }
        }
        None => root(create, key, now)?,
    };
    let did = identity.did.clone();
    let newcomer = create.profile.newcomer(identity, None)?;
    let actor = session.actor();
    let receipt = opened.warden.register(newcomer, speak::word(&actor, ""))?;
    speak::acknowledge(&receipt, session)?;
    if !session.global.json {
        session.output.line(&did.to_string())?;
    }
    Ok(Exit::Yes)
}

fn root(create: &Create, key: KeyBytes, now: Time) -> Result<Identity<'static>, CliError> {
    let sponsor = create.sponsor.clone().unwrap_or_default();
    if !crate::identity::valid_sponsor(&sponsor) {
        return Err(CliError::Usage("--sponsor must be an email address"));
    }
    if create.profile.name.trim().is_empty() {
        return Err(CliError::Usage("--name must not be blank"));
    }
    Ok(Identity {
        did: key.bound_did(),
        name: Cow::Owned(create.profile.name.clone()),
        description: create.profile.description.clone().map(Cow::Owned),
        public_key: key,
        sponsor_email: Cow::Owned(sponsor),
        sponsor_verified: false,
        organization: create.organization.clone().map(Cow::Owned),
        organization_id: None,
        capabilities: create.profile.capabilities.iter().cloned().map(Cow::Owned).collect(),
        created_at: now,
        updated_at: now,
        expires_at: create.expires,
        status: Status::Active,
        revocation_reason: None,
        parent: None,
        delegation_depth: 0,
        max_initial_trust_score: create.profile.ceiling,
        trust_score: None,
        extra: None,
    })
}

/// Runs `agent delegate`.
///
/// # Errors
/// [`CliError`].
pub fn delegate(delegate: &Delegate, session: &mut Session) -> Result<Exit, CliError> {
    if delegate.profile.capabilities.is_empty() {
        return Err(CliError::Usage("a delegation grants something: name it with --capability"));
    }
    let above = delegate.chain.as_deref().map(chain::read).transpose()?;
    let key = delegate.key.bytes(&delegate.given)?;
    let secret = key::open(&delegate.parent_key, &delegate.given)?;
    let mut opened = speak::open(session, false)?;
    let now = opened.warden.now();
    let registry = opened.warden.registry();
    let row = find::agent(registry, &delegate.parent)?;
    grant::is_key_of(registry, row, &delegate.parent_key, &secret, now)?;
    let parent = registry.agent(row).identity(now).into_owned();
    let identity = delegate.profile.below(&parent, key, now)?;
    let above = Above::of(registry, row, above)?;
    let policy = opened.warden.policy();
    let length = grant::lifetime(delegate.ttl, &policy.tokens)?;
    let scope: Vec<&str> = delegate.profile.capabilities.iter().map(String::as_str).collect();
    let leaf = above.leaf().map(Token::claims);
    let grant = Grant {
        subject: identity.did.clone(),
        key,
        scope: &scope,
        issued: now,
        not_before: now,
        expires: grant::end(now, length, leaf),
        id: chain::fresh_id()?,
        max_depth: delegate.max_depth.unwrap_or_else(|| {
            leaf.map_or(policy.tokens.max_depth, |leaf| leaf.max_depth.min(policy.tokens.max_depth))
        }),
        ceiling: identity.max_initial_trust_score,
    };
    let issuer = Issuer { did: &parent.did, key: &secret };
    let granted = above.grant(issuer, &grant).map_err(CliError::Denied)?;
    let newcomer = delegate.profile.newcomer(identity, Some(granted.to_header()))?;
    let actor = session.actor();
    let receipt = opened.warden.register(newcomer, speak::word(&actor, ""))?;
    grant::tell(&granted, &receipt, session)
}
