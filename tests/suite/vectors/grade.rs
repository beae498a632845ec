//! Grading as `tests/vectors/README.md` describes it.

use meshwarden::time::Time;
use serde_json::Value;

/// Compares every member of `expect`, else tries `also_allowed`.
pub(super) fn grade(case: &Value, given: &Value) -> Result<(), String> {
    let expected = &case["expect"];
    if matches(expected, given) {
        return Ok(());
    }
    let others = case["also_allowed"].as_array().map(Vec::as_slice).unwrap_or_default();
    if others.iter().any(|allowed| matches_partly(allowed, given)) {
        return Ok(());
    }
    Err(format!("expected {expected}, answered {given}"))
}

/// Members named in `expected` must match; the answer may say more at the top, and nowhere else.
fn matches(expected: &Value, given: &Value) -> bool {
    match (expected, given) {
        (Value::Object(members), Value::Object(_)) => {
            members.iter().all(|(name, value)| given.get(name).is_some_and(|given| equal(value, given)))
        }
        _ => equal(expected, given),
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
        }
        (Value::String(a), Value::String(b)) if a != b => {
            matches!((Time::parse(a), Time::parse(b)), (Ok(a), Ok(b)) if a == b)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

fn matches_partly(allowed: &Value, given: &Value) -> bool {
    match (allowed, given) {
        (Value::Object(members), _) => members
            .iter()
            .all(|(name, allowed)| given.get(name).is_some_and(|given| matches_partly(allowed, given))),
        (Value::Array(allowed), Value::Array(given)) => {
            allowed.len() == given.len() && allowed.iter().zip(given).all(|(a, b)| matches_partly(a, b))
        }
        _ => equal(allowed, given),
    }
}

#[test]
fn a_wrong_answer_is_not_graded_as_right() {
    let case = serde_json::json!({"expect": {"valid": true, "n": [1, {"a": null}]}, "also_allowed": [{"valid": false, "n": {}}]});
    let grade = |given| grade(&case, &given).is_ok();
    assert!(grade(serde_json::json!({"valid": true, "n": [1, {"a": null}], "more": 1})));
    assert!(grade(serde_json::json!({"valid": false, "n": 7})));
    assert!(!grade(serde_json::json!({"valid": true, "n": [1, {"a": 0}]})));
    assert!(!grade(serde_json::json!({"valid": true, "n": [1, {"a": null, "b": 1}]})));
    assert!(!grade(serde_json::json!({"valid": false})));
    assert!(!grade(serde_json::json!({})));
}
