//! The command line: arguments in, one answer out; the only place where the parts are joined.
//!
//! Data goes to standard output and everything else to standard error. A text from outside passes
//! [`crate::text::visible`] once, in `output`; in JSON the hostile characters are escaped instead.

mod agent;
mod arguments;
mod codes;
mod completions;
mod config;
mod confirm;
mod console;
mod contain;
mod error;
mod exit;
mod export;
mod find;
mod generate;
mod import;
mod lineage;
mod log;
mod output;
mod redacted;
mod refused;
mod session;
mod source;
mod when;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser as _;

pub use exit::Exit;

use arguments::{Arguments, Command};
use error::CliError;
use session::Session;

/// Runs one command from its arguments, the program's name first; a panic becomes [`Exit::Bug`].
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    guarded(|| answer(&arguments)).into()
}

/// A panic is a bug of ours, and has an exit code of its own.
fn guarded(command: impl FnOnce() -> Exit) -> Exit {
    // Nothing that unwinds is used again: the process ends.
    catch_unwind(AssertUnwindSafe(command)).unwrap_or(Exit::Bug)
}

fn answer(arguments: &[OsString]) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let first = arguments.get(1).and_then(|first| first.to_str());
            return output::usage(&error, first.and_then(console::subcommand));
        }
    };
    let json = arguments.global.json;
    let answer = Session::begin(arguments.global).and_then(|mut session| {
        let exit = run(arguments.command, arguments.path, &mut session)?;
        session.output.flush()?;
        Ok(exit)
    });
    answer.unwrap_or_else(|error| {
        output::complain(&error, json);
        exit::of(&error)
    })
}

fn run(
    command: Option<Command>,
    path: Option<std::path::PathBuf>,
    session: &mut Session,
) -> Result<Exit, CliError> {
    match command {
        None => console::run(path, session),
        Some(Command::Console(command)) => console::run(command.path, session),
        Some(Command::Agent(command)) => agent::run(command, session),
        Some(Command::Lineage(command)) => lineage::run(command, session),
        Some(Command::Import(command)) => import::run(&command, session),
        Some(Command::Export(command)) => export::run(&command, session),
        Some(Command::Generate(command)) => generate::run(&command, session),
        Some(Command::Log(command)) => log::run(&command, session),
        Some(Command::Codes(command)) => codes::run(&command, session),
        Some(Command::Completions(command)) => completions::run(&command, session),
    }
}

/// The candidate that `text` was probably meant to be: at most two slips away, and less than half of it.
fn nearest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let starts = |candidate: &&str| text.len() >= 3 && candidate.starts_with(text);
    candidates
        .into_iter()
        .map(|candidate| (if starts(&candidate) { 1 } else { slips(text, candidate) }, candidate))
        .filter(|(slips, candidate)| *slips <= 2 && slips.saturating_mul(2) < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Letters to be put in, left out or replaced (Levenshtein), so that one text becomes the other.
fn slips(text: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (at, left) in text.chars().take(64).enumerate() {
        let mut diagonal = at;
        let mut before = at.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (cell, right) in row.iter_mut().skip(1).zip(other.chars()) {
            let replaced = diagonal.saturating_add(usize::from(left != right));
            diagonal = *cell;
            before = replaced.min(before.saturating_add(1)).min(diagonal.saturating_add(1));
            *cell = before;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_with_the_exit_code_of_a_bug() {
        assert_eq!(guarded(|| panic!("a bug")).code(), 70);
        assert_eq!(guarded(|| Exit::No).code(), 1);
    }

    #[test]
    fn slips_are_counted_by_letter() {
        for (text, other, count) in
            [("", "abc", 3), ("theme", "theme", 0), ("them", "theme", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!((slips(text, other), slips(other, text)), (count, count), "{text} {other}");
        }
        assert_eq!(nearest("them", ["data", "theme"]), Some("theme"));
        assert_eq!(nearest("assume", ["data", "assume_utc"]), Some("assume_utc"));
        assert_eq!(nearest("x", ["data", "theme"]), None);
    }
}
