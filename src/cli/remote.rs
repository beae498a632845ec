//! A verifier as the place that a command works on.

use super::error::CliError;
use super::output::note;
use super::session::Session;
use crate::keystore::Hand;
use crate::warden::{Kind, Line, Opened, Warden, WardenError};

/// Opens what a verifier has; a key that nobody pinned is trusted by nobody.
///
/// # Errors
/// [`CliError`]; [`WardenError::Lie`] when it contradicts itself.
pub fn open(url: &str, session: &Session) -> Result<Opened, CliError> {
    let opened = open_to_stop(url, session)?;
    match opened.warden.snapshot().kind {
        Kind::Verifier { line: Line::Lies(lie), .. } => Err(WardenError::Lie(lie).into()),
        _ => Ok(opened),
    }
}

/// Opens it even if it contradicts itself: whoever lies is still told whom to stop.
///
/// # Errors
/// [`CliError`].
pub fn open_to_stop(url: &str, session: &Session) -> Result<Opened, CliError> {
    let remote = session.remote(url)?;
    let (name, hand) = operator(session)?;
    let mut warden = remote.open(&name, hand)?;
    session.prepare(&mut warden);
    if let Kind::Verifier { line: Line::Lost { why, .. }, .. } = warden.snapshot().kind {
        note(&format!("WARNING: {why}; what you see is as old as the last answer"));
    }
    if let Kind::Verifier { line: Line::Lies(lie), .. } = warden.snapshot().kind {
        note(&format!(
            "WARNING: THE VERIFIER CONTRADICTS ITSELF: {lie}; what was found is kept: meshwarden log evidence"
        ));
    }
    told_ends(&mut warden);
    Ok(Opened { warden, imported: None, staleness: None })
}

/// Who works on a verifier, and who signs for them.
///
/// # Errors
/// [`CliError::Usage`] for what was not said.
pub fn operator(session: &Session) -> Result<(String, Box<dyn Hand>), CliError> {
    let name =
        session.operator().ok_or(CliError::Usage("say who you are to the verifier: --operator-name NAME"))?;
    let hand = session.hand().ok_or(CliError::Usage("a verifier answers operators: --operator-key KEY"))?;
    Ok((name, hand))
}

/// Says how changes ended that an earlier run signed and of which nobody here was told yet.
fn told_ends(warden: &mut Warden) {
    for words in warden.ends() {
        note(&format!("WARNING: {words}"));
    }
}
