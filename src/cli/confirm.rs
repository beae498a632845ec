//! The question before a change.

use std::io::{self, BufRead as _, IsTerminal as _};

use super::error::CliError;
use super::output::{ask, note};
use crate::change::Plan;
use crate::registry::Registry;
use crate::text::short_id;

/// Whether somebody is there to be asked.
///
/// # Errors
/// [`CliError::NoTerminal`].
pub fn somebody_there() -> Result<(), CliError> {
    let there = io::stdin().is_terminal() && io::stderr().is_terminal();
    if there { Ok(()) } else { Err(CliError::NoTerminal) }
}

/// Asks on the terminal: `y` for one agent, the first digits of the DID for a subtree, the number for a list.
///
/// # Errors
/// [`CliError::NoTerminal`], or [`CliError::NotConfirmed`] for any other answer.
pub fn confirm(registry: &Registry, plan: &Plan, words: &[String]) -> Result<(), CliError> {
    let verb = plan.frozen.request.verb.as_str();
    if !plan.frozen.request.others.is_empty() {
        return confirm_phrase(verb, &plan.count().to_string(), plan.count(), words);
    }
    let did = registry.agent(plan.frozen.root).did().to_string();
    confirm_of((verb, &did, plan.count()), words)
}

/// Asks as [`confirm`] does, about so many agents of which `did` is the first.
///
/// # Errors
/// [`CliError::NoTerminal`], or [`CliError::NotConfirmed`] for any other answer.
pub fn confirm_of((verb, did, count): (&str, &str, usize), words: &[String]) -> Result<(), CliError> {
    confirm_phrase(verb, short_id(did), count, words)
}

fn confirm_phrase(verb: &str, phrase: &str, count: usize, words: &[String]) -> Result<(), CliError> {
    somebody_there()?;
    words.iter().for_each(|line| note(line));
    let several = count > 1 && !phrase.is_empty();
    if several {
        ask(&format!("Type {phrase} to {verb} {count} agents: "));
    } else {
        ask(&format!("{verb} this agent? [y/N] "));
    }
    let answer = answer()?;
    let confirmed = if several { answer == phrase } else { is_yes(&answer) };
    if confirmed { Ok(()) } else { Err(CliError::NotConfirmed) }
}

/// Asks a question that is answered by `y`.
///
/// # Errors
/// [`CliError::NoTerminal`], or [`CliError::NotConfirmed`] for any other answer.
pub fn confirm_words(question: &str) -> Result<(), CliError> {
    somebody_there()?;
    ask(&format!("{question} [y/N] "));
    if is_yes(&answer()?) { Ok(()) } else { Err(CliError::NotConfirmed) }
}

fn answer() -> Result<String, CliError> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|_| CliError::NotConfirmed)?;
    Ok(line.trim().to_owned())
}

fn is_yes(answer: &str) -> bool {
    matches!(answer, "y" | "Y" | "yes")
}
