//! The console: one ordered channel of events, a pure update, a view that cannot change facts.
//!
//! ```text
//! input thread ─┐                     ┌─► effects ─► store thread, compute thread ─┐
//! signals ──────┼─► Event ─► update ──┤                                            │
//! ticker ───────┘      ▲              └─► view ─► frame                            │
//!                      └────────────────────── replies ◄───────────────────────────┘
//! ```

mod action;
mod arriving;
mod badge;
mod caution;
mod clipboard;
mod columns;
mod command;
mod contexts;
mod crumbs;
mod effect;
mod event;
mod executor;
mod focus;
mod fresh;
mod history;
mod idle;
mod journal;
mod keymap;
mod listing;
mod marks;
mod model;
mod overlays;
mod rehearsal;
mod rooms;
mod seat;
mod session;
mod settings;
mod stage;
mod start;
mod store_work;
mod takeover;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod update;
mod view;
mod widgets;

pub use action::{Action, RoomName};
pub use arriving::Underway;
pub use badge::{Badge, ContextColour};
pub use caution::Caution;
pub use clipboard::{Between, TooLong, Way};
pub use columns::{Layout, Layouts, Remember};
pub use contexts::{About, Arrival, Contexts, Destination, OpenContext};
pub use effect::{NewKey, NoKey};
pub use executor::{ExportCase, LoadPolicy, OpenAgain, SignRekey, TakeFile};
pub use keymap::{BINDINGS, Binding, Bound, Keymap, KeymapError, Rebind, Whereabouts};
pub use rehearsal::Rehearsal;
pub use settings::Settings;
pub use start::Start;
pub use terminal::{ConsoleError, Ending, FileChanged, Opening, run};
pub use theme::{Depth, Theme, ThemeName};
