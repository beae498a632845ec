//! biscuit-auth on a token of five blocks beside our chain of five, in one run; and what our capability questions allocate.
//!
//! `cargo run --release` in this directory. Nothing here is a test: a machine under load makes figures worse.

use std::alloc::System;
use std::hint::black_box;
use std::time::{Duration, Instant};

use biscuit_auth::builder::{AuthorizerBuilder, BiscuitBuilder, BlockBuilder};
use biscuit_auth::{AuthorizerLimits, Biscuit, KeyPair, PublicKey};
use meshwarden::delegation::{AuthenticChain, Chain, Memo, Token};
use meshwarden::policy::Policy;
use meshwarden::verify::{Basis, judge};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[path = "../../claims/line.rs"]
mod line;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ROUNDS: usize = 301;
const TIMES: u32 = 8;

/// Medians in microseconds, the works taken in turns so that a slow moment of the machine hits all of them.
fn medians<const N: usize>(works: [&dyn Fn(); N]) -> [f64; N] {
    let mut rounds: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        for (work, rounds) in works.iter().zip(&mut rounds) {
            let start = Instant::now();
            (0..TIMES).for_each(|_| work());
            rounds.push(start.elapsed() / TIMES);
        }
    }
    rounds.map(|mut rounds| {
        rounds.sort_unstable();
        rounds[ROUNDS / 2].as_secs_f64() * 1e6
    })
}

/// An authority block and four that narrow it: each checks the operation and an end, as our tokens do.
fn biscuit(root: &KeyPair) -> Vec<u8> {
    let authority = BiscuitBuilder::new()
        .code(r#"right("read:data"); right("write:orders"); check if time($t), $t < 2026-03-01T13:00:00Z;"#)
        .unwrap();
    let mut token = authority.build(root).unwrap();
    for _ in 1..line::HOPS {
        let block = BlockBuilder::new()
            .code(r#"check if operation($o), ["read:data", "write:orders"].contains($o); check if time($t), $t < 2026-03-01T13:00:00Z;"#)
            .unwrap();
        token = token.append(block).unwrap();
    }
    token.to_vec().unwrap()
}

fn authorize(bytes: &[u8], root: PublicKey) {
    let token = Biscuit::from(bytes, root).unwrap();
    let mut authorizer = AuthorizerBuilder::new()
        .code(r#"time(2026-03-01T12:00:00Z); operation("read:data"); allow if operation($o), right($o);"#)
        .unwrap()
        .build(&token)
        .unwrap();
    // The default limit of 1 ms is for production; a busy machine must not end the run.
    let limits = AuthorizerLimits { max_time: Duration::from_secs(1), ..AuthorizerLimits::default() };
    authorizer.authorize_with_limits(limits).unwrap();
}

fn peers() {
    let root = KeyPair::new();
    let bytes = biscuit(&root);
    let public = root.public();
    let (registry, policy, texts) = (line::registry(), Policy::default(), line::chain());
    let request = line::request(&texts);
    let policy_digest = policy.digest();
    let basis = Basis { registry: &registry, policy: &policy, policy_digest, index: 1, as_of: line::now() };
    let keys: Vec<_> = (0..=line::HOPS).map(|agent| line::key(agent).check().unwrap()).collect();
    let tokens: Vec<Token> = texts.iter().map(|text| Token::parse(text).unwrap()).collect();
    let (cold, warm) = (Memo::new(64, 0), Memo::new(64, 64));
    let key_of = |hop: u32, _: &Token| Ok(keys[hop as usize].bytes());
    let checks = || tokens.iter().zip(&keys).for_each(|(token, key)| assert!(black_box(token.verify(key))));
    let chain = || {
        let chain = Chain::parse(black_box(&texts)).unwrap();
        AuthenticChain::verify(chain, key_of, &cold, line::now()).unwrap();
    };
    let whole = |memo: &Memo| assert!(judge(black_box(&request), &basis, memo, line::now()).0.allows());
    let theirs = || authorize(black_box(&bytes), public);
    let [five, chain, verdict, again, biscuit] =
        medians([&checks, &chain, &|| whole(&cold), &|| whole(&warm), &theirs]);
    let size: usize = texts.iter().map(String::len).sum();
    println!("five hops, keys cached (medians of {ROUNDS} rounds, in turns)");
    let row = |what: &str, time: f64| {
        println!(
            "  {what:<62} {time:>8.1} us  {:>5.2} x five checks  {:>5.2} x biscuit",
            time / five,
            time / biscuit
        );
    };
    row("five strict Ed25519 checks alone", five);
    row(&format!("biscuit-auth 6: verify and authorize, {} bytes", bytes.len()), biscuit);
    row(&format!("ours: chain read, linked and signed, {size} bytes"), chain);
    row("ours: whole verdict, proof of possession included", verdict);
    row("ours: whole verdict, hops seen before", again);
}

fn capabilities() {
    let registry = line::registry();
    let agents: Vec<_> = registry.rows().map(|row| registry.agent(row)).collect();
    let children: Vec<_> = agents.iter().filter_map(|child| Some((*child, child.parent()?))).collect();
    const TURNS: usize = 100_000;
    let ask = |what: &str, count: usize, work: &dyn Fn() -> usize| {
        let region = Region::new(ALLOCATOR);
        let start = Instant::now();
        for _ in 0..TURNS {
            black_box(work());
        }
        let each = start.elapsed().as_secs_f64() * 1e9 / (TURNS * count) as f64;
        let allocations = region.change().allocations;
        let word = if allocations == 0 { "holds" } else { "DOES NOT HOLD" };
        println!("  {what:<62} {each:>8.1} ns, {allocations} allocations  {word}");
    };
    println!("\ncapabilities, interned ({TURNS} turns)");
    ask("has_capability, held", agents.len(), &|| {
        agents.iter().filter(|agent| agent.allows(black_box("tool:search"))).count()
    });
    ask("has_capability, not held", agents.len(), &|| {
        agents.iter().filter(|agent| agent.allows(black_box("no:such"))).count()
    });
    ask("a child narrows its parent", children.len(), &|| {
        children.iter().filter(|(child, parent)| child.narrows(parent)).count()
    });
}

fn main() {
    peers();
    capabilities();
}
