//! `token list`, `token revoke`: the tokens that the log knows, and those that count no more.

use clap::Args;

use super::error::CliError;
use super::output::{cell, note};
use super::session::Session;
use super::{Exit, find, source, speak};
use crate::change::TokenSet;
use crate::delegation::Token;
use crate::text::plural;
use crate::wire::TokenLine;

/// `token revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// Which tokens.
    #[command(flatten)]
    pub which: Which,
    /// Why; it enters the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Which tokens are revoked.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// Those with this jti
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub jti: Option<String>,
    /// Those that this agent issued until now
    #[arg(long, value_name = "DID")]
    pub issuer: Option<String>,
    /// Those that this agent, or anybody below it, issued or got until now
    #[arg(long, value_name = "DID")]
    pub subtree: Option<String>,
}

/// Runs `token list`.
///
/// # Errors
/// [`CliError`].
pub fn list(session: &mut Session) -> Result<Exit, CliError> {
    let sight = source::look(session)?;
    let registry = &sight.registry;
    if !session.global.json {
        session.output.line(&row("JTI", "ISSUER", "SUBJECT", "UNTIL", "SCOPE"))?;
    }
    let mut count = 0_u64;
    for logged in registry.facts().tokens.iter().filter(|logged| sight.now < logged.expires) {
        let Ok(token) = Token::parse(&logged.compact) else { continue };
        let line = TokenLine::of(token.claims(), Some(logged.index), registry.token_revoked(logged));
        count = count.saturating_add(1);
        if session.global.json {
            session.output.json(&line)?;
            continue;
        }
        let revoked = line.revoked.map_or(String::new(), |entry| format!("  REVOKED by entry {entry}"));
        let row = row(&line.jti, &line.iss, &line.sub, &line.exp, &line.scope.join(" "));
        session.output.line(&format!("{row}{revoked}"))?;
    }
    if !session.global.json {
        session.output.flush()?;
        note(&plural(count, "token in the log has not expired", "tokens in the log have not expired"));
    }
    Ok(Exit::Yes)
}

fn row(jti: &str, issuer: &str, subject: &str, until: &str, scope: &str) -> String {
    let (issuer, subject) = (cell(issuer, 41), cell(subject, 41));
    format!("{}  {issuer}  {subject}  {}  {scope}", cell(jti, 22), cell(until, 20))
}

/// Runs `token revoke`.
///
/// # Errors
/// [`CliError`].
pub fn revoke(revoke: &Revoke, session: &mut Session) -> Result<Exit, CliError> {
    let mut opened = speak::open(session, false)?;
    let registry = opened.warden.registry();
    let agent = |text: &String| find::agent(registry, text).map(|row| registry.agent(row).did());
    let which = &revoke.which;
    let mut unseen = false;
    let (did, set) = match (&which.jti, &which.issuer, &which.subtree) {
        (Some(jti), ..) => {
            unseen = registry.facts().tokens.find(jti).is_none();
            (None, TokenSet::Token { jti: jti.clone() })
        }
        (_, Some(issuer), _) => (Some(agent(issuer)?), TokenSet::Issuer {}),
        (.., Some(subtree)) => (Some(agent(subtree)?), TokenSet::Subtree {}),
        _ => return Err(CliError::Usage("say which tokens: --jti, --issuer or --subtree")),
    };
    let actor = session.actor();
    let receipt = opened.warden.revoke_tokens(did.as_ref(), set, speak::word(&actor, &revoke.reason))?;
    if unseen {
        note("The log has no token of this jti; one that was signed elsewhere is revoked all the same.");
    }
    speak::acknowledge(&receipt, session)
}
