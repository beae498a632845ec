//! Dates, statuses and scores of an invented agent.

use std::borrow::Cow;

use super::cast::{REVOCATIONS, SUSPENSIONS};
use super::draw::Draw;
use crate::identity::{Identity, Status, names_security};
use crate::time::{Span, Time};

const DAY: i64 = 86_400_000_000;

const MINUTE: i64 = 60_000_000;

/// While its parent could delegate, the agent was created.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) from: Time,
    pub(super) to: Time,
}

/// The instant `micros` before `at`.
fn before(at: Time, micros: i64) -> Time {
    Time::from_micros(at.micros().saturating_sub(micros)).unwrap_or(Time::MIN)
}

fn after(at: Time, micros: i64) -> Time {
    Time::from_micros(at.micros().saturating_add(micros)).unwrap_or(Time::MAX)
}

/// When the agent was created; most helpers are spawned soon after their parent.
pub(super) fn created(at: Time, window: Option<Window>, draw: &mut Draw) -> Time {
    let Some(Window { from, to }) = window else {
        return before(at, draw.micros(640 * DAY).saturating_add(60 * DAY));
    };
    let room = to.since(from).micros();
    let soon = draw.micros(room);
    after(from, draw.micros(soon).max(1).min(room.max(0)))
}

/// Sets status, reason, expiry and the time of the last update; answers since when the agent is stopped.
pub(super) fn fate(
    identity: &mut Identity<'static>,
    at: Time,
    may_stop: bool,
    draw: &mut Draw,
) -> Option<Time> {
    let touched = after(identity.created_at, draw.micros(20 * MINUTE));
    identity.updated_at = touched.min(at);
    let age = at.since(identity.created_at).micros();
    if !may_stop || age < 2 * MINUTE {
        return None;
    }
    let ago = draw.micros(age);
    let stop = before(at, draw.micros(ago));
    match draw.below(1000) {
        0..34 => end(identity, Status::Suspended, draw.pick(&SUSPENSIONS), stop),
        34..57 => end(identity, Status::Revoked, draw.pick(&REVOCATIONS), stop),
        57..76 => identity.expires_at = Some(stop),
        lot => {
            identity.expires_at = expiry(at, lot, draw);
            return None;
        }
    }
    Some(stop)
}

/// An expiry to come, for about one agent in eight.
fn expiry(at: Time, lot: u32, draw: &mut Draw) -> Option<Time> {
    let (least, most) = match lot {
        76..92 => (MINUTE, DAY / 4),
        92..122 => (DAY / 4, 6 * DAY),
        122..200 => (7 * DAY, 360 * DAY),
        _ => return None,
    };
    let whole = after(at, draw.micros(most).saturating_add(least)).micros().div_euclid(1_000_000);
    Time::from_micros(Span::seconds(whole).micros())
}

fn end(identity: &mut Identity<'static>, status: Status, reason: &'static str, when: Time) {
    identity.status = status;
    identity.revocation_reason = Some(Cow::Borrowed(reason));
    identity.updated_at = when;
}

/// The ceiling that the agent's sponsor asked for, never above the parent's.
pub(super) fn ceiling(parent: Option<u16>, is_root: bool, draw: &mut Draw) -> Option<u16> {
    const CEILINGS: [u16; 8] = [400, 500, 600, 650, 700, 750, 800, 900];
    let asked = draw.chance(if is_root { 150 } else { 70 }).then(|| draw.pick(&CEILINGS));
    match (parent, asked) {
        (Some(parent), Some(asked)) => Some(parent.min(asked)),
        (parent, asked) => parent.or(asked),
    }
}

/// A score of a believable tier, within the ceiling; one agent in twelve has none.
pub(super) fn score(identity: &Identity<'static>, draw: &mut Draw) -> Option<u16> {
    if draw.chance(80) {
        return None;
    }
    let distrusted = identity.revocation_reason.as_deref().is_some_and(names_security);
    let (lowest, width) = match draw.below(1000) {
        _ if distrusted => (40, 360),
        0..80 => (900, 90),
        80..410 => (700, 200),
        410..790 => (500, 200),
        790..930 => (300, 200),
        _ => (60, 240),
    };
    let drawn = u16::try_from(draw.below(width)).unwrap_or(0).saturating_add(lowest);
    Some(drawn.min(identity.max_initial_trust_score.unwrap_or(drawn)))
}
