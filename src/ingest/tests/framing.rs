use std::io::{self, Read};

use proptest::prelude::*;

use super::super::{Framer, MAX_RECORD};
use super::{Drip, Endless};

type Frames = Result<Vec<(String, u64, u64)>, (&'static str, u64)>;

fn frames(reader: impl Read) -> Frames {
    let mut framer = Framer::new(reader);
    let mut found = Vec::new();
    while let Some(frame) = framer.next() {
        match frame {
            Ok(frame) => found.push((frame.text.to_owned(), frame.place.line, frame.place.index)),
            Err(error) => return Err((error.code(), error.place().line)),
        }
    }
    Ok(found)
}

fn texts(text: &str) -> Vec<String> {
    let found = frames(text.as_bytes()).unwrap();
    found.into_iter().map(|(text, ..)| text).collect()
}

fn refusal(bytes: &[u8]) -> (&'static str, u64) {
    frames(bytes).unwrap_err()
}

#[test]
fn every_shape_gives_the_same_records() {
    for text in [
        "[{\"did\":1},{\"did\":2}]",
        "\u{feff}  [ {\"did\":1} ,\r\n{\"did\":2} ] \n",
        "{\"identities\":[{\"did\":1},{\"did\":2}]}",
        "{\"agents\" : [{\"did\":1},{\"did\":2}]}",
        "{\"version\":\"1\",\"nested\":{\"identities\":[3]},\"identities\":[{\"did\":1},{\"did\":2}],\"cases\":[[{}]],\"n\":-1e9}\n",
        "{\"agents\":7,\"identities\":[{\"did\":1},{\"did\":2}]}",
        "{\"did\":1}\n{\"did\":2}",
        "\n\n{\"did\":1}\r\n\r\n  {\"did\":2}  \r\n",
        "{\"did\":1}{\"did\":2}",
        "{\"did\":1}  {\"did\":2}\n",
    ] {
        assert_eq!(texts(text), ["{\"did\":1}", "{\"did\":2}"], "{text:?}");
    }
    let pretty = "{\n  \"did\": 1\n}\n{\n  \"did\": 2,\n  \"agents\": [ ]\n}\n";
    assert_eq!(texts(pretty), ["{\n  \"did\": 1\n}", "{\n  \"did\": 2,\n  \"agents\": [ ]\n}"]);
    assert_eq!(texts("[]"), [""; 0]);
    assert_eq!(texts("{\"identities\": [\n]}"), [""; 0]);
}

#[test]
fn a_record_with_a_list_of_agents_of_its_own_is_no_wrapper() {
    let line = "{\"did\":1,\"agents\":[2]}";
    assert_eq!(texts(line), [line]);
    assert_eq!(texts(&format!("{line}\n{line}\n")), [line, line]);
}

#[test]
fn braces_quotes_and_backslashes_in_strings_are_text() {
    let records = [r#"{"a":"}{][,\"","b":"\\"}"#, r#"{"\"":{"x":["]"]},"did":"\\\\\""}"#];
    let array = format!("[{}]", records.join(" , "));
    assert_eq!(texts(&array), records);
    assert_eq!(texts(&records.join("\n")), records);
    assert_eq!(texts(&records.join("")), records);
}

#[test]
fn places_are_lines_from_one_and_records_from_zero() {
    let array = "{\"x\":[\n1],\n\"identities\":[\n\n{\"did\":\n1},{\"did\":2}\n,\n{}]}";
    let places: Vec<_> = frames(array.as_bytes()).unwrap().into_iter().map(|f| (f.1, f.2)).collect();
    assert_eq!(places, [(5, 0), (6, 1), (8, 2)]);
    let lines = "\n{\"did\":1}\n\n\n{}\n";
    let places: Vec<_> = frames(lines.as_bytes()).unwrap().into_iter().map(|f| (f.1, f.2)).collect();
    assert_eq!(places, [(2, 0), (5, 1)]);
}

#[test]
fn a_broken_input_is_refused_by_name_and_line() {
    for (text, code, line) in [
        ("", "input_empty", 1),
        (" \r\n\t\n", "input_empty", 3),
        ("\u{feff}", "input_empty", 1),
        ("hello", "input_no_records", 1),
        ("\n17", "input_no_records", 2),
        ("{}", "input_no_records", 1),
        ("{\"scores\":{}}\n", "input_no_records", 2),
        ("{\"identities\":{}}", "input_no_records", 1),
        ("[", "input_truncated", 1),
        ("[{\"did\":1}", "input_truncated", 1),
        ("[{\"did\":1},\n{\"did\":\"ab", "input_truncated", 2),
        ("[{\"did\":1},", "input_truncated", 1),
        ("{\"identities\":[{\"did\":1}]", "input_truncated", 1),
        ("{\"identities\":[{\"did\":1}],\"x\":\"", "input_truncated", 1),
        ("{\n\"did\":1,", "input_truncated", 1),
        ("{\"did\":1}\n{\"did\":2,", "input_truncated", 2),
        ("[{\"did\":1},]", "input_broken", 1),
        ("[,{\"did\":1}]", "input_broken", 1),
        ("[{\"did\":1} {\"did\":2}]", "input_broken", 1),
        ("[{\"did\":1}\n,{\"did\":[}]", "input_broken", 2),
        ("[{\"did\":\"torn\n\"}]", "input_broken", 1),
        ("[{\"did\":1}}", "input_broken", 1),
        ("{\n\"did\" 1}", "input_broken", 1),
        ("{\n\"did\": 1}\n[", "input_broken", 3),
        ("{\"identities\":[] \"x\":1}", "input_broken", 1),
        ("{\"identities\":[],\n\"agents\":[]}", "input_second_list", 2),
        ("[]\n]", "input_trailing_text", 2),
        ("[{\"did\":1}] {\"did\":2}", "input_trailing_text", 1),
        ("{\"agents\":[]} x", "input_trailing_text", 1),
    ] {
        assert_eq!(refusal(text.as_bytes()), (code, line), "{text:?}");
        assert_eq!(frames(Drip(text.as_bytes())), Err((code, line)), "{text:?} byte by byte");
    }
    assert_eq!(refusal(b"\xff\xfe[\0]\0"), ("input_not_utf8", 1));
    assert_eq!(refusal(b"[{\"did\":\"\xff\"}]"), ("input_not_utf8", 1));
}

#[test]
fn depth_64_passes_and_65_does_not_in_every_shape() {
    let record = |levels: usize| format!("{{\"did\":{}1{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    for (before, behind) in [
        ("[", "]"),
        ("{\"agents\":[", "]}"),
        ("", ""),
        ("", "\n{}"),
        ("", "{}"),
        ("{\"did\":1}\n", ""),
        ("{\n\"did\":1}\n", ""),
    ] {
        assert!(frames(format!("{before}{}{behind}", record(64)).as_bytes()).is_ok());
        let deep = format!("{before}{}{behind}", record(65));
        assert_eq!(refusal(deep.as_bytes()).0, "record_too_deep", "{before} {behind}");
    }
}

#[test]
fn one_mebibyte_passes_and_one_byte_more_does_not() {
    let record = |length: usize| format!("{{\"did\":\"{}\"}}", "x".repeat(length - 10));
    for (before, behind) in [
        ("[", "]"),
        ("{\"agents\":[", "]}"),
        ("", ""),
        ("", "\r\n{}"),
        ("", "{}"),
        ("{\"did\":1}\n", ""),
        ("{\"did\":1}\n", "\r\n{}"),
        ("{\n\"did\":1}\n", ""),
        ("{\n\"did\":1}\n", "{}"),
    ] {
        let longest = format!("{before}{}{behind}", record(MAX_RECORD));
        assert!(frames(longest.as_bytes()).is_ok(), "{before} {behind}");
        let longer = format!("{before}{}{behind}", record(MAX_RECORD + 1));
        assert_eq!(refusal(longer.as_bytes()).0, "record_too_long", "{before} {behind}");
    }
}

#[test]
fn a_wrapper_may_be_longer_than_a_record() {
    let many = "[1,\"two\"],".repeat(MAX_RECORD / 5);
    let before = format!("{{\"cases\":[{many}3],\"identities\":[{{\"did\":1}}],\"x\":[{many}3]}}");
    assert_eq!(texts(&before), ["{\"did\":1}"]);
    let plain = "[1,2],".repeat(MAX_RECORD);
    let before = format!("{{\"cases\":[{plain}3],\"identities\":[{{\"did\":1}}],\"x\":[{plain}3]}}");
    assert_eq!(texts(&before), ["{\"did\":1}"]);
}

#[test]
fn an_input_without_end_is_refused_within_a_few_mebibytes() {
    for start in [
        &b"[{\"did\":\""[..],
        b"{\"did\":\"",
        b"{\"x\":\"",
        b"{\"",
        b"{\"x\":{\"y\":\"",
        b"{\"identities\":[],\"x\":\"",
        b"{\"did\":1}\n",
        b"{\"did\":1}{\"did\":\"",
        b"[",
        b"[[",
    ] {
        for byte in *b"x1\\ {[" {
            let reader = Endless { start, byte, given: 0 };
            assert!(frames(reader).is_err(), "{:?} {byte}", String::from_utf8_lossy(start));
        }
    }
    for byte in *b" \n\"" {
        let reader = Endless { start: b"", byte, given: 0 };
        assert!(frames(reader).is_err());
    }
}

#[test]
fn the_reading_goes_on_behind_a_bad_line() {
    let long = format!("{{\"did\":\"{}\"}}", "x".repeat(MAX_RECORD * 2));
    let text = format!(
        "{{\"did\":\"torn\n{{\"did\":1}}\n{long}\n{{\"did\":2}}\n{}\n{{\"did\":3}}\n{{\"did\":4",
        "[".repeat(65)
    );
    let mut framer = Framer::new(text.as_bytes());
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    while let Some(frame) = framer.next() {
        match frame {
            Ok(frame) => good.push((frame.text.to_owned(), frame.place.line)),
            Err(error) => bad.push((error.code(), error.place().line, error.recoverable())),
        }
    }
    let good: Vec<_> = good.iter().map(|(text, line)| (text.as_str(), *line)).collect();
    assert_eq!(good, [("{\"did\":\"torn", 1), ("{\"did\":1}", 2), ("{\"did\":2}", 4), ("{\"did\":3}", 6)]);
    assert_eq!(
        bad,
        [("record_too_long", 3, true), ("record_too_deep", 5, true), ("input_truncated", 7, true)]
    );
}

#[test]
fn a_reader_that_fails_is_named() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    assert_eq!(frames(Broken), Err(("input_unreadable", 1)));
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1".to_owned()),
        Just("null".to_owned()),
        "[a-z{}\\[\\],: é]{0,8}".prop_map(|text| format!("\"{text}\"")),
        Just("\"\\\"\\\\\"".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[ {}]", items.join(", "))),
            prop::collection::vec(inner, 0..3).prop_map(|items| {
                let members: Vec<_> =
                    items.iter().enumerate().map(|(n, item)| format!("\"k{n}\" :{item}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn records_come_out_as_they_went_in_however_they_are_read(items in prop::collection::vec(json(), 0..6), crlf: bool) {
        let records: Vec<String> = items.iter().map(|item| format!("{{\"did\":{item}}}")).collect();
        let end = if crlf { "\r\n" } else { "\n" };
        for text in [records.join(end), format!("{{\"agents\":[{}]}}", records.join(", ")), format!("[{end}{}{end}]", records.join(&format!(",{end}")))] {
            if records.is_empty() && !text.contains('[') {
                continue;
            }
            let whole = frames(text.as_bytes());
            prop_assert_eq!(&whole, &frames(Drip(text.as_bytes())));
            let found: Vec<String> = whole.unwrap().into_iter().map(|(text, ..)| text).collect();
            prop_assert_eq!(&found, &records);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_the_same_in_one_piece_and_in_many(bytes in prop::collection::vec(prop::sample::select(&b"[]{}\",:\\ \n\r1adi\xff"[..]), 0..60)) {
        let whole = frames(&bytes[..]);
        prop_assert_eq!(&whole, &frames(Drip(&bytes)));
        for (text, ..) in whole.into_iter().flatten() {
            prop_assert!(bytes.windows(text.len().max(1)).any(|part| part == text.as_bytes()));
        }
    }
}
