//! The fuzz targets on a stable compiler: the saved corpus, and what a seeded mutator makes of it.
//!
//! `MESHWARDEN_FUZZ_SECONDS` is how long each target is driven (default: a fifth of a second), and
//! `MESHWARDEN_SEED` repeats a run.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

#[path = "../../fuzz/targets.rs"]
mod targets;

/// Longer than any input of this size can take unless the work is unbounded.
const STUCK: Duration = Duration::from_secs(20);
const LARGEST: usize = 64 * 1024;

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test] fn $name() { drive(stringify!($name), targets::$name); })*

        #[test]
        fn every_target_has_a_corpus_and_a_program_for_cargo_fuzz() {
            let fuzz = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz");
            let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
            let source = fs::read_to_string(fuzz.join("targets.rs")).unwrap();
            let names = [$(stringify!($name)),*];
            for name in names {
                assert!(!corpus(name).is_empty(), "{name} has no corpus");
                assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in fuzz/Cargo.toml");
                assert!(fuzz.join(format!("fuzz_targets/{name}.rs")).exists(), "{name} has no program");
            }
            assert_eq!(source.matches("\npub fn ").count(), names.len(), "a target is not driven here");
        }
    };
}

targets! {
    did identity jwk ingest change entry query policy trust_event handshake key_statement token chain scope_chain verdict
    key_file decision search message_signature problem
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut paths: Vec<_> =
        fs::read_dir(directory).into_iter().flatten().map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

fn drive(name: &str, target: fn(&[u8])) {
    let seconds = std::env::var("MESHWARDEN_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_secs_f64(seconds.unwrap_or(0.2));
    let seed = std::env::var("MESHWARDEN_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| u64::from(std::process::id()));
    let mut mutator = Mutator { rng: ChaCha12Rng::seed_from_u64(seed), corpus: corpus(name) };
    let saved = mutator.corpus.clone();
    for input in &saved {
        judge(name, target, input, seed);
    }
    let mut count = 0u64;
    while Instant::now() < end {
        let input = mutator.next();
        judge(name, target, &input, seed);
        count += 1;
    }
    println!("{name}: {} saved inputs and {count} made from them, seed {seed}", saved.len());
}

fn judge(name: &str, target: fn(&[u8]), input: &[u8], seed: u64) {
    let begun = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| target(input)));
    let took = begun.elapsed();
    if outcome.is_err() || took > STUCK {
        let shown = String::from_utf8_lossy(input);
        panic!("{name} fails (seed {seed}, {took:?}) on {} bytes:\n{shown}\n{input:02x?}", input.len());
    }
}

/// Makes inputs from saved ones: cuts, joins, repeats, flips, and puts in what parsers stumble over.
struct Mutator {
    rng: ChaCha12Rng,
    corpus: Vec<Vec<u8>>,
}

const STUMBLING_BLOCKS: [&[u8]; 24] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"-1",
    b"18446744073709551616",
    b"1e999",
    b"9007199254740992",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"~",
    b".",
    b"=",
    b"+00:00",
    b"9999-12-31T23:59:59Z",
    b"did:mesh:",
    b"*",
];

impl Mutator {
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from(self.rng.next_u64() % bound).unwrap()
    }

    fn next(&mut self) -> Vec<u8> {
        let at = self.below(self.corpus.len());
        let mut input = self.corpus.get(at).cloned().unwrap_or_default();
        for _ in 0..=self.below(6) {
            self.change(&mut input);
        }
        input.truncate(LARGEST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let (from, to) = (self.below(input.len() + 1), self.below(input.len() + 1));
        let (from, to) = (from.min(to), from.max(to));
        match self.below(8) {
            0 if from < input.len() => input[from] ^= 1 << self.below(8),
            1 => drop(input.drain(from..to)),
            2 => {
                let part = input[from..to].to_vec();
                let times = 1 + self.below(40);
                drop(input.splice(from..from, part.repeat(times.min(LARGEST / (part.len() + 1)))));
            }
            3 => {
                let block = STUMBLING_BLOCKS[self.below(STUMBLING_BLOCKS.len())];
                let times = if self.below(20) == 0 { 300 } else { 1 };
                drop(input.splice(from..to.min(from + block.len()), block.repeat(times)));
            }
            4 => {
                let other = self.below(self.corpus.len());
                let other = self.corpus.get(other).cloned().unwrap_or_default();
                let cut = self.below(other.len() + 1);
                input.truncate(from);
                input.extend_from_slice(&other[cut..]);
            }
            5 => {
                let byte = u8::try_from(self.below(256)).unwrap();
                input.insert(from, byte);
            }
            6 if to < input.len() => input.swap(from, to),
            _ => {
                // A digit that is another digit is often still well formed.
                let digits: Vec<usize> =
                    (0..input.len()).filter(|at| input[*at].is_ascii_alphanumeric()).collect();
                if !digits.is_empty() {
                    let at = digits[self.below(digits.len())];
                    input[at] = b"0123456789abcdefAZ"[self.below(18)];
                }
            }
        }
    }
}
