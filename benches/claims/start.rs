//! From starting the program to its first useful frame, and what it costs while nobody does anything.
//!
//! The built program runs in a real pseudo-terminal on a data directory that exists; the frame counts when the words of
//! the overview have come out of the terminal.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::shared::{self, against, figure, heading, ms, quantile};

const ISSUE_6: &str = "issue 6, Must 7";
const PROGRAM: &str = env!("CARGO_BIN_EXE_meshwarden");
/// What the overview says once its figures are there.
const FIRST: &[u8] = b"Look at first";
/// So long nobody does anything.
const IDLE: Duration = Duration::from_secs(20);

/// A console in a terminal, and what comes out of it.
struct Shown {
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    _master: Box<dyn MasterPty + Send>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn run() {
    heading("start: from the program's start to its first useful frame, at 120x40");
    for (agents, limit) in [(1_000, 100.0), (100_000, 300.0)] {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("start-{}", std::process::id()));
        fs::create_dir_all(root.join("data")).unwrap();
        let mut import = Command::new(PROGRAM);
        import.arg("import").arg(shared::lines(agents)).env_clear().envs(environment(&root));
        assert!(import.output().unwrap().status.success());
        let mut times: Vec<Duration> = (0..11).map(|_| first_frame(&root).1).collect();
        times.sort_unstable();
        against(&format!("{agents} agents, median of 11"), ms(quantile(&times, 0.5)), limit, "ms", ISSUE_6);
        figure("slowest", ms(quantile(&times, 1.0)), "ms");
        let (shown, _) = first_frame(&root);
        thread::sleep(Duration::from_secs(2));
        let pid = shown.child.process_id().unwrap();
        let (before, begun) = (spent(pid), Instant::now());
        thread::sleep(IDLE);
        let share = (spent(pid) - before) / begun.elapsed().as_secs_f64() * 100.0;
        against(&format!("{agents} agents, idle for 20 s"), share, 0.5, "% of a core", ISSUE_6);
        drop(shown);
        fs::remove_dir_all(root).unwrap();
    }
}

fn environment(root: &Path) -> Vec<(&'static str, std::ffi::OsString)> {
    let folder = |name: &str| root.join(name).into_os_string();
    vec![
        ("XDG_DATA_HOME", folder("data")),
        ("XDG_CONFIG_HOME", folder("config")),
        ("XDG_STATE_HOME", folder("state")),
        ("XDG_CACHE_HOME", folder("cache")),
        ("HOME", folder("")),
        ("TERM", "xterm-256color".into()),
    ]
}

/// Starts the console and waits for its overview.
fn first_frame(root: &Path) -> (Shown, Duration) {
    let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
    let pty = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(PROGRAM);
    command.env_clear();
    environment(root).into_iter().for_each(|(name, value)| command.env(name, value));
    let mut reader = pty.master.try_clone_reader().unwrap();
    let begun = Instant::now();
    let child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let (sender, output) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            let read = buffer.iter().take(count).copied().collect();
            if sender.send(read).is_err() {
                return;
            }
        }
    });
    let shown = Shown { child, output, _master: pty.master };
    let mut seen = Vec::new();
    while !seen.windows(FIRST.len()).any(|window| window == FIRST) {
        seen.extend(shown.output.recv_timeout(Duration::from_secs(60)).unwrap());
    }
    (shown, begun.elapsed())
}

/// Seconds of processor time that a process has spent: fields 14 and 15 of its stat, in hundredths.
fn spent(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<f64> = fields.split(' ').skip(11).take(2).map(|field| field.parse().unwrap()).collect();
    fields.iter().sum::<f64>() / 100.0
}
