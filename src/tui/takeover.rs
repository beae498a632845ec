//! The terminal: taken over, given back, and taken again after a stop.

use std::io::{self, BufWriter, Stdout, Write as _};

use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::text::visible;

/// Clicks and the wheel, with places beyond column 223; nothing is told while the mouse only moves.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// Where frames go.
pub(super) type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// A screen that is empty, and is taken to be: what another one drew would stay between the words.
pub(super) fn new_screen() -> io::Result<Screen> {
    execute!(io::stdout(), Clear(ClearType::All))?;
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout())))
}

/// The terminal in the console's hands; given back when dropped, and by the panic hook before anything
/// is printed.
pub(super) struct Guard {
    title: String,
    /// The terminal was taken again after a stop; the signal that tells so is still to come.
    pub resumed: bool,
    mouse: bool,
}

impl Guard {
    pub(super) fn enter(context: &str) -> io::Result<Self> {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            previous(info);
            // A console that lost one of its threads must not go on looking alive.
            std::process::exit(70);
        }));
        let guard = Self { title: title(context), resumed: false, mouse: false };
        guard.take_over()?;
        Ok(guard)
    }

    /// Says in the title which context this is.
    pub(super) fn retitle(&mut self, context: &str) -> io::Result<()> {
        self.title = title(context);
        execute!(io::stdout(), SetTitle(&self.title))
    }

    fn take_over(&self) -> io::Result<()> {
        enable_raw_mode()?;
        execute!(
            io::stdout(),
            EnterAlternateScreen,
            EnableBracketedPaste,
            EnableFocusChange,
            cursor::Hide,
            SetTitle(&self.title)
        )?;
        if self.mouse { write_now(MOUSE_ON) } else { Ok(()) }
    }

    /// Lets the terminal tell of the mouse, or not.
    pub(super) fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        write_now(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Gives the terminal back and stops this program, until somebody continues it.
    pub(super) fn background(&self) -> io::Result<()> {
        restore();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
        Ok(())
    }

    /// Takes the terminal again and forgets what was on it, so that everything is drawn anew.
    pub(super) fn resume(&mut self, screen: &mut Screen) -> io::Result<()> {
        self.take_over()?;
        *screen = new_screen()?;
        Ok(())
    }
}

fn write_now(sequence: &str) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(sequence.as_bytes())?;
    out.flush()
}

fn title(context: &str) -> String {
    format!("meshwarden {}", visible(context))
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back; what fails here cannot be told to anyone.
fn restore() {
    let _ = write_now(MOUSE_OFF);
    let _ =
        execute!(io::stdout(), DisableFocusChange, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}
