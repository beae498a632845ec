use super::super::read_scores;
use super::Endless;

fn scores(text: &str) -> Result<Vec<(String, u16)>, &'static str> {
    let found = read_scores(text.as_bytes()).map_err(|error| error.fault.code())?;
    let mut found: Vec<_> = found.into_iter().map(|(did, score)| (did.unique_id(), score)).collect();
    found.sort();
    Ok(found)
}

#[test]
fn scores_are_read_from_the_trust_store_and_from_plain_tables() {
    let both = Ok(vec![("ab".to_owned(), 850), ("cd".to_owned(), 0)]);
    for text in [
        r#"{"version":"1.0","saved_at":"x","scores":{"did:mesh:ab":{"score":850,"level":"high"},"did:mesh:cd":{"score":0}},"metadata":{"did:mesh:ab":{"updated_at":"y"}}}"#,
        r#"{"agent_count":2,"scores":{"did:mesh:ab":850.0,"did:mesh:cd":0.0}}"#,
        r#"{"did:mesh:ab":850.99,"did:mesh:cd":-0.0}"#,
        "\u{feff}{\n\"did:mesh:\\u0061b\" : {\"total_score\": 850} ,\n\"did:mesh:cd\":{\"score\":0.5}}\n",
    ] {
        assert_eq!(scores(text), both, "{text}");
    }
    assert_eq!(scores("{}"), Ok(vec![]));
    assert_eq!(scores(r#"{"scores":{}}"#), Ok(vec![]));
}

#[test]
fn scores_that_are_none_are_refused() {
    for (text, code) in [
        ("", "input_empty"),
        ("[]", "scores_missing"),
        (r#"{"scores":[]}"#, "scores_missing"),
        (r#"{"version":1}"#, "scores_missing"),
        (r#"{"did:mesh:ab":1,"did:mesh:ab":1}"#, "scores_duplicate"),
        (r#"{"scores":{"did:mesh:ab":1,"did:mesh:\u0061b":1}}"#, "scores_duplicate"),
        (r#"{"scores":{},"scores":{}}"#, "scores_two_tables"),
        (r#"{"scores":{},"did:mesh:ab":1}"#, "scores_two_tables"),
        (r#"{"did:mesh:ab":1,"scores":{}}"#, "scores_two_tables"),
        (r#"{"did:mesh:ab":1,"x":1}"#, "scores_not_a_did"),
        (r#"{"did:mesh:xy":1,"did:mesh:ab":1}"#, "scores_not_a_did"),
        (r#"{"scores":{"x":1}}"#, "scores_not_a_did"),
        (r#"{"did:mesh:ab":1000.01}"#, "scores_out_of_range"),
        (r#"{"did:mesh:ab":1001}"#, "scores_out_of_range"),
        (r#"{"did:mesh:ab":-0.1}"#, "scores_out_of_range"),
        (r#"{"did:mesh:ab":1e999}"#, "scores_not_a_score"),
        (r#"{"did:mesh:ab":"1"}"#, "scores_not_a_score"),
        (r#"{"did:mesh:ab":null}"#, "scores_not_a_score"),
        (r#"{"did:mesh:ab":{"score":1,"total_score":1}}"#, "scores_not_a_score"),
        (r#"{"did:mesh:ab":{"score":1,"score":1}}"#, "scores_not_a_score"),
        (r#"{"did:mesh:ab":{}}"#, "scores_not_a_score"),
        (r#"{"did:mesh:ab":1"#, "input_truncated"),
        (r#"{"did:mesh:ab":1}{"#, "input_trailing_text"),
        (r#"{"did:mesh:ab":1,}"#, "input_broken"),
        (r#"{"did:mesh:ab" 1}"#, "input_broken"),
    ] {
        assert_eq!(scores(text), Err(code), "{text}");
    }
    for start in [&b"{\"scores\":{\"did:mesh:"[..], b"{\"x\":\"", b"{\"did:mesh:ab\":", b"{\"x\":"] {
        for byte in *b"a1[" {
            assert!(read_scores(Endless { start, byte, given: 0 }).is_err());
        }
    }
    let error = read_scores(&b"{\"did:mesh:ab\":1,\n\"did:mesh:cd\":1001}"[..]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2: did:mesh:cd: the score is not in 0..=1000. Fix: write a score from 0 to 1000."
    );
}
