//! The clipboard of whoever sits at the terminal, however far away: OSC 52, through what lies between.

use std::fmt::Write as _;
use std::io;

use super::theme::Tone;
use crate::encoding::base64;
use crate::text::{visible, within};

/// So many bytes a terminal takes: 74,994 are 100,000 with the sequence around them.
pub const MOST: usize = 74_994;
/// GNU screen passes on so many bytes at a time.
const SCREEN_PIECE: usize = 500;

/// What lies between this program and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Between {
    /// Nothing.
    #[default]
    Nothing,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

/// The way to the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Way {
    /// What lies between.
    pub between: Between,
    /// Whether ssh does, too.
    pub ssh: bool,
}

/// A text that no terminal takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("NOT COPIED: {0} bytes, and a clipboard takes {MOST} at most through a terminal")]
pub struct TooLong(pub usize);

impl Way {
    /// The way that the environment tells of.
    pub fn of(said: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| said(name).is_some_and(|value| !value.is_empty());
        let term = said("TERM").unwrap_or_default();
        // Over ssh, TERM is all that is left of a tmux or screen on the other side.
        let between = match () {
            () if is_set("TMUX") || term.starts_with("tmux") => Between::Tmux,
            () if is_set("STY") || term.starts_with("screen") => Between::Screen,
            () => Between::Nothing,
        };
        Self { between, ssh: is_set("SSH_TTY") || is_set("SSH_CONNECTION") }
    }

    /// What is written to the terminal so that its clipboard holds `text`; hostile characters as marks, line breaks kept.
    ///
    /// # Errors
    /// `TooLong`.
    pub fn sequence(self, text: &str) -> Result<String, TooLong> {
        let lines: Vec<_> = text.split('\n').map(visible).collect();
        let text = lines.join("\n");
        if text.len() > MOST {
            return Err(TooLong(text.len()));
        }
        let plain = format!("\x1b]52;c;{}\x07", base64::encode(text.as_bytes()));
        Ok(match self.between {
            Between::Nothing => plain,
            // As it is for `set-clipboard on`, and wrapped for `allow-passthrough on`.
            Between::Tmux => format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
            Between::Screen => {
                let mut wrapped = String::new();
                for piece in plain.as_bytes().chunks(SCREEN_PIECE) {
                    // Everything in it is ASCII.
                    let _ = write!(wrapped, "\x1bP{}\x1b\\", String::from_utf8_lossy(piece));
                }
                wrapped
            }
        })
    }

    /// Which way it went, and that nobody answers.
    pub fn words(self) -> String {
        let between = match self.between {
            Between::Nothing => "",
            Between::Tmux => " through tmux (set-clipboard or allow-passthrough on)",
            Between::Screen => " through screen",
        };
        let ssh = if self.ssh { " over ssh" } else { "" };
        format!("sent{between}{ssh} by OSC 52; the terminal does not say whether it took it")
    }
}

/// Puts text on the clipboard, or says why not.
pub(super) fn copy(out: &mut impl io::Write, way: Way, text: &str) -> io::Result<(String, Tone)> {
    let sequence = match way.sequence(text) {
        Ok(sequence) => sequence,
        Err(error) => return Ok((error.to_string(), Tone::Bad)),
    };
    out.write_all(sequence.as_bytes())?;
    out.flush()?;
    let first = text.lines().next().unwrap_or_default();
    Ok((format!("copied {}: {}", visible(&within(first, 60)), way.words()), Tone::Plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn way(environment: &[(&str, &str)]) -> Way {
        Way::of(|name| {
            environment.iter().find(|(each, _)| *each == name).map(|(_, value)| (*value).to_owned())
        })
    }

    /// What reaches the terminal behind.
    fn unwrapped(way: Way, sequence: &str) -> String {
        match way.between {
            Between::Nothing => sequence.to_owned(),
            Between::Tmux => {
                let (plain, wrapped) = sequence.split_once("\x1bPtmux;").unwrap();
                let inner = wrapped.strip_suffix("\x1b\\").unwrap().replace("\x1b\x1b", "\x1b");
                assert_eq!(inner, plain);
                inner
            }
            Between::Screen => {
                let pieces: Vec<&str> = sequence.split("\x1b\\").filter(|piece| !piece.is_empty()).collect();
                assert!(pieces.iter().all(|piece| piece.len() <= 768), "screen cuts what is longer");
                pieces.iter().map(|piece| piece.strip_prefix("\x1bP").unwrap()).collect()
            }
        }
    }

    #[test]
    fn the_way_is_read_from_the_environment() {
        assert_eq!(way(&[("TERM", "xterm-256color")]), Way::default());
        assert_eq!(way(&[("TMUX", "/tmp/x,1,0"), ("TERM", "screen")]).between, Between::Tmux);
        assert_eq!(way(&[("STY", "1.x")]).between, Between::Screen);
        assert_eq!(
            way(&[("TERM", "tmux-256color"), ("SSH_TTY", "/dev/pts/1")]),
            Way { between: Between::Tmux, ssh: true }
        );
        assert!(!way(&[("SSH_TTY", "")]).ssh);
    }

    #[test]
    fn the_words_say_the_way_and_what_cannot_be_known() {
        let words = way(&[("TMUX", "x"), ("SSH_CONNECTION", "x")]).words();
        assert!(words.contains("through tmux") && words.contains("over ssh"), "{words}");
        assert!(words.contains("does not say whether it took it"), "{words}");
    }

    #[test]
    fn what_no_terminal_takes_is_not_sent() {
        assert!(Way::default().sequence(&"x".repeat(MOST)).unwrap().len() <= 100_000);
        assert_eq!(Way::default().sequence(&"x".repeat(MOST + 1)), Err(TooLong(MOST + 1)));
    }

    proptest! {
        #[test]
        fn what_arrives_is_the_text_and_nothing_in_it_is_hostile(text in "\\PC{0,40}(\n\\PC{0,40})?[\u{1b}\u{7}\u{202e}]?") {
            for between in [Between::Nothing, Between::Tmux, Between::Screen] {
                let way = Way { between, ssh: false };
                let sequence = unwrapped(way, &way.sequence(&text).unwrap());
                let payload = sequence.strip_prefix("\x1b]52;c;").unwrap().strip_suffix('\x07').unwrap();
                let arrived = String::from_utf8(base64::decode(payload).unwrap()).unwrap();
                prop_assert!(!arrived.chars().any(|letter| letter != '\n' && crate::text::is_hostile(letter)));
                prop_assert!(arrived.split('\n').zip(text.split('\n')).all(|(one, other)| one == visible(other)));
            }
        }
    }
}
