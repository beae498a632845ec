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
mod effect;
mod event;
mod executor;
mod idle;
mod keymap;
mod listing;
mod model;
mod overlays;
mod rehearsal;
mod rooms;
mod seat;
mod session;
mod stage;
mod store_work;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod update;
mod view;
mod widgets;

pub use action::{Action, RoomName};
pub use effect::{NewKey, NoKey};
pub use executor::{ExportCase, LoadPolicy, OpenAgain, SignRekey, TakeFile};
pub use keymap::{BINDINGS, Binding, Whereabouts};
pub use rehearsal::Rehearsal;
pub use terminal::{ConsoleError, Ending, FileChanged, Opening, Settings, run};
pub use theme::{Theme, ThemeName};
