//! Lineages far deeper than any that delegation allows.

use serde_json::{Value, json};

use crate::cli::Home;
use crate::cli_mesh::{lines, record, values};

fn chain(home: &Home, depth: u64) -> String {
    let agents: Vec<Value> = (0..depth)
        .map(|at| match at.checked_sub(1) {
            None => record("a0", json!({})),
            Some(above) => record(
                &format!("a{at:x}"),
                json!({"parent_did": format!("did:mesh:a{above:x}"), "delegation_depth": at}),
            ),
        })
        .collect();
    home.file("chain.jsonl", lines(&agents)).display().to_string()
}

#[test]
fn a_deep_lineage_is_shown_by_its_ends_within_a_bounded_width() {
    let home = Home::new();
    let file = chain(&home, 3000);
    let words = home.run(&["agent", "show", "did:mesh:abb7", "--registry", &file]).expect_code(0).stdout;
    let (_, path) = words.split_once("lineage, from the root:\n").unwrap();
    let steps: Vec<&str> = path.lines().collect();
    assert_eq!(steps.len(), 41, "{path}");
    assert!(steps[0].starts_with("  did:mesh:a0 ") && steps[40].contains("did:mesh:abb7 "), "{path}");
    assert_eq!(steps[20].trim(), "… 2960 more …");
    assert!(steps.iter().all(|step| step.len() - step.trim_start().len() <= 40), "{path}");
    let stdout = home.run(&["agent", "show", "did:mesh:abb7", "--json", "--registry", &file]).stdout;
    let detail = &values(&stdout)[0];
    assert_eq!((detail["path"].as_array().unwrap().len(), &detail["path_left_out"]), (1000, &json!(2000)));
    assert_eq!(detail["path"][500]["did"], "did:mesh:a9c4");
}

#[test]
fn a_short_lineage_is_shown_whole() {
    let home = Home::new();
    let file = chain(&home, 40);
    let words = home.run(&["agent", "show", "did:mesh:a27", "--registry", &file]).expect_code(0).stdout;
    assert!(!words.contains('…') && words.lines().filter(|line| line.starts_with("  ")).count() == 40);
}

#[test]
fn a_deep_chain_is_judged_in_one_pass() {
    let home = Home::new();
    let file = chain(&home, 20_000);
    let begun = std::time::Instant::now();
    let judged = home.run(&["lineage", "verify", "--all", "--json", &file]).expect_code(1);
    println!("20,000 lineages of up to 20,000 hops after {:?}", begun.elapsed());
    assert_eq!(judged.stdout.lines().count(), 20_000);
}
