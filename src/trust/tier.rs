//! Five tiers, and what a score permits (IDT 9.1, 10.3, 14.6).

/// The score that counts for an agent without one, unless policy says otherwise (IDT 9.2).
pub const DEFAULT_SCORE: u16 = 500;

/// A trust tier, least trusted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// 0..=299.
    Untrusted,
    /// 300..=499.
    Probationary,
    /// 500..=699.
    Standard,
    /// 700..=899.
    Trusted,
    /// 900..=1000.
    VerifiedPartner,
}

impl Tier {
    /// All tiers, most trusted first, as screens list them.
    pub const ALL: [Self; 5] =
        [Self::VerifiedPartner, Self::Trusted, Self::Standard, Self::Probationary, Self::Untrusted];

    /// The tier of a score; a score outside 0..=1000 counts as the nearer end (IDT 9.1).
    pub const fn of(score: i64) -> Self {
        match score {
            900.. => Self::VerifiedPartner,
            700.. => Self::Trusted,
            500.. => Self::Standard,
            300.. => Self::Probationary,
            _ => Self::Untrusted,
        }
    }

    /// The word in records and screens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifiedPartner => "verified_partner",
            Self::Trusted => "trusted",
            Self::Standard => "standard",
            Self::Probationary => "probationary",
            Self::Untrusted => "untrusted",
        }
    }
}

/// What the default thresholds say to do at a score (IDT 10.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// At 500 and more: let it act.
    pub allow: bool,
    /// Below 400: warn.
    pub warn: bool,
    /// Below 300: revoke.
    pub revoke: bool,
}

/// The actions due at `score`.
pub const fn actions(score: i64) -> Action {
    Action { allow: score >= 500, warn: score < 400, revoke: score < 300 }
}

/// The trust level that a handshake reports; it has no probationary one, and none for a number that
/// is no score (IDT 14.6, 14.7).
pub const fn handshake_level(score: i64) -> Option<&'static str> {
    Some(match score {
        900..=1000 => "verified_partner",
        700..900 => "trusted",
        400..700 => "standard",
        0..400 => "untrusted",
        _ => return None,
    })
}
