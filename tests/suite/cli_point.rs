//! `point`: programs that the mesh knows by name.

use serde_json::json;

use crate::cli_mesh::values;
use crate::cli_operator::Held;

#[test]
fn a_program_is_known_by_what_it_shows_until_it_is_dismissed() {
    let held = Held::new();
    held.key("edge");
    let by = |arguments: &[&str]| held.by("ada", arguments);
    let certificate = "AB:".repeat(31) + "AB";
    by(&["point", "enrol", "edge", "--key", &held.public("edge"), "--uid", "33"]).expect_code(0);
    by(&["point", "enrol", "gateway", "--certificate", &certificate]).expect_code(0);
    let listed = values(&held.home.run(&["point", "list", "--json"]).expect_code(0).stdout);
    assert_eq!(listed.len(), 2);
    let edge = (&listed[0]["name"], &listed[0]["role"], &listed[0]["key"], &listed[0]["uid"]);
    let public = held.public("edge");
    assert_eq!(edge, (&json!("edge"), &json!("enforcement_point"), &json!(public), &json!(33)));
    assert_eq!(listed[1]["certificate"], json!("ab".repeat(32)));
    let refused = |arguments: &[&str], code: &str| {
        let finished = by(arguments).expect_code(4);
        assert!(finished.stderr.contains(&format!("code: {code}\n")), "{code}: {finished:?}");
    };
    refused(&["point", "enrol", "edge", "--uid", "34"], "operator_name_taken");
    refused(&["point", "enrol", "ada", "--uid", "34"], "operator_name_taken");
    refused(&["point", "enrol", "Edge", "--uid", "34"], "operator_name_refused");
    refused(&["point", "enrol", "other", "--uid", "33"], "point_credential_refused");
    refused(&["point", "enrol", "other", "--certificate", &certificate], "point_credential_refused");
    refused(&["point", "enrol", "other", "--key", &held.public("edge")], "operator_key_refused");
    refused(&["point", "enrol", "other", "--key", &held.public("ada")], "operator_key_refused");
    refused(&["point", "dismiss", "nobody", "--reason", "x"], "point_unknown");
    by(&["point", "enrol", "other"]).expect_code(2);
    by(&["point", "dismiss", "edge", "--reason", "gone"]).expect_code(0);
    by(&["point", "enrol", "edge", "--uid", "33", "--role", "signal-source"]).expect_code(0);
    held.home.run(&["log", "verify"]).expect_code(0);
}

#[test]
fn only_an_admin_enrols_and_nobody_takes_the_name_of_a_program() {
    let held = Held::new();
    held.join("rex", "responder");
    let enrol = ["point", "enrol", "grace", "--uid", "33"];
    let weak = held.by("rex", &enrol).expect_code(4);
    assert!(weak.stderr.contains("operator_role_too_weak"), "{weak:?}");
    held.home.run(&enrol).expect_code(4);
    held.by("ada", &enrol).expect_code(0);
    held.key("grace");
    let invitation = held.home.run(&["operator", "invite", "grace", "--role", "viewer"]).expect_code(0);
    let invitation = held.home.file("invitation", invitation.stdout).display().to_string();
    let accepted = held.home.run(&["operator", "accept", &invitation, "--key", &held.path("grace")]);
    let accepted = held.home.file("accepted", accepted.expect_code(0).stdout).display().to_string();
    let add = held.by("ada", &["operator", "add", &accepted, "--reason", "joins"]).expect_code(4);
    assert!(add.stderr.contains("operator_name_taken"), "{add:?}");
}
