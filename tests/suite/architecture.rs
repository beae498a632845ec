//! The house stands: rooms know only what lies below them, and the source says so itself.

mod floors;
mod mention;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use floors::{FLOORS, LONG_FILES, MOST_LINES, judge};
use mention::mentions;

#[test]
fn no_room_knows_what_it_must_not() {
    let mut findings = Vec::new();
    for file in source_files() {
        findings.extend(check(&file, &read(&file)));
    }
    assert!(findings.is_empty(), "{} findings\n{}", findings.len(), findings.join("\n"));
}

#[test]
fn no_file_is_long_without_a_reason() {
    let lines = |file: &str| read(file).lines().count();
    let allowed = |file: &str| LONG_FILES.iter().any(|(long, _)| *long == file);
    let long: Vec<_> =
        source_files().into_iter().filter(|file| lines(file) > MOST_LINES && !allowed(file)).collect();
    assert!(long.is_empty(), "more than {MOST_LINES} lines, and no reason given: {long:#?}");
    for (file, reason) in LONG_FILES {
        assert!(!reason.is_empty() && lines(file) > MOST_LINES, "{file} needs no place on the list");
    }
}

#[test]
fn the_map_the_modules_and_the_folders_name_the_same_rooms() {
    let library = read("src/lib.rs");
    let declared: BTreeSet<String> = syn::parse_file(&library)
        .unwrap()
        .items
        .into_iter()
        .filter_map(|item| if let syn::Item::Mod(room) = item { Some(room.ident.to_string()) } else { None })
        .collect();
    assert_eq!(rooms_on_disk(), declared, "folders and `mod` lines of src/lib.rs");
    let map = mapped_rooms(&library);
    assert_eq!(
        map.iter().cloned().collect::<BTreeSet<_>>(),
        declared,
        "the map and the `mod` lines of src/lib.rs"
    );
    let floors: Vec<_> = map.iter().map(|room| floors::floor(room)).collect();
    assert!(floors.is_sorted(), "the map starts with the lowest floor: {map:?}");
}

/// Checks one file; each finding is `file:line: what is wrong`.
fn check(file: &str, source: &str) -> Vec<String> {
    let module = module_path(file);
    let room = module.first().map_or("", String::as_str);
    let room = if file == "src/main.rs" { "main" } else { room };
    let syntax = syn::parse_file(source).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut findings: Vec<(usize, String)> = mentions(&syntax, &module)
        .into_iter()
        .filter_map(|mention| Some((mention.line, judge(room, &mention)?)))
        .collect();
    findings.sort();
    findings.dedup();
    findings.into_iter().map(|(line, what)| format!("{file}:{line}: {what}")).collect()
}

/// `src/text/mark.rs` is `text::mark`; `src/lib.rs` and `src/main.rs` are roots.
fn module_path(file: &str) -> Vec<String> {
    let inside = file.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
    let mut path: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if matches!(path.last().map(String::as_str), Some("mod")) || matches!(inside, "lib" | "main") {
        path.pop();
    }
    path
}

/// The rooms that the table in the documentation of `src/lib.rs` links, in its order.
fn mapped_rooms(library: &str) -> Vec<String> {
    let rows = library.lines().filter_map(|line| line.strip_prefix("//! |"));
    rows.flat_map(|row| row.split("[`").skip(1).filter_map(|rest| Some(rest.split_once("`]")?.0.to_owned())))
        .collect()
}

fn rooms_on_disk() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("src")).unwrap().map(|entry| entry.unwrap().path());
    let names = entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    names.filter(|name| !matches!(name.as_str(), "lib" | "main")).collect()
}

fn source_files() -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

#[track_caller]
fn refused(file: &str, source: &str, line: usize, what: &str) {
    let findings = check(file, source);
    let expected = format!("{file}:{line}: ");
    let found = findings.iter().any(|finding| finding.starts_with(&expected) && finding.contains(what));
    assert!(found, "expected {expected}…{what}…, found {findings:#?}\n{source}");
}

#[track_caller]
fn accepted(file: &str, source: &str) {
    assert_eq!(check(file, source), Vec::<String>::new(), "{source}");
}

#[test]
fn a_room_may_use_itself_and_what_lies_below() {
    accepted(
        "src/registry/impact.rs",
        "use crate::identity::Did;\nuse super::columns;\nfn f() { crate::registry::g(); }",
    );
    accepted("src/audit/entry.rs", "use crate::change::Payload;");
    accepted("src/generate.rs", "use crate::registry::Registry;");
    accepted("src/tui/view.rs", "use crate::{backend::Backend, text::visible};\nuse ratatui::Frame;");
    accepted("src/text/mark.rs", "mod tests { use super::*; use super::super::cut; }");
}

#[test]
fn a_room_above_or_beside_is_refused_however_it_is_spelled() {
    refused("src/text/mark.rs", "\nuse crate::tui::theme;", 2, "tui");
    refused(
        "src/registry/mod.rs",
        "use crate::{\n    identity::Did,\n    warden::{self as w, Warden},\n};",
        3,
        "warden",
    );
    refused("src/trust/tier.rs", "fn f() {\n    crate::delegation::g();\n}", 2, "delegation");
    refused("src/text/mark.rs", "fn f(x: super::super::time::Time) {}", 1, "time");
    refused("src/capability.rs", "use super::registry::Registry;", 1, "registry");
    refused("src/text/mark.rs", "mod inner { use super::super::super::time::Time; }", 1, "time");
    refused("src/trust/mod.rs", "fn f() { println!(\"{}\",\n crate::cli::NAME); }", 2, "cli");
    refused("src/trust/mod.rs", "macro_rules! m { () => { $crate::{tui::x, text::y} } }", 1, "tui");
    refused("src/trust/mod.rs", "#[derive(crate::tui::Draw)]\nstruct S;", 1, "tui");
    refused("src/trust/mod.rs", "impl meshwarden::tui::Draw for S {}", 1, "tui");
    refused(
        "src/identity/mod.rs",
        "pub(in crate::identity) type T = <X as crate::warden::Y>::Z;",
        1,
        "warden",
    );
    refused("src/change/mod.rs", "use crate::audit::Entry;", 1, "audit");
}

#[test]
fn the_root_is_not_taken_under_another_name() {
    refused("src/text/mark.rs", "use crate as house;", 1, "root");
    refused("src/text/mark.rs", "use crate::{self as house};", 1, "root");
    refused("src/text/mark.rs", "use crate::*;", 1, "root");
    refused("src/capability.rs", "use super::*;", 1, "root");
    refused("src/text/mark.rs", "use crate::attic::Box;", 1, "attic");
}

#[test]
fn each_outside_crate_stays_in_its_room() {
    refused("src/warden/mod.rs", "use rusqlite::Connection;", 1, "rusqlite");
    refused("src/cli/mod.rs", "fn f() { ratatui::init(); }", 1, "ratatui");
    refused("src/backend/mod.rs", "use crossterm::{event::Event, execute};", 1, "crossterm");
    refused("src/tui/mod.rs", "#[derive(clap::Parser)] struct A;", 1, "clap");
    refused("src/tui/mod.rs", "extern crate toml;", 1, "toml");
    refused("src/lib.rs", "pub use rusqlite;", 1, "rusqlite");
    accepted("src/store/sqlite.rs", "use rusqlite::Connection;");
    accepted("src/main.rs", "fn main() -> color_eyre::Result<()> { meshwarden::cli::run() }");
}

#[test]
fn a_pure_room_knows_no_clock_file_socket_or_chance() {
    for source in [
        "use std::fs;",
        "use std::{collections::BTreeMap, io::Read};",
        "fn f(r: impl std::io::Read) {}",
        "use std::time::{Duration, Instant};",
        "fn f() { let now = std::time::SystemTime::now(); }",
        "use std::time;",
        "use std::time::*;",
        "use std as s;",
        "use std::*;",
        "fn f() { ::std::env::var(\"X\"); }",
        "fn f(a: core::net::IpAddr) {}",
        "use std::os::unix::net::UnixStream;",
        "fn f() { dbg!(std::process::id()); }",
        "use tokio::sync::mpsc;",
        "fn f() { getrandom::fill(&mut []); }",
        "async fn f() {}",
        "fn f() { let g = async {}; }",
        "fn f() { let g = async || (); }",
        "fn f() { m!(x.await); }",
    ] {
        for file in ["src/text/mark.rs", "src/audit/log.rs", "src/generate.rs"] {
            assert_eq!(check(file, source).len(), 1, "{source}: {:?}", check(file, source));
        }
        accepted("src/warden/mod.rs", source);
    }
    accepted("src/time.rs", "use std::time::Duration;\nuse std::collections::BTreeMap;");
}

#[test]
fn a_test_inside_a_pure_room_may_read_a_file_but_not_climb() {
    accepted("src/text/mark.rs", "#[cfg(test)]\nmod tests { fn f() { std::fs::read(\"x\"); } }");
    refused("src/text/mark.rs", "#[cfg(test)]\nmod tests { use crate::tui::x; }", 2, "tui");
    refused(
        "src/text/mark.rs",
        "#[cfg(not(test))]\nmod real { fn f() { std::fs::read(\"x\"); } }",
        2,
        "std::fs",
    );
}

#[test]
fn every_room_has_one_floor() {
    let rooms: Vec<_> = FLOORS.concat();
    assert_eq!(rooms.iter().collect::<BTreeSet<_>>().len(), rooms.len());
    for room in rooms_on_disk() {
        assert!(rooms.contains(&room.as_str()), "{room} has no floor");
    }
}

#[test]
fn the_map_is_read_from_the_documentation_only() {
    let library = "//! | floor | rooms |\n//! | values | [`time`], [`text`] |\npub mod x; // | [`y`] |\n";
    assert_eq!(mapped_rooms(library), ["time", "text"]);
}
