//! `verdicts`, `calls`: what was decided, and what an agent had to do with.

use clap::Args;

use super::error::CliError;
use super::output::{Output, cell, note};
use super::session::Session;
use super::when;
use super::{Exit, find, source};
use crate::audit::{Outcome, Pattern, Search};
use crate::client::path_with;
use crate::store::Call;
use crate::text::{nearest, plural};
use crate::verify::Decision;
use crate::warden::{Place, Warden, WardenError};
use crate::wire::{CallLine, DecisionLine, RefusalsLine, VerdictLine, codes};

/// `verdicts`.
#[derive(Debug, Args)]
pub struct Verdicts {
    /// Query words; without one, all
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// List at most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub limit: usize,
}

/// What the help of `verdicts` says at its end.
pub const AFTER: &str = "\
Query words, each at most once; all of them must fit:
  agent:DID        who asked, was asked for, or stands in the chain; 4 first digits are enough
  action:CAP       what was asked for; a * at the end stands for anything
  resource:NAME    to what; a * at the end stands for anything
  result:WORD      allow, deny, unknown (denials of strangers), or the code of a denial
  between:A..B     times with a zone, or lengths of time before now; one of them may be left out
A value with blanks stands in quotation marks: 'resource:\"big ledger\"'.

Callers who prove who they are stand here one by one; strangers are counted by the minute. The oldest are dropped when \
the decision log reaches its quota.

Examples:
  meshwarden verdicts agent:28eaf98c result:deny between:2h..
  meshwarden verdicts 'action:pay:*' result:allow --limit 10 --json

Exit codes: 0 listed; 2 usage or input; 5 the data directory is out of reach.";

/// `calls`.
#[derive(Debug, Args)]
pub struct Calls {
    /// The agent: its DID, its hex digits, or their beginning
    #[arg(value_name = "DID")]
    pub did: String,
    /// Only from this time on, or for this long: 2h, 7d
    #[arg(long, value_name = "TIME|SPAN", value_parser = when::since)]
    pub since: Option<when::Since>,
}

/// What the help of `calls` says at its end.
pub const CALLS_AFTER: &str = "\
Made are its own calls; received are those whose resource or audience names it; through it are those of others whose \
chain it stands in. Whoever held its key could do what it was allowed, and what it granted.

Exit codes: 0 listed; 2 usage or input; 5 the data directory is out of reach.";

/// The warden of the data directory; nothing else keeps verdicts.
///
/// # Errors
/// [`CliError`].
pub fn keeper(session: &Session) -> Result<Warden, CliError> {
    match source::place(session)? {
        place @ Place::Directory(_) => Ok(source::open(&place, session)?.warden),
        Place::Verifier(_) => Err(WardenError::AtTheVerifier { what: "verdicts" }.into()),
        Place::File(_) | Place::Stdin => {
            Err(CliError::Usage("a registry file keeps no verdicts; name a data directory with --data"))
        }
    }
}

/// The warden that knows of verdicts: that of the data directory, or a replica that asks its verifier.
///
/// # Errors
/// [`CliError`].
pub fn asked(session: &Session) -> Result<Warden, CliError> {
    match source::place(session)? {
        place @ Place::Verifier(_) => Ok(source::open(&place, session)?.warden),
        _ => keeper(session),
    }
}

/// Runs `verdicts`.
///
/// # Errors
/// [`CliError`].
pub fn run(verdicts: &Verdicts, session: &mut Session) -> Result<Exit, CliError> {
    let (mut warden, query) = (asked(session)?, verdicts.query.join(" "));
    let search = Search::parse(&query, warden.now())?;
    if let Some(Outcome::Code(Pattern::Exact(code))) = &search.result
        && codes::find(code).is_none()
    {
        // A slip must not read as: nothing was denied.
        let words = || ["allow", "deny", "unknown"].into_iter();
        let begun = |word: &&str| word.get(..3).is_some_and(|beginning| code.starts_with(beginning));
        let near = nearest(code, words().chain(codes::all().iter().map(|row| row.code)));
        return Err(CliError::UnknownCode { near: near.or_else(|| words().find(begun)), code: code.clone() });
    }
    let path = path_with("/v1/verdicts", &[("query", &query), ("limit", &verdicts.limit.to_string())]);
    let told: Option<Vec<DecisionLine>> = if verdicts.limit > 0 { warden.told(&path)? } else { None };
    if let Some(lines) = told {
        return write_all(lines, session);
    }
    let lately = if verdicts.limit > 0 && shows_strangers(&search) { warden.refused_lately()? } else { None };
    let most = verdicts.limit.saturating_sub(usize::from(lately.is_some()));
    let pending = lately.map(|refusals| DecisionLine::Refusals(RefusalsLine::of(None, &refusals)));
    let kept = warden.verdicts(&search, most)?;
    let lines = pending.into_iter().chain(kept.iter().map(DecisionLine::of));
    write_all(lines, session)
}

fn write_all(lines: impl IntoIterator<Item = DecisionLine>, session: &mut Session) -> Result<Exit, CliError> {
    let mut count = 0_u64;
    for line in lines {
        count = count.saturating_add(1);
        if session.global.json {
            session.output.json(&line)?;
        } else {
            write(&line, "", &mut session.output)?;
        }
    }
    if !session.global.json {
        session.output.flush()?;
        note(&plural(count, "entry of the decision log", "entries of the decision log"));
    }
    Ok(Exit::Yes)
}

/// Whether a search means strangers of this very minute, too: nothing that only a known caller has is asked for.
fn shows_strangers(search: &Search) -> bool {
    use crate::audit::Outcome::{Deny, Unknown};
    let named = search.agent.is_some() || search.action.is_some() || search.resource.is_some();
    !named && search.to.is_none() && matches!(search.result, None | Some(Deny | Unknown))
}

/// Writes one entry.
///
/// # Errors
/// [`CliError`].
pub fn write(line: &DecisionLine, indent: &str, out: &mut Output) -> Result<(), CliError> {
    match line {
        DecisionLine::Verdict(line) => write_verdict(line, indent, out),
        DecisionLine::Refusals(line) => {
            let index = line.index.map_or("open".to_owned(), |index| index.to_string());
            let codes: Vec<String> =
                line.codes.iter().map(|(code, count)| format!("{count} {code}")).collect();
            out.line(&format!(
                "{indent}{}  {}  {}  {} in this minute: {}",
                cell(&index, 6),
                cell(&line.minute, 27),
                cell("deny", 5),
                plural(line.count, "stranger", "strangers"),
                codes.join(", ")
            ))
        }
    }
}

fn write_verdict(line: &VerdictLine, indent: &str, out: &mut Output) -> Result<(), CliError> {
    let hop = line.hop.map_or(String::new(), |hop| format!(" (token {hop})"));
    let code = line.code.as_ref().map_or(String::new(), |code| format!("  {code}{hop}"));
    let beside = |label: &str, text: &Option<String>| {
        text.as_ref().map_or(String::new(), |text| format!("  {label} {text}"))
    };
    let resource = if line.resource.is_empty() { String::new() } else { format!("  {}", line.resource) };
    out.line(&format!(
        "{indent}{}  {}  {}  {}  {}{resource}{code}{}{}",
        cell(&line.index.to_string(), 6),
        cell(&line.time, 27),
        cell(word(line.decision), 5),
        cell(line.caller.as_deref().unwrap_or_default(), 41),
        line.action,
        beside("request", &line.request_id),
        beside("from", &line.peer),
    ))
}

/// `allow` or `deny`.
pub const fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
    }
}

/// Runs `calls`.
///
/// # Errors
/// [`CliError`].
pub fn calls(calls: &Calls, session: &mut Session) -> Result<Exit, CliError> {
    let mut warden = keeper(session)?;
    let registry = warden.registry();
    // An agent that is not registered any more may have called all the same.
    let did = match find::agent(registry, &calls.did) {
        Ok(row) => registry.agent(row).did(),
        Err(error) => crate::identity::Did::parse(&calls.did).map_err(|_| error)?,
    };
    let since = calls.since.map(|since| since.from(warden.now()));
    let found = warden.calls(&did, since)?;
    let lines: Vec<CallLine> = found.calls.iter().map(line).collect();
    if session.global.json {
        lines.iter().try_for_each(|line| session.output.json(line))?;
    } else {
        session.output.line(&did.to_string())?;
        for way in ["made", "received", "through"] {
            write_way(way, &lines, &mut session.output)?;
        }
    }
    if found.more {
        session.output.flush()?;
        note(
            "There are more calls than are told; narrow them with --since, or see: meshwarden verdicts agent:DID",
        );
    }
    Ok(Exit::Yes)
}

fn write_way(way: &str, lines: &[CallLine], out: &mut Output) -> Result<(), CliError> {
    let heading = match way {
        "made" => "it called",
        "received" => "it was called by",
        _ => "by chains through it, others called",
    };
    let mut those = lines.iter().filter(|line| line.way == way).peekable();
    if those.peek().is_none() {
        return out.line(&format!("  {heading}: nothing that is known"));
    }
    out.line(&format!("  {heading}"))?;
    for line in those {
        let other = match (way, &line.other) {
            ("made", None) => String::new(),
            (_, other) => format!("  {}", other.as_deref().unwrap_or("somebody")),
        };
        let resource = if line.resource.is_empty() { "-" } else { &line.resource };
        out.line(&format!(
            "    {}  {}  {}  {resource}{other}  at {}, from {} to {}",
            cell(&format!("{}x", line.count), 6),
            cell(word(line.decision), 5),
            cell(&line.action, 20),
            line.audience,
            line.first,
            line.last
        ))?;
    }
    Ok(())
}

fn line(call: &Call) -> CallLine {
    CallLine {
        way: call.way.as_str(),
        other: call.other.clone(),
        action: call.action.clone(),
        resource: call.resource.clone(),
        audience: call.audience.clone(),
        decision: if call.allowed { Decision::Allow } else { Decision::Deny },
        count: call.count,
        first: call.first.to_string(),
        last: call.last.to_string(),
    }
}
