//! `policy`: check, test, explain.

use serde_json::json;

use crate::cli::Home;
use crate::cli_mesh::{family, family_file, lines, values};

const EXAMPLE: &str = include_str!("../../assets/policy.example.toml");

const PAYMENTS: &str = "[[classes]]\nname = \"payments\"\ncapabilities = [\"pay:*\"]\ngate = \"trusted\"\n";

fn file(home: &Home, name: &str, text: &str) -> String {
    home.file(name, text).display().to_string()
}

#[test]
fn the_example_is_valid_and_has_a_digest() {
    let home = Home::new();
    let policy = file(&home, "policy.toml", EXAMPLE);
    let finished = home.run(&["policy", "check", &policy]).expect_code(0);
    assert!(finished.stdout.starts_with(&format!("{policy}: valid\ndigest   ")), "{}", finished.stdout);
    let empty = file(&home, "empty.toml", "");
    let digest = |path| {
        values(&home.run(&["policy", "check", "--json", path]).expect_code(0).stdout)[0]["digest"].clone()
    };
    assert_eq!(digest(&policy), digest(&empty), "what is left out has its default");
}

#[test]
fn a_mistake_is_named_with_file_line_column_and_remedy() {
    let home = Home::new();
    let policy = file(&home, "policy.toml", "[tokens]\nttl_defualt = \"1h\"\n");
    let finished = home.run(&["policy", "check", &policy]).expect_code(1);
    assert_eq!(
        finished.stderr,
        format!(
            "meshwarden: {policy}:2:1: tokens.ttl_defualt: there is no such field; did you mean \"ttl_default\"?\n  \
             fix: correct the name; assets/policy.example.toml shows them all\n  code: policy_unknown_field\n"
        )
    );
    home.run(&["policy", "check", "nowhere.toml"]).expect_code(2);
    let latin = home.file("latin.toml", b"# \xe9").display().to_string();
    home.run(&["policy", "check", &latin]).expect_code(2);
}

#[test]
fn rules_of_a_directory_are_checked_file_by_file_against_the_classes() {
    let home = Home::new();
    let policy = file(&home, "policy.toml", PAYMENTS);
    std::fs::create_dir(home.path("rules")).unwrap();
    let rules = home.path("rules").display().to_string();
    let args = ["policy", "check", &policy, "--rules", &rules];
    home.run(&args).expect_code(2);
    home.file("rules/a.cedar", "permit(principal, action, resource);");
    home.file(
        "rules/b.cedar",
        "forbid(principal, action == Action::\"payments\", resource)\n  when { context.age > 60 };",
    );
    assert!(home.run(&args).expect_code(0).stdout.contains("rules    2 Cedar rules\n"));
    home.file("rules/c.cedar", "forbid(principal, action, resource)\n  when { context.agee > 60 };");
    let finished = home.run(&args).expect_code(1);
    assert!(
        finished.stderr.starts_with(&format!("meshwarden: {rules}/c.cedar: line 2, column 10: ")),
        "{}",
        finished.stderr
    );
    assert!(finished.stderr.ends_with("code: rules_schema\n"));
    home.file("rules/c.cedar", "forbid(principal, action, resource");
    assert!(home.run(&args).expect_code(1).stderr.ends_with("code: rules_malformed\n"));
}

#[test]
fn cases_are_met_or_the_one_that_is_not_is_named() {
    let home = Home::new();
    let policy = file(&home, "policy.toml", &format!("{PAYMENTS}[block]\nsponsors = [\"eve@example.org\"]"));
    let case =
        |name: &str, rest: &str| format!("[[case]]\nname = \"{name}\"\naction = \"pay:invoice\"\n{rest}\n");
    let good = [
        case("a trusted agent pays", "score = 700\nexpect = \"allow\""),
        case("a younger one does not", "score = 699\nexpect = \"deny\"\ncode = \"tier_too_low\""),
        case("nor one of Eve's", "score = 900\nsponsor = \"eve@example.org\"\nexpect = \"deny\""),
    ]
    .concat();
    let cases = file(&home, "cases.toml", &good);
    let args = ["policy", "test", &policy, "--cases", &cases];
    assert_eq!(home.run(&args).expect_code(0).stdout, "0 of 3 cases failed\n");

    let bad = good + &case("too long", "score = 900\nttl = \"2d\"\nexpect = \"allow\"");
    home.file("cases.toml", &bad);
    assert_eq!(
        home.run(&args).expect_code(1).stdout,
        "FAILED  too long: it must be allowed, and it was denied: policy_lifetime_exceeded (tokens live 1d at most)\n\
         1 of 4 cases failed\n"
    );
    let answers = values(&home.run(&[&args[..], &["--json"]].concat()).expect_code(1).stdout);
    assert_eq!(
        answers[3],
        json!({
            "case": "too long", "met": false, "decision": "deny", "code": "policy_lifetime_exceeded",
            "reason": "tokens live 1d at most",
        })
    );
    for (text, code) in [("", 2), ("[[case]]\nname = \"x\"", 2), ("case = []", 2)] {
        home.file("cases.toml", text);
        home.run(&args).expect_code(code);
    }
    home.file("cases.toml", case("x", "expect = \"allow\"\ncode = \"tier_too_low\""));
    assert!(
        home.run(&args)
            .expect_code(2)
            .stderr
            .contains("cases.toml:5:8: case[0].code: takes nothing where allow")
    );
}

#[test]
fn rules_are_tried_by_cases_too() {
    let home = Home::new();
    let policy = file(&home, "policy.toml", PAYMENTS);
    let rules = file(
        &home,
        "age.cedar",
        "@id(\"fresh\") permit(principal, action, resource) when { context.age < 60 };",
    );
    let cases = "[[case]]\nname = \"old\"\naction = \"pay:x\"\nscore = 800\nage = \"60s\"\nexpect = \"deny\"\ncode = \"rule_denied\"\n\
                 [[case]]\nname = \"fresh\"\naction = \"pay:x\"\nscore = 800\nage = \"59s\"\nexpect = \"allow\"\n";
    let cases = file(&home, "cases.toml", cases);
    home.run(&["policy", "test", &policy, "--cases", &cases, "--rules", &rules]).expect_code(0);
    home.run(&["policy", "test", &policy, "--cases", &cases]).expect_code(1);
}

#[test]
fn explain_says_what_a_policy_makes_of_an_agent() {
    let home = Home::new();
    let mesh = family_file(&home);
    let policy = file(&home, "policy.toml", &format!("{PAYMENTS}[breadth]\nmax_children = 1"));
    let explain = |did, action| {
        home.run(&["policy", "explain", &policy, "--registry", &mesh, "--did", did, "--action", action])
    };
    let finished = explain("aaaa0001", "read:data").expect_code(0);
    assert_eq!(
        finished.stdout,
        "did:mesh:aaaa0001  agent-aaaa0001\n\
         class    default: any tier, by a registry at most 5m old\n\
         score    500 (standard)\n\
         rules    the built-in one: what the other checks passed is permitted\n\
         children breadth.max_children allows 1, and the child would be number 2\n\
         policy   has nothing against it\n"
    );
    let finished = explain("bbbb", "pay:invoice").expect_code(1);
    assert!(
        finished.stdout.contains("policy   denies it: the class demands the tier trusted (tier_too_low)\n")
    );
    assert!(
        finished.stdout.ends_with("but      its record does not hold pay:invoice\n"),
        "{}",
        finished.stdout
    );
    explain("dddd", "read:data").expect_code(2);
    let json = home.run(&[
        "policy",
        "explain",
        &policy,
        "--registry",
        &mesh,
        "--did",
        "bbbb",
        "--action",
        "pay:x",
        "--json",
    ]);
    let answer = &values(&json.expect_code(1).stdout)[0];
    assert_eq!(
        (&answer["class"], &answer["code"], &answer["held"]),
        (&json!("payments"), &json!("tier_too_low"), &json!(false))
    );
}

#[test]
fn a_hostile_name_reaches_no_terminal_through_a_policy() {
    let home = Home::new();
    let policy = file(&home, "policy.toml", "\"\\u001b]0;x\\u0007\" = 1");
    let finished = home.run(&["policy", "check", &policy]).expect_code(1);
    assert!(!finished.stderr.contains('\u{1b}'), "{}", finished.stderr);
    let mut mesh = family();
    mesh[0]["name"] = json!("\u{202e}evil");
    let mesh = file(&home, "mesh.jsonl", &lines(&mesh));
    let empty = file(&home, "empty.toml", "");
    let finished =
        home.run(&["policy", "explain", &empty, "--registry", &mesh, "--did", "aaaa0001", "--action", "x"]);
    assert!(!finished.expect_code(0).stdout.contains('\u{202e}'));
}
