//! The examples of RFC 9421.

use super::super::component::{Component, Derived};
use super::*;

/// Appendix B.1.4.
const PUBLIC: &str = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=";
const SECRET: &str = "n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU=";

/// Appendix B.2: `test-request`.
const REQUEST: Head<'static> = Head {
    method: "POST",
    scheme: "https",
    authority: "example.com",
    path: "/foo",
    query: Some("param=Value&Pet=dog"),
    fields: &[
        ("Host", b"example.com"),
        ("Date", b"Tue, 20 Apr 2021 02:07:55 GMT"),
        ("Content-Type", b"application/json"),
        ("Content-Digest", DIGEST.as_bytes()),
        ("Content-Length", b"18"),
    ],
};
const DIGEST: &str =
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";

fn components(names: &[&str]) -> Vec<Component> {
    let text =
        format!("l=({})", names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" "));
    let members = dictionary::read("signature-input", &text).unwrap();
    let dictionary::Value::List(listed) = &members[0].value else { panic!("a list") };
    listed.iter().map(|listed| Component::read(listed).unwrap()).collect()
}

fn base(names: &[&str], written: &str) -> String {
    let parameters = parameters::Parameters {
        created: now(),
        expires: now(),
        nonce: String::new(),
        keyid: String::new(),
        written: written.to_owned(),
    };
    signed::base(&REQUEST, &components(names), &parameters).unwrap()
}

fn value(head: &Head<'_>, name: &str) -> String {
    components(&[name])[0].value(head).unwrap().into_owned()
}

#[test]
fn b_2_6_the_ed25519_example_byte_for_byte() {
    let names = ["date", "@method", "@path", "@authority", "content-type", "content-length"];
    let base = base(&names, r#";created=1618884473;keyid="test-key-ed25519""#);
    let expected = concat!(
        "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n",
        "\"@method\": POST\n",
        "\"@path\": /foo\n",
        "\"@authority\": example.com\n",
        "\"content-type\": application/json\n",
        "\"content-length\": 18\n",
        "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" ",
        "\"content-length\");created=1618884473;keyid=\"test-key-ed25519\"",
    );
    assert_eq!(base, expected);
    let secret = SecretKey::from_seed(base64::decode_array(SECRET).unwrap());
    assert_eq!(secret.public_key().bytes(), KeyBytes::from_base64(PUBLIC).unwrap());
    let signature =
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    assert_eq!(base64::encode(&secret.sign(base.as_bytes())), signature);
    assert!(secret.public_key().verify(base.as_bytes(), &base64::decode_array(signature).unwrap()));
}

#[test]
fn section_2_5_the_example_of_a_base() {
    let names = ["@method", "@authority", "@path", "content-digest", "content-length", "content-type"];
    let expected = [
        "\"@method\": POST",
        "\"@authority\": example.com",
        "\"@path\": /foo",
        &format!("\"content-digest\": {DIGEST}"),
        "\"content-length\": 18",
        "\"content-type\": application/json",
        "\"@signature-params\": (\"@method\" \"@authority\" \"@path\" \"content-digest\" \"content-length\" \
         \"content-type\");created=1618884473;keyid=\"test-key-rsa-pss\"",
    ];
    assert_eq!(base(&names, r#";created=1618884473;keyid="test-key-rsa-pss""#), expected.join("\n"));
}

#[test]
fn section_2_1_lines_are_trimmed_and_joined() {
    let fields: &[(&str, &[u8])] = &[
        ("Host", b"www.example.com"),
        ("X-OWS-Header", b"   Leading and trailing whitespace.   "),
        ("Cache-Control", b"max-age=60"),
        ("cache-control", b"   must-revalidate"),
        ("Example-Dict", b"a=1,    b=2;x=1;y=2,   c=(a   b   c)"),
        ("X-Empty-Header", b""),
        ("X-Obs-Fold-Header", b"Obsolete\r\n    line folding."),
    ];
    let head = Head { fields, ..REQUEST };
    assert_eq!(value(&head, "host"), "www.example.com");
    assert_eq!(value(&head, "x-ows-header"), "Leading and trailing whitespace.");
    assert_eq!(value(&head, "cache-control"), "max-age=60, must-revalidate");
    assert_eq!(value(&head, "example-dict"), "a=1,    b=2;x=1;y=2,   c=(a   b   c)");
    assert_eq!(value(&head, "x-empty-header"), "");
    // A line fold has no place in a message since RFC 9112, and none here.
    let folded = components(&["x-obs-fold-header"])[0].value(&head);
    assert_eq!(folded.unwrap_err().code(), "request_component_absent");
    assert_eq!(components(&["absent"])[0].value(&head).unwrap_err().code(), "request_component_absent");
}

#[test]
fn section_2_2_what_is_derived() {
    let head = Head {
        authority: "www.example.com",
        path: "/path",
        query: Some("param=value"),
        fields: &[],
        ..REQUEST
    };
    assert_eq!(value(&head, "@method"), "POST");
    assert_eq!(value(&head, "@target-uri"), "https://www.example.com/path?param=value");
    assert_eq!(value(&head, "@authority"), "www.example.com");
    assert_eq!(value(&Head { scheme: "http", ..head }, "@scheme"), "http");
    assert_eq!(value(&head, "@request-target"), "/path?param=value");
    assert_eq!(value(&head, "@path"), "/path");
    for (query, expected) in [
        (Some("param=value&foo=bar&baz=bat%2Dman"), "?param=value&foo=bar&baz=bat%2Dman"),
        (Some("queryString"), "?queryString"),
        (Some(""), "?"),
        (None, "?"),
    ] {
        assert_eq!(value(&Head { query, ..head }, "@query"), expected);
    }
    let bare = Head { path: "", query: None, ..head };
    assert_eq!(value(&bare, "@path"), "/");
    assert_eq!(value(&bare, "@target-uri"), "https://www.example.com/");
}

#[test]
fn section_2_2_3_an_authority_is_lower_case_without_the_schemes_port() {
    for (scheme, authority, expected) in [
        ("https", "WWW.Example.com:443", "www.example.com"),
        ("HTTPS", "www.example.com:443", "www.example.com"),
        ("http", "www.example.com:80", "www.example.com"),
        ("http", "www.example.com:443", "www.example.com:443"),
        ("https", "www.example.com:8443", "www.example.com:8443"),
    ] {
        assert_eq!(value(&Head { scheme, authority, ..REQUEST }, "@authority"), expected);
    }
}

#[test]
fn a_derived_part_is_printable_ascii_without_blanks() {
    for path in ["/a b", "/a\nb", "/\u{e9}", "/\u{7f}", "/a\t"] {
        let error = Component::Derived(Derived::Path).value(&Head { path, ..REQUEST }).unwrap_err();
        assert_eq!(error.code(), "request_component_absent", "{path:?}");
    }
}
