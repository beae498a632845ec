//! What a stranger may write into the fields.

use super::*;

const COVERED: &str = r#""@method" "@authority" "@path" "@query" "content-digest" "mesh-chain""#;

/// Parameters that are taken, with one left out.
fn parameters(without: &str) -> String {
    let seconds = |time: Time| time.micros() / 1_000_000;
    let all = [
        ("created", seconds(now()).to_string()),
        ("expires", seconds(later(60)).to_string()),
        ("nonce", format!("\"{NONCE}\"")),
        ("keyid", "\"a\"".to_owned()),
        ("tag", "\"meshwarden\"".to_owned()),
    ];
    let kept = all.iter().filter(|(name, _)| *name != without);
    kept.map(|(name, value)| format!(";{name}={value}")).collect()
}

fn sent(input: &str) -> Sent {
    let mut sent = Sent::new().signed();
    sent.set("Signature-Input", &format!("mesh={input}"));
    sent
}

/// The code that a request with this `Signature-Input` is refused by; its signature is another one's.
fn code(input: &str) -> &'static str {
    sent(input).code()
}

#[test]
fn the_forms_of_these_tests_are_taken_but_for_the_signature() {
    assert_eq!(code(&format!("({COVERED}){}", parameters(""))), "request_signature_invalid");
    assert_eq!(code(&format!("({COVERED}){};alg=\"ed25519\"", parameters(""))), "request_signature_invalid");
    let signed = Sent::new().signed();
    let sent = Sent { fields: signed.fields, ..Sent::new() };
    let sent = sent.signed_over(&format!("({COVERED}){};alg=\"ed25519\"", parameters("")));
    assert!(sent.judge().is_ok());
}

#[test]
fn what_must_be_covered_is() {
    for name in ["@method", "@authority", "@path", "@query", "content-digest", "mesh-chain"] {
        let covered = COVERED.replace(&format!("\"{name}\""), "\"accept\"");
        let error = sent(&format!("({covered}){}", parameters(""))).judge().unwrap_err();
        assert_eq!(error, SignatureError::NotCovered { name: name.to_owned() });
    }
    assert_eq!(code(&format!("(){}", parameters(""))), "request_not_covered");
}

#[test]
fn a_field_that_is_added_on_the_way_is_not_covered() {
    for name in ["If-Match", "Mesh-Proof"] {
        let mut sent = Sent::new().signed();
        assert!(sent.judge().is_ok());
        sent.set(name, "x");
        assert_eq!(sent.code(), "request_not_covered", "{name}");
    }
    let mut sent = Sent::new().signed();
    sent.fields.push(("mesh-chain".to_owned(), b"d.e.f".to_vec()));
    assert_eq!(sent.code(), "request_signature_invalid", "a second line");
}

#[test]
fn every_parameter_is_there_once_with_its_type() {
    for name in ["created", "expires", "nonce", "keyid"] {
        let missing = format!("({COVERED}){}", parameters(name));
        assert_eq!(code(&missing), "request_parameter_refused", "{name}");
        for value in ["token", "?1", "1.5", ":AAAA:", "@1", "(1)"] {
            let answer = code(&format!("{missing};{name}={value}"));
            assert!(
                ["request_parameter_refused", "request_signature_malformed"].contains(&answer),
                "{value}"
            );
        }
        let twice = format!("({COVERED}){};{name}=1", parameters(""));
        assert_eq!(code(&twice), "request_parameter_refused", "{name} twice");
    }
    for more in [";alg=\"rsa-pss-sha512\"", ";alg=ed25519", ";other=1", ";tag=\"meshwarden\""] {
        assert_eq!(
            code(&format!("({COVERED}){}{more}", parameters(""))),
            "request_parameter_refused",
            "{more}"
        );
    }
    assert_eq!(code(&format!("({COVERED}){}", parameters("tag"))), "request_unsigned");
}

#[test]
fn no_time_is_out_of_range_or_too_far_from_the_other() {
    let with = |created: i64, expires: i64| {
        let rest = parameters("created").replace(&format!(";expires={}", later(60).micros() / 1_000_000), "");
        code(&format!("({COVERED});created={created};expires={expires}{rest}"))
    };
    let start = now().micros() / 1_000_000;
    assert_eq!(with(start, start + 300), "request_signature_invalid");
    for (created, expires) in [(start, start), (start, start + 301), (start, start - 1), (-1, start)] {
        assert_eq!(with(created, expires), "request_window");
    }
    assert_eq!(with(999_999_999_999_999, 999_999_999_999_999), "request_parameter_refused");
}

#[test]
fn components_are_known_and_without_parameters() {
    for name in [
        r#""@status""#,
        r#""@query-param";name="a""#,
        r#""@signature-params""#,
        r#""@nonsense""#,
        r#""accept";sf"#,
        r#""accept";bs"#,
        r#""accept";key="a""#,
        r#""@method";req"#,
        r#""accept";tr"#,
        r#""accept";unknown"#,
        r#""Accept""#,
        r#""""#,
        r#""a b""#,
        r#""a\"b""#,
        r#""signature""#,
        r#""signature-input""#,
        r#""@method""#,
        "accept",
        "1",
    ] {
        assert_eq!(
            code(&format!("({COVERED} {name}){}", parameters(""))),
            "request_component_refused",
            "{name}"
        );
    }
    assert_eq!(code(&format!(r#"({COVERED} "absent"){}"#, parameters(""))), "request_component_absent");
}

#[test]
fn two_labels_or_two_tags_are_one_too_many() {
    let input = format!("({COVERED}){}", parameters(""));
    let both = |first: &str, second: &str| {
        let mut sent = Sent::new().signed();
        sent.set("Signature-Input", &format!("{first}={input}, {second}={input}"));
        sent.code()
    };
    assert_eq!(both("mesh", "mesh"), "request_signature_ambiguous");
    assert_eq!(both("mesh", "other"), "request_signature_ambiguous");
    let mut sent = Sent::new().signed();
    let signature = String::from_utf8(sent.field("Signature").clone()).unwrap();
    sent.fields.push(("Signature".to_owned(), signature.into_bytes()));
    assert_eq!(sent.code(), "request_signature_ambiguous");
}

#[test]
fn a_signature_for_another_purpose_beside_ours_is_not_looked_at() {
    let mut sent = Sent::new().signed();
    let others: [(&str, &[u8]); 3] = [
        ("Signature-Input", br#"proxy=("@status";req "x-unknown");created=1;tag="proxy";strange"#),
        ("Signature", b"proxy=:AAAA:, nobody=:AAAA:"),
        ("Accept", b"text/html"),
    ];
    for (name, value) in others {
        sent.fields.push((name.to_owned(), value.to_vec()));
    }
    assert!(sent.judge().is_ok());
    let other = Demand { tag: "proxy", ..Demand::default() };
    assert!(sent.with(|head| SignedRequest::read(head, &other)).is_err());
}

#[test]
fn the_tag_keeps_purposes_apart() {
    let sent = Sent::new();
    let other = Demand { tag: "elsewhere", ..Demand::default() };
    let fields = sent.with(|head| Draft::new(head, BODY, &Sent::signer(), &other)).unwrap().sign(&key());
    let mut sent = Sent::new().add(fields);
    assert_eq!(sent.code(), "request_unsigned");
    let input = String::from_utf8(sent.field("Signature-Input").clone()).unwrap();
    sent.set("Signature-Input", &input.replace("elsewhere", TAG));
    assert_eq!(sent.code(), "request_signature_invalid");
}

#[test]
fn sizes_and_counts_are_bounded_before_any_key_is_asked_for() {
    let read = |sent: &Sent| sent.read().map(drop).map_err(|error| error.code());
    for field in ["Signature-Input", "Signature", "Content-Digest"] {
        let mut sent = Sent::new().signed();
        sent.field(field).extend(vec![b' '; MAX_FIELD_BYTES]);
        assert_eq!(read(&sent), Err("request_signature_too_large"), "{field}");
        let mut sent = Sent::new().signed();
        let text = String::from_utf8(sent.field(field).clone()).unwrap();
        let many: String = (0..MAX_MEMBERS).map(|label| format!(", l{label}=:AAAA:")).collect();
        sent.set(field, &format!("{text}{many}"));
        assert_eq!(read(&sent), Err("request_signature_too_large"), "{field}");
    }
    let many: Vec<String> = (0..MAX_COMPONENTS).map(|number| format!("\"f{number}\"")).collect();
    let input = format!("({COVERED} {}){}", many.join(" "), parameters(""));
    assert_eq!(read(&sent(&input)), Err("request_signature_too_large"));
    let mut sent = Sent::new().signed();
    sent.set("Mesh-Chain", &"x".repeat(MAX_BASE_BYTES));
    assert_eq!(read(&sent), Err("request_signature_too_large"));
}

#[test]
fn a_signature_is_64_bytes_under_the_label() {
    for signature in
        ["mesh=:AAAA:", "other=:AAAA:", "mesh=(1 2)", "mesh=\"AAAA\"", "mesh", "mesh=:A:", "", "mesh=:AAAA"]
    {
        let mut sent = Sent::new().signed();
        sent.set("Signature", signature);
        assert_eq!(sent.code(), "request_signature_malformed", "{signature}");
    }
    for digest in ["sha-256=:AAAA:", "sha-256=1", "sha-512=:AAAA:", "sha-256=(:AAAA:)", "x=", "\u{e9}"] {
        let mut sent = Sent::new().signed();
        sent.set("Content-Digest", digest);
        assert!(sent.read().is_err(), "{digest}");
    }
}

#[test]
fn bytes_that_are_no_ascii_are_refused_where_they_are_covered() {
    let mut sent = Sent::new();
    sent.field("Mesh-Chain").push(0xff);
    let signer = Sent::signer();
    assert_eq!(sent.draft(&signer).unwrap_err().code(), "request_component_absent");
    let mut sent = Sent::new().signed();
    sent.field("Accept").push(0xff);
    assert!(sent.judge().is_ok(), "what is not covered is not read");
    sent.field("Signature-Input").push(0xff);
    assert_eq!(sent.code(), "request_signature_malformed");
}

#[test]
fn a_request_without_signature_fields_is_unsigned() {
    for field in ["Signature-Input", "Signature"] {
        let mut sent = Sent::new().signed();
        sent.fields.retain(|(name, _)| name != field);
        assert_eq!(sent.code(), "request_unsigned");
    }
}
