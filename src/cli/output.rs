//! Where words and data go: data to standard output, everything else to standard error.

use std::cell::RefCell;
use std::io::{self, BufWriter, Stdout, Write};

use serde::Serialize;

use super::error::CliError;
use super::exit::Exit;
use crate::text::{visible, width};
use crate::wire::{ErrorBody, ErrorLine, codes, to_json};

/// Standard output, written in blocks.
pub struct Output {
    out: BufWriter<Stdout>,
}

impl Output {
    /// Nothing is written yet.
    pub fn new() -> Self {
        Self { out: BufWriter::with_capacity(1 << 16, io::stdout()) }
    }

    /// Writes one line of words; this is where texts from outside become visible.
    ///
    /// # Errors
    /// [`CliError::BrokenPipe`] or [`CliError::Output`].
    pub fn line(&mut self, text: &str) -> Result<(), CliError> {
        self.out.write_all(visible(text).as_bytes())?;
        Ok(self.out.write_all(b"\n")?)
    }

    /// Writes one line of JSON.
    ///
    /// # Errors
    /// [`CliError::BrokenPipe`] or [`CliError::Output`].
    pub fn json<T: Serialize>(&mut self, value: &T) -> Result<(), CliError> {
        let text = to_json(value).map_err(io::Error::from)?;
        self.raw(&text)?;
        self.raw("\n")
    }

    /// Writes text that is harmless already.
    ///
    /// # Errors
    /// [`CliError::BrokenPipe`] or [`CliError::Output`].
    pub fn raw(&mut self, text: &str) -> Result<(), CliError> {
        Ok(self.out.write_all(text.as_bytes())?)
    }

    /// Writes what is still in the block.
    ///
    /// # Errors
    /// [`CliError::BrokenPipe`] or [`CliError::Output`].
    pub fn flush(&mut self) -> Result<(), CliError> {
        Ok(self.out.flush()?)
    }
}

/// Fills a cell up to so many columns; what is longer stays whole.
pub fn cell(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(&visible(text)));
    format!("{text}{}", " ".repeat(missing))
}

thread_local! {
    /// What is said on a thread whose terminal somebody else has.
    static KEPT: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Does something, and keeps what it says beside the data instead of saying it.
pub fn kept<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    KEPT.set(Some(Vec::new()));
    let done = work();
    (done, KEPT.take().unwrap_or_default())
}

/// Says something beside the data; nobody stops because it cannot be heard.
pub fn note(text: &str) {
    let keep = |kept: &RefCell<Option<Vec<String>>>| {
        kept.borrow_mut().as_mut().map(|kept| kept.push(text.to_owned())).is_some()
    };
    if KEPT.with(keep) {
        return;
    }
    let mut lines = String::new();
    for line in text.lines() {
        lines.push_str(&visible(line));
        lines.push('\n');
    }
    io::stderr().write_all(lines.as_bytes()).unwrap_or_default();
}

/// Asks something on standard error, without ending the line.
pub fn ask(text: &str) {
    io::stderr().write_all(visible(text).as_bytes()).unwrap_or_default();
}

/// Says why a command failed, what to do, and the stable code.
pub fn complain(error: &CliError, json: bool) {
    let (code, message, advice) = (error.code(), error.to_string(), error.advice());
    if matches!(error, CliError::BrokenPipe) {
        return;
    }
    if !json {
        // One line each, so that a line feed in a file's name starts no line of its own.
        let line = |label: &str, text: &str| note(&format!("{label}{}", text.replace('\n', "\u{2424}")));
        line("meshwarden: ", &message);
        line("  fix: ", advice);
        line("  code: ", code);
        return;
    }
    write_error(code, message, advice);
}

fn write_error(code: &'static str, message: String, advice: &'static str) {
    let text = to_json(&ErrorLine { error: ErrorBody { code, message, advice } }).unwrap_or_default();
    io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap_or_default();
}

/// Prints what clap answers: help and version as they are, a complaint with visible marks; `meant` is a command that
/// was probably meant.
pub fn usage(error: &clap::Error, meant: Option<&str>, json: bool) -> Exit {
    if error.use_stderr() && json {
        let text = error.render().to_string();
        let message = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect::<Vec<_>>();
        let message = message.join(" ").trim_start_matches("error: ").to_owned();
        write_error("usage", message, codes::advice("usage"));
        return Exit::Usage;
    }
    if error.use_stderr() {
        note(&error.render().to_string());
        if let Some(meant) = meant {
            note(&format!("Did you mean: meshwarden {meant}"));
        }
        return Exit::Usage;
    }
    match error.print() {
        Err(broken) if broken.kind() == io::ErrorKind::BrokenPipe => Exit::BrokenPipe,
        Err(_) => Exit::Unreachable,
        Ok(()) => Exit::Yes,
    }
}
