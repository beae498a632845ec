//! `trust explain`: the score, and where every point of it comes from.

use serde_json::{Value, json};

use crate::cli::Home;
use crate::cli_mesh::{NOW, child, family_file, lines, members, record, values};

#[test]
fn an_agent_that_nobody_scored_is_called_unscored() {
    let home = Home::new();
    let mesh = family_file(&home);
    let finished =
        home.run(&["trust", "explain", "aaaa0001", "--registry", &mesh, "--at", NOW]).expect_code(0);
    assert_eq!(
        finished.stdout,
        format!(
            "did:mesh:aaaa0001  agent-aaaa0001\n\
             score  500 (standard, unscored: nobody ever said anything about it) at {NOW}\n  \
             +500            policy's default, since its record has no score\n"
        )
    );
}

#[test]
fn a_ceiling_far_above_is_named_with_its_holder_and_the_points_add_up() {
    let home = Home::new();
    let mesh = [
        record("aaaa0001", json!({"max_initial_trust_score": 450})),
        child("aaaa0002", "aaaa0001", 1),
        child("bbbb0003", "aaaa0002", 2),
    ];
    let mesh = home.file("mesh.jsonl", lines(&mesh)).display().to_string();
    let scores = home.file("scores.json", r#"{"did:mesh:bbbb0003": 820}"#).display().to_string();
    let args = ["trust", "explain", "bbbb", "--registry", &mesh, "--scores", &scores, "--at", NOW];
    let finished = home.run(&args).expect_code(0);
    assert!(finished.stdout.contains("score  450 (probationary) at "), "{}", finished.stdout);
    assert!(
        finished.stdout.contains("  -370            450 is the ceiling of did:mesh:aaaa0001\n"),
        "{}",
        finished.stdout
    );
    let json = home.run(&[&args[..], &["--json"]].concat()).expect_code(0).stdout;
    assert_eq!(members(&json), ["did", "score", "tier", "scored", "ceiling", "at", "causes"]);
    let answer: &Value = &values(&json)[0];
    let sum: i64 = answer["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| cause["points"].as_str().unwrap().parse::<i64>().unwrap())
        .sum();
    assert_eq!((sum, &answer["score"], &answer["scored"]), (450, &json!(450), &json!(true)));
}

#[test]
fn the_policy_s_numbers_count() {
    let home = Home::new();
    let mesh = family_file(&home);
    let policy = home.file("policy.toml", "[trust]\ndefault_score = 320").display().to_string();
    let finished =
        home.run(&["trust", "explain", "cccc", "--registry", &mesh, "--policy", &policy]).expect_code(0);
    assert!(finished.stdout.contains("score  320 (probationary"), "{}", finished.stdout);
    home.run(&["trust", "explain", "dddd", "--registry", &mesh]).expect_code(2);
    let broken = home.file("broken.toml", "[trust]\ndefault_score = 1001").display().to_string();
    let finished =
        home.run(&["trust", "explain", "cccc", "--registry", &mesh, "--policy", &broken]).expect_code(2);
    assert!(
        finished
            .stderr
            .contains("broken.toml:2:17: trust.default_score: takes a whole number from 0 to 1000")
    );
}
