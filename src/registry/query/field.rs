//! The fields and flags of the query language: the one table that parser, completion and help read.

/// Something of an agent that a term compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// `name`.
    Name,
    /// Its DID.
    Did,
    /// Its sponsor's address.
    Sponsor,
    /// Its organization.
    Organization,
    /// Its description.
    Description,
    /// Why it was stopped.
    Reason,
    /// The id of its key.
    Key,
    /// What it may do.
    Capability,
    /// What it can do now.
    Reach,
    /// A tag of operators.
    Tag,
    /// Its effective state.
    State,
    /// Its stored status.
    Status,
    /// Its trust tier.
    Tier,
    /// Its trust score.
    Trust,
    /// The highest score that its lineage allows.
    Ceiling,
    /// Hops from its root, as its record says.
    Depth,
    /// Agents right below it.
    Children,
    /// Agents below it.
    Descendants,
    /// Agents that may act and would not if it were stopped.
    Impact,
    /// The trust that it lost lately.
    Fell,
    /// Its impact times the trust that it lost lately.
    Risk,
    /// It and everybody below an agent.
    Under,
    /// It and everybody above an agent.
    Above,
    /// The children of an agent.
    Parent,
    /// The rule that its lineage breaks.
    Broken,
    /// The rule that its own hop breaks.
    Breaks,
    /// How long ago it was last judged.
    Seen,
    /// How long ago it was last denied.
    Denied,
    /// How long ago it was registered.
    Created,
    /// How long ago it last changed.
    Updated,
    /// How long it has yet to live.
    Expires,
    /// How long its suspension lasts yet.
    Until,
}

/// What a field's values are, and so which operators it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Capability,
    Tag,
    Words(&'static [&'static str]),
    Number,
    Kin,
    /// A length of time that went by, or a time.
    Past,
    /// A length of time to come, or a time.
    Future,
}

/// A field with its word and what it says.
#[derive(Debug, Clone, Copy)]
pub struct Described<T> {
    /// What it is.
    pub what: T,
    /// The word of the language.
    pub word: &'static str,
    /// One line for help pages.
    pub says: &'static str,
}

const fn field(what: Field, word: &'static str, says: &'static str) -> Described<Field> {
    Described { what, word, says }
}

/// All fields.
pub const FIELDS: [Described<Field>; 32] = [
    field(Field::State, "state", "effective state: active, cut_off, suspended, expired, revoked"),
    field(Field::Status, "status", "stored status alone: active, suspended, revoked"),
    field(Field::Trust, "trust", "trust score, 0 to 1000; an unscored agent has none"),
    field(Field::Tier, "tier", "trust tier: untrusted to verified_partner, or unscored"),
    field(Field::Capability, "cap", "may do something of this: cap:\"deploy:*\"; = is this very capability"),
    field(Field::Reach, "reach", "may act, and holds what allows all of this: reach:\"deploy:prod\""),
    field(Field::Under, "under", "this agent and everybody below it"),
    field(Field::Above, "above", "this agent and everybody above it"),
    field(Field::Parent, "parent", "the children of this agent"),
    field(
        Field::Sponsor,
        "sponsor",
        "the sponsor's address holds this: sponsor:ops@; = is the whole address",
    ),
    field(Field::Organization, "org", "the organization holds this"),
    field(Field::Name, "name", "the name holds this"),
    field(Field::Did, "did", "the DID holds this"),
    field(Field::Key, "key", "the id of its key holds this"),
    field(Field::Tag, "tag", "has this tag; a * at the end stands for anything"),
    field(Field::Seen, "seen", "last judged so long ago: seen<10m, seen>30d (never counts as long ago)"),
    field(Field::Denied, "denied", "last denied something so long ago: denied<10m"),
    field(Field::Created, "created", "registered so long ago, or before or after a time"),
    field(Field::Updated, "updated", "last changed so long ago, or before or after a time"),
    field(Field::Expires, "expires", "has so long to live: expires<7d; what has expired is state=expired"),
    field(Field::Until, "until", "its suspension lasts so long yet: until<1h"),
    field(Field::Depth, "depth", "hops from the root; 0 is a root"),
    field(Field::Children, "children", "agents right below; 0 is a leaf"),
    field(Field::Descendants, "descendants", "agents anywhere below"),
    field(Field::Impact, "impact", "agents that may act and would not if it were stopped, itself included"),
    field(Field::Fell, "fell", "points of trust lost within a day by what was said of it; decay left aside"),
    field(Field::Risk, "risk", "impact times fell: whom to look at first"),
    field(Field::Ceiling, "ceiling", "the highest score that its lineage allows"),
    field(
        Field::Broken,
        "broken",
        "its lineage breaks this rule, here or above: broken:capability_escalation",
    ),
    field(Field::Breaks, "breaks", "its own hop breaks this rule"),
    field(Field::Reason, "reason", "the reason it was stopped for holds this"),
    field(Field::Description, "description", "the description holds this"),
];

/// Something that an agent is or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flag {
    /// Its lineage breaks a rule; that an ancestor is merely stopped breaks none.
    Broken,
    /// It names a parent that nobody is.
    Orphaned,
    /// It holds the wildcard.
    Unlimited,
    /// It holds more than its trust is good for.
    Overprivileged,
    /// Nobody ever scored it.
    Unscored,
    /// Nobody verified its sponsor.
    Unverified,
    /// Nothing new may come from it.
    Sealed,
    /// A lock holds it.
    Locked,
    /// It stands on the revocation list.
    Listed,
    /// Somebody vouched for it.
    Attested,
    /// Another agent's DID differs only in case.
    Confusable,
    /// Its personal data are erased.
    Erased,
}

const fn flag(what: Flag, word: &'static str, says: &'static str) -> Described<Flag> {
    Described { what, word, says }
}

/// All flags.
pub const FLAGS: [Described<Flag>; 12] = [
    flag(
        Flag::Broken,
        "broken",
        "its lineage breaks a rule, here or above; that somebody above is stopped breaks none",
    ),
    flag(Flag::Orphaned, "orphaned", "it names a parent that nobody is"),
    flag(Flag::Unlimited, "unlimited", "it holds the capability *"),
    flag(
        Flag::Overprivileged,
        "overprivileged",
        "it holds * or a kind:* while its trust is below trusted (700)",
    ),
    flag(Flag::Unscored, "unscored", "nobody ever scored it"),
    flag(Flag::Unverified, "unverified", "nobody verified its sponsor"),
    flag(Flag::Sealed, "sealed", "it, or an agent above, is sealed"),
    flag(Flag::Locked, "locked", "a lock holds it"),
    flag(Flag::Listed, "listed", "it stands on the revocation list"),
    flag(Flag::Attested, "attested", "its record says that somebody vouched for it"),
    flag(Flag::Confusable, "confusable", "another DID differs from its own only in case"),
    flag(Flag::Erased, "erased", "its personal data are erased"),
];

pub(super) const STATES: &[&str] = &["active", "cut_off", "suspended", "expired", "revoked"];
pub(super) const STATUSES: &[&str] = &["active", "suspended", "revoked"];
pub(super) const TIERS: &[&str] =
    &["untrusted", "probationary", "standard", "trusted", "verified_partner", "unscored"];
pub(super) const RULES: &[&str] = &[
    "root_depth_nonzero",
    "delegated_depth_zero",
    "missing_parent",
    "no_registry",
    "inactive_parent",
    "wildcard_delegated",
    "capability_escalation",
    "depth_mismatch",
    "depth_limit_exceeded",
];

impl Field {
    /// The word of the language.
    pub fn word(self) -> &'static str {
        FIELDS.iter().find(|each| each.what == self).map_or("", |each| each.word)
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        FIELDS.iter().find(|each| each.word == word).map(|each| each.what)
    }

    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Name
            | Self::Did
            | Self::Sponsor
            | Self::Organization
            | Self::Description
            | Self::Reason
            | Self::Key => Kind::Text,
            Self::Capability | Self::Reach => Kind::Capability,
            Self::Tag => Kind::Tag,
            Self::State => Kind::Words(STATES),
            Self::Status => Kind::Words(STATUSES),
            Self::Tier => Kind::Words(TIERS),
            Self::Broken | Self::Breaks => Kind::Words(RULES),
            Self::Trust
            | Self::Ceiling
            | Self::Depth
            | Self::Children
            | Self::Descendants
            | Self::Impact
            | Self::Fell
            | Self::Risk => Kind::Number,
            Self::Under | Self::Above | Self::Parent => Kind::Kin,
            Self::Seen | Self::Denied | Self::Created | Self::Updated => Kind::Past,
            Self::Expires | Self::Until => Kind::Future,
        }
    }
}

impl Flag {
    pub(super) fn named(word: &str) -> Option<Self> {
        FLAGS.iter().find(|each| each.word == word).map(|each| each.what)
    }
}

impl Kind {
    pub(super) const fn takes(self) -> &'static str {
        match self {
            Self::Text | Self::Capability | Self::Tag | Self::Words(_) => ":, = or !=",
            Self::Number => "=, !=, <, <=, > or >=",
            Self::Kin => ":",
            Self::Past | Self::Future => "<, <=, > or >=",
        }
    }

    pub(super) fn expected(self) -> String {
        match self {
            Self::Text => "a text; quote it where it has spaces or parentheses".to_owned(),
            Self::Capability => "a capability, as in cap:\"deploy:*\"".to_owned(),
            Self::Tag => "a tag".to_owned(),
            Self::Words(words) => format!("one of {}; several with commas", words.join(", ")),
            Self::Number => "a whole number".to_owned(),
            Self::Kin => "a DID, its digits, or at least 4 of the first ones".to_owned(),
            Self::Past | Self::Future => {
                "a length of time such as 90s, 10m, 4h or 7d, or a time such as 2026-11-22T09:00:00Z"
                    .to_owned()
            }
        }
    }
}
