//! Whatever the bytes, reading them ends without a panic, and every frame is a part of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use meshwarden::identity::{Identity, Reading};
use meshwarden::ingest::{Framer, read_scores};
use meshwarden::time::Time;

fuzz_target!(|input: &[u8]| {
    let reading = Reading {
        now: Time::MAX,
        assume_utc: true,
    };
    let mut framer = Framer::new(input);
    while let Some(frame) = framer.next() {
        match frame {
            Ok(frame) => {
                let text = frame.text.as_bytes();
                assert!(input.windows(text.len().max(1)).any(|part| part == text));
                let _ = Identity::from_json(frame.text, &reading).map_err(|error| error.to_string());
            }
            Err(error) => drop(error.to_string()),
        }
    }
    let _ = read_scores(input).map_err(|error| error.to_string());
});
