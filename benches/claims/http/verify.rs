//! A whole request with a chain of five hops, judged and kept, beside a handler that only checks its signatures.

use std::time::Duration;

use super::bare::{self, Keys};
use super::call::{Caller, signed};
use super::load::drive;
use super::site::{Hand, Site, warden};
use crate::line::{self, HOPS};
use crate::shared::{ISSUE_5, figure, heading, quantile, rate_against};
use ed25519_dalek::VerifyingKey;
use meshwarden::policy::{Policy, Rules};
use meshwarden::warden::Word;

const CONNECTIONS: usize = 512;
const ROUNDS: usize = 5;
/// Requests of a round: some two seconds of them, so that what is done now and then is done in each.
const COLD: u64 = 15_000;
const WARM: u64 = 30_000;
/// Agents that sign requests: each has room for so many that still count.
const SIGNERS: std::ops::Range<u8> = 100..164;
const ONE_RULE: &str = "permit(principal, action, resource) when { context.depth <= 10 };";

pub fn run() {
    heading(
        "verify-http: five hops over HTTP on loopback, 512 connections kept alive, beside a bare handler",
    );
    let mut records = String::new();
    for identity in line::identities().chain(SIGNERS.map(|signer| line::identity(signer, None))) {
        identity.write_json(&mut records);
        records.push('\n');
    }
    let place = tempfile::tempdir().unwrap();
    let open = |name: &str, rules: Rules| {
        let mut warden = warden(Some(&place.path().join(name)), records.as_bytes(), Hand::Still);
        let policy = Policy { rules, ..Policy::default() };
        if policy.rules.text().is_some() {
            warden.set_policy(&policy, Word::of("bench", "one rule")).unwrap();
        }
        Site::open(warden, Hand::Still)
    };
    let (plain, ruled) =
        (open("plain", Rules::built_in()), open("ruled", Rules::parse(ONE_RULE, &[]).unwrap()));
    let checked = |agent| VerifyingKey::from_bytes(&line::key(agent).0).unwrap();
    let signers = SIGNERS
        .map(|signer| (format!("{}#{}", line::did(signer), line::key(signer).key_id()), checked(signer)));
    let keys = Keys { hops: (0..=HOPS).map(checked).collect(), signers: signers.collect() };
    let bare = bare::serve(plain.runtime(), keys);
    let mut number = 0;
    let mut rate = |(to, path): (std::net::SocketAddr, &str), cold: bool, count: u64| {
        let warm = line::chain();
        let requests = (0..count).map(|at| {
            number += 1;
            let chain = if cold { line::chain_named(number) } else { warm.clone() };
            let body = line::request_named(&chain, number.into()).to_json();
            let signer = SIGNERS.start + u8::try_from(at % SIGNERS.len() as u64).unwrap();
            let name = line::did(signer).to_string();
            signed(
                to,
                ("POST", path),
                &body,
                (&Caller { name: &name, key: &line::secret(signer) }, line::now()),
                number,
            )
        });
        let (whole, _) = drive(to, requests.collect(), CONNECTIONS, r#""decision":"allow""#);
        count as f64 / whole.as_secs_f64()
    };
    let (ours, under_rule) = ((plain.address, "/v1/verify"), (ruled.address, "/v1/verify"));
    let (bare_cold, bare_warm) = ((bare, "/v1/cold"), (bare, "/v1/warm"));
    let mut rounds: [Vec<f64>; 5] = std::array::from_fn(|_| Vec::new());
    for round in 0..=ROUNDS {
        let rates = [
            rate(bare_cold, true, COLD),
            rate(ours, true, COLD),
            rate(bare_warm, false, WARM),
            rate(ours, false, WARM),
            rate(under_rule, false, WARM),
        ];
        // The first round warms up.
        if round > 0 {
            rounds.iter_mut().zip(rates).for_each(|(round, rate)| round.push(rate));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let [cold_bare, cold, warm_bare, warm, with_rule] = rounds.map(|mut rates| {
        rates.sort_unstable_by(f64::total_cmp);
        quantile(&rates, 0.5)
    });
    figure("bare handler, seven signatures, a second", cold_bare, "");
    figure("verify, no hop seen before, a second", cold, "");
    figure("bare handler, two signatures, a second", warm_bare, "");
    figure("verify, hops seen before, a second", warm, "");
    figure("  the same under one Cedar rule, a second", with_rule, "");
    rate_against("cold: verify / bare handler", cold / cold_bare, 0.80, ISSUE_5);
    rate_against("warm: verify / bare handler", warm / warm_bare, 0.80, ISSUE_5);
    rate_against("warm, one Cedar rule: verify / bare handler", with_rule / warm_bare, 0.65, ISSUE_5);
}
