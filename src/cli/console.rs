//! The console: where it opens, and in what.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::contexts;
use super::error::CliError;
use super::hand::Voice;
use super::look::Look;
use super::output::{kept, note};
use super::session::Session;
use super::source;
use super::{Exit, here, looks, means, nearest, plain, remembered, told, when};
use crate::backend::Backend;
use crate::generate::Plan;
use crate::identity::KeyBytes;
use crate::registry::query::Query;
use crate::store;
use crate::text::plural;
use crate::time::Time;
use crate::tui;
use crate::warden::{Context, Kind, Opened, Place, Warden, WardenError};

/// The demo mesh: big enough to get lost in, small enough to open at once.
const DEMO_AGENTS: u32 = 1500;
const DEMO_SEED: u64 = 7;

/// Open the console (also without a command).
#[derive(Debug, Args)]
pub struct Console {
    /// Registry file or data directory
    #[arg(value_name = "FILE|DIR")]
    pub path: Option<PathBuf>,
    /// What to show first.
    #[command(flatten)]
    pub look: Look,
}

/// What the console opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// A data directory or a registry file.
    Place(Place),
    /// The usual data directory, unless nothing is in it.
    Usual(PathBuf),
    /// A mesh made up for this run.
    Demo,
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(path: Option<PathBuf>, look: Look, session: &mut Session) -> Result<Exit, CliError> {
    if look.plain || std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return plain::run(path.as_deref(), session);
    }
    session.voice = Voice::Quiet;
    // A mistake is said before the terminal is taken.
    look.query.as_deref().map(Query::parse).transpose()?;
    let opening = opening(path.clone(), session)?;
    // The keys come from the controlling terminal, so that records may come from standard input.
    let keys = opening == Opening::Place(Place::Stdin) || io::stdin().is_terminal();
    if !keys || !io::stdout().is_terminal() {
        return Err(CliError::ConsoleNeedsTerminal);
    }
    let opened = if matches!(opening, Opening::Place(Place::Verifier(_))) {
        // What is said before the screen is there is said on it again.
        let (opened, notes) = kept(|| begin(&opening, session, path.as_deref()));
        notes.iter().for_each(|said| note(said));
        warned(opened?, notes)
    } else {
        begin(&opening, session, path.as_deref())?
    };
    show(opened, path, look, session)
}

/// Opens the place, or begins to, if it is a verifier whose log is not here yet.
fn begin(opening: &Opening, session: &Session, path: Option<&Path>) -> Result<tui::Opening, CliError> {
    let mut opened = match underway(opening, session)? {
        Some(underway) => tui::Opening::Underway(Box::new(underway)),
        None => tui::Opening::Here(Box::new(arrive(opening, session)?)),
    };
    opened.about_mut().options = here::options(session, path);
    Ok(opened)
}

/// The first warning of what was said meanwhile stands on the screen, unless something else does.
fn warned(mut opened: tui::Opening, notes: Vec<String>) -> tui::Opening {
    let about = opened.about_mut();
    let warning = || notes.into_iter().find(|note| note.to_uppercase().starts_with("WARNING"));
    about.warning = about.warning.take().or_else(warning);
    opened
}

/// The verifier to open, if its log is not here yet.
fn underway(opening: &Opening, session: &Session) -> Result<Option<tui::Underway>, CliError> {
    let Opening::Place(place @ Place::Verifier(_)) = opening else { return Ok(None) };
    let Some(mut arriving) = told::open(session, false)? else { return Ok(None) };
    let about = about(session, None, Some(arriving.key()?));
    let open_again = read_again(place, session)?;
    Ok(Some(tui::Underway { arriving, about, actor: session.actor(), open_again }))
}

/// Opens the place.
fn arrive(opening: &Opening, session: &Session) -> Result<tui::Arrival, CliError> {
    let mut opened = match opening {
        Opening::Place(place) => source::open_or_make(place, session)?,
        Opening::Usual(directory) => {
            let opened = source::open_or_make(&Place::Directory(directory.clone()), session)?;
            // A first import that was refused leaves a log without entries: there is nothing to look at.
            if opened.warden.snapshot().head.size == 0 { open_demo(session)? } else { opened }
        }
        Opening::Demo => open_demo(session)?,
    };
    let open_again = again(&opened, opening, session)?;
    let file_changed = match &opened.staleness {
        Some(stale) if !stale.missing => Some(changed(&opened, &stale.path, session)?),
        _ => None,
    };
    let (file_changed, unreadable) = match file_changed {
        Some(Err(warning)) => (None, Some(warning)),
        Some(Ok(changed)) => (Some(changed), None),
        None => (None, None),
    };
    let gone = opened.staleness.as_ref().filter(|stale| stale.missing);
    let gone = gone.map(|stale| format!("{} is gone; this is what was imported", stale.path.display()));
    let key = sign_in(&mut opened.warden, session)?;
    let about = about(session, gone.or(unreadable), key);
    let backend = Backend::Local(Box::new(opened.warden));
    Ok(tui::Arrival { backend, about, actor: session.actor(), file_changed, open_again })
}

/// What the screen says of the context; where the configuration has any, to be in none has a name too.
fn about(session: &Session, warning: Option<String>, key: Option<KeyBytes>) -> tui::About {
    let nowhere = || {
        let named = !session.config.contexts.is_empty();
        named.then(|| tui::Badge::new(contexts::DEFAULT, tui::ContextColour::Usual)).flatten()
    };
    match &session.context {
        None => tui::About { badge: nowhere(), warning, key, ..tui::About::default() },
        Some(table) => tui::About {
            badge: Some(table.badge),
            caution: table.caution,
            enforced_by: table.enforced_by.clone(),
            warning,
            key,
            ..tui::About::default()
        },
    }
}

/// How the other contexts are opened, by name; the one without a name is what the command line names.
fn elsewhere(path: Option<PathBuf>, session: &Session) -> tui::Contexts {
    let base = session.base();
    let open = move |name: &str| -> Result<tui::Opening, String> {
        let (opened, notes) = kept(|| {
            let session = Session::elsewhere(base.clone(), name)?;
            let opening = opening(path.clone().filter(|_| name == contexts::DEFAULT), &session)?;
            if opening == Opening::Place(Place::Stdin) {
                return Err(CliError::Usage("standard input can be read once only"));
            }
            begin(&opening, &session, path.as_deref().filter(|_| name == contexts::DEFAULT))
        });
        Ok(warned(opened.map_err(|error| error.to_string())?, notes))
    };
    let destinations = contexts::destinations(&session.config).into();
    tui::Contexts { destinations, open: Some(std::sync::Arc::new(open)) }
}

/// Hands the place to the console.
fn show(
    opening: tui::Opening,
    path: Option<PathBuf>,
    look: Look,
    session: &Session,
) -> Result<Exit, CliError> {
    let settings = tui::Settings {
        theme: looks::theme_of(session),
        keymap: super::keys::keymap(&session.config),
        mouse: session.config.mouse,
        clipboard: tui::Way::of(|name| std::env::var(name).ok()),
        idle: std::env::var_os("MESHWARDEN_IDLE").map(PathBuf::from),
        clock: when::now,
        start: tui::Start { room: look.view, select: look.select, query: look.query, at: look.at },
        case: session.global.case,
        notifier: session.notifier(),
        load_policy: Some(std::sync::Arc::new(|path: &Path| {
            super::policy::load(Some(path), None).map_err(|error| error.to_string())
        })),
        sign_rekey: Some(std::sync::Arc::new(means::sign_rekey)),
        export_case: Some(std::sync::Arc::new(means::export_case)),
        queries: session.config.queries.clone(),
        contexts: elsewhere(path, session),
        layouts: remembered::layouts(),
        remember: remembered::remember(),
    };
    let ending = tui::run(opening, settings)?;
    for (words, command) in &ending.deeds {
        note(words);
        if !command.is_empty() {
            note(&format!("  {command}"));
        }
    }
    if ending.unanswered > 0 {
        let changes = plural(ending.unanswered, "confirmed change was", "confirmed changes were");
        note(&format!("{changes} not answered; look at `meshwarden log list`"));
        return Ok(Exit::Unreachable);
    }
    if ending.untold > 0 {
        note("WARNING: the changes stand, but it is not known whether everybody was told of them");
        return Ok(Exit::Partial);
    }
    Ok(Exit::Yes)
}

/// Opens the operator's key while there is a terminal to ask for its passphrase on, where operators hold the log.
fn sign_in(warden: &mut Warden, session: &Session) -> Result<Option<KeyBytes>, CliError> {
    let held = warden.snapshot().operators.held();
    // A verifier was asked in the operator's name: the key is open already.
    if !matches!(warden.snapshot().kind, Kind::Verifier { .. }) {
        let Some(hand) = session.hand().filter(|_| held) else { return Ok(None) };
        warden.sign_with(hand);
    }
    Ok(warden.key_at_hand()?)
}

/// How to open the place once more, to read in it; none for one that is in this process alone.
fn again(opened: &Opened, opening: &Opening, session: &Session) -> Result<Option<tui::OpenAgain>, CliError> {
    let place = match (opening, opened.warden.snapshot().kind) {
        (Opening::Demo, _) | (Opening::Place(Place::Stdin), _) | (_, Kind::Demo) => return Ok(None),
        (Opening::Usual(directory), _) => Place::Directory(directory.clone()),
        (Opening::Place(place), _) => place.clone(),
    };
    read_again(&place, session)
}

/// How to open a place once more, to read in it.
fn read_again(place: &Place, session: &Session) -> Result<Option<tui::OpenAgain>, CliError> {
    let place = place.clone();
    if let Place::Verifier(url) = &place {
        let remote = session.remote(url)?;
        return Ok(Some(Box::new(move || {
            let warden = remote.open_to_read().map_err(|error| error.to_string())?;
            Ok(Backend::Local(Box::new(warden)))
        })));
    }
    let context = source::context(session)?;
    Ok(Some(Box::new(move || {
        let opened = context.open(&place, |_| Ok(())).map_err(|error| error.to_string())?;
        Ok(Backend::Local(Box::new(opened.warden)))
    })))
}

/// The demo is never written, so that it needs no place.
fn open_demo(session: &Session) -> Result<Opened, CliError> {
    let nowhere = session.data_directory().unwrap_or_default();
    let context = Context::of_this_machine(nowhere, session.actor());
    Ok(context.open_demo(demo(session.now).as_bytes())?)
}

/// An invented mesh whose expiries lie around now.
fn demo(now: Time) -> String {
    let mut lines = String::new();
    for identity in Plan::new(DEMO_AGENTS, DEMO_SEED, now).mesh() {
        identity.write_json(&mut lines);
        lines.push('\n');
    }
    lines
}

/// What taking the file again would do, and how to; a warning when it cannot be read as it is now.
fn changed(
    opened: &Opened,
    path: &Path,
    session: &Session,
) -> Result<Result<tui::FileChanged, String>, CliError> {
    let context = source::context(session)?;
    let difference = match opened.warden.compare(path, &context.options) {
        Ok(difference) => difference,
        Err(error) => return Ok(Err(unreadable(path, &error))),
    };
    let (path, compared) = (path.to_owned(), difference.digest);
    let take = move |backend: &mut Backend| match backend {
        Backend::Local(warden) => context
            .take_again(warden, &path, Some(compared), |_| Ok(()))
            .map(drop)
            .map_err(|error| error.to_string()),
    };
    Ok(Ok(tui::FileChanged { difference, take: std::sync::Arc::new(take) }))
}

/// The log has everything that was imported: a file that is torn now stops nobody.
fn unreadable(path: &Path, error: &WardenError) -> String {
    let why = match error {
        WardenError::Ingest(error) => format!("line {}: {}", error.place().line, error.fault()),
        WardenError::File { problem, .. } => problem.to_string(),
        other => other.to_string(),
    };
    format!("{} cannot be read now: {why}; this is what was imported", path.display())
}

/// The argument, else `--registry`, else `--data`, else the usual data directory if it holds anything, else a demo.
fn opening(path: Option<PathBuf>, session: &Session) -> Result<Opening, CliError> {
    let chosen = path.or_else(|| session.global.registry.clone());
    Ok(Opening::Place(match chosen {
        Some(path) if path.as_os_str() == "-" => Place::Stdin,
        Some(path) if path.is_dir() => Place::Directory(path),
        Some(path) if path.exists() || source::has_log(session, &path)? => source::registry_file(path)?,
        Some(path) => return Err(missing(path)),
        None if session.verifier().is_some() => source::place(session)?,
        None => match session.data_directory() {
            Some(directory) if session.global.data.is_some() => Place::Directory(directory),
            Some(directory) if directory.join(store::FILE).exists() => return Ok(Opening::Usual(directory)),
            _ => return Ok(Opening::Demo),
        },
    }))
}

/// A path that is not there may be a command that was mistyped.
fn missing(path: PathBuf) -> CliError {
    let near = path.to_str().and_then(|text| subcommand(text).or_else(|| nearest(text, COMMANDS)));
    CliError::NothingThere { path, near }
}

const COMMANDS: [&str; 17] = [
    "agent",
    "codes",
    "completions",
    "console",
    "export",
    "generate",
    "handshake",
    "import",
    "key",
    "keys",
    "lineage",
    "log",
    "policy",
    "revocation",
    "token",
    "trust",
    "verify",
];

/// The whole command of which somebody in a hurry typed the second word alone.
pub fn subcommand(word: &str) -> Option<&'static str> {
    let whole = [
        "agent list",
        "agent show",
        "agent create",
        "agent delegate",
        "agent suspend",
        "agent revoke",
        "agent reactivate",
        "agent rotate",
        "agent rekey",
        "agent attest",
        "token issue",
        "token refresh",
        "token inspect",
        "token prove",
    ];
    whole.into_iter().find(|whole| whole.split_once(' ').is_some_and(|(_, second)| second == word))
}
