//! The colours of each theme, as places in the palettes that every terminal has.

use ratatui::style::Color;

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// 256 or more: those from 16 on mean the same everywhere.
    #[default]
    Many,
    /// The sixteen that each terminal paints as it likes.
    Sixteen,
    /// None.
    Mono,
}

impl Depth {
    /// What `COLORTERM` and `TERM` promise; no terminal is asked.
    pub fn of(colorterm: Option<&str>, term: Option<&str>) -> Self {
        if matches!(colorterm, Some("truecolor" | "24bit")) {
            return Self::Many;
        }
        let term = term.unwrap_or_default();
        let many = ["256color", "direct", "kitty", "alacritty", "wezterm", "foot", "ghostty"];
        if many.iter().any(|name| term.contains(name)) {
            return Self::Many;
        }
        let none = ["dumb", "unknown", "vt1", "vt2", "vt3"];
        if none.iter().any(|name| term.starts_with(name)) || term.ends_with("-m") || term.ends_with("-mono") {
            return Self::Mono;
        }
        Self::Sixteen
    }
}

/// A colour: its place among the 256, from 16 on, and its stand-in among the sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ink {
    pub many: u8,
    pub sixteen: u8,
}

const fn ink(many: u8, sixteen: u8) -> Ink {
    Ink { many, sixteen }
}

impl Ink {
    pub(super) const fn colour(self, depth: Depth) -> Color {
        match depth {
            Depth::Many => Color::Indexed(self.many),
            Depth::Sixteen => Color::Indexed(self.sixteen),
            Depth::Mono => Color::Reset,
        }
    }
}

/// The colours of a theme by what they mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub ground: Ink,
    pub text: Ink,
    pub dim: Ink,
    pub accent: Ink,
    pub danger: Ink,
    pub warning: Ink,
    pub good: Ink,
    pub cut_off: Ink,
    /// Contexts: red, yellow, green, blue, magenta, cyan.
    pub contexts: [Ink; 6],
}

pub(super) const DARK: Palette = Palette {
    ground: ink(234, 0),
    text: ink(253, 15),
    dim: ink(248, 7),
    accent: ink(80, 14),
    danger: ink(203, 9),
    warning: ink(221, 11),
    good: ink(114, 10),
    cut_off: ink(177, 13),
    contexts: [ink(203, 9), ink(221, 11), ink(114, 10), ink(111, 14), ink(177, 13), ink(80, 14)],
};

/// Of the sixteen only four are dark everywhere: words say what colour cannot.
pub(super) const LIGHT: Palette = Palette {
    ground: ink(255, 15),
    text: ink(234, 0),
    dim: ink(239, 0),
    accent: ink(24, 4),
    danger: ink(124, 1),
    warning: ink(94, 5),
    good: ink(22, 0),
    cut_off: ink(90, 4),
    contexts: [ink(124, 1), ink(94, 0), ink(22, 0), ink(25, 4), ink(90, 5), ink(23, 0)],
};

/// No two of its meanings are told apart by red and green alone.
pub(super) const HIGH_CONTRAST: Palette = Palette {
    ground: ink(16, 0),
    text: ink(231, 15),
    dim: ink(248, 7),
    accent: ink(159, 14),
    danger: ink(208, 13),
    warning: ink(227, 11),
    good: ink(75, 14),
    cut_off: ink(225, 15),
    contexts: [ink(203, 9), ink(227, 11), ink(120, 10), ink(111, 14), ink(219, 13), ink(159, 14)],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_known_by_what_it_says_of_itself() {
        for (colorterm, term, depth) in [
            (Some("truecolor"), Some("xterm"), Depth::Many),
            (Some("24bit"), None, Depth::Many),
            (None, Some("xterm-256color"), Depth::Many),
            (None, Some("tmux-256color"), Depth::Many),
            (None, Some("xterm-kitty"), Depth::Many),
            (Some(""), Some("xterm"), Depth::Sixteen),
            (None, Some("linux"), Depth::Sixteen),
            (None, Some("screen"), Depth::Sixteen),
            (None, None, Depth::Sixteen),
            (None, Some("dumb"), Depth::Mono),
            (None, Some("vt100"), Depth::Mono),
            (None, Some("vt220"), Depth::Mono),
            (None, Some("xterm-mono"), Depth::Mono),
        ] {
            assert_eq!(Depth::of(colorterm, term), depth, "{colorterm:?} {term:?}");
        }
    }

    #[test]
    fn what_is_taken_from_the_256_means_the_same_everywhere() {
        for palette in [DARK, LIGHT, HIGH_CONTRAST] {
            let inks = [
                palette.ground,
                palette.text,
                palette.dim,
                palette.accent,
                palette.danger,
                palette.warning,
                palette.good,
                palette.cut_off,
            ];
            for ink in inks.into_iter().chain(palette.contexts) {
                assert!(ink.many >= 16 && ink.sixteen < 16, "{ink:?}");
            }
        }
    }
}
