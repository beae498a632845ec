//! Which registry a command works on: a file as it is, or a place with a log.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::CliError;
use super::output::note;
use super::refused::Basket;
use super::remote;
use super::session::Session;
use super::when::When;
use crate::identity::Did;
use crate::ingest::{Fault, Place as At, Summary, read_all, read_scores};
use crate::policy::Policy;
use crate::registry::{RegisterError, Registry, Row, Standing};
use crate::store;
use crate::text::plural;
use crate::time::Time;
use crate::verify::Basis;
use crate::warden::{Context, ImportOptions, ImportReport, Kind, Opened, Place, Warden, WardenError};

/// A registry to look at.
pub struct Sight {
    /// The agents.
    pub registry: Registry,
    /// How many records were refused on the way.
    pub refused: u64,
    /// The time that counts: where there is a log, never before its last entry.
    pub now: Time,
    /// What changes made of agents that a later import left out.
    pub absent: Arc<BTreeMap<Did, Standing>>,
    /// The policy in force; the built-in one where there is no log.
    pub policy: Arc<Policy>,
    /// How many entries the log has.
    pub index: u64,
}

impl Sight {
    /// What requests are judged by.
    pub fn basis(&self) -> Basis<'_> {
        Basis {
            registry: &self.registry,
            policy: &self.policy,
            policy_digest: self.policy.digest(),
            index: self.index,
            as_of: self.now,
        }
    }
}

/// What to look at: the file of `--registry`, else the data directory; nothing is written.
///
/// # Errors
/// [`CliError`].
pub fn look(session: &Session) -> Result<Sight, CliError> {
    look_at(session, None)
}

/// What [`look`] gives, as it was at a moment: the log up to there, judged at that time.
///
/// # Errors
/// [`CliError`].
pub fn look_at(session: &Session, when: Option<When>) -> Result<Sight, CliError> {
    look_with(session, when).map(|(sight, _)| sight)
}

/// What [`look_at`] gives, with the warden that it was read from; none for a registry file as it is.
///
/// # Errors
/// [`CliError`].
pub fn look_with(session: &Session, when: Option<When>) -> Result<(Sight, Option<Warden>), CliError> {
    match place(session)? {
        Place::Stdin => Ok((read_file(Path::new("-"), session).and_then(|sight| at(sight, when))?, None)),
        Place::File(path) if !has_log(session, &path)? => {
            note("This is a registry file as it is: an OFFLINE COPY, ENFORCED BY NOBODY.");
            Ok((read_file(&path, session).and_then(|sight| at(sight, when))?, None))
        }
        place => {
            let mut warden = open(&place, session)?.warden;
            if warden.snapshot().operators.solo() {
                note("SOLO: one person holds this log alone; nobody approves anything.");
            }
            let (snapshot, now) = match when {
                None => (warden.snapshot(), warden.now()),
                Some(When::Entries(size)) => {
                    let then = warden.as_of(size)?;
                    let now = then.head.last_time.unwrap_or(Time::MIN);
                    (then, now)
                }
                Some(When::Time(time)) => {
                    let size = warden.size_at(time)?;
                    (warden.as_of(size)?, time)
                }
            };
            let mut registry = snapshot.registry;
            score(&mut registry, &scores(session)?);
            let sight = Sight {
                registry,
                refused: 0,
                now,
                absent: snapshot.absent,
                policy: snapshot.policy,
                index: snapshot.head.size,
            };
            Ok((sight, Some(warden)))
        }
    }
}

/// A registry file, judged at another time: it has no log to go back in.
///
/// # Errors
/// [`CliError::Usage`].
pub fn at(sight: Sight, when: Option<When>) -> Result<Sight, CliError> {
    match when {
        None => Ok(sight),
        Some(When::Time(now)) => Ok(Sight { now, ..sight }),
        Some(When::Entries(_)) => {
            Err(CliError::Usage("a registry file has no log; give --at a time, or open the data directory"))
        }
    }
}

/// Opens the file of `--registry` or the data directory to change something; a file gets a directory of its own.
///
/// # Errors
/// [`CliError`].
pub fn open(place: &Place, session: &Session) -> Result<Opened, CliError> {
    let Place::Directory(path) = place else {
        return open_or_make(place, session);
    };
    if !path.join(store::FILE).exists() {
        return Err(CliError::NoRegistry(path.clone()));
    }
    let opened = open_or_make(place, session)?;
    // A first import that was refused leaves a log without entries.
    if opened.warden.snapshot().head.size == 0 {
        return Err(CliError::NoRegistry(path.clone()));
    }
    Ok(opened)
}

/// Opens a place as [`open`] does, a verifier even if it contradicts itself: whoever lies is still told whom to stop.
///
/// # Errors
/// [`CliError`].
pub fn open_to_stop(place: &Place, session: &Session) -> Result<Opened, CliError> {
    match place {
        Place::Verifier(url) => remote::open_to_stop(url, session),
        place => open(place, session),
    }
}

/// Opens a place as [`open`] does, and makes a data directory that is not there.
///
/// # Errors
/// [`CliError`].
pub fn open_or_make(place: &Place, session: &Session) -> Result<Opened, CliError> {
    if let Place::Verifier(url) = place {
        return remote::open(url, session);
    }
    announce(place, session)?;
    let input = match place {
        Place::File(path) => path.as_path(),
        Place::Directory(_) | Place::Stdin | Place::Verifier(_) => Path::new("-"),
    };
    let mut basket = Basket::new(input, true);
    let mut opened =
        context(session)?.open(place, |refused| basket.take(refused)).map_err(|error| named(input, error))?;
    if let Some(hand) = session.hand() {
        opened.warden.sign_with(hand);
    }
    session.prepare(&mut opened.warden);
    told(&opened, basket)?;
    Ok(opened)
}

/// Says that a big file is read for the first time: a silent minute looks like a hang.
fn announce(place: &Place, session: &Session) -> Result<(), CliError> {
    const BIG: u64 = 64 << 20;
    let Place::File(path) = place else { return Ok(()) };
    let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if size >= BIG && !has_log(session, path)? {
        note(&format!("reading {} for the first time ({} MiB) ...", path.display(), size >> 20));
    }
    Ok(())
}

/// The place that the options name.
///
/// # Errors
/// [`CliError::NoDataDirectory`].
pub fn place(session: &Session) -> Result<Place, CliError> {
    if let Some(url) = session.verifier() {
        return Ok(Place::Verifier(url.to_owned()));
    }
    match &session.global.registry {
        Some(path) if path == Path::new("-") => Ok(Place::Stdin),
        Some(path) => registry_file(path.clone()),
        None => session.data_directory().map(Place::Directory).ok_or(CliError::NoDataDirectory),
    }
}

/// A registry file to open. A pipe can be read only once, and a device may never end: neither is one.
///
/// # Errors
/// [`WardenError::NotARegistry`].
pub fn registry_file(path: PathBuf) -> Result<Place, CliError> {
    // A directory, and a file that is gone, have words of their own where they are opened.
    if std::fs::metadata(&path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let problem = "is no ordinary file; feed it as -, through standard input, to look at it";
        return Err(WardenError::NotARegistry { path, problem }.into());
    }
    Ok(Place::File(path))
}

/// How this command opens places.
///
/// # Errors
/// [`CliError`] when there is no data directory, or the scores cannot be read.
pub fn context(session: &Session) -> Result<Context, CliError> {
    let root = session.data_directory().ok_or(CliError::NoDataDirectory)?;
    let mut context = Context::of_this_machine(root, session.actor());
    let reading = session.reading();
    context.options = ImportOptions {
        assume_utc: reading.reading.assume_utc,
        skip_invalid: reading.skip_invalid,
        replaces: false,
        scores: scores(session)?,
    };
    Ok(context)
}

/// An error about reading `input` names it.
pub fn named(input: &Path, error: WardenError) -> CliError {
    match error {
        WardenError::Ingest(error) => CliError::Ingest { path: input.to_owned(), error },
        other => other.into(),
    }
}

/// What an import passed over.
pub fn told_import(report: &ImportReport, registry: &Registry) {
    secrets(&report.summary);
    match registry.confusable_count() {
        0 => {}
        count => note(&format!(
            "warning: {} a DID that differs from another agent's only in case; they are different agents",
            plural(count, "agent has", "agents have")
        )),
    }
    if report.unused_scores > 0 {
        nobody_s(report.unused_scores);
    }
}

fn told(opened: &Opened, basket: Basket) -> Result<(), CliError> {
    if let Some(beside) = basket.finish()? {
        note(&format!("the refused records lie in {}", beside.display()));
    }
    if let Some(report) = &opened.imported {
        told_import(report, opened.warden.registry());
    }
    if let Kind::OfflineCopy(path) = opened.warden.snapshot().kind {
        note(&format!("{}: an OFFLINE COPY, ENFORCED BY NOBODY.", path.display()));
    }
    if let Some(stale) = &opened.staleness {
        let how = if stale.missing { "is gone" } else { "was written" };
        note(&format!(
            "{} {how} since it was imported at {}; what you see is what was imported then, and your changes.\n\
             To take it as it is now: meshwarden import --registry FILE",
            stale.path.display(),
            stale.imported
        ));
    }
    Ok(())
}

/// Whether a registry file was opened before, so that it has a directory of its own.
///
/// # Errors
/// [`CliError::File`].
pub fn has_log(session: &Session, path: &Path) -> Result<bool, CliError> {
    let Some(root) = session.data_directory() else { return Ok(false) };
    let path = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    let path = path.map_err(|error| CliError::file(Path::new("."), &error))?;
    let context = Context::of_this_machine(root, session.actor());
    Ok(context.directory_of(&path).join(store::FILE).exists())
}

/// Reads a file, or `-`, as it is; no data directory is touched.
///
/// # Errors
/// [`CliError`].
pub fn read_file(path: &Path, session: &Session) -> Result<Sight, CliError> {
    let reader: Box<dyn Read> =
        if path == Path::new("-") { Box::new(io::stdin().lock()) } else { Box::new(open_regular(path)?) };
    let mut intake = Registry::default().intake(false);
    let mut places: Vec<At> = Vec::new();
    let mut basket = Basket::new(path, false);
    let summary = read_all(
        reader,
        &session.reading(),
        |identity, place| {
            intake.register(identity, false, 0).map_err(|error| fault(&error, &places))?;
            places.push(place);
            Ok(())
        },
        |refused| basket.take(refused),
    )
    .map_err(|error| CliError::Ingest { path: path.to_owned(), error })?;
    basket.finish()?;
    secrets(&summary);
    let mut registry = intake.settle();
    score(&mut registry, &scores(session)?);
    Ok(Sight {
        registry,
        refused: summary.refused,
        now: session.now,
        absent: Arc::default(),
        policy: Arc::default(),
        index: 0,
    })
}

fn fault(error: &RegisterError, places: &[At]) -> Fault {
    let first = |row: Row| places.get(row.index()).copied();
    match error {
        RegisterError::Duplicate { holder, .. } => {
            first(*holder).map_or(Fault::Stopped, |first| Fault::Duplicate { first })
        }
        RegisterError::AttestationRequired | RegisterError::Full => Fault::Stopped,
    }
}

/// Gives agents the scores of a file; nothing is written.
pub fn score(registry: &mut Registry, scores: &HashMap<Did, u16>) {
    let mut unused = 0_usize;
    for (did, score) in scores {
        match registry.find(did) {
            Some(row) => registry.set_score(row, Some(*score)),
            None => unused = unused.saturating_add(1),
        }
    }
    if unused > 0 {
        nobody_s(unused);
    }
}

fn secrets(summary: &Summary) {
    let dropped = &summary.dropped;
    if dropped.count > 0 {
        note(&format!(
            "warning: {} dropped ({}); whoever wrote the file must not give them away",
            plural(
                dropped.count,
                "member that could hold a secret was",
                "members that could hold a secret were"
            ),
            dropped.names.join(", ")
        ));
    }
}

fn nobody_s(unused: usize) {
    let scores = plural(unused, "score belongs", "scores belong");
    note(&format!("{scores} to nobody in the registry"));
}

/// The scores of `--scores`; none without it.
///
/// # Errors
/// [`CliError::Scores`] or [`CliError::File`].
pub fn scores(session: &Session) -> Result<HashMap<Did, u16>, CliError> {
    let Some(path) = &session.global.scores else { return Ok(HashMap::new()) };
    read_scores(open_regular(path)?).map_err(|error| CliError::Scores { path: path.clone(), error })
}

fn open_regular(path: &Path) -> Result<File, CliError> {
    let file = File::open(path).map_err(|error| CliError::file(path, &error))?;
    let metadata = file.metadata().map_err(|error| CliError::file(path, &error))?;
    if metadata.is_dir() {
        return Err(CliError::File { path: PathBuf::from(path), kind: io::ErrorKind::IsADirectory });
    }
    Ok(file)
}
