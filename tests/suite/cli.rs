//! The built binary as a command: arguments and standard input in; output, complaints and exit code out.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// The built binary.
pub const MESHWARDEN: &str = env!("CARGO_BIN_EXE_meshwarden");

/// How long any program of a test may take to answer, on a slow and busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Private directories of one user; they vanish when dropped.
pub struct Home {
    root: TempDir,
}

impl Home {
    pub fn new() -> Home {
        let home = Home { root: TempDir::with_prefix("meshwarden-test-").unwrap() };
        for (_, folder) in FOLDERS {
            std::fs::create_dir(home.path(folder)).unwrap();
        }
        home
    }

    /// A path inside these directories; nothing is created.
    pub fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(inside)
    }

    /// Writes a file inside these directories and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The whole environment of a program of this user: nothing of the developer's own leaks in.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let folders =
            FOLDERS.iter().map(|(name, folder)| (OsString::from(name), self.path(folder).into_os_string()));
        let fixed = [("LANG", "C.UTF-8"), ("TERM", "xterm-256color"), ("TZ", "UTC")]
            .map(|(n, v)| (n.into(), v.into()));
        let inherited = std::env::var_os("PATH").map(|path| (OsString::from("PATH"), path));
        folders.chain(fixed).chain(inherited).collect()
    }

    /// Runs the binary to its end.
    pub fn run(&self, args: &[&str]) -> Finished {
        self.run_with(args, &[], b"")
    }

    /// Runs the binary to its end with more environment and with standard input.
    pub fn run_with(&self, args: &[&str], env: &[(&str, &str)], stdin: &[u8]) -> Finished {
        run(
            Command::new(MESHWARDEN)
                .args(args)
                .env_clear()
                .envs(self.environment())
                .envs(env.iter().copied()),
            stdin,
        )
    }
}

/// What a program that ended left behind.
#[derive(Debug)]
pub struct Finished {
    pub stdout: String,
    pub stderr: String,
    /// `None` when a signal ended it.
    pub code: Option<i32>,
}

impl Finished {
    /// Requires the exit code; a failure prints everything.
    pub fn expect_code(self, code: i32) -> Finished {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

/// Runs any command to its end; one that outlasts [`PATIENCE`] is killed and fails the test.
pub fn run(command: &mut Command, stdin: &[u8]) -> Finished {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (stdout, stderr) = (drain(child.stdout.take().unwrap()), drain(child.stderr.take().unwrap()));
    let mut input = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    // A program may end without reading its input: that breaks the pipe, which is no failure.
    thread::spawn(move || drop(input.write_all(&stdin)));
    let stdout = within_patience(&stdout, &mut child);
    let stderr = within_patience(&stderr, &mut child);
    Finished { stdout, stderr, code: child.wait().unwrap().code() }
}

fn drain(mut stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        drop(sender.send(bytes));
    });
    receiver
}

fn within_patience(stream: &Receiver<Vec<u8>>, child: &mut Child) -> String {
    let Ok(bytes) = stream.recv_timeout(PATIENCE) else {
        child.kill().unwrap();
        panic!("the program did not end within {PATIENCE:?}");
    };
    String::from_utf8(bytes).expect("output is UTF-8")
}

const FOLDERS: &[(&str, &str)] = &[
    ("HOME", "home"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_CACHE_HOME", "cache"),
    ("TMPDIR", "tmp"),
];

#[test]
fn a_program_gets_its_input_and_leaves_output_complaints_and_code() {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "cat; echo why >&2; exit 3"]);
    let finished = run(&mut shell, b"in").expect_code(3);
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("in", "why\n"));
}

#[test]
fn a_program_that_reads_nothing_is_not_waited_for() {
    run(Command::new("/bin/sh").args(["-c", "exit 0"]), &vec![b'x'; 1 << 20]).expect_code(0);
}

#[test]
fn a_test_user_has_directories_of_its_own_and_no_more() {
    let home = Home::new();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "echo $XDG_DATA_HOME; env | grep -c CARGO"]).env_clear().envs(home.environment());
    let finished = run(&mut shell, b"");
    assert_eq!(finished.stdout, format!("{}\n0\n", home.path("data").display()));
}
