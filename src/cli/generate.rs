//! `generate`: a mesh made up for trying things out.

use clap::Args;

use super::error::CliError;
use super::export::{self, Format};
use super::session::Session;
use super::{Exit, when};
use crate::generate::{Broken, Plan, Shares};
use crate::time::Time;
use crate::wire::safe_json;

/// Invent a believable mesh, for trying things out.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Generate {
    /// How many agents
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub agents: u32,
    /// What tells this mesh from others of its size
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// The time that counts as now: nothing is created later [default: now, in whole seconds]
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    pub at: Option<Time>,
    /// One object per line, or one JSON array
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub format: Format,
    /// Break lineages this way in a share of all agents, such as missing_parent=2.5%; may be repeated.
    /// `none` breaks nothing by itself [default: about 1 agent in 60, all ways]
    #[arg(long, value_name = "WAY=SHARE|none", value_parser = damage)]
    pub broken: Vec<Damage>,
}

/// One `--broken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Nothing that is not asked for.
    None,
    /// One way, in millionths of all agents.
    Some(Broken, u32),
}

const AFTER: &str = "\
The same seed, number, time and shares give the same bytes. Without --at they differ from second to second.
Ways: missing_parent depth_mismatch root_depth_nonzero delegated_depth_zero capability_escalation wildcard_delegated \
depth_limit_exceeded cycle; together at most 50% of all agents.

Examples:
  meshwarden generate --agents 1000 --seed 7 > mesh.jsonl
  meshwarden generate --broken none --broken cycle=1% --at 2026-03-01T12:00:00Z --format json";

fn damage(text: &str) -> Result<Damage, String> {
    if text == "none" {
        return Ok(Damage::None);
    }
    let ways = || Broken::ALL.map(Broken::as_str).join(", ");
    let (way, share) = text.split_once('=').ok_or("write it like missing_parent=2.5%, or none")?;
    let way = Broken::parse(way).ok_or_else(|| format!("the ways are {}", ways()))?;
    let share =
        millionths(share).ok_or("a share is written like 2.5%, up to 50%, with at most 4 decimals")?;
    Ok(Damage::Some(way, share))
}

/// Reads a percentage with at most four decimals, so that it is a whole number of millionths.
fn millionths(text: &str) -> Option<u32> {
    let (whole, decimals) = text.strip_suffix('%').map(|text| text.split_once('.').unwrap_or((text, "0")))?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 4 {
        return None;
    }
    let whole: u32 = whole.parse().ok().filter(|whole| *whole <= 50)?;
    let parts: u32 = format!("{decimals:0<4}").parse().ok()?;
    Some(whole.saturating_mul(10_000).saturating_add(parts))
}

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(command: &Generate, session: &mut Session) -> Result<Exit, CliError> {
    let at = command.at.unwrap_or_else(|| whole_second(session.now));
    let mesh =
        Plan { agents: command.agents, seed: command.seed, at, broken: shares(&command.broken)? }.mesh();
    let mut text = String::new();
    let record = |identity: crate::identity::Identity<'_>| {
        text.clear();
        identity.write_json(&mut text);
        Ok(safe_json(&text).into_owned())
    };
    export::write(command.format, mesh.map(record), session)?;
    Ok(Exit::Yes)
}

fn shares(damages: &[Damage]) -> Result<Shares, CliError> {
    let start = if damages.contains(&Damage::None) { Shares::NONE } else { Shares::default() };
    damages.iter().try_fold(start, |shares, damage| match *damage {
        Damage::None => Ok(shares),
        Damage::Some(way, share) => shares
            .with(way, share)
            .ok_or(CliError::Usage("the shares of --broken are more than 50% together")),
    })
}

fn whole_second(time: Time) -> Time {
    time.micros()
        .checked_div_euclid(1_000_000)
        .map_or(time, |seconds| Time::from_micros(seconds.saturating_mul(1_000_000)).unwrap_or(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percentages_with_four_decimals_at_most() {
        for (text, share) in
            [("2.5%", 25_000), ("0.0001%", 1), ("50%", 500_000), ("0%", 0), ("1.05%", 10_500)]
        {
            assert_eq!(millionths(text), Some(share), "{text}");
        }
        for text in ["", "%", "2.5", ".5%", "5.%", "-1%", "+1%", "51%", "0.00001%", "1e1%", "1.5.5%"] {
            assert_eq!(millionths(text), None, "{text}");
        }
    }
}
