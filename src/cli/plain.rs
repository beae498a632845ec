//! `--plain`: the console line by line, for screen readers, logs and terminals that can do nothing else.
//!
//! Each line is a command of the command line without the program's name; what it prints is what that prints. Nothing is
//! drawn, nothing moves, and every word is in the order in which it is read.

use std::ffi::OsString;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use clap::Parser as _;

use super::arguments::{Arguments, Command};
use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, here, look};

/// A line has at most so many bytes.
const MOST: u64 = 64 * 1024;

const HELP: &str = "\
overview                what asks for somebody first
agents [QUERY]          the agents that a query means, all without one; also: /QUERY
show DID                one agent
suspend DID --reason TEXT [--cascade] [--for 4h]
revoke DID --reason TEXT [--cascade]
reactivate DID --reason TEXT [--cascade]
who TEXT                whom anything names; so does a line that is no command
log list                what was done
help COMMAND            what else a command takes; help all lists the commands
quit                    leave";

/// Runs until somebody leaves.
///
/// # Errors
/// [`CliError`] when the terminal is gone.
pub fn run(path: Option<&Path>, session: &Session) -> Result<Exit, CliError> {
    let options = here::options(session, path);
    let mut input = io::stdin().lock();
    let echo = !io::stdin().is_terminal();
    note("meshwarden, line by line: help says what there is, quit leaves");
    obey(&words("overview"), &options);
    loop {
        prompt("> ")?;
        let mut line = Vec::new();
        let read = input.by_ref().take(MOST).read_until(b'\n', &mut line)?;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if echo {
            prompt(&format!("{}\n", crate::text::visible(text)))?;
        }
        if read == 0 || matches!(text, "quit" | "exit" | "q") {
            return Ok(Exit::Yes);
        }
        if read as u64 == MOST {
            note("the line is too long, and nothing was done");
            while input.by_ref().take(MOST).read_until(b'\n', &mut Vec::new())? as u64 == MOST {}
            continue;
        }
        match text {
            "" => {}
            "help" | "?" => note(HELP),
            _ => obey(&words(text), &options),
        }
    }
}

fn prompt(text: &str) -> io::Result<()> {
    let mut err = io::stderr().lock();
    err.write_all(text.as_bytes())?;
    err.flush()
}

/// The command that a line means.
fn words(line: &str) -> Vec<String> {
    if let Some(query) = line.strip_prefix('/') {
        return ["agent", "list", "--query"]
            .map(str::to_owned)
            .into_iter()
            .chain([query.to_owned()])
            .collect();
    }
    // What somebody pastes is not always quoted as a shell wants it.
    let split = shlex::split(line).unwrap_or_else(|| line.split_whitespace().map(str::to_owned).collect());
    let (first, rest) = split.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let with =
        |words: &[&str]| words.iter().map(|word| (*word).to_owned()).chain(rest.iter().cloned()).collect();
    match first {
        "overview" => with(&["pulse"]),
        "agents" if rest.is_empty() => with(&["agent", "list"]),
        "agents" => vec!["agent".to_owned(), "list".to_owned(), "--query".to_owned(), rest.join(" ")],
        "show" | "suspend" | "revoke" | "reactivate" => with(&["agent", first]),
        "meshwarden" => with(&[]),
        "help" if rest == ["all"] => vec!["help".to_owned()],
        _ if is_command(first) => split,
        _ => vec!["who".to_owned(), line.to_owned()],
    }
}

fn is_command(word: &str) -> bool {
    use clap::CommandFactory as _;
    word == "help" || word.starts_with('-') || Arguments::command().find_subcommand(word).is_some()
}

/// Runs one command on the same place; whatever becomes of it is said, and the next line is asked for.
fn obey(words: &[String], options: &[String]) {
    let line = ["meshwarden".to_owned()].into_iter().chain(words.iter().cloned()).map(OsString::from);
    let asked = Arguments::try_parse_from(look::joined(line.clone()));
    // Help needs no place, and a place that is named wins.
    let parsed = asked.and_then(|arguments| match names_a_place(&arguments) {
        true => Ok(arguments),
        false => Arguments::try_parse_from(look::joined(line.chain(options.iter().map(OsString::from)))),
    });
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return;
        }
    };
    if matches!(arguments.command, None | Some(Command::Console(_) | Command::Serve(_))) {
        note("that takes the terminal for itself: start it as a command of its own");
        return;
    }
    match super::carry_out(arguments) {
        Exit::Yes => {}
        other => note(&format!("exit code {}", other.code())),
    }
}

fn names_a_place(arguments: &Arguments) -> bool {
    let global = &arguments.global;
    global.context.is_some()
        || global.data.is_some()
        || global.registry.is_some()
        || global.verifier.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_means_a_command_and_one_that_means_none_is_looked_up() {
        let of = |line: &str| words(line).join(" ");
        assert_eq!(of("overview"), "pulse");
        assert_eq!(of("/trust<300 and active"), "agent list --query trust<300 and active");
        assert_eq!(of("agents trust<300 and not broken"), "agent list --query trust<300 and not broken");
        assert_eq!(of("suspend ab12 --reason 'odd calls'"), "agent suspend ab12 --reason odd calls");
        assert_eq!(of("log list"), "log list");
        assert_eq!(
            words("03:12 gateway's alert caller=did:mesh:ab12").len(),
            2,
            "a stray quote hurts nobody"
        );
        assert_eq!(of("did:mesh:ab12"), "who did:mesh:ab12");
    }
}
