//! `import`: records of a file into the registry, all or nothing, as one entry.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::confirm::confirm_words;
use super::error::CliError;
use super::output::note;
use super::refused::Basket;
use super::session::Session;
use super::{Exit, source};
use crate::change::MAX_NAME_BYTES;
use crate::encoding::Digest32;
use crate::registry::Registry;
use crate::text::{agents, within};
use crate::warden::{Context, ImportReport, Place, Source, Warden};
use crate::wire::ImportLine;

/// Take the records of a file into the registry.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Import {
    /// File with records (- is standard input): a JSON array, {"identities": [...]}, {"agents": [...]}, or one per line
    #[arg(value_name = "FILE", required_unless_present = "registry", conflicts_with = "registry")]
    pub file: Option<PathBuf>,
    /// Take the records in place of all that are there; what changes made of an agent stays
    #[arg(long)]
    pub replace: bool,
    /// Do not ask before replacing
    #[arg(long)]
    pub yes: bool,
}

const AFTER: &str = "\
One bad record refuses the whole file, by line, field and fix; with --skip-invalid the good ones are taken, and the \
refused ones are written beside it, to FILE.refused.jsonl, with the reasons.
With --registry FILE and no other file, a registry file that changed since it was opened is taken again; its difference \
is shown first.

Exit codes: 0 all taken; 2 refused, nothing taken; 3 taken but for the refused ones; 4 not confirmed.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(import: &Import, session: &mut Session) -> Result<Exit, CliError> {
    match (&import.file, source::place(session)?) {
        (Some(file), Place::Directory(directory)) => into_directory(file, directory, import, session),
        (None, Place::File(file)) => again(&file, import, session),
        _ => Err(CliError::Usage("name a file to import")),
    }
}

fn into_directory(
    file: &Path,
    directory: PathBuf,
    import: &Import,
    session: &mut Session,
) -> Result<Exit, CliError> {
    let mut context = source::context(session)?;
    context.options.replaces = import.replace;
    let reader: Box<dyn Read> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).map_err(|error| CliError::file(file, &error))?)
    };
    let mut opened = context.open(&Place::Directory(directory), |_| Ok(()))?;
    sign_in(&mut opened.warden, session);
    if import.replace && !opened.warden.registry().is_empty() && !import.yes {
        let agents = opened.warden.registry().len();
        confirm_words(&format!("Replace all {agents} agents by those of {}?", file.display()))?;
    }
    let mut basket = Basket::new(file, true);
    let name = within(&file.display().to_string(), MAX_NAME_BYTES);
    let report = opened
        .warden
        .import(Source { reader, name, origin: None }, &context.options, &context.actor, |refused| {
            basket.take(refused)
        })
        .map_err(|error| source::named(file, error))?;
    tell(&report, opened.warden.registry(), basket, session)
}

fn again(file: &Path, import: &Import, session: &mut Session) -> Result<Exit, CliError> {
    let context = source::context(session)?;
    let mut basket = Basket::new(file, true);
    let mut opened = context
        .open(&Place::File(file.to_owned()), |refused| basket.take(refused))
        .map_err(|error| source::named(file, error))?;
    sign_in(&mut opened.warden, session);
    let report = match opened.imported.take() {
        Some(report) => report,
        None => {
            let shown = show_difference(&opened.warden, file, &context)?;
            if !import.yes {
                confirm_words(&format!("Take {} as it is now?", file.display()))?;
            }
            context
                .take_again(&mut opened.warden, file, Some(shown), |refused| basket.take(refused))
                .map_err(|error| source::named(file, error))?
        }
    };
    tell(&report, opened.warden.registry(), basket, session)
}

/// Where people hold the log, they sign imports too.
fn sign_in(warden: &mut Warden, session: &Session) {
    session.prepare(warden);
    if let Some(hand) = session.hand() {
        warden.sign_with(hand);
    }
}

/// Answers the digest of what was compared.
fn show_difference(warden: &Warden, file: &Path, context: &Context) -> Result<Digest32, CliError> {
    let difference = warden.compare(file, &context.options).map_err(|error| source::named(file, error))?;
    for (word, side) in [
        ("come", &difference.added),
        ("say something else", &difference.changed),
        ("go", &difference.removed),
    ] {
        let first: Vec<String> = side.dids.iter().take(3).map(ToString::to_string).collect();
        let more = if side.count > first.len() { ", ..." } else { "" };
        let names = if first.is_empty() { String::new() } else { format!(": {}{more}", first.join(", ")) };
        note(&format!("{} would {word}{names}", agents(side.count)));
    }
    Ok(difference.digest)
}

fn tell(
    report: &ImportReport,
    registry: &Registry,
    basket: Basket,
    session: &mut Session,
) -> Result<Exit, CliError> {
    let beside = basket.finish().map_err(|error| CliError::from(error).after(report.index))?;
    source::told_import(report, registry);
    let summary = &report.summary;
    let line = ImportLine {
        index: report.index,
        taken: summary.taken,
        refused: summary.refused,
        refused_file: beside.as_ref().map(|path| path.display().to_string()),
        secrets_dropped: summary.dropped.count,
        unused_scores: report.unused_scores,
    };
    write(&line, session).map_err(|error| error.after(line.index))?;
    Ok(if summary.refused > 0 { Exit::Partial } else { Exit::Yes })
}

fn write(line: &ImportLine, session: &mut Session) -> Result<(), CliError> {
    if session.global.json {
        session.output.json(line)?;
    } else {
        let out = &mut session.output;
        out.line(&format!("{} records taken, {} refused: entry {}", line.taken, line.refused, line.index))?;
        if let Some(path) = &line.refused_file {
            out.line(&format!("the refused ones lie in {path}"))?;
        }
    }
    session.output.flush()
}
