//! The program: arguments in, exit code out.

use std::fmt;
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use color_eyre::config::HookBuilder;
use color_eyre::section::PanicMessage;
use meshwarden::{cli, text};

/// What one thread takes, another one gives back: requests and their verdicts wander.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let hook = HookBuilder::blank().display_env_section(false).panic_message(Report).panic_section(
        "This is a bug in meshwarden: please report it with these lines and what you did. Exit code 70.",
    );
    if let Err(report) = hook.install() {
        eprintln!("meshwarden: {report}");
    }
    cli::main(std::env::args_os())
}

/// A panic in one line; its message may quote a text from outside.
struct Report;

impl PanicMessage for Report {
    fn display(&self, info: &PanicHookInfo<'_>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payload = info.payload();
        let said = payload.downcast_ref::<&str>().copied();
        let said =
            said.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        let place = info.location().map_or(String::new(), ToString::to_string);
        write!(out, "meshwarden panicked at {place}: {}", text::visible(said))
    }
}
