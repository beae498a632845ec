//! Texts of strangers: a terminal never gets to obey or hide a character of theirs.

use meshwarden::encoding::base64;
use meshwarden::text::is_hostile;
use serde_json::{Value, json};

use super::open;
use crate::cli::Home;
use crate::terminal::{Console, Key};

/// Bidi, zero-width, tag, C1, title and clipboard sequences, a blank that is none, and too many marks on one letter.
const EVIL: [&str; 8] = [
    "evil\u{202e}txt.exe",
    "zero\u{200b}\u{200d}\u{feff}width",
    "esc\u{1b}]0;pwned\u{7}\u{1b}[31mred",
    "c1\u{9b}2J\u{9d}52;c;AAAA\u{9c}",
    "tag\u{e0041}\u{e007f}s",
    "blank\u{2800}\u{115f}\u{3164}",
    "za\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}lgo",
    "line\u{2028}one\ntwo\r\ttab 漢字 \u{1f468}\u{200d}\u{1f469}",
];

/// Agents below each other, each text of theirs as hostile as the format allows.
fn registry(home: &Home) -> std::path::PathBuf {
    let source = include_str!("../../vectors/registry_dump_1000.json");
    let dump: Value = serde_json::from_str(source).unwrap();
    let mut agents: Vec<Value> = dump["identities"].as_array().unwrap()[..24].to_vec();
    let mut parent = Value::Null;
    for (index, agent) in agents.iter_mut().enumerate() {
        let evil = |shift: usize| EVIL[(index + shift) % EVIL.len()];
        let depth = index % 8;
        agent["name"] = json!(format!("{} {index}", evil(0)));
        agent["description"] = json!(evil(1));
        agent["organization"] = json!(evil(2));
        agent["organization_id"] = json!(evil(3));
        agent["sponsor_email"] = json!(format!("{}@{}", evil(4), evil(5)));
        agent["revocation_reason"] = json!(evil(6));
        agent["capabilities"] = json!([format!("read:{}", evil(7)), "read:data"]);
        agent["parent_did"] = if depth == 0 { Value::Null } else { parent };
        agent["delegation_depth"] = json!(depth);
        agent["status"] = json!(["active", "suspended", "active", "active"][index % 4]);
        let id = agent["did"]["unique_id"].as_str().unwrap();
        parent = json!(format!("did:mesh:{id}"));
    }
    home.file("mesh\u{202e}\u{1b}[31m\u{200b}.json", Value::Array(agents).to_string())
}

/// No cell of the screen holds a hostile character, nor does the title.
fn screen_is_clean(console: &Console) {
    let screen = console.screen();
    assert!(!screen.chars().any(|c| c != '\n' && is_hostile(c)), "{screen:?}");
    let title = console.title();
    assert!(!title.chars().any(is_hostile) && title.starts_with("meshwarden"), "{title:?}");
}

#[test]
fn no_hostile_character_reaches_a_cell_the_title_the_clipboard_or_the_stream() {
    let home = Home::new();
    let file = registry(&home);
    let mut console = open(&home, &file);
    assert!(
        console.screen().contains("\\u{202e}"),
        "the file's name is shown with marks\n{}",
        console.screen()
    );
    for walk in [
        "1", "2", "o", "o", "O", "3", " ", "jjj", "4", "l", "l", "5", "2j\r", "\t", "\t", "\t", "\t", "\t",
        "?",
    ] {
        console.keys(walk).wait_idle();
        screen_is_clean(&console);
    }
    console.key(Key::Esc).wait_idle();
    for what in ["yn", "yd", "ys", "yj", "yo", "yw", "yp", "yc", "yl"] {
        console.keys(what).wait_idle();
        screen_is_clean(&console);
        let copied = String::from_utf8(base64::decode(&console.clipboard()).unwrap()).unwrap();
        assert!(
            !copied.is_empty() && !copied.chars().any(|c| c != '\n' && is_hostile(c)),
            "{what}: {copied:?}"
        );
    }
    for (opening, answers) in [("s", "c1y"), ("s", "1y"), ("a", "oy"), ("D", "1y")] {
        console.keys("2").keys(opening).wait_idle();
        screen_is_clean(&console);
        console.keys(answers).wait_idle();
        screen_is_clean(&console);
        console.key(Key::Esc).wait_idle();
        console.keys("5").wait_idle();
        screen_is_clean(&console);
    }
    // What an operator types or pastes is no better.
    console.keys("2/").paste("\u{202e}\u{200b}evil\u{1b}[2J");
    console.wait_idle();
    screen_is_clean(&console);
    console.key(Key::Esc).key(Key::Esc).keys("sr").paste("why\u{202e}\u{200b}\u{1b}[2J\u{7}");
    console.wait_idle();
    screen_is_clean(&console);
    console.key(Key::Esc).keys("y").wait_idle();
    console.keys("5").wait_idle();
    screen_is_clean(&console);

    let output = String::from_utf8(console.output()).expect("the stream is UTF-8");
    // The program's own sequences are made of ESC, and of BEL at the end of a title; nothing else is hidden.
    let hidden = |c: char| is_hostile(c) && !matches!(c, '\u{1b}' | '\u{7}' | '\r' | '\n');
    let found: Vec<char> = output.chars().filter(|c| hidden(*c)).collect();
    assert!(found.is_empty(), "{found:?}");
    for obeyed in ["\u{1b}]0;pwned", "\u{1b}[31mred", "\u{1b}]52;c;AAAA"] {
        assert!(!output.contains(obeyed), "{obeyed:?}");
    }
}
