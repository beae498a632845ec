//! The first incident of the README, key by key as it stands there.

use crate::cli::Home;
use crate::terminal::Console;

const README: &str = include_str!("../../../README.md");

/// The block of this kind behind the heading.
fn block(kind: &str) -> &'static str {
    let (_, section) = README.split_once("### Your first incident in five minutes").unwrap();
    let (_, rest) = section.split_once(&format!("```{kind}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_first_incident_of_the_readme_goes_as_it_is_written() {
    let home = Home::new();
    for line in block("sh").lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["meshwarden", arguments @ .., ">", file] => {
                let made = home.run(arguments).expect_code(0).stdout;
                home.file(file, made);
            }
            ["meshwarden", "import", file] => {
                home.run(&["import", home.path(file).to_str().unwrap()]).expect_code(0);
            }
            ["meshwarden"] => {}
            other => panic!("{other:?} is not known to the test"),
        }
    }
    let mut console = Console::open_in(&home, &[], &[], (120, 40));
    console.wait_idle();
    let mut steps = 0;
    for line in block("keys").lines() {
        let (key, words) = match line.strip_prefix("paste ") {
            Some(text) => {
                console.paste(text).wait_idle();
                ("", "")
            }
            None => line.split_at(line.find("  ").unwrap_or(line.len())),
        };
        match key.trim() {
            "" => {}
            "enter" => drop(console.keys("\r").wait_idle()),
            "esc" => drop(console.keys("\x1b").wait_idle()),
            key => drop(console.keys(key).wait_idle()),
        }
        if let Some(words) = words.split('"').nth(1) {
            console.wait_for(words);
        }
        steps += 1;
    }
    assert!(steps > 8, "{steps} steps were read");
    let listed = home.run(&["log", "list", "--json"]).expect_code(0).stdout;
    assert!(listed.contains("\"suspend\""), "{listed}");
}

#[test]
fn the_key_table_of_the_readme_is_the_one_of_the_bindings() {
    let (_, rest) = README.split_once("<!-- keys: meshwarden keys --format markdown -->\n\n").unwrap();
    let table = rest.split_once("\n\n").unwrap().0;
    let printed = Home::new().run(&["keys", "--format", "markdown"]).expect_code(0).stdout;
    assert_eq!(table.trim(), printed.trim());
}
