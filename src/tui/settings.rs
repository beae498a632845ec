//! How the console is set up, by whoever knows options, configuration and environment.

use std::path::PathBuf;

use super::clipboard::Way;
use super::columns::{Layouts, Remember};
use super::contexts::Contexts;
use super::executor::{ExportCase, LoadPolicy, SignRekey};
use super::keymap::Keymap;
use super::start::Start;
use super::theme::Theme;
use crate::notify::Notifier;
use crate::registry::CaseId;
use crate::time::Time;

/// How the console is set up.
pub struct Settings {
    /// Colours and glyphs.
    pub theme: Theme,
    /// The keys in use.
    pub keymap: Keymap,
    /// Whether the mouse selects at first.
    pub mouse: bool,
    /// The way to the clipboard.
    pub clipboard: Way,
    /// The pipe that is told when there is nothing left to do.
    pub idle: Option<PathBuf>,
    /// The clock of the screen.
    pub clock: fn() -> Time,
    /// What to show first.
    pub start: Start,
    /// The case that is worked under at first.
    pub case: Option<CaseId>,
    /// Whom to tell of broken glass and of changes to operators.
    pub notifier: Notifier,
    /// Reads a policy from a file.
    pub load_policy: Option<LoadPolicy>,
    /// Writes a case into a directory.
    pub export_case: Option<ExportCase>,
    /// Asks a new key for its word.
    pub sign_rekey: Option<SignRekey>,
    /// Queries by name.
    pub queries: Vec<(String, String)>,
    /// Where else one can go.
    pub contexts: Contexts,
    /// The columns of each context, as they were left; why they are not known, if they should be.
    pub layouts: (Layouts, Option<String>),
    /// Keeps the columns of a context.
    pub remember: Option<Remember>,
}
