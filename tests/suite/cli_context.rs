//! Contexts of the configuration, from the command line.

use serde_json::Value;

use crate::cli::{Finished, Home};

/// A user with a registry file that two contexts name.
struct Configured {
    home: Home,
    config: String,
}

impl Configured {
    fn new(more: &str) -> Self {
        let home = Home::new();
        let mesh = home.run(&["generate", "--agents", "20", "--seed", "3"]).expect_code(0).stdout;
        let mesh = home.file("mesh.jsonl", mesh);
        let text = format!(
            "[[context]]\nname = \"staging\"\nregistry = {mesh:?}\nenforced_by = \"nobody\"\n\n\
             [[context]]\nname = \"prod\"\nregistry = {mesh:?}\nproduction = true\n\n\
             [[context]]\nname = \"archive\"\nregistry = {mesh:?}\nread_only = true\n{more}"
        );
        let config = home.file("contexts.toml", text).display().to_string();
        Self { home, config }
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        self.home.run(&[arguments, &["--config", &self.config]].concat())
    }

    /// The first active agent.
    fn agent(&self) -> String {
        let list = self.run(&["agent", "list", "--json", "--context", "prod"]).expect_code(0).stdout;
        let active = |line: &&str| line.contains("\"state\":\"active\"");
        let line: Value = serde_json::from_str(list.lines().find(active).unwrap()).unwrap();
        line["did"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_context_is_worked_on_by_its_name() {
    let there = Configured::new("");
    let list = there.run(&["context", "list", "--json", "--context", "prod"]).expect_code(0).stdout;
    let lines: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |at: usize| (lines[at]["name"].as_str().unwrap(), lines[at]["caution"].as_str().unwrap());
    assert_eq!(
        [said(0), said(1), said(2)],
        [("staging", "open"), ("prod", "production"), ("archive", "read-only")]
    );
    assert_eq!((&lines[0]["chosen"], &lines[1]["chosen"]), (&Value::Bool(false), &Value::Bool(true)));
    let agents = there.run(&["agent", "list", "--json", "--context", "staging"]).expect_code(0).stdout;
    assert_eq!(agents.lines().count(), 20);
    let refused = there.run(&["agent", "list", "--context", "stagin"]).expect_code(2).stderr;
    assert!(refused.contains("did you mean staging?") && refused.contains("context_unknown"), "{refused}");
    there.run(&["agent", "list", "--context", "prod", "--data", "/nowhere"]).expect_code(2);
}

#[test]
fn production_takes_an_unlock_for_what_gives_authority_and_none_for_what_takes_it() {
    let there = Configured::new("");
    let agent = there.agent();
    let suspend = ["agent", "suspend", &agent, "--reason", "odd", "--yes", "--context", "prod"];
    there.run(&suspend).expect_code(0);
    let wake =
        ["agent", "reactivate", &agent, "--yes", "--reason", "back", "--override-security", "--context"];
    let refused = there.run(&[&wake[..], &["prod"]].concat()).expect_code(4).stderr;
    assert!(refused.contains("context_read_only"), "{refused}");
    there.run(&[&wake[..], &["archive", "--unlock"]].concat()).expect_code(4);
    there.run(&[&wake[..], &["prod", "--unlock"]].concat()).expect_code(0);
}

#[test]
fn a_wrong_context_is_named_with_its_place_and_the_fix() {
    let refusal = |more: &str| {
        let there = Configured::new(&format!("\n[[context]]\n{more}"));
        let refused = there.run(&["context", "list"]).expect_code(2).stderr;
        refused.lines().next().unwrap().split_once("contexts.toml:").unwrap().1.to_owned()
    };
    assert!(refusal("verifer = \"x\"").contains("unknown key \"verifer\"; did you mean \"verifier\"?"));
    assert!(refusal("verifer = \"x\"").starts_with("17:1: "), "{}", refusal("verifer = \"x\""));
    assert!(refusal("name = \"a b\"").contains("name takes 1 to 24 letters"));
    assert!(refusal("name = \"default\"").contains("default is taken"));
    assert!(refusal("name = \"x\"").contains("needs one of verifier, data and registry"));
    assert!(refusal("name = \"x\"\ndata = \"/a\"\nregistry = \"/b\"").contains("needs one of"));
    assert!(refusal("name = \"prod\"\ndata = \"/a\"").contains("another context has this name"));
    assert!(refusal("name = \"x\"\ndata = \"/a\"\ncolour = \"pink\"").contains("colour takes red"));
    let keyless = refusal("name = \"x\"\nverifier = \"https://mesh.example\"\nproduction = true");
    assert!(keyless.contains("production trusts no key on first use: add log_key"), "{keyless}");
}
