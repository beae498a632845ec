use std::io::{self, Read};

use proptest::prelude::*;

use super::*;
use crate::identity::{Did, Identity, KeyBytes, Reading};
use crate::time::Time;

type Frames = Result<Vec<(String, u64, u64)>, (&'static str, u64)>;

/// One byte at a time.
struct Drip<'b>(&'b [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.0.len().min(out.len()).min(1);
        let (now, later) = self.0.split_at(count);
        out[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

/// A beginning, then one byte for ever.
struct Endless {
    start: &'static [u8],
    byte: u8,
    given: u64,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.start.read(out)?;
        out[count..].fill(self.byte);
        self.given += out.len() as u64;
        assert!(self.given < 8 << 20, "it reads on and on");
        Ok(out.len())
    }
}

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

fn document(id: &str, tail: &str) -> String {
    let key = KeyBytes([7; 32]);
    format!(
        r#"{{"did":"did:mesh:{id}","name":"a","sponsor_email":"a@b","public_key":"{}","verification_key_id":"{}"{tail}}}"#,
        key.to_base64(),
        key.key_id()
    )
}

fn options(skip_invalid: bool) -> Options {
    Options { reading: Reading { now: Time::MIN, assume_utc: false }, skip_invalid }
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
fn refused_records_are_handed_over_with_their_bytes_and_the_others_are_taken() {
    let mut text =
        format!("[{},\n17,{},", document("ab", ""), document("cd", ",\"name\":\"\u{1b}\"")).into_bytes();
    text.extend(b"{\"name\":\"\xff\"},");
    text.extend(document("ef", ",\"seed\":\"s3cret\",\"d\":1").into_bytes());
    text.extend(b"]");
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    let summary = read_all(
        &text[..],
        &options(true),
        |identity, place| {
            taken.push((identity.did.to_string(), place.index));
            Ok(())
        },
        |bad| {
            refused.push((bad.source.to_vec(), bad.error.to_string()));
            Ok(())
        },
    )
    .unwrap();
    assert_eq!((summary.taken, summary.refused), (2, 3));
    assert_eq!(summary.dropped, Dropped { count: 2, names: vec!["seed".into(), "d".into()] });
    assert_eq!(taken, [("did:mesh:ab".to_owned(), 0), ("did:mesh:ef".to_owned(), 4)]);
    assert_eq!(refused[0].0, b"17");
    assert_eq!(refused[2].0, b"{\"name\":\"\xff\"}");
    let said: Vec<&str> = refused.iter().map(|(_, said)| said.as_str()).collect();
    assert_eq!(
        said,
        [
            "2: record 2: the record is not a JSON object. Fix: a record is an object such as {\"did\": ..., \"name\": ...}.",
            "2: record 3: field name is named twice. Fix: keep one of the two.",
            "2: record 4: the text is not UTF-8. Fix: save the file as UTF-8.",
        ]
    );
}

#[test]
fn without_skipping_the_first_bad_record_ends_the_reading() {
    let text = format!(
        "{}\n{}\n{}\n",
        document("ab", ""),
        document("cd", ",\"sponsor_email\":\"x\"").replacen("\"sponsor_email\":\"a@b\",", "", 1),
        document("ef", "")
    );
    let mut taken = 0;
    let error = read_all(
        text.as_bytes(),
        &options(false),
        |_, _| {
            taken += 1;
            Ok(())
        },
        |_| Ok(()),
    )
    .unwrap_err();
    assert_eq!(taken, 1);
    assert_eq!(
        error.to_string(),
        "2: record 2 (did:mesh:cd): field sponsor_email is not an email address. Fix: name the human who answers for the agent."
    );
    assert_eq!(error.did(), Some(&Did::parse("did:mesh:cd").unwrap()));
}

#[test]
fn a_duplicate_names_both_places_and_a_failing_sink_ends_the_reading() {
    let text = format!("{}\n\n{}\n", document("ab", ""), document("ab", ""));
    let first = Place { line: 1, index: 0 };
    let twice = |_: &Identity<'_>, place: Place| {
        if place.index == 0 { Ok(()) } else { Err(Fault::Duplicate { first }) }
    };
    let error = read_all(text.as_bytes(), &options(false), twice, |_| Ok(())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "3: record 2 (did:mesh:ab): the DID is that of record 1 in line 1 already. Fix: keep one of the two."
    );
    assert_eq!(read_all(text.as_bytes(), &options(true), twice, |_| Ok(())).unwrap().refused, 1);
    let full = read_all(text.as_bytes(), &options(true), twice, |_| Err(io::ErrorKind::StorageFull.into()));
    assert_eq!(full.unwrap_err().code(), "refused_unwritable");
    let stopped = read_all(text.as_bytes(), &options(true), |_, _| Err(Fault::Stopped), |_| Ok(()));
    assert_eq!(stopped.unwrap_err().code(), "input_stopped");
}

#[test]
fn no_message_repeats_what_the_input_said() {
    let hostile = "\u{1b}[31mEVIL\u{202e}";
    let records = [
        document("ab", &format!(",\"{hostile}\":1,\"{hostile}\":2")).replace('\u{1b}', "\\u001b"),
        document("ab", &format!(",\"{hostile}\":{{\"x\":1,\"x\":2}}")).replace('\u{1b}', "\\u001b"),
        document("ab", &format!(",\"status\":\"{hostile}\"")).replace('\u{1b}', "\\u001b"),
        document("ab", &format!(",\"x\":\"{hostile}\"")),
        document("ab", ",\"x\":\"\\ud800\",\"y\":\"EVIL\""),
        document("ab", ",\"trust_score\":123456789012345678901234567890,\"x\":\"EVIL\""),
        document("EVIL", ""),
        hostile.to_owned(),
    ];
    let text = records.join("\n");
    let mut said = Vec::new();
    let text = format!("{}\n{text}", document("cd", ""));
    let summary = read_all(
        text.as_bytes(),
        &options(true),
        |_, _| Ok(()),
        |bad| {
            said.push(bad.error.to_string());
            Ok(())
        },
    )
    .unwrap();
    assert_eq!(summary.refused as usize, records.len());
    for message in said {
        assert!(!message.contains("EVIL") && !message.contains('\u{1b}'), "{message}");
    }
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
