//! A live filter over a million agents: what each typed letter costs.

use super::shared::{self, ISSUE_2, MILLION, against, figure, heading, ms, quantile, rounds};
use meshwarden::registry::Needle;

/// Typed letter by letter: names, sponsors and organizations, hex digits of DIDs, and what nobody has.
const TYPED: [&str; 6] = ["invoice", "did:mesh:c0ffee", "example", "a1b2c3", "rollout agent", "zzzz"];

pub fn run() {
    let registry = shared::open(&shared::lines(MILLION));
    heading("filter: each keystroke over 1,000,000 agents");
    let mut slowest = (0.0, String::new());
    let mut medians = Vec::new();
    for word in TYPED {
        for (end, letter) in word.char_indices() {
            let typed = word.get(..end + letter.len_utf8()).unwrap_or(word);
            let median = ms(quantile(&rounds(7, || Needle::new(&registry, typed).matches()), 0.5));
            medians.push(median);
            if median > slowest.0 {
                slowest = (median, typed.to_owned());
            }
        }
    }
    medians.sort_by(f64::total_cmp);
    figure("half of all keystrokes", quantile(&medians, 0.5), "ms");
    let found = Needle::new(&registry, &slowest.1).matches().len();
    let claim = format!("the slowest, {:?} ({found} matches)", slowest.1);
    against(&claim, slowest.0, 20.0, "ms", ISSUE_2);
}
