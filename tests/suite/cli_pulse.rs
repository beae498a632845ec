//! `pulse`, and the query fields that ask for trouble.

use serde_json::{Value, json};

use crate::cli::Home;
use crate::cli_enrol::Enrolled;
use crate::cli_mesh::{child, family_home, lines, record, values};

fn count_of(lines: &[Value], name: &str) -> Value {
    lines.iter().find(|line| line["name"] == name).map_or(Value::Null, |line| line["count"].clone())
}

#[test]
fn every_figure_comes_with_the_query_that_lists_exactly_those() {
    let home = Home::new();
    let orphan = child("dddd0005", "eeee0006", 1);
    let wide = record("aaaa0001", json!({"capabilities": ["read:*"], "sponsor_verified": false}));
    let file = home.file("mesh.jsonl", lines(&[wide, child("aaaa0002", "aaaa0001", 1), orphan]));
    home.run(&["import", &file.display().to_string()]).expect_code(0);
    let figures = values(&home.run(&["pulse", "--json"]).expect_code(1).stdout);
    for (name, count) in [
        ("orphaned", 1),
        ("broken lineage", 1),
        ("over-privileged", 1),
        ("sponsor unverified", 1),
        ("active", 2),
    ] {
        assert_eq!(count_of(&figures, name), count, "{figures:?}");
    }
    for figure in figures {
        let query = figure["query"].as_str().unwrap();
        let listed = home.run(&["agent", "list", "--json", "-q", query]).expect_code(0);
        assert_eq!(json!(listed.stdout.lines().count()), figure["count"], "{figure}");
    }
}

#[test]
fn a_calm_mesh_is_a_yes_and_says_that_no_verdicts_are_kept() {
    let finished = family_home().run(&["pulse"]).expect_code(0);
    assert!(finished.stdout.contains("  orphaned                  orphaned\n"), "{}", finished.stdout);
    assert!(finished.stderr.contains("no verdicts are kept here"), "{}", finished.stderr);
}

#[test]
fn verdicts_are_counted_by_the_minute_and_who_was_denied_is_listed() {
    let mesh = Enrolled::new();
    let prove =
        ["token", "prove", "--agent", &mesh.worker, "--key", "@worker.pem", "--chain", "@worker.chain"];
    let proof = mesh.run(&[&prove[..], &["--audience", "mesh", "--uri", "https://a.example/x"]].concat());
    mesh.home.file("worker.proof", proof.expect_code(0).stdout);
    let asked = ["verify", "--chain", "@worker.chain", "--proof", "@worker.proof", "--audience", "mesh"];
    mesh.run(&[&asked[..], &["--uri", "https://a.example/x", "--action", "write:data"]].concat())
        .expect_code(1);
    let pulse = values(&mesh.run(&["pulse", "--json"]).expect_code(1).stdout);
    let denied: u64 = pulse.iter().filter_map(|line| line["denied"].as_u64()).sum();
    assert_eq!((denied, count_of(&pulse, "denied lately")), (1, json!(1)), "{pulse:?}");
    let listed = mesh.json(&["agent", "list", "-q", "denied<10m"]);
    assert_eq!(listed.iter().map(|line| &line["did"]).collect::<Vec<_>>(), [&json!(mesh.worker)]);
    assert!(mesh.json(&["agent", "list", "-q", "denied<10m and not seen<10m"]).is_empty());
}
