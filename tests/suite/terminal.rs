//! The console in a real pseudo-terminal, its screen parsed, awaited by idleness and never by sleeping.
//!
//! The program under test is told by `MESHWARDEN_IDLE` the path of a fifo. Each time that its queue and its effects are
//! empty after a frame was drawn and flushed, it writes one line there, in one `write`:
//!
//! ```text
//! frame=<n> events=<m> size=<columns>x<rows>\n
//! ```
//!
//! - `frame`: how many frames were drawn; rises.
//! - `events`: how many input events were consumed since the start: a key, an escape sequence that is one key, a
//!   bracketed paste. **Resizes do not count**: several of them may reach the program as one.
//! - `size`: the size of the terminal that the last frame was drawn for.
//!
//! [`Console::wait_idle`] accepts only a report with exactly the events that were sent and the size that was set, so a
//! report of an earlier frame never passes. The report may still overtake the frame, because the kernel hands over
//! terminal output in the background. So the harness then writes a fence into the terminal behind the frame, and waits
//! until the fence comes out: all that was drawn before has then been parsed.

mod fake;
mod fence;
mod key;
mod shared;

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use rustix::termios::{LocalModes, tcgetattr};
use tempfile::TempDir;

use crate::cli::{Home, MESHWARDEN, PATIENCE};
use fence::Fence;
pub use key::Key;
use shared::{Idle, Shared, State, Writer};

/// A program in a terminal of its own; dropping it kills the program.
pub struct Console {
    shared: Arc<Shared>,
    master: Box<dyn MasterPty + Send>,
    writer: Writer,
    /// Our own end of the program's side of the terminal: the way of the fences.
    slave: File,
    /// Our end of the idle fifo, also open for writing, so that neither side ever waits for the other to open it.
    idle: File,
    sent: Sent,
    patience: Duration,
    _fifo: TempDir,
    _home: Option<Home>,
}

/// What the program must have taken in before it counts as idle.
#[derive(Debug)]
struct Sent {
    events: u64,
    size: (u16, u16),
    fences: u64,
    /// Bytes that follow a bare escape too soon would be read as one key with it.
    after_escape: bool,
}

impl Console {
    /// Opens the built binary for a user of its own; `size` is columns and rows.
    pub fn open(args: &[&str], env: &[(&str, &str)], size: (u16, u16)) -> Console {
        let home = Home::new();
        let mut console = Console::open_in(&home, args, env, size);
        console._home = Some(home);
        console
    }

    /// Opens the built binary for a user who stays when the console is gone.
    pub fn open_in(home: &Home, args: &[&str], env: &[(&str, &str)], size: (u16, u16)) -> Console {
        Console::spawn(home, MESHWARDEN, args, env, size)
    }

    /// Opens any program, such as a shell that has job control.
    pub fn spawn(
        home: &Home,
        program: impl AsRef<OsStr>,
        args: &[&str],
        env: &[(&str, &str)],
        size: (u16, u16),
    ) -> Console {
        let fifo = TempDir::with_prefix("meshwarden-idle-").unwrap();
        let (path, idle) = shared::make_fifo(fifo.path());

        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        command.env("MESHWARDEN_IDLE", path);
        for (name, value) in env {
            command.env(name, value);
        }
        command.cwd(home.path(""));

        let pty = native_pty_system().openpty(pty_size(size)).unwrap();
        let slave = shared::open_terminal(&pty.master.tty_name().unwrap());
        let child = pty.slave.spawn_command(command).unwrap();
        let writer: Writer = Arc::new(std::sync::Mutex::new(pty.master.take_writer().unwrap()));
        let shared = Shared::new(size, child.process_id().unwrap());
        shared.follow_output(pty.master.try_clone_reader().unwrap(), Arc::clone(&writer));
        shared.follow_idle(idle.try_clone().unwrap());
        shared.follow_exit(child);
        Console {
            shared,
            master: pty.master,
            writer,
            slave,
            idle,
            sent: Sent { events: 0, size, fences: 0, after_escape: false },
            patience: PATIENCE,
            _fifo: fifo,
            _home: None,
        }
    }

    /// Sets how long any wait may take.
    pub fn with_patience(mut self, patience: Duration) -> Console {
        self.patience = patience;
        self
    }

    /// Types each character as one key: `\r` is Enter, `\t` Tab, `\x1b` Esc, `\x7f` Backspace, `\x01` Ctrl-a.
    pub fn keys(&mut self, text: &str) -> &mut Console {
        for c in text.chars() {
            self.key(Key::Char(c));
        }
        self
    }

    /// Presses one key: one event.
    pub fn key(&mut self, key: Key) -> &mut Console {
        self.send(&key.bytes(), 1);
        self.sent.after_escape = key.is_escape();
        self
    }

    /// Pastes a text as a terminal does: one event when the program asked for bracketed paste, else key by key.
    pub fn paste(&mut self, text: &str) -> &mut Console {
        if !self.shared.lock().screen().bracketed_paste() {
            return self.keys(text);
        }
        self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes(), 1);
        self
    }

    /// Writes bytes that no event is counted for: input of another program in this terminal, or half a sequence.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Console {
        self.send(bytes, 0);
        self
    }

    /// Resizes the terminal once everything sent before is settled; a terminal may have no columns or rows.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Console {
        self.wait_idle();
        self.resize_now(columns, rows);
        self
    }

    /// Resizes again and again while the program is still busy with the one before.
    ///
    /// The last size must differ from all others, so that only a frame of the last one counts as idle afterwards.
    pub fn storm(&mut self, sizes: &[(u16, u16)]) -> &mut Console {
        let (last, others) = sizes.split_last().expect("a storm has a last size");
        assert!(
            *last != self.sent.size && !others.contains(last),
            "the last size of a storm is unlike the others"
        );
        for &(columns, rows) in sizes {
            self.resize_now(columns, rows);
        }
        self
    }

    /// Waits until the program has taken in everything that was sent and has drawn what came of it; returns the frame.
    pub fn wait_idle(&mut self) -> u64 {
        let frame = self.wait_report();
        self.fence();
        frame
    }

    /// The rows of the screen as plain text, without trailing blanks, each ended by a line feed.
    pub fn screen(&self) -> String {
        self.shared.lock().rows()
    }

    /// Looks at the parsed screen: colours, attributes, cursor, alternate screen.
    pub fn look<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.shared.lock().screen())
    }

    /// The window title that the program set last.
    pub fn title(&self) -> String {
        self.shared.lock().title()
    }

    /// What the program copied to the clipboard last (OSC 52), still in base64.
    pub fn clipboard(&self) -> String {
        self.shared.lock().clipboard()
    }

    /// Every byte that the program wrote to the terminal.
    pub fn output(&self) -> Vec<u8> {
        self.shared.lock().output.clone()
    }

    /// Waits until a text stands on the screen, idle or not.
    pub fn wait_for(&mut self, text: &str) -> &mut Console {
        self.wait_until(&format!("{text:?} on the screen"), |screen| screen.contains(text))
    }

    /// Waits until a text no longer stands on the screen, idle or not.
    pub fn wait_gone(&mut self, text: &str) -> &mut Console {
        self.wait_until(&format!("{text:?} gone from the screen"), |screen| !screen.contains(text))
    }

    /// Waits until the rows of the screen satisfy a condition; `what` says which, should it never come.
    pub fn wait_until(&mut self, what: &str, condition: impl Fn(&str) -> bool) -> &mut Console {
        self.wait(what, |state| condition(&state.rows()).then_some(()));
        self
    }

    /// Sends a signal to the program.
    pub fn signal(&mut self, signal: Signal) -> &mut Console {
        let state = self.shared.lock();
        // Under the lock the program is either known to have ended or still has its process id.
        if state.exit.is_none() {
            kill_process(state.pid, signal).unwrap();
        }
        drop(state);
        self
    }

    /// Sends a signal to the program that has the terminal now: the one that a shell started, not the shell.
    pub fn signal_foreground(&mut self, signal: Signal) -> &mut Console {
        let group = self.master.process_group_leader().expect("somebody has the terminal");
        kill_process_group(Pid::from_raw(group).unwrap(), signal).unwrap();
        self
    }

    /// Whether the terminal edits and echoes lines, as it does when no program has taken it over.
    pub fn reads_lines(&self) -> bool {
        let modes = tcgetattr(&self.slave).unwrap().local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Kills the program where it stands (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.exit();
    }

    /// Waits for the program's end; `None` when a signal ended it.
    pub fn exit_code(&mut self) -> Option<u32> {
        let status = self.exit();
        status.signal().is_none().then(|| status.exit_code())
    }

    /// Waits for the program's end, with everything that it wrote parsed.
    pub fn exit(&mut self) -> ExitStatus {
        let status = self.wait("the end of the program", |state| state.exit.clone());
        self.fence();
        status
    }

    fn send(&mut self, bytes: &[u8], events: u64) {
        // Before its first frame the program has not taken over the terminal, and a key would be line-edited away.
        let first = events > 0 && self.sent.events == 0;
        if std::mem::take(&mut self.sent.after_escape) || first {
            self.wait_report();
        }
        self.sent.events += events;
        let mut writer = self.writer.lock().unwrap();
        writer.write_all(bytes).and_then(|()| writer.flush()).expect("the terminal takes input");
    }

    fn resize_now(&mut self, columns: u16, rows: u16) {
        self.sent.size = (columns, rows);
        // The parser first: what the program draws for the new size must meet the new size.
        self.shared.lock().resize(self.sent.size);
        self.master.resize(pty_size(self.sent.size)).unwrap();
    }

    fn wait_report(&self) -> u64 {
        let Sent { events, size, .. } = self.sent;
        self.wait(&format!("an idle report of {events} events at {size:?}"), |state| match &state.idle {
            Some(Idle { events: consumed, .. }) if *consumed > events => {
                panic!("{events} events were sent, {consumed} consumed: resizes do not count, a sequence counts once")
            }
            Some(idle) if idle.events == events && idle.size == size => Some(idle.frame),
            _ if state.exit.is_some() => panic!("the program ended before it was idle\n{}", state.describe()),
            _ => None,
        })
    }

    /// Waits until everything that was written to the terminal so far has been parsed.
    fn fence(&mut self) {
        self.sent.fences += 1;
        let number = self.sent.fences;
        self.slave.write_all(&Fence::bytes(number)).unwrap();
        self.wait("the terminal's output", |state| (state.fence >= number).then_some(()));
    }

    fn wait<T>(&self, what: &str, condition: impl Fn(&State) -> Option<T>) -> T {
        let deadline = Instant::now() + self.patience;
        let mut state = self.shared.lock();
        loop {
            if let Some(found) = condition(&state) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                panic!("waited {:?} in vain for {what}\n{}", self.patience, state.describe());
            }
            state = self.shared.wait(state, left);
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        drop(self.idle.write_all(shared::END_OF_IDLE));
    }
}

fn pty_size((cols, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}
