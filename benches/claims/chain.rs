//! A five-hop chain against the signature checks that nobody can do without, in one run.

use std::hint::black_box;
use std::time::Duration;

use super::line::{self, HOPS};
use super::shared::{ISSUE_3, against, figure, heading, now, quantile, time};
use meshwarden::delegation::{AuthenticChain, Chain, Memo, Proof, Token};
use meshwarden::identity::PublicKey;
use meshwarden::policy::Policy;
use meshwarden::verify::{Basis, judge};

/// Medians of several works, taken in turns so that a slow moment of the machine hits all of them.
fn medians<const N: usize>(works: [&dyn Fn(); N]) -> [f64; N] {
    const ROUNDS: usize = 301;
    const TIMES: u32 = 8;
    let mut rounds: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        for (work, rounds) in works.iter().zip(&mut rounds) {
            rounds.push(time(|| (0..TIMES).for_each(|_| work())).1 / TIMES);
        }
    }
    rounds.map(|mut rounds| {
        rounds.sort_unstable();
        quantile(&rounds, 0.5).as_secs_f64() * 1e6
    })
}

pub fn run() {
    heading("chain: five hops, keys cached, no Cedar rules");
    let (registry, policy, texts) = (line::registry(), Policy::default(), line::chain());
    let request = line::request(&texts);
    let policy_digest = policy.digest();
    let basis = Basis { registry: &registry, policy: &policy, policy_digest, index: 1, as_of: now() };
    let tokens: Vec<Token> = texts.iter().map(|text| Token::parse(text).unwrap()).collect();
    let keys: Vec<PublicKey> = (0..=HOPS).map(|agent| line::key(agent).check().unwrap()).collect();
    let proof = Proof::parse(&request.proof).unwrap();
    // Keys are remembered and signatures are not; then both.
    let (cold, warm) = (Memo::new(64, 0), Memo::new(64, 64));
    let hops = || tokens.iter().zip(&keys).for_each(|(token, key)| assert!(black_box(token.verify(key))));
    let possession = || proof.signed_by(keys.last().unwrap()).unwrap();
    let key_of = |hop: u32, _: &Token| Ok(keys.get(hop as usize).unwrap().bytes());
    let read = || {
        let chain = Chain::parse(black_box(&texts)).unwrap();
        AuthenticChain::verify(chain, key_of, &cold, now()).unwrap();
    };
    let whole = |memo: &Memo| assert!(judge(black_box(&request), &basis, memo, now()).0.allows());
    let [five, one, chain, verdict, again] =
        medians([&hops, &possession, &read, &|| whole(&cold), &|| whole(&warm)]);
    figure("five strict checks alone, keys cached", five, "us");
    figure("one strict check of a proof", one, "us");
    figure("chain read, linked and signed", chain, "us");
    figure("whole verdict with its proof, first time", verdict, "us");
    figure("whole verdict with its proof, hops seen before", again, "us");
    against("chain / five strict checks", chain / five, 1.15, "x", ISSUE_3);
    figure("whole verdict, first time / its six strict checks", verdict / (five + one), "x");
    against("hops seen before: whole verdict / its one check", again / one, 1.5, "x", ISSUE_3);
}
