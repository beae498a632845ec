//! The command line: arguments in, one answer out; the only place where the parts are joined.
//!
//! Data goes to standard output and everything else to standard error. A text from outside passes
//! [`crate::text::visible`] once, in `output`; in JSON the hostile characters are escaped instead.

mod agent;
mod arguments;
mod backup;
mod case;
mod case_export;
mod chain;
mod change;
mod checks;
mod codes;
mod completions;
mod config;
mod confirm;
mod console;
mod contain;
mod contexts;
mod coverage;
mod decisions;
mod diff;
mod doctor;
mod enforced;
mod enrol;
mod erase;
mod error;
mod evidence;
mod exit;
mod export;
mod generate;
mod give;
mod grant;
mod hand;
mod handshake;
mod here;
mod history;
mod import;
mod init;
mod inspect;
mod key;
mod keys;
mod lineage;
mod lock;
mod log;
mod logged;
mod look;
mod looks;
mod means;
mod notify;
mod operator;
mod output;
mod pin;
mod plain;
mod point;
mod policy;
mod policy_change;
mod prove;
mod public;
mod pulse;
mod query;
mod reach;
mod redacted;
mod refused;
mod rekey;
mod remembered;
mod remote;
mod revocation;
mod said;
mod seal;
mod serve;
mod session;
mod signal;
mod source;
mod speak;
mod sponsor;
mod tag;
mod token;
mod told;
mod trust;
mod verdicts;
mod verify;
mod when;
mod who;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser as _;

pub use exit::Exit;

use arguments::{Arguments, Command};
use error::CliError;
use session::Session;

use crate::registry::find;
use crate::text::nearest;

/// Runs one command from its arguments, the program's name first; a panic becomes [`Exit::Bug`].
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = look::joined(arguments);
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
            let json = arguments.iter().any(|argument| argument == "--json");
            return output::usage(&error, first.and_then(console::subcommand), json);
        }
    };
    carry_out(arguments)
}

/// Runs a command from its session to its last output; what goes wrong is said.
fn carry_out(arguments: Arguments) -> Exit {
    let json = arguments.global.json;
    let answer = Session::begin(arguments.global).and_then(|mut session| {
        let exit = run(arguments.command, arguments.path, arguments.look, &mut session)?;
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
    look: look::Look,
    session: &mut Session,
) -> Result<Exit, CliError> {
    match command {
        None => console::run(path, look, session),
        Some(Command::Case(command)) => case::run(&command, session),
        Some(Command::Backup(command)) => backup::run(&command, session),
        Some(Command::Restore(command)) => backup::restore(&command, session),
        Some(Command::Doctor(command)) => doctor::run(&command, session),
        Some(Command::Console(command)) => console::run(command.path, command.look, session),
        Some(Command::Agent(command)) => agent::run(command, session),
        Some(Command::Init(command)) => init::run(&command, session),
        Some(Command::Context(command)) => contexts::run(&command, session),
        Some(Command::Operator(command)) => operator::run(&command, session),
        Some(Command::Change(command)) => change::run(&command, session),
        Some(Command::Lineage(command)) => lineage::run(command, session),
        Some(Command::Import(command)) => import::run(&command, session),
        Some(Command::Export(command)) => export::run(&command, session),
        Some(Command::Generate(command)) => generate::run(&command, session),
        Some(Command::Key(command)) => key::run(&command, session),
        Some(Command::Keys(command)) => keys::run(&command, session),
        Some(Command::Handshake(command)) => handshake::run(command, session),
        Some(Command::Lock(command)) => lock::run(&command, session),
        Some(Command::Log(command)) => log::run(&command, session),
        Some(Command::Point(command)) => point::run(&command, session),
        Some(Command::Policy(command)) => policy::run(&command, session),
        Some(Command::Pulse(command)) => pulse::run(&command, session),
        Some(Command::Revocation(command)) => revocation::run(&command, session),
        Some(Command::Sponsor(command)) => sponsor::run(&command, session),
        Some(Command::Tag(command)) => tag::run(&command, session),
        Some(Command::Token(command)) => token::run(&command, session),
        Some(Command::Trust(command)) => trust::run(&command, session),
        Some(Command::Verdicts(command)) => verdicts::run(&command, session),
        Some(Command::Coverage(command)) => coverage::run(&command, session),
        Some(Command::Calls(command)) => verdicts::calls(&command, session),
        Some(Command::Verify(command)) => verify::run(&command, session),
        Some(Command::Who(command)) => who::run(&command, session),
        Some(Command::Serve(command)) => serve::run(&command, session),
        Some(Command::Codes(command)) => codes::run(&command, session),
        Some(Command::Completions(command)) => completions::run(&command, session),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_with_the_exit_code_of_a_bug() {
        assert_eq!(guarded(|| panic!("a bug")).code(), 70);
        assert_eq!(guarded(|| Exit::No).code(), 1);
    }
}
