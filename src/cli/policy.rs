//! `policy`: is it right, does it do what is meant, and what does it say of an agent.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::error::CliError;
use super::output::complain;
use super::session::Session;
use super::when::Then;
use super::{Exit, find, policy_change, source, speak};
use crate::encoding::hex;
use crate::identity::Attested;
use crate::policy::{Case, MAX_RULES_TEXT, MAX_TEXT, Policy, Refusal, Rules, Trial, span_text};
use crate::registry::{Registry, Row};
use crate::text::plural;
use crate::time::{Span, Time};
use crate::wire::codes;

/// What to do with a policy.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read a policy and its rules, and name the first mistake
    Check(Check),
    /// Try a policy on a file of cases
    #[command(after_long_help = CASES)]
    Test(Test),
    /// Say what a policy makes of one agent and one action
    Explain(Explain),
    /// Put a policy in force, whole: what the file leaves out gets its default
    ///
    /// Where several people hold the log this proposes it: a second one approves it.
    #[command(after_help = SET, visible_alias = "propose")]
    Set(Files),
    /// Print the policy in force, as canonical JSON
    Show,
    /// Say what would change if a policy took the place of the one in force (exit code 1 if anything would)
    #[command(after_help = policy_change::AFTER)]
    Diff(Files),
    /// Judge the last verdicts again under a policy, and say which would change (exit code 1 if any would)
    #[command(after_help = policy_change::AFTER)]
    DryRun(policy_change::DryRunArguments),
}

/// Where a policy lies.
#[derive(Debug, Args)]
pub struct Files {
    /// The policy, TOML
    #[arg(value_name = "FILE")]
    pub policy: PathBuf,
    /// Cedar rules instead of the policy's own: a file, or a directory of *.cedar files
    #[arg(long, value_name = "FILE|DIR")]
    pub rules: Option<PathBuf>,
}

/// The options of `policy check`.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    files: Files,
}

/// The options of `policy test`.
#[derive(Debug, Args)]
pub struct Test {
    #[command(flatten)]
    files: Files,
    /// The cases, TOML
    #[arg(long, value_name = "FILE")]
    pub cases: PathBuf,
}

/// The options of `policy explain`.
#[derive(Debug, Args)]
pub struct Explain {
    #[command(flatten)]
    files: Files,
    /// The agent: its DID, its hex digits, or their beginning
    #[arg(long)]
    pub did: String,
    /// What it would do, such as read:data
    #[arg(long)]
    pub action: String,
    /// What it would do it to
    #[arg(long, default_value = "")]
    pub resource: String,
    /// As of when.
    #[command(flatten)]
    pub then: Then,
}

const SET: &str = "\
The policy lies in the log: it counts for every verdict from its entry on, and old verdicts replay by the old one. \
Every field with its default is in assets/policy.example.toml.

Examples:
  meshwarden policy check policy.toml
  meshwarden policy set policy.toml --rules rules/
  meshwarden policy show

Exit codes: 0 done; 2 usage or input; 4 refused; 5 the data directory is out of reach.";

const CASES: &str = "\
A case says what is tried and what must come out; what it leaves out has the policy's default:
  [[case]]
  name = \"a young agent pays nothing\"
  action = \"pay:invoice\"
  score = 350
  expect = \"deny\"
  code = \"tier_too_low\"        # optional: why it must be denied

Facts: action, resource, did, key, sponsor, organization, attested, hop, depth, score, scopes, ttl, age, staleness.

Exit codes: 0 every case is met; 1 one is not; 2 usage or input.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Command, session: &mut Session) -> Result<Exit, CliError> {
    match command {
        Command::Check(check) => run_check(&check.files, session),
        Command::Test(test) => run_test(test, session),
        Command::Explain(explain) => run_explain(explain, session),
        Command::Set(files) => {
            if text(&files.policy, MAX_TEXT)?.trim().is_empty() {
                return Err(CliError::Usage("the file is empty, and would put every default in force"));
            }
            let policy = load(Some(&files.policy), files.rules.as_deref())?;
            let mut opened = speak::open(session, true)?;
            let actor = session.actor();
            let receipt = opened.warden.set_policy(&policy, speak::word(&actor, ""))?;
            speak::acknowledge(&receipt, session)
        }
        Command::Diff(files) => policy_change::diff(files, session),
        Command::DryRun(arguments) => policy_change::dry_run(arguments, session),
        Command::Show => {
            let sight = source::look(session)?;
            session.output.raw(&sight.policy.to_json())?;
            session.output.raw("\n")?;
            Ok(Exit::Yes)
        }
    }
}

/// The policy of a file; the defaults without one.
///
/// # Errors
/// [`CliError::Policy`] or [`CliError::File`].
pub fn load(file: Option<&Path>, rules: Option<&Path>) -> Result<Policy, CliError> {
    let wrong = |path: &Path| {
        let path = path.to_owned();
        move |error| CliError::Policy { path, error: Box::new(error) }
    };
    let mut policy = Policy::default();
    if let Some(file) = file {
        policy = Policy::from_toml(&text(file, MAX_TEXT)?).map_err(wrong(file))?;
    }
    let Some(rules) = rules else { return Ok(policy) };
    let mut all = String::new();
    for file in rule_files(rules)? {
        let text = text(&file, MAX_RULES_TEXT)?;
        // Each alone first, so that a mistake is named with its place in its own file.
        policy = policy.with_rules(&text).map_err(wrong(&file))?;
        all.push_str(&text);
        all.push('\n');
    }
    policy.with_rules(&all).map_err(wrong(rules))
}

/// A file itself, or the rules in a directory by name.
fn rule_files(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error: std::io::Error| CliError::file(path, &error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|extension| extension == "cedar") {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        Err(CliError::Usage("the directory of --rules holds no *.cedar file"))
    } else {
        Ok(files)
    }
}

/// A text file, of which one byte more than is allowed is read: the reader says what the bound is.
fn text(path: &Path, most: usize) -> Result<String, CliError> {
    let unreadable = |error: std::io::Error| CliError::file(path, &error);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(most.saturating_add(1) as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| CliError::file(path, &std::io::ErrorKind::InvalidData.into()))
}

fn run_check(files: &Files, session: &mut Session) -> Result<Exit, CliError> {
    let policy = match load(Some(&files.policy), files.rules.as_deref()) {
        // The question was whether it is right, and this is the answer.
        Err(error @ CliError::Policy { .. }) => {
            complain(&error, session.global.json);
            return Ok(Exit::No);
        }
        read => read?,
    };
    let digest = hex::encode(&policy.digest());
    if session.global.json {
        session.output.json(&json!({"valid": true, "digest": digest}))?;
        return Ok(Exit::Yes);
    }
    let out = &mut session.output;
    out.line(&format!("{}: valid", files.policy.display()))?;
    out.line(&format!("digest   {digest}"))?;
    out.line(&format!(
        "classes  {}",
        policy
            .classes
            .iter()
            .map(|class| class.name.as_str())
            .chain(["default"])
            .collect::<Vec<_>>()
            .join(" ")
    ))?;
    let count = |count: usize| plural(count, "entry", "entries");
    out.line(&format!(
        "allow    {}",
        if policy.allow.is_empty() { "everybody".to_owned() } else { count(policy.allow.len()) }
    ))?;
    out.line(&format!("block    {}", count(policy.block.len())))?;
    out.line(&format!("sources  {}", policy.trust.sources.len()))?;
    out.line(&format!("rules    {}", rules_words(&policy.rules)))?;
    Ok(Exit::Yes)
}

fn rules_words(rules: &Rules) -> String {
    match rules.count() {
        None => "the built-in one: what the other checks passed is permitted".to_owned(),
        Some(count) => plural(count, "Cedar rule", "Cedar rules"),
    }
}

fn run_test(test: &Test, session: &mut Session) -> Result<Exit, CliError> {
    let policy = load(Some(&test.files.policy), test.files.rules.as_deref())?;
    let cases = Case::from_toml(&text(&test.cases, MAX_TEXT)?, &policy)
        .map_err(|error| CliError::Policy { path: test.cases.clone(), error: Box::new(error) })?;
    let mut failed = 0_usize;
    for case in &cases {
        let answer = policy.try_hop(&case.trial).err();
        let met = case.is_met(answer.as_ref());
        failed = failed.saturating_add(usize::from(!met));
        let code = answer.as_ref().map(Refusal::code);
        let reason = answer.as_ref().map(Refusal::sentence);
        if session.global.json {
            let decision = if answer.is_none() { "allow" } else { "deny" };
            let line =
                json!({"case": case.name, "met": met, "decision": decision, "code": code, "reason": reason});
            session.output.json(&line)?;
        } else if !met {
            let found = code.map_or_else(|| "allowed".to_owned(), |code| format!("denied: {code}"));
            let why = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
            session
                .output
                .line(&format!("FAILED  {}: {}, and it was {found}{why}", case.name, case.expected))?;
        }
    }
    if !session.global.json {
        let cases = plural(cases.len(), "case", "cases");
        session.output.line(&format!("{failed} of {cases} failed"))?;
    }
    Ok(if failed == 0 { Exit::Yes } else { Exit::No })
}

fn run_explain(explain: &Explain, session: &mut Session) -> Result<Exit, CliError> {
    let policy = load(Some(&explain.files.policy), explain.files.rules.as_deref())?;
    let sight = source::look_at(session, explain.then.at)?;
    let row = find::agent(&sight.registry, &explain.did)?;
    let now = sight.now;
    let trial = trial(explain, &policy, &sight.registry, row, now);
    let answer = policy.try_hop(&trial);
    let class = policy.class_of(&trial.action);
    let room = policy.room_below(&sight.registry, row, now).err();
    let refusal = answer.as_ref().err();
    let held = trial.scopes.iter().any(|held| crate::capability::allows(held, &trial.action));
    if session.global.json {
        session.output.json(&json!({
            "did": trial.did.to_string(), "action": trial.action, "class": class.name,
            "gate": class.gate.map(crate::trust::Tier::as_str), "staleness": span_text(class.staleness),
            "score": trial.score, "held": held, "decision": if refusal.is_none() { "allow" } else { "deny" },
            "code": refusal.map(Refusal::code), "reason": refusal.map(Refusal::sentence),
            "next_child": room.map(|room| room.to_string()),
        }))?;
    } else {
        let out = &mut session.output;
        out.line(&format!("{}  {}", trial.did, sight.registry.agent(row).name()))?;
        let gate = class.gate.map_or("any tier", crate::trust::Tier::as_str);
        let age = span_text(class.staleness);
        out.line(&format!("class    {}: {gate}, by a registry at most {age} old", class.name))?;
        out.line(&format!(
            "score    {} ({})",
            trial.score,
            crate::trust::Tier::of(i64::from(trial.score)).as_str()
        ))?;
        out.line(&format!("rules    {}", rules_words(&policy.rules)))?;
        out.line(&format!(
            "children {}",
            room.map_or_else(|| "there is room for another".to_owned(), |room| room.to_string())
        ))?;
        match refusal {
            None => out.line("policy   has nothing against it")?,
            Some(refusal) => {
                out.line(&format!("policy   denies it: {} ({})", refusal.sentence(), refusal.code()))?;
                out.line(&format!("  fix: {}", codes::advice(refusal.code())))?;
            }
        }
        if !held {
            out.line(&format!("but      its record does not hold {}", trial.action))?;
        }
    }
    Ok(if refusal.is_none() { Exit::Yes } else { Exit::No })
}

/// The agent as the registry holds it, with a token that is issued now.
fn trial(explain: &Explain, policy: &Policy, registry: &Registry, row: Row, now: Time) -> Trial {
    let agent = registry.agent(row);
    Trial {
        action: explain.action.clone(),
        resource: explain.resource.clone(),
        did: agent.did(),
        key: agent.public_key(),
        sponsor: agent.sponsor().to_owned(),
        organization: agent.organization().map(str::to_owned),
        attested: attested(policy, registry, row, now),
        hop: agent.depth(),
        depth: agent.depth(),
        score: registry.trust_of(row, &policy.trust, now).score,
        scopes: agent.capabilities().map(str::to_owned).collect(),
        ttl: policy.tokens.ttl_default,
        age: Span::seconds(0),
        staleness: Span::seconds(0),
    }
}

/// As a verdict sees it: by an attester of the policy, or vouched for by an import with the key of that time.
fn attested(policy: &Policy, registry: &Registry, row: Row, now: Time) -> bool {
    let counts = |attested: &Attested| policy.attestation.attesters.contains(&attested.attester());
    let imported = || registry.agent(row).attested() && registry.ring(row).is_none();
    registry.attestation(row, now).is_some_and(counts) || imported()
}
