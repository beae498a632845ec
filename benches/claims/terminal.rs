//! The built program in a real pseudo-terminal, and the moments at which words come out of it.

use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_meshwarden");
const PATIENCE: Duration = Duration::from_secs(60);

/// A user with directories of their own.
pub struct User(pub PathBuf);

impl User {
    pub fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(root.join("data")).unwrap();
        Self(root)
    }

    fn environment(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        let folder = |name: &str| self.0.join(name).into_os_string();
        vec![
            ("XDG_DATA_HOME", folder("data")),
            ("XDG_CONFIG_HOME", folder("config")),
            ("XDG_STATE_HOME", folder("state")),
            ("XDG_CACHE_HOME", folder("cache")),
            ("HOME", folder("")),
            ("TERM", "xterm-256color".into()),
        ]
    }

    /// The program with these arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_clear().envs(self.environment()).current_dir(&self.0);
        command
    }

    /// What it prints.
    pub fn run(&self, arguments: &[&str]) -> String {
        let done = self.command(arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A console in a terminal.
pub struct Shown {
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
    _master: Box<dyn MasterPty + Send>,
}

impl Shown {
    /// Starts the console and waits for these words; answers how long they took.
    pub fn open(user: &User, arguments: &[&str], words: &str) -> (Self, Duration) {
        let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(arguments);
        command.env_clear();
        command.cwd(&user.0);
        user.environment().into_iter().for_each(|(name, value)| command.env(name, value));
        let mut reader = pty.master.try_clone_reader().unwrap();
        let keys = pty.master.take_writer().unwrap();
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
        let mut shown = Self { child, output, keys, _master: pty.master };
        shown.wait_for(words);
        (shown, begun.elapsed())
    }

    fn wait_for(&mut self, words: &str) {
        let mut seen = Vec::new();
        while !seen.windows(words.len()).any(|window| window == words.as_bytes()) {
            seen.extend(self.output.recv_timeout(PATIENCE).unwrap());
        }
    }

    /// Presses keys, and waits for words that only their frame has.
    pub fn press(&mut self, keys: &str, words: &str) -> Duration {
        while self.output.try_recv().is_ok() {}
        let begun = Instant::now();
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).unwrap();
        self.wait_for(words);
        begun.elapsed()
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
