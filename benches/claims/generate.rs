//! Inventing a million agents.

use super::shared::{self, MILLION, against, figure, heading, time};

pub fn run() {
    heading("generate: 1,000,000 agents as JSON Lines");
    let mut bytes = 0;
    let mut text = String::new();
    let ((), took) = time(|| {
        for identity in shared::plan(MILLION).mesh() {
            text.clear();
            identity.write_json(&mut text);
            bytes += text.len();
        }
    });
    against("invented and written to memory", took.as_secs_f64(), 60.0, "s", "issue 2, Must 8");
    figure("size", bytes as f64 / 1e6, "MB");
}
