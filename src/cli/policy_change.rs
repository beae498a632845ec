//! `policy diff`, `policy dry-run`: what another policy would change, before it is in force.

use clap::Args;

use super::error::CliError;
use super::output::note;
use super::policy::{Files, load};
use super::session::Session;
use super::verdicts::{keeper, word};
use super::{Exit, source};
use crate::policy::difference;
use crate::text::plural;
use crate::verify::Decision;
use crate::warden::{DryRun, Shift};
use crate::wire::{DryRunLine, ExampleLine, PolicyChangeLine, ShiftLine};

/// `policy dry-run`.
#[derive(Debug, Args)]
pub struct DryRunArguments {
    #[command(flatten)]
    files: Files,
    /// Judge the last so many verdicts again
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    pub last: usize,
}

/// What the help of both says at its end.
pub const AFTER: &str = "\
The file is a whole policy: what it leaves out gets its default. A dry run judges the last verdicts of the decision log \
again, each at its time and on the registry as it was then: under the policy in force, and under the file.

Examples:
  meshwarden policy diff policy.toml
  meshwarden policy dry-run policy.toml --last 5000

Exit codes: 0 nothing would change; 1 something would; 2 usage or input; 5 the data directory is out of reach.";

/// Runs `policy diff`.
///
/// # Errors
/// [`CliError`].
pub fn diff(files: &Files, session: &mut Session) -> Result<Exit, CliError> {
    let proposed = load(Some(&files.policy), files.rules.as_deref())?;
    let present = source::look(session)?.policy;
    let changes = difference(&present, &proposed);
    let same = changes.is_empty();
    for change in changes {
        let line = PolicyChangeLine::from(change);
        if session.global.json {
            session.output.json(&line)?;
            continue;
        }
        session.output.line(&words(&line))?;
    }
    if same && !session.global.json {
        note("the same policy as the one in force");
    }
    Ok(if same { Exit::Yes } else { Exit::No })
}

/// One field that would change.
pub fn words(line: &PolicyChangeLine) -> String {
    match (&line.old, &line.new) {
        (Some(old), Some(new)) => format!("~ {}: {old} -> {new}", line.field),
        (Some(old), None) => format!("- {}: {old}", line.field),
        (None, new) => format!("+ {}: {}", line.field, new.as_deref().unwrap_or_default()),
    }
}

/// Runs `policy dry-run`.
///
/// # Errors
/// [`CliError`].
pub fn dry_run(arguments: &DryRunArguments, session: &mut Session) -> Result<Exit, CliError> {
    let files = &arguments.files;
    let proposed = load(Some(&files.policy), files.rules.as_deref())?;
    let run = line(keeper(session)?.dry_run(&proposed, arguments.last)?);
    if session.global.json {
        session.output.json(&run)?;
    } else {
        write(&run, session)?;
    }
    Ok(if run.changed == 0 { Exit::Yes } else { Exit::No })
}

fn write(run: &DryRunLine, session: &mut Session) -> Result<(), CliError> {
    let out = &mut session.output;
    for shift in &run.shifts {
        let named = |decision, code: &Option<String>| match code {
            None => word(decision).to_owned(),
            Some(code) => format!("{} ({code})", word(decision)),
        };
        let (from, to) = (named(shift.from, &shift.from_code), named(shift.to, &shift.to_code));
        out.line(&format!("{} from {from} to {to}", plural(shift.count, "verdict", "verdicts")))?;
        for example in &shift.examples {
            let ExampleLine { index, time, caller, action, resource } = example;
            out.line(format!("  {index}  {time}  {caller}  {action}  {resource}").trim_end())?;
        }
    }
    let judged = plural(run.judged, "verdict", "verdicts");
    out.line(&format!("{} of {judged} would change", run.changed))?;
    out.flush()?;
    if run.drifted > 0 {
        note(&format!(
            "{} otherwise by the policy in force than it was then: the policy was changed since",
            plural(run.drifted, "is answered", "are answered")
        ));
    }
    if run.left_out > 0 {
        note(&format!("{} not judged again: the request is not kept", plural(run.left_out, "was", "were")));
    }
    Ok(())
}

fn line(run: DryRun) -> DryRunLine {
    let changed = run.shifts.iter().fold(0_u64, |sum, shift| sum.saturating_add(shift.count));
    DryRunLine {
        judged: run.judged,
        left_out: run.left_out,
        drifted: run.drifted,
        changed,
        shifts: run.shifts.into_iter().map(shift).collect(),
    }
}

fn shift(shift: Shift) -> ShiftLine {
    let answer = |code: &Option<String>| if code.is_none() { Decision::Allow } else { Decision::Deny };
    ShiftLine {
        from: answer(&shift.from),
        to: answer(&shift.to),
        from_code: shift.from,
        to_code: shift.to,
        count: shift.count,
        examples: shift
            .examples
            .into_iter()
            .map(|example| ExampleLine {
                index: example.index,
                time: example.time.to_string(),
                caller: example.caller,
                action: example.action,
                resource: example.resource,
            })
            .collect(),
    }
}
