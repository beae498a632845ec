//! What the threads of a console learn: the parsed screen, the last idle report, the end of the program.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use portable_pty::{Child, ExitStatus};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::fence::Fence;

pub type Writer = Arc<Mutex<Box<dyn Write + Send>>>;

/// The state of a console and the bell that rings when it changes.
pub struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

pub struct State {
    parser: vt100::Parser<Answers>,
    pub output: Vec<u8>,
    pub fence: u64,
    pub idle: Option<Idle>,
    pub exit: Option<ExitStatus>,
    pub pid: Pid,
}

/// One idle report of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    pub frame: u64,
    pub events: u64,
    pub size: (u16, u16),
}

/// What a terminal does besides drawing: it answers questions, has a title, and a clipboard.
#[derive(Default)]
struct Answers {
    pending: Vec<u8>,
    title: Vec<u8>,
    clipboard: Vec<u8>,
}

impl Shared {
    pub fn new(size: (u16, u16), pid: u32) -> Arc<Shared> {
        let (columns, rows) = at_least_one(size);
        let parser = vt100::Parser::new_with_callbacks(rows, columns, 0, Answers::default());
        let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
        let state = State { parser, output: Vec::new(), fence: 0, idle: None, exit: None, pid };
        Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() })
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        // A failed assertion of one wait must not hide behind a poisoned lock in the next.
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn wait<'a>(&self, state: MutexGuard<'a, State>, left: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, left).unwrap_or_else(|poisoned| poisoned.into_inner()).0
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Parses all output, and answers what a terminal is asked, until the terminal is closed.
    pub fn follow_output(self: &Arc<Shared>, mut terminal: Box<dyn Read + Send>, writer: Writer) {
        let shared = Arc::clone(self);
        thread::spawn(move || {
            let (mut fence, mut piece) = (Fence::default(), vec![0; 1 << 16]);
            while let Ok(read @ 1..) = terminal.read(&mut piece) {
                let (written, number) = fence.strip(&piece[..read]);
                let mut answer = Vec::new();
                shared.change(|state| {
                    state.parser.process(&written);
                    state.output.extend(written);
                    state.fence = number.unwrap_or(state.fence);
                    answer = std::mem::take(&mut state.parser.callbacks_mut().pending);
                });
                if !answer.is_empty() {
                    drop(writer.lock().unwrap().write_all(&answer));
                }
            }
        });
    }

    /// Reads idle reports until the console is dropped.
    pub fn follow_idle(self: &Arc<Shared>, fifo: File) {
        let shared = Arc::clone(self);
        thread::spawn(move || {
            for line in BufReader::new(fifo).lines().map_while(Result::ok) {
                if line.as_bytes() == END_OF_IDLE.trim_ascii_end() {
                    return;
                }
                let idle = Idle::parse(&line).unwrap_or_else(|| panic!("not an idle report: {line:?}"));
                shared.change(|state| state.idle = Some(idle));
            }
        });
    }

    /// Waits for the program's end.
    pub fn follow_exit(self: &Arc<Shared>, mut child: Box<dyn Child + Send + Sync>) {
        let shared = Arc::clone(self);
        let pid = self.lock().pid;
        thread::spawn(move || {
            // Its process id is given back only under the lock, so that no signal ever goes to a stranger.
            let ended = || waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            while let Err(rustix::io::Errno::INTR) = ended() {}
            shared.change(|state| state.exit = child.wait().ok());
        });
    }
}

impl State {
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    pub fn rows(&self) -> String {
        let columns = self.screen().size().1.get();
        self.screen().rows(0, columns).map(|row| row + "\n").collect()
    }

    pub fn title(&self) -> String {
        String::from_utf8_lossy(&self.parser.callbacks().title).into_owned()
    }

    pub fn clipboard(&self) -> String {
        String::from_utf8_lossy(&self.parser.callbacks().clipboard).into_owned()
    }

    pub fn resize(&mut self, size: (u16, u16)) {
        let (columns, rows) = at_least_one(size);
        self.parser.set_size(rows, columns);
    }

    /// Everything that helps when a wait was in vain.
    pub fn describe(&self) -> String {
        let (idle, exit, rows) = (&self.idle, &self.exit, self.rows());
        format!("last idle report: {idle:?}\nexit: {exit:?}\nscreen:\n{}", rows.trim_end())
    }
}

impl Idle {
    /// Reads `frame=<n> events=<m> size=<columns>x<rows>`.
    fn parse(line: &str) -> Option<Idle> {
        let (frame, rest) = line.strip_prefix("frame=")?.split_once(" events=")?;
        let (events, size) = rest.split_once(" size=")?;
        let (columns, rows) = size.split_once('x')?;
        Some(Idle {
            frame: frame.parse().ok()?,
            events: events.parse().ok()?,
            size: (columns.parse().ok()?, rows.parse().ok()?),
        })
    }
}

impl vt100::Callbacks for Answers {
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.title = title.to_vec();
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.clipboard = data.to_vec();
    }

    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        intermediate: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        let (row, column) = screen.cursor_position();
        match (intermediate, params, c) {
            (None, [[6]], 'n') => self.pending.extend(format!("\x1b[{};{}R", row + 1, column + 1).bytes()),
            (None, _, 'c') => self.pending.extend(b"\x1b[?62c"),
            _ => {}
        }
    }
}

/// Makes the fifo of the idle reports, and opens it for both directions: no open of it ever blocks or fails.
pub fn make_fifo(folder: &Path) -> (PathBuf, File) {
    let path = folder.join("idle");
    rustix::fs::mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).unwrap();
    let fifo = rustix::fs::open(&path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).unwrap();
    (path, File::from(fifo))
}

/// Opens the program's side of a terminal without making it ours.
pub fn open_terminal(path: &Path) -> File {
    File::from(
        rustix::fs::open(path, OFlags::WRONLY | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap(),
    )
}

/// The parser needs a column and a row even where the terminal has none.
fn at_least_one((columns, rows): (u16, u16)) -> (NonZeroU16, NonZeroU16) {
    let one = |size: u16| NonZeroU16::new(size).unwrap_or(NonZeroU16::MIN);
    (one(columns), one(rows))
}

/// What ends the thread that reads the fifo, which its own open end would keep waiting for ever.
pub const END_OF_IDLE: &[u8] = b"end\n";

#[test]
fn an_idle_report_is_read_and_anything_else_refused() {
    assert_eq!(
        Idle::parse("frame=3 events=2 size=80x24"),
        Some(Idle { frame: 3, events: 2, size: (80, 24) })
    );
    for line in ["", "frame=3 events=2", "frame=3 events=2 size=80", "frame=x events=2 size=80x24", "3"] {
        assert_eq!(Idle::parse(line), None, "{line:?}");
    }
}
