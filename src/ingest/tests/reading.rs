use std::io;

use super::super::*;
use crate::identity::{Did, Identity, KeyBytes, Reading};
use crate::time::Time;

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
