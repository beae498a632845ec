//! The figures that README.md claims, each beside its limit: `cargo bench`, or `cargo bench -- judge filter`.
//!
//! One file per claim; they share one binary, since linking is most of the cost of building them. Nothing here
//! is a test: a machine under load makes figures worse, so a person reads them.
#![allow(clippy::unwrap_used, reason = "a bench that cannot run has nothing better to do than to stop")]
#![allow(clippy::cast_precision_loss, reason = "figures are for people")]

mod capability;
mod chain;
mod change;
mod console;
mod decide;
mod directory;
mod filter;
mod generate;
mod http;
mod impact;
mod judge;
mod keys;
mod line;
mod log;
mod open;
mod remote;
mod shared;
mod start;
mod terminal;

/// The one that the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CLAIMS: [(&str, fn()); 19] = [
    ("open", open::run),
    ("judge", judge::run),
    ("impact", impact::run),
    ("filter", filter::run),
    ("console", console::run),
    ("directory", directory::run),
    ("change", change::run),
    ("generate", generate::run),
    ("chain", chain::run),
    ("capability", capability::run),
    ("decide", decide::run),
    ("log", log::run),
    ("verify-http", http::verify),
    ("events", http::events),
    ("live", http::live),
    ("agents-http", http::list),
    ("remote", remote::run),
    ("start", start::run),
    ("keys", keys::run),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let Some((how, path)) = arguments.first().and_then(|word| word.split_once('=')) {
        return open::child(how, std::path::Path::new(path));
    }
    for (name, run) in CLAIMS {
        if arguments.is_empty() || arguments.iter().any(|word| word == name) {
            run();
        }
    }
}
