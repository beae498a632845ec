//! Who asks, and who may ask what.

use crate::change::operators::{self, Duty, Enrolled, Operators};
use crate::identity::{Did, KeyBytes};

/// What a caller is to the verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Nobody knows.
    Stranger,
    /// Whoever proved a key that the request brings, and is not known yet.
    Newcomer,
    /// An agent of the registry.
    Agent,
    /// An enrolled enforcement point.
    Point,
    /// An enrolled source of trust signals.
    Source,
    /// An operator who looks.
    Viewer,
    /// An operator who contains.
    Responder,
    /// An operator who gives authority.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 8] = [
        Self::Stranger,
        Self::Newcomer,
        Self::Agent,
        Self::Point,
        Self::Source,
        Self::Viewer,
        Self::Responder,
        Self::Admin,
    ];

    /// As documents and logs say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Newcomer => "newcomer",
            Self::Agent => "agent",
            Self::Point => "enforcement_point",
            Self::Source => "signal_source",
            Self::Viewer => "viewer",
            Self::Responder => "responder",
            Self::Admin => "admin",
        }
    }

    /// Whether it is an operator.
    pub const fn operates(self) -> bool {
        matches!(self, Self::Viewer | Self::Responder | Self::Admin)
    }
}

impl From<operators::Role> for Role {
    fn from(role: operators::Role) -> Self {
        match role {
            operators::Role::Viewer => Self::Viewer,
            operators::Role::Responder => Self::Responder,
            operators::Role::Admin => Self::Admin,
        }
    }
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access(&'static [Role]);

impl Access {
    /// Everybody, without a signature too: public documents.
    pub const PUBLIC: Self = Self(&Role::ALL);
    /// Whoever comes in with a key of its own.
    pub const NEWCOMERS: Self = Self(&[Role::Newcomer]);
    /// Agents.
    pub const AGENTS: Self = Self(&[Role::Agent]);
    /// Whoever is known.
    pub const KNOWN: Self =
        Self(&[Role::Agent, Role::Point, Role::Source, Role::Viewer, Role::Responder, Role::Admin]);
    /// Operators.
    pub const OPERATORS: Self = Self(&[Role::Viewer, Role::Responder, Role::Admin]);
    /// Operators who order.
    pub const ORDERS: Self = Self(&[Role::Responder, Role::Admin]);
    /// Enforcement points and operators.
    pub const POINTS: Self = Self(&[Role::Point, Role::Viewer, Role::Responder, Role::Admin]);
    /// Agents, for themselves, and operators.
    pub const SELF: Self = Self(&[Role::Agent, Role::Viewer, Role::Responder, Role::Admin]);
    /// Agents and enforcement points, who ask for verdicts.
    pub const MESH: Self = Self(&[Role::Agent, Role::Point]);
    /// Enforcement points, who say what the original of a request was.
    pub const FORWARDS: Self = Self(&[Role::Point]);
    /// Sources of trust signals.
    pub const SOURCES: Self = Self(&[Role::Source]);

    /// Whether `role` may.
    pub fn admits(self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// The roles, as the API description lists them.
    pub fn roles(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|role| role.as_str())
    }
}

/// Who sent a request, as the guard found out; made there only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody knows.
    Stranger,
    /// Nobody yet, by the key that the request brings and is signed with.
    Newcomer(KeyBytes),
    /// An agent, by the key that its record has now.
    Agent(Did),
    /// An operator, by a key of the log.
    Operator {
        /// The person.
        name: String,
        /// What that person may do.
        role: operators::Role,
    },
    /// An enforcement point or a source, by the key that it was enrolled with.
    Enrolled {
        /// Its name.
        name: String,
        /// Which of the two.
        role: Role,
    },
}

impl Caller {
    /// What the caller is.
    pub fn role(&self) -> Role {
        match self {
            Self::Stranger => Role::Stranger,
            Self::Newcomer(_) => Role::Newcomer,
            Self::Agent(_) => Role::Agent,
            Self::Operator { role, .. } => (*role).into(),
            Self::Enrolled { role, .. } => *role,
        }
    }

    /// As logs name the caller.
    pub fn name(&self) -> String {
        match self {
            Self::Stranger => "a stranger".to_owned(),
            Self::Newcomer(key) => key.bound_did().to_string(),
            Self::Agent(did) => did.to_string(),
            Self::Operator { name, .. } | Self::Enrolled { name, .. } => name.clone(),
        }
    }

    /// A program that is enrolled.
    pub(super) fn enrolled(program: &Enrolled) -> Self {
        let role = match program.duty {
            Duty::EnforcementPoint => Role::Point,
            Duty::SignalSource => Role::Source,
        };
        Self::Enrolled { name: program.name.clone(), role }
    }

    /// Whether an operator or a program is still who it was when its request came.
    ///
    /// A key that was taken from it since is noticed with its next request only.
    pub(super) fn still(&self, operators: &Operators) -> bool {
        let now = match self {
            Self::Operator { name, .. } => Self::operator(operators, name),
            Self::Enrolled { name, .. } => operators.enrolled_as(name).map(Self::enrolled),
            Self::Stranger | Self::Newcomer(_) | Self::Agent(_) => None,
        };
        now.as_ref() == Some(self)
    }

    /// The operator whose name and key `kid` spells, if that person may act.
    pub(super) fn operator(operators: &Operators, name: &str) -> Option<Self> {
        let person = operators.get(name).filter(|person| person.active())?;
        Some(Self::Operator { name: person.name.clone(), role: person.role })
    }
}
