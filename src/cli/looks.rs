//! How the console looks, from options, configuration and what the terminal says of itself.

use super::session::Session;
use crate::tui;

/// How the console looks: what was asked for, as far as the terminal says that it can.
pub fn theme_of(session: &Session) -> tui::Theme {
    let said = |name| std::env::var(name).ok();
    let depth = tui::Depth::of(said("COLORTERM").as_deref(), said("TERM").as_deref());
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let (global, config) = (&session.global, &session.config);
    let theme = tui::Theme::new(global.theme.unwrap_or(config.theme), no_color);
    theme.on(depth).in_ascii(global.ascii || config.ascii)
}

/// The theme of this name, as an option names it.
///
/// # Errors
/// The names that there are.
pub fn theme(name: &str) -> Result<tui::ThemeName, String> {
    let names = || tui::ThemeName::ALL.map(tui::ThemeName::as_str).join(", ");
    tui::ThemeName::parse(name).ok_or_else(|| format!("the themes are {}", names()))
}
