//! What `agent delegate`, `token issue` and `token refresh` have in common: whose key signs, for how long, and the
//! chain that comes out.

use std::path::Path;

use super::Exit;
use super::error::CliError;
use super::output::note;
use super::session::Session;
use crate::delegation::{Chain, Claims};
use crate::identity::SecretKey;
use crate::policy::{TokenRules, span_text};
use crate::registry::{Registry, Row};
use crate::time::{Span, Time};
use crate::warden::FactReceipt;
use crate::wire::ChainLine;

/// How long a token may count: what was asked for, else what the policy says.
///
/// # Errors
/// [`CliError::Lifetime`] when more is asked for than the policy allows: nothing is cut in silence.
pub fn lifetime(asked: Option<Span>, rules: &TokenRules) -> Result<Span, CliError> {
    match asked {
        Some(asked) if asked > rules.ttl_max => Err(CliError::Lifetime { asked, most: rules.ttl_max }),
        asked => Ok(asked.unwrap_or(rules.ttl_default)),
    }
}

/// When a token ends: never after the one above it, which is said.
pub fn end(now: Time, length: Span, above: Option<&Claims>) -> Time {
    let end = now.plus(length);
    match above {
        Some(above) if above.expires < end => {
            note(&format!(
                "It ends with the token above it, at {}, before the {} are over.",
                above.expires,
                span_text(length)
            ));
            above.expires
        }
        _ => end,
    }
}

/// A key file with a key that never was the agent's is refused by its name, before anything is signed.
///
/// # Errors
/// [`CliError::OtherKey`].
pub fn is_key_of(
    registry: &Registry,
    row: Row,
    path: &Path,
    key: &SecretKey,
    now: Time,
) -> Result<(), CliError> {
    let held = key.public_key().bytes().key_id();
    if registry.key(row, &held, now).is_some() {
        return Ok(());
    }
    Err(CliError::OtherKey { path: path.to_owned(), held, did: registry.agent(row).did() })
}

/// Prints a chain that is in the log now.
///
/// # Errors
/// [`CliError::Unsaid`]: it lasts all the same.
pub fn tell(chain: &Chain, receipt: &FactReceipt, session: &mut Session) -> Result<Exit, CliError> {
    let unsaid = |error: CliError| error.after(receipt.index);
    let Some(leaf) = chain.leaf().map(|leaf| leaf.claims()) else { return Ok(Exit::Bug) };
    if session.global.json {
        let line = ChainLine {
            index: receipt.index,
            time: receipt.time.to_string(),
            kind: receipt.kind.as_str(),
            subject: receipt.subject.clone(),
            jti: leaf.id.clone(),
            exp: leaf.expires.to_string(),
            prev: leaf.previous.clone(),
            chain: chain.to_header(),
        };
        session.output.json(&line).map_err(unsaid)?;
        return Ok(Exit::Yes);
    }
    session.output.line(&chain.to_header()).map_err(unsaid)?;
    session.output.flush().map_err(unsaid)?;
    note(&format!("{} {}: entry {} of the log", receipt.kind.as_str(), receipt.subject, receipt.index));
    let replaced = leaf.previous.as_ref().map_or(String::new(), |jti| format!(", in place of {jti}"));
    note(&format!("token {} counts until {}{replaced}", leaf.id, leaf.expires));
    Ok(Exit::Yes)
}
