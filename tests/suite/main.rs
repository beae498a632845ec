//! All tests that need the built program or files of the repository, in one binary, one file per topic.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on says so by panicking"
)]

mod architecture;
// The helpers serve every issue; not each of their verbs is used yet.
#[allow(dead_code)]
mod cli;
mod cli_backup;
mod cli_case;
mod cli_change;
mod cli_clock;
mod cli_console;
mod cli_context;
mod cli_deep;
mod cli_enrol;
mod cli_erase;
mod cli_full;
mod cli_give;
mod cli_handshake;
mod cli_hostile;
mod cli_input;
mod cli_key;
mod cli_keys;
mod cli_lock;
mod cli_mesh;
mod cli_operator;
mod cli_plain;
mod cli_point;
mod cli_policy;
mod cli_prove;
mod cli_pulse;
mod cli_reach;
mod cli_read;
mod cli_secret;
mod cli_signal;
mod cli_token;
mod cli_trust;
mod cli_verdicts;
mod cli_verify;
mod codes;
mod console;
mod durable;
mod fuzzing;
mod http;
mod impossible;
mod interop;
mod interop_caddy;
mod interop_httpsig;
mod interop_jose;
mod interop_nginx;
mod picture;
mod purposes;
mod stranger;
mod strict;
#[allow(dead_code)]
mod terminal;
mod text;
mod vectors;
mod who;
