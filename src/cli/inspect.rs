//! `token inspect`: what a document says, and what it proves.

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::output::{Output, cell};
use super::session::Session;
use super::{Exit, chain, checks, source, speak, token};
use crate::delegation::Token;
use crate::delegation::scope_chain::ScopeChain;
use crate::identity::Did;
use crate::registry::Registry;
use crate::wire::{ExaminationLine, InspectLine, ScopeChainLine, codes};

/// `token inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// A chain of tokens, or a scope chain of the reference (JSON); - for standard input
    #[arg(value_name = "FILE")]
    pub document: PathBuf,
}

/// What the help says at its end.
pub const AFTER: &str = "\
Nothing is checked, except of a scope chain: the reference's rules, and what its signatures prove. Even a sound one \
gives no authority here.

Examples:
  meshwarden token inspect worker.chain
  meshwarden token inspect scope_chain.json --json

Exit codes: 0 yes; 1 a scope chain that breaks a rule; 2 the document cannot be read.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(inspect: &Inspect, session: &mut Session) -> Result<Exit, CliError> {
    let text = speak::text(&inspect.document)?;
    if text.starts_with('{') {
        return scope_chain(&text, inspect, session);
    }
    let no_chain = |denial| CliError::Chain { path: inspect.document.clone(), denial };
    let chain = chain::parse(&text).map_err(no_chain)?;
    if !session.global.json {
        session.output.line("NOT VERIFIED: this is what the tokens say; see: meshwarden token verify")?;
    }
    for (hop, token) in chain.tokens().iter().enumerate() {
        if session.global.json {
            session.output.json(&InspectLine::of(hop, token))?;
            continue;
        }
        session.output.line(&format!("token {hop}, signed as {}", token.signer()))?;
        for (name, value) in token::claim_lines(Token::claims(token)) {
            session.output.line(&format!("  {}  {value}", cell(name, 8)))?;
        }
    }
    Ok(Exit::Yes)
}

fn scope_chain(text: &str, inspect: &Inspect, session: &mut Session) -> Result<Exit, CliError> {
    let chain = ScopeChain::from_json(text, &session.reading().reading)
        .map_err(|error| CliError::ScopeChain { path: inspect.document.clone(), error })?;
    // Without a registry no key is known, and the account says so.
    let registry = source::look(session).map(|sight| sight.registry).unwrap_or_default();
    let known = |did: &str| key_of(&registry, did);
    let line = ScopeChainLine::of(&chain.account(session.now, known));
    if session.global.json {
        session.output.json(&line)?;
    } else {
        write_scope_chain(&line, &mut session.output)?;
    }
    Ok(if line.sound { Exit::Yes } else { Exit::No })
}

fn key_of(registry: &Registry, did: &str) -> Option<crate::identity::KeyBytes> {
    let row = registry.find(&Did::parse(did).ok()?)?;
    Some(registry.agent(row).public_key())
}

fn write_scope_chain(line: &ScopeChainLine, out: &mut Output) -> Result<(), CliError> {
    out.line("A SCOPE CHAIN OF THE REFERENCE: an account of what was granted, never authority here")?;
    for (hop, link) in line.links.iter().enumerate() {
        out.line(&format!("hop {hop}  {} -> {}", link.parent, link.child))?;
        out.line(&format!("  grants      {}", link.granted.join(" ")))?;
        out.line(&format!("  proves      {}", link.signed))?;
        out.line(&format!("  not proven  {}", link.unproven.join("; ")))?;
        if let Some(code) = link.code {
            out.line(&format!("  BROKEN      {code}: {}", codes::find(code).map_or("", |row| row.words)))?;
        }
        if link.ended {
            out.line("  ENDED       by its own account")?;
        }
    }
    if !line.summary_fits {
        out.line("The document's summary (leaf, hash) is not what its links say.")?;
    }
    Ok(())
}

/// The checks of a chain, in lines.
///
/// # Errors
/// [`CliError`].
pub fn write_examination(line: &ExaminationLine, out: &mut Output) -> Result<(), CliError> {
    let Some(failure) = &line.failure else {
        out.line("The chain counts, for whoever proves to hold the key of its leaf.")?;
        return checks::write(&line.checks, out);
    };
    out.line("The chain counts for NOTHING.")?;
    checks::write_failure(failure, out)?;
    checks::write(&line.checks, out)
}
