//! The five dimensions of behaviour, each a moving average of its signals (IDT 11).

use super::points::{Points, Share};

/// What a signal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Whether it keeps to policy.
    PolicyCompliance,
    /// Whether it wastes nothing.
    ResourceEfficiency,
    /// Whether its results are good.
    OutputQuality,
    /// Whether it guards its keys and inputs.
    SecurityPosture,
    /// Whether others can work with it.
    CollaborationHealth,
}

impl Dimension {
    /// All dimensions, in the order of their weights.
    pub const ALL: [Self; 5] = [
        Self::PolicyCompliance,
        Self::ResourceEfficiency,
        Self::OutputQuality,
        Self::SecurityPosture,
        Self::CollaborationHealth,
    ];

    /// The word in policy, events and screens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PolicyCompliance => "policy_compliance",
            Self::ResourceEfficiency => "resource_efficiency",
            Self::OutputQuality => "output_quality",
            Self::SecurityPosture => "security_posture",
            Self::CollaborationHealth => "collaboration_health",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == text)
    }
}

/// Where a dimension is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// The last signal raised it by more than 5 of 100.
    Improving,
    /// The last signal moved it by 5 of 100 at most.
    Stable,
    /// The last signal lowered it by more than 5 of 100.
    Degrading,
}

impl Trend {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Improving => "improving",
            Self::Stable => "stable",
            Self::Degrading => "degrading",
        }
    }
}

/// One dimension of one agent: 0 to 100, where each signal moves it a tenth of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    level: Points,
    previous: Points,
    positive: u32,
    negative: u32,
}

/// The top of a gauge.
const FULL: Points = Points::whole(100);

impl Gauge {
    /// A gauge at `level`; `None` outside 0 to 100.
    pub fn at(level: Points) -> Option<Self> {
        let within = level >= Points::ZERO && level <= FULL;
        within.then_some(Self { level, previous: level, positive: 0, negative: 0 })
    }

    /// The gauge after one more signal; `value` is the part of what could be wished.
    #[must_use]
    pub fn after(self, value: Share) -> Self {
        let way = FULL.part(value).minus(self.level);
        let up = u32::from(value.is_positive());
        Self {
            level: self.level.plus(way.divided(10)),
            previous: self.level,
            positive: self.positive.saturating_add(up),
            negative: self.negative.saturating_add(1_u32.saturating_sub(up)),
        }
    }

    /// Where it stands.
    pub const fn level(&self) -> Points {
        self.level
    }

    /// Where it stood before the last signal.
    pub const fn previous(&self) -> Points {
        self.previous
    }

    /// Signals of at least one half.
    pub const fn positive(&self) -> u32 {
        self.positive
    }

    /// Signals below one half.
    pub const fn negative(&self) -> u32 {
        self.negative
    }

    /// Where it is going.
    pub fn trend(&self) -> Trend {
        let step = self.level.minus(self.previous);
        if step > Points::whole(5) {
            Trend::Improving
        } else if step < Points::whole(-5) {
            Trend::Degrading
        } else {
            Trend::Stable
        }
    }
}

impl Default for Gauge {
    /// The middle: nothing is known.
    fn default() -> Self {
        let level = Points::whole(50);
        Self { level, previous: level, positive: 0, negative: 0 }
    }
}
