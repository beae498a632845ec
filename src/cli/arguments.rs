//! The arguments, as `--help` explains them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::registry::CaseId;
use crate::tui::ThemeName;

use super::{
    agent, backup, case, change, codes, completions, console, contexts, coverage, doctor, export, generate,
    handshake, import, init, key, keys, lineage, lock, log, looks, operator, point, policy, pulse,
    revocation, serve, sponsor, tag, token, trust, verdicts, verify, who,
};

/// Console and verifier for a zero-trust mesh of AI agents.
#[derive(Debug, Parser)]
#[command(
    version,
    subcommand_precedence_over_arg = true,
    max_term_width = 100,
    long_about = "Console and verifier for a zero-trust mesh of AI agents.\n\n\
        Which agent did this, what can it still do, and is it stopped? Without a command the console opens: on FILE, \
        on the data directory, or on a demo mesh if there is neither.",
    after_long_help = LONG_HELP,
    after_help = "Examples, exit codes and units: meshwarden --help"
)]
pub struct Arguments {
    /// Registry file or data directory that the console opens
    #[arg(value_name = "FILE|DIR")]
    pub path: Option<PathBuf>,
    /// What the console shows first.
    #[command(flatten)]
    pub look: super::look::Look,
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What holds for every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Context of the configuration to work on, by its name; `meshwarden context list` shows them
    #[arg(long, global = true, value_name = "NAME", conflicts_with_all = ["data", "registry", "verifier"])]
    pub context: Option<String>,
    /// Change what gives authority in a context that is marked production
    #[arg(long, global = true)]
    pub unlock: bool,
    /// Data directory [default: $XDG_DATA_HOME/meshwarden or ~/.local/share/meshwarden]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Registry file to work on instead of the data directory; - is standard input. It is never written
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "data")]
    pub registry: Option<PathBuf>,
    /// URL of a verifier to work on instead of the data directory, such as https://mesh.example:7443 [default: verifier]
    #[arg(long, global = true, value_name = "URL", conflicts_with_all = ["data", "registry"])]
    pub verifier: Option<String>,
    /// The key of the verifier's log, as `meshwarden log key` shows it there [default: log_key]
    #[arg(long, global = true, value_name = "KEY", requires = "verifier")]
    pub log_key: Option<String>,
    /// Certificates in PEM, one of which issued the verifier's; no other is believed then [default: verifier_root]
    #[arg(long, global = true, value_name = "FILE", requires = "verifier")]
    pub verifier_root: Option<PathBuf>,
    /// Your name as an operator of the verifier [default: operator]
    #[arg(long = "operator-name", global = true, value_name = "NAME")]
    pub operator: Option<String>,
    /// Print JSON, one object per line; errors too, on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Read times in records that have no zone as UTC, instead of refusing them
    #[arg(long, global = true)]
    pub assume_utc: bool,
    /// Go on behind records that cannot be read, and say how many (exit code 3)
    #[arg(long, global = true)]
    pub skip_invalid: bool,
    /// File with trust scores: {"scores": {DID: {"score": 850}}} or {DID: 850}
    #[arg(long, global = true, value_name = "FILE")]
    pub scores: Option<PathBuf>,
    /// The case under which a change is made, such as C-7
    #[arg(long, global = true, value_name = "ID", value_parser = case::id)]
    pub case: Option<CaseId>,
    /// The key that signs your changes: a PKCS#8 or OpenSSH file, or agent, or agent:SHA256:... [default: operator_key]
    #[arg(long, global = true, value_name = "KEY")]
    pub operator_key: Option<String>,
    /// File whose first line is the passphrase of that key [default: ask on the terminal]
    #[arg(long, global = true, value_name = "FILE")]
    pub operator_passphrase_file: Option<PathBuf>,
    /// Configuration [default: $XDG_CONFIG_HOME/meshwarden/config.toml or ~/.config/meshwarden/config.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Colours of the console: dark, light, high-contrast or plain [default: theme]
    #[arg(long, global = true, value_name = "NAME", value_parser = looks::theme)]
    pub theme: Option<ThemeName>,
    /// Draw the console with ASCII only [default: borders]
    #[arg(long, global = true)]
    pub ascii: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the console (also without a command)
    Console(console::Console),
    /// List, show, create and delegate agents; suspend, revoke and reactivate them; change their keys
    #[command(subcommand)]
    Agent(agent::Command),
    /// Give the log its operators: from then on every change is signed
    #[command(after_help = init::AFTER)]
    Init(init::Init),
    /// List, invite, add, suspend and remove operators; change their roles and keys
    #[command(subcommand)]
    Operator(operator::Command),
    /// List the contexts of the configuration
    #[command(subcommand)]
    Context(contexts::Command),
    /// List, show, approve and withdraw changes that wait for signatures
    #[command(subcommand)]
    Change(change::Command),
    /// Judge delegation lineages
    #[command(subcommand)]
    Lineage(lineage::Command),
    /// Open, share, hand over, close and export cases
    #[command(subcommand)]
    Case(case::Command),
    /// Take the records of a file into the registry
    Import(import::Import),
    /// Write the registry, or its revocation list, to standard output
    Export(export::Export),
    /// Invent a believable mesh, for trying things out
    Generate(generate::Generate),
    /// Make and show private keys
    #[command(subcommand)]
    Key(key::Command),
    /// Prove keys to each other in three messages
    #[command(subcommand)]
    Handshake(handshake::Command),
    /// Make, list and lift standing rules that hold agents
    #[command(subcommand)]
    Lock(lock::Command),
    /// List the log of changes, check it, and prove its entries
    #[command(subcommand)]
    Log(log::Command),
    /// Enrol, list and dismiss enforcement points and signal sources
    #[command(subcommand)]
    Point(point::Command),
    /// Check, test, explain and set the policy
    #[command(subcommand)]
    Policy(policy::Command),
    /// Say how the mesh stands, in figures with their queries (exit code 1 if anything asks for somebody)
    #[command(after_help = pulse::AFTER)]
    Pulse(pulse::Command),
    /// Take in, show and correct the revocation list
    #[command(subcommand)]
    Revocation(revocation::Command),
    /// Verify sponsors, give their agents to others, name deputies
    #[command(subcommand)]
    Sponsor(sponsor::Command),
    /// Put tags on agents, take them off, list them
    #[command(subcommand)]
    Tag(tag::Command),
    /// Issue, refresh, show, verify and revoke delegation tokens
    #[command(subcommand)]
    Token(token::Command),
    /// Explain scores; record and take back signals
    #[command(subcommand)]
    Trust(trust::Command),
    /// List what was decided, the newest first
    #[command(after_help = verdicts::AFTER)]
    Verdicts(verdicts::Verdicts),
    /// Say whom an agent called, who called it, and who called by a chain through it
    #[command(after_help = verdicts::CALLS_AFTER)]
    Calls(verdicts::Calls),
    /// Name the active agents that asked for nothing (exit code 1 if there are any)
    #[command(after_help = coverage::AFTER)]
    Coverage(coverage::Coverage),
    /// Judge a request with its chain and proof (exit code 1 if it is denied)
    #[command(after_help = verify::AFTER)]
    Verify(verify::Verify),
    /// Name the agent behind a token, jti, key id, fingerprint, DID, email or log line (exit code 1 if nobody is)
    #[command(after_help = who::AFTER)]
    Who(who::Who),
    /// Copy the data directory while it is in use; the copy proves itself
    #[command(after_help = backup::AFTER)]
    Backup(backup::Backup),
    /// Make a data directory from a backup; its log says so
    #[command(after_help = backup::AFTER)]
    Restore(backup::Restore),
    /// Say what is wrong with configuration, keys, clock, log and disk, and what to do (exit code 1 if anything is)
    #[command(after_help = doctor::AFTER)]
    Doctor(doctor::Doctor),
    /// Serve the data directory to agents, enforcement points and consoles over HTTP
    #[command(after_help = serve::AFTER)]
    Serve(serve::Serve),
    /// Show the keys of the console, as the configuration has them
    #[command(after_help = keys::AFTER)]
    Keys(keys::Keys),
    /// Explain a stable code, or all of them
    Codes(codes::Codes),
    /// Print a completion script for a shell
    Completions(completions::Completions),
}

const LONG_HELP: &str = "\
Examples:
  meshwarden                                        open the data directory, or a demo mesh
  meshwarden mesh.json                              open a registry file; it is never written
  meshwarden agent list -q 'billing trust<300'      find agents by what they are
  meshwarden agent show 28eaf98c                    everything about one agent
  meshwarden agent revoke 28eaf98c --cascade --reason 'key leaked' --dry-run
                                                    see what would fall, and change nothing
  meshwarden lineage verify --all --json mesh.json  judge every lineage of a file
  meshwarden token verify worker.chain              does a chain of delegation tokens count?

Agents:
  A DID can be given whole, as its hex digits alone, or by its first digits: at least 4, and they
  must fit one agent only.

Units:
  Times are RFC 3339 with a zone: 2026-03-01T12:00:00Z. Lengths of time are whole numbers of s, m,
  h or d: 90s, 15m, 4h, 2d. Trust scores go from 0 to 1000; without one an agent is unscored.

Exit codes:
  0  yes: done, valid          4  refused, not confirmed, or stale
  1  the answer is no:         5  unreachable: a disk, a lock, a directory
     broken, invalid           70 a bug in meshwarden: please report it
  2  usage or input            141 nobody reads the output any more
  3  partly: some records were refused; or not done yet: it waits for approval";
