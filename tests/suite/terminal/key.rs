//! Keys as a terminal sends them.

/// One key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character; `\r`, `\t`, `\x1b` and `\x7f` are Enter, Tab, Esc and Backspace.
    Char(char),
    Ctrl(char),
    Alt(char),
    F(u8),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
}

impl Key {
    /// The bytes that xterm sends.
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Key::Char(c) => c.to_string().into_bytes(),
            Key::Ctrl(c) => vec![u8::try_from(c).expect("Ctrl goes with ASCII") & 0x1f],
            Key::Alt(c) => format!("\x1b{c}").into_bytes(),
            Key::F(number @ 1..=4) => vec![0x1b, b'O', b'O' + number],
            Key::F(number) => {
                let code = [15, 17, 18, 19, 20, 21, 23, 24][usize::from(number) - 5];
                format!("\x1b[{code}~").into_bytes()
            }
            Key::Enter => b"\r".to_vec(),
            Key::Esc => b"\x1b".to_vec(),
            Key::Tab => b"\t".to_vec(),
            Key::BackTab => b"\x1b[Z".to_vec(),
            Key::Backspace => b"\x7f".to_vec(),
            Key::Delete => b"\x1b[3~".to_vec(),
            Key::Up => b"\x1b[A".to_vec(),
            Key::Down => b"\x1b[B".to_vec(),
            Key::Right => b"\x1b[C".to_vec(),
            Key::Left => b"\x1b[D".to_vec(),
            Key::Home => b"\x1b[H".to_vec(),
            Key::End => b"\x1b[F".to_vec(),
            Key::PageUp => b"\x1b[5~".to_vec(),
            Key::PageDown => b"\x1b[6~".to_vec(),
        }
    }

    pub fn is_escape(self) -> bool {
        matches!(self, Key::Esc | Key::Char('\x1b'))
    }
}
