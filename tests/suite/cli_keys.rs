//! `keys`: the table of the console's keys, and what a configuration makes of it.

use crate::cli::Home;
use crate::cli_mesh::values;

#[test]
fn keys_shows_what_the_configuration_says() {
    let home = Home::new();
    let config = home.file("config.toml", "[keys]\nsuspend = [\"s\", \"f5\"]\nrefresh = \"ctrl-r\"\n");
    let config = config.to_str().unwrap();
    let shown = values(&home.run(&["keys", "--json", "--config", config]).expect_code(0).stdout);
    let keys_of = |action: &str| {
        shown.iter().find(|line| line["action"] == action).map(|line| line["keys"].clone()).unwrap()
    };
    assert_eq!(keys_of("suspend"), serde_json::json!(["s", "f5"]));
    assert_eq!(keys_of("refresh"), serde_json::json!(["ctrl-r"]));
    assert_eq!(keys_of("revoke"), serde_json::json!(["D"]));
    let lineage = home.run(&["keys", "--room", "lineage"]).expect_code(0).stdout;
    assert!(lineage.contains("toggle") && !lineage.contains("approve"), "{lineage}");
    let markdown = home.run(&["keys", "--format", "markdown"]).expect_code(0).stdout;
    assert!(
        markdown.starts_with("| keys | what they do | where | name |\n|---|---|---|---|\n"),
        "{markdown}"
    );
    assert!(markdown.contains("| `?` `f1` |"), "{markdown}");
}

#[test]
fn a_key_that_cannot_be_stops_the_program_and_names_its_place() {
    let home = Home::new();
    let config = home.file("config.toml", "theme = \"dark\"\n[keys]\nsuspnd = \"f5\"\n");
    let finished = home.run(&["keys", "--config", config.to_str().unwrap()]).expect_code(2);
    let place = "config.toml:3:1: no action is called \"suspnd\"; did you mean \"suspend\"?";
    assert!(finished.stderr.contains(place), "{}", finished.stderr);
}
