//! Which context this is: a name and a colour, on every screen and in every dialog.

/// The longest name of a context, in bytes.
pub const MAX_CONTEXT_NAME: usize = 24;

/// The colour of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContextColour {
    /// That of the title.
    #[default]
    Usual,
    /// Red.
    Red,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Magenta.
    Magenta,
    /// Cyan.
    Cyan,
}

impl ContextColour {
    /// The colour of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "red" => Self::Red,
            "yellow" => Self::Yellow,
            "green" => Self::Green,
            "blue" => Self::Blue,
            "magenta" => Self::Magenta,
            "cyan" => Self::Cyan,
            _ => return None,
        })
    }
}

/// The name and the colour of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Badge {
    // In place, so that a theme can be copied into every corner of the screen.
    name: [u8; MAX_CONTEXT_NAME],
    length: usize,
    /// The colour.
    pub colour: ContextColour,
}

impl Badge {
    /// A badge; the name has 1 to 24 letters, digits, `-`, `_` or `.` of ASCII.
    pub fn new(name: &str, colour: ContextColour) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || !name.bytes().all(fits) {
            return None;
        }
        let mut bytes = [0; MAX_CONTEXT_NAME];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        Some(Self { name: bytes, length: name.len(), colour })
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.name.get(..self.length).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        let name = |text: &str| Badge::new(text, ContextColour::Red).map(|badge| badge.name().to_owned());
        assert_eq!(name("prod-eu.1").as_deref(), Some("prod-eu.1"));
        assert_eq!(name(&"x".repeat(24)).as_deref(), Some("x".repeat(24).as_str()));
        for refused in ["", " ", "a b", "prod\u{202e}", "é", &"x".repeat(25)] {
            assert_eq!(name(refused), None, "{refused:?}");
        }
    }
}
