//! The whole-program tests: one binary, one file per topic.
// A test that cannot go on says so by panicking; that is what a test is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs
)]

mod architecture;
// The helpers serve every issue; not each of their verbs is used yet.
#[allow(dead_code)]
mod cli;
mod interop;
#[allow(dead_code)]
mod terminal;
mod text;
