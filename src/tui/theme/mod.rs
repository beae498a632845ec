//! Styles by meaning. Under `NO_COLOR` no colour ever changes: only modifiers speak.

#[cfg(test)]
pub(super) mod contrast;
mod glyphs;
mod palette;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

pub use palette::Depth;

use super::badge::{Badge, ContextColour};
use crate::registry::State;
use crate::trust::Tier;
use palette::{DARK, HIGH_CONTRAST, Ink, LIGHT, Palette};

/// The themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeName {
    /// Light on dark.
    #[default]
    Dark,
    /// Dark on light.
    Light,
    /// On black, for eyes that need it; nothing is told apart by red and green.
    HighContrast,
    /// No colour at all.
    Plain,
}

impl ThemeName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::HighContrast, Self::Plain];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::Plain => "plain",
        }
    }

    /// The theme of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }

    const fn palette(self) -> Option<&'static Palette> {
        match self {
            Self::Dark => Some(&DARK),
            Self::Light => Some(&LIGHT),
            Self::HighContrast => Some(&HIGH_CONTRAST),
            Self::Plain => None,
        }
    }
}

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    /// Not done yet, or not as it should be.
    Warning,
    Bad,
}

/// Styles by what they mean.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    name: ThemeName,
    depth: Depth,
    ascii: bool,
    badge: Option<Badge>,
}

impl Theme {
    /// A theme; `NO_COLOR` wins over any name.
    pub const fn new(name: ThemeName, no_color: bool) -> Self {
        let name = if no_color { ThemeName::Plain } else { name };
        Self { name, depth: Depth::Many, ascii: false, badge: None }
    }

    /// The same theme on a terminal with so many colours.
    #[must_use]
    pub const fn on(self, depth: Depth) -> Self {
        let name = if matches!(depth, Depth::Mono) { ThemeName::Plain } else { self.name };
        Self { name, depth, ..self }
    }

    /// The same theme, all of its own glyphs from ASCII or not.
    #[must_use]
    pub const fn in_ascii(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    /// The same theme where the context of this badge is shown.
    pub(super) const fn in_context(self, badge: Option<Badge>) -> Self {
        Self { badge, ..self }
    }

    /// The context that is shown.
    pub(super) const fn badge(&self) -> Option<&Badge> {
        self.badge.as_ref()
    }

    /// Finishes a frame: what was left to the terminal gets the colours of the theme, and glyphs get their stand-ins.
    pub(super) fn finish(self, buffer: &mut Buffer) {
        if let Some(palette) = self.name.palette() {
            let (text, ground) = (palette.text.colour(self.depth), palette.ground.colour(self.depth));
            for cell in &mut buffer.content {
                if cell.fg == Color::Reset {
                    cell.fg = text;
                }
                if cell.bg == Color::Reset {
                    cell.bg = ground;
                }
            }
        }
        if self.ascii {
            glyphs::in_ascii(buffer);
        }
    }

    /// The name of the context.
    pub(super) fn context(self) -> Style {
        self.coloured(self.title()).add_modifier(self.strong() | Modifier::REVERSED)
    }

    /// In the colour of the context, if it has one.
    fn coloured(self, otherwise: Style) -> Style {
        let place = match self.badge.map(|badge| badge.colour) {
            None | Some(ContextColour::Usual) => return otherwise,
            Some(ContextColour::Red) => 0,
            Some(ContextColour::Yellow) => 1,
            Some(ContextColour::Green) => 2,
            Some(ContextColour::Blue) => 3,
            Some(ContextColour::Magenta) => 4,
            Some(ContextColour::Cyan) => 5,
        };
        self.ink(|palette| palette.contexts.get(place).copied().unwrap_or(palette.accent))
    }

    fn ink(self, of: impl FnOnce(&Palette) -> Ink) -> Style {
        match self.name.palette() {
            None => Style::new(),
            Some(palette) => Style::new().fg(of(palette).colour(self.depth)),
        }
    }

    /// What stands out; many terminals paint bold letters of the sixteen in a lighter colour, which light ground swallows.
    const fn strong(self) -> Modifier {
        match (self.name, self.depth) {
            (ThemeName::Light, Depth::Sixteen) => Modifier::UNDERLINED,
            _ => Modifier::BOLD,
        }
    }

    pub(super) fn text(self) -> Style {
        Style::new()
    }

    pub(super) fn dim(self) -> Style {
        match self.name {
            ThemeName::Plain => Style::new().add_modifier(Modifier::DIM),
            _ => self.ink(|palette| palette.dim),
        }
    }

    pub(super) fn title(self) -> Style {
        self.ink(|palette| palette.accent).add_modifier(self.strong())
    }

    pub(super) fn heading(self) -> Style {
        Style::new().add_modifier(self.strong())
    }

    pub(super) fn key(self) -> Style {
        self.title()
    }

    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn danger(self) -> Style {
        self.ink(|palette| palette.danger).add_modifier(self.strong())
    }

    pub(super) fn warning(self) -> Style {
        self.ink(|palette| palette.warning).add_modifier(self.strong())
    }

    pub(super) fn good(self) -> Style {
        self.ink(|palette| palette.good)
    }

    pub(super) fn tone(self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => self.text(),
            Tone::Good => self.good(),
            Tone::Warning => self.warning(),
            Tone::Bad => self.danger(),
        }
    }

    pub(super) fn border(self) -> Style {
        self.coloured(self.dim())
    }

    pub(super) fn state(self, state: State) -> Style {
        match state {
            State::Active => self.good(),
            State::CutOff => self.ink(|palette| palette.cut_off),
            State::Suspended => self.ink(|palette| palette.warning),
            State::Expired => self.dim(),
            State::Revoked => self.ink(|palette| palette.danger),
        }
    }

    pub(super) fn tier(self, tier: Option<Tier>) -> Style {
        match tier {
            Some(Tier::VerifiedPartner | Tier::Trusted) => self.good(),
            Some(Tier::Standard) => self.text(),
            Some(Tier::Probationary) => self.ink(|palette| palette.warning),
            Some(Tier::Untrusted) => self.ink(|palette| palette.danger),
            None => self.dim(),
        }
    }
}
