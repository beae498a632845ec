//! From starting the program to its first useful frame, and what it costs while nobody does anything.
//!
//! The built program runs in a real pseudo-terminal on a data directory that exists; the frame counts when the words of
//! the overview have come out of the terminal.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::shared::{self, ISSUE_6, against, figure, heading, ms, quantile};
use super::terminal::{Shown, User};

/// What the overview says once its figures are there.
const FIRST: &str = "Look at first";
/// So long nobody does anything.
const IDLE: Duration = Duration::from_secs(20);

pub fn run() {
    heading("start: from the program's start to its first useful frame, at 120x40");
    for (agents, limit) in [(1_000, 100.0), (100_000, 300.0)] {
        let user = User::new("start");
        user.run(&["import", shared::lines(agents).to_str().unwrap()]);
        let mut times: Vec<Duration> = (0..11).map(|_| Shown::open(&user, &[], FIRST).1).collect();
        times.sort_unstable();
        against(&format!("{agents} agents, median of 11"), ms(quantile(&times, 0.5)), limit, "ms", ISSUE_6);
        figure("slowest", ms(quantile(&times, 1.0)), "ms");
        let (shown, _) = Shown::open(&user, &[], FIRST);
        thread::sleep(Duration::from_secs(2));
        let (before, begun) = (spent(shown.pid()), Instant::now());
        thread::sleep(IDLE);
        let share = (spent(shown.pid()) - before) / begun.elapsed().as_secs_f64() * 100.0;
        against(&format!("{agents} agents, idle for 20 s"), share, 0.5, "% of a core", ISSUE_6);
    }
}

/// Seconds of processor time that a process has spent: fields 14 and 15 of its stat, in hundredths.
fn spent(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<f64> = fields.split(' ').skip(11).take(2).map(|field| field.parse().unwrap()).collect();
    fields.iter().sum::<f64>() / 100.0
}
