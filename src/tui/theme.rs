//! Styles by meaning. Under `NO_COLOR` no colour ever changes: only modifiers speak.

use ratatui::style::{Color, Modifier, Style};

use super::badge::{Badge, ContextColour};
use crate::registry::State;
use crate::trust::Tier;

/// The themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeName {
    /// For dark terminals.
    #[default]
    Dark,
    /// For light terminals.
    Light,
    /// No colour at all.
    Plain,
}

impl ThemeName {
    /// The theme of this name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            "plain" => Some(Self::Plain),
            _ => None,
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
    badge: Option<Badge>,
}

impl Theme {
    /// A theme; `NO_COLOR` wins over any name.
    pub const fn new(name: ThemeName, no_color: bool) -> Self {
        Self { name: if no_color { ThemeName::Plain } else { name }, badge: None }
    }

    /// The same theme where the context of this badge is shown.
    pub(super) const fn in_context(self, badge: Option<Badge>) -> Self {
        Self { badge, ..self }
    }

    /// The context that is shown.
    pub(super) const fn badge(&self) -> Option<&Badge> {
        self.badge.as_ref()
    }

    /// The name of the context.
    pub(super) fn context(self) -> Style {
        self.coloured(self.title()).add_modifier(Modifier::REVERSED | Modifier::BOLD)
    }

    /// In the colour of the context, if it has one.
    fn coloured(self, otherwise: Style) -> Style {
        match self.badge.map(|badge| badge.colour) {
            None | Some(ContextColour::Usual) => otherwise,
            Some(ContextColour::Red) => self.colour(Color::LightRed, Color::Red),
            Some(ContextColour::Yellow) => self.colour(Color::Yellow, Color::Rgb(130, 90, 0)),
            Some(ContextColour::Green) => self.colour(Color::Green, Color::Rgb(0, 100, 0)),
            Some(ContextColour::Blue) => self.colour(Color::LightBlue, Color::Blue),
            Some(ContextColour::Magenta) => self.colour(Color::Magenta, Color::Magenta),
            Some(ContextColour::Cyan) => self.colour(Color::Cyan, Color::Rgb(0, 100, 110)),
        }
    }

    fn colour(self, dark: Color, light: Color) -> Style {
        match self.name {
            ThemeName::Dark => Style::new().fg(dark),
            ThemeName::Light => Style::new().fg(light),
            ThemeName::Plain => Style::new(),
        }
    }

    fn with(self, dark: Color, light: Color, modifier: Modifier) -> Style {
        self.colour(dark, light).add_modifier(modifier)
    }

    pub(super) fn text(self) -> Style {
        Style::new()
    }

    pub(super) fn dim(self) -> Style {
        match self.name {
            ThemeName::Plain => Style::new().add_modifier(Modifier::DIM),
            _ => self.colour(Color::Gray, Color::DarkGray),
        }
    }

    pub(super) fn title(self) -> Style {
        self.with(Color::Cyan, Color::Blue, Modifier::BOLD)
    }

    pub(super) fn heading(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn key(self) -> Style {
        self.with(Color::Cyan, Color::Blue, Modifier::BOLD)
    }

    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn danger(self) -> Style {
        self.with(Color::LightRed, Color::Red, Modifier::BOLD)
    }

    pub(super) fn warning(self) -> Style {
        self.with(Color::Yellow, Color::Rgb(130, 90, 0), Modifier::BOLD)
    }

    pub(super) fn good(self) -> Style {
        self.colour(Color::Green, Color::Rgb(0, 100, 0))
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
            State::CutOff => self.with(Color::Magenta, Color::Magenta, Modifier::empty()),
            State::Suspended => self.with(Color::Yellow, Color::Rgb(130, 90, 0), Modifier::empty()),
            State::Expired => self.dim(),
            State::Revoked => self.with(Color::LightRed, Color::Red, Modifier::empty()),
        }
    }

    pub(super) fn tier(self, tier: Option<Tier>) -> Style {
        match tier {
            Some(Tier::VerifiedPartner | Tier::Trusted) => self.good(),
            Some(Tier::Standard) => self.text(),
            Some(Tier::Probationary) => self.colour(Color::Yellow, Color::Rgb(130, 90, 0)),
            Some(Tier::Untrusted) => self.colour(Color::LightRed, Color::Red),
            None => self.dim(),
        }
    }
}
