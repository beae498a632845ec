//! A page of a million agents.

use std::fs::File;

use super::call::{Caller, signed};
use super::load::drive;
use super::site::{Hand, Site, ada, hold, warden};
use crate::shared::{ISSUE_5, MILLION, against, heading, lines, ms, quantile};
use meshwarden::warden::Clock as _;

const CALLS: usize = 500;

pub fn run() {
    heading("agents-http: GET /v1/agents over 1,000,000 agents, a page of 100, one connection");
    let mut warden = warden(None, File::open(lines(MILLION)).unwrap(), Hand::Running);
    hold(&mut warden);
    let site = Site::open(warden, Hand::Running);
    let queries = [
        ("by a common word", "query=support"),
        ("by a rare word", "query=00ab"),
        ("by a word that nobody has", "query=zzqx"),
        ("by state", "query=state%3Dsuspended"),
        ("by word and state", "query=recon+state%3Dactive"),
        ("by trust and capability", "query=trust%3C300+cap%3Aread%3A*+and+not+broken"),
        ("all of them", "limit=100"),
    ];
    let mut nonce = 0;
    for (what, query) in queries {
        let path = format!("/v1/agents?{query}");
        let mut call = || {
            nonce += 1;
            signed(
                site.address,
                ("GET", &path),
                b"",
                (&Caller { name: "ada", key: &ada() }, Hand::Running.now()),
                nonce,
            )
        };
        let (warm, measured): (Vec<_>, Vec<_>) =
            ((0..20).map(|_| call()).collect(), (0..CALLS).map(|_| call()).collect());
        drive(site.address, warm, 1, "\"items\"");
        let (_, times) = drive(site.address, measured, 1, "\"items\"");
        against(&format!("{what}: 99 of 100 within"), ms(quantile(&times, 0.99)), 20.0, "ms", ISSUE_5);
    }
}
