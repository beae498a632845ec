//! Who appears in an invented mesh: all of it made up.

/// A company.
#[derive(Debug, Clone, Copy)]
pub(super) struct Company {
    pub(super) name: &'static str,
    pub(super) id: &'static str,
    pub(super) domain: &'static str,
}

/// A team, and what its agents are granted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Team {
    pub(super) name: &'static str,
    pub(super) roles: &'static [&'static str],
    pub(super) grants: &'static [&'static str],
}

const fn company(name: &'static str, id: &'static str, domain: &'static str) -> Company {
    Company { name, id, domain }
}

pub(super) const COMPANIES: [Company; 12] = [
    company("Halvard Freight", "org-halvard", "halvard.example"),
    company("Brindle Bank", "org-brindle", "brindlebank.example"),
    company("Ostara Health", "org-ostara", "ostara.example"),
    company("Tessera Cloud", "org-tessera", "tessera.example"),
    company("Quillon Robotics", "org-quillon", "quillon.example"),
    company("Kestrel Retail", "org-kestrel", "kestrel-retail.example"),
    company("Pavonis Energy", "org-pavonis", "pavonis.example"),
    company("Marrow & Finch", "org-marrow-finch", "marrowfinch.example"),
    company("Lumen Harbour", "org-lumen", "lumenharbour.example"),
    company("Orchard Legal", "org-orchard", "orchard-legal.example"),
    company("Saltmarsh Media", "org-saltmarsh", "saltmarsh.example"),
    company("Vantor Mobility", "org-vantor", "vantor.example"),
];

pub(super) const TEAMS: [Team; 9] = [
    Team {
        name: "platform",
        roles: &["deploy", "release", "planner", "watchdog", "janitor"],
        grants: &[
            "deploy:*",
            "deploy:staging",
            "deploy:canary",
            "deploy:production",
            "read:logs",
            "read:metrics",
            "write:code",
            "read:code",
            "execute:tools:shell",
            "execute:tools:*",
            "schedule:jobs",
            "cancel:jobs",
            "notify:pager",
        ],
    },
    Team {
        name: "payments",
        roles: &["payer", "reconciler", "invoicer", "planner"],
        grants: &[
            "pay:invoices:*",
            "pay:invoices:submit",
            "pay:invoices:approve",
            "pay:refunds:*",
            "pay:refunds:small",
            "pay:refunds:large",
            "read:invoices",
            "list:invoices",
            "read:contracts",
            "approve:refunds",
            "notify:email",
            "execute:tools:calculator",
        ],
    },
    Team {
        name: "support",
        roles: &["triage", "translator", "summarizer", "notifier", "planner"],
        grants: &[
            "read:*",
            "read:crm",
            "read:tickets",
            "read:mail",
            "write:tickets",
            "write:mail",
            "list:tickets",
            "notify:*",
            "notify:email",
            "notify:sms",
            "notify:chat",
            "delete:tickets",
            "execute:tools:translate",
        ],
    },
    Team {
        name: "research",
        roles: &["crawler", "researcher", "summarizer", "indexer", "planner"],
        grants: &[
            "execute:tools:*",
            "execute:tools:search",
            "execute:tools:browser",
            "execute:tools:ocr",
            "execute:tools:python",
            "read:datasets",
            "write:datasets",
            "write:reports",
            "list:models",
            "read:wiki",
            "write:wiki",
        ],
    },
    Team {
        name: "data",
        roles: &["indexer", "forecaster", "profiler", "loader"],
        grants: &[
            "execute:database:*",
            "execute:database:orders",
            "execute:database:customers",
            "execute:tools:sql",
            "read:datasets",
            "write:datasets",
            "delete:datasets",
            "read:metrics",
            "list:models",
            "train:models",
            "evaluate:models",
            "publish:models",
        ],
    },
    Team {
        name: "sales",
        roles: &["researcher", "writer", "scheduler", "planner"],
        grants: &[
            "read:crm",
            "write:crm",
            "list:crm",
            "read:calendar",
            "write:calendar",
            "write:mail",
            "notify:email",
            "execute:tools:search",
            "read:contracts",
            "write:reports",
        ],
    },
    Team {
        name: "logistics",
        roles: &["router", "forecaster", "dispatcher", "auditor"],
        grants: &[
            "read:inventory",
            "write:inventory",
            "list:inventory",
            "write:*",
            "write:calendar",
            "notify:sms",
            "schedule:jobs",
            "execute:tools:calculator",
            "read:contracts",
            "approve:dispatch",
        ],
    },
    Team {
        name: "security",
        roles: &["auditor", "reviewer", "sentinel", "triage"],
        grants: &[
            "read:*",
            "read:logs",
            "read:audit",
            "read:secrets:metadata",
            "rotate:keys",
            "quarantine:agents",
            "notify:pager",
            "notify:chat",
            "list:keys",
            "execute:tools:search",
            "approve:deployments",
        ],
    },
    Team {
        name: "people",
        roles: &["scheduler", "reviewer", "writer"],
        grants: &[
            "read:calendar",
            "write:calendar",
            "read:payroll",
            "list:leave",
            "approve:leave",
            "write:mail",
            "read:wiki",
            "notify:email",
        ],
    },
];

pub(super) const GIVEN: [&str; 40] = [
    "ada", "amos", "aiko", "bela", "bruno", "carys", "chidi", "dana", "elif", "emeka", "fern", "goran",
    "hanna", "idris", "ines", "jonas", "kaja", "kofi", "lena", "luca", "mara", "mei", "nadia", "niko",
    "olga", "omar", "petra", "quinn", "rafael", "rosa", "saad", "signe", "tariq", "tove", "uma", "vera",
    "wout", "yara", "yusuf", "zofia",
];

pub(super) const FAMILY: [&str; 40] = [
    "abara",
    "anders",
    "baptiste",
    "bergqvist",
    "castell",
    "chaudhry",
    "dvorak",
    "eriksen",
    "farouk",
    "ferrante",
    "gallo",
    "haddad",
    "halloran",
    "ivarsen",
    "jansen",
    "kaplan",
    "kowal",
    "laurent",
    "lindqvist",
    "mbeki",
    "moreau",
    "nakata",
    "novak",
    "okafor",
    "olsen",
    "pereira",
    "quist",
    "rahman",
    "rossi",
    "sandoval",
    "sato",
    "tanaka",
    "toth",
    "ueda",
    "varga",
    "wexler",
    "ximenes",
    "yilmaz",
    "zeller",
    "zubiri",
];

pub(super) const DESCRIPTIONS: [&str; 12] = [
    "Splits incoming work and hands it to specialised agents.",
    "Runs unattended; page the sponsor before changing it.",
    "Created for the spring migration; review before renewal.",
    "Answers first-line questions and escalates the rest.",
    "Reads only; its findings go to a human.",
    "Acts on behalf of the night shift.",
    "Pilot, limited to one region.",
    "Replaces three cron jobs.",
    "Checks what its siblings produce.",
    "Short-lived helper, spawned per request.",
    "Keeps the search index fresh.",
    "Prepares drafts; a person sends them.",
];

pub(super) const SUSPENSIONS: [&str; 8] = [
    "security: unusual tool calls at night",
    "security: token seen from an unknown network",
    "security review",
    "owner on leave",
    "owner on leave",
    "maintenance",
    "budget exceeded",
    "waiting for its sponsor's confirmation",
];

pub(super) const REVOCATIONS: [&str; 6] = [
    "key leaked",
    "policy violation",
    "decommissioned",
    "decommissioned",
    "replaced by a newer agent",
    "security: exfiltration attempt",
];

/// Names that try to fool the reader of a screen; `{}` stands for the agent's number.
pub(super) const HOSTILE: [&str; 5] = [
    "\u{202e}nimda\u{202c}-{}",
    "adm\u{200d}in-{}",
    "\u{1b}[32mtrusted\u{1b}[0m-{}",
    "pay\u{200b}ments-{}",
    "root\u{2066}-{}\u{7}",
];

/// The team of a number; the first one for a number that is none.
pub(super) fn team_of(team: u8) -> &'static Team {
    TEAMS.get(usize::from(team)).unwrap_or(&TEAMS[0])
}

/// The sponsors of one company have different names; two companies may employ people of the same name.
#[allow(clippy::arithmetic_side_effects, reason = "there are forty names, not none")]
pub(super) fn email(company: u8, sponsor: u16, domain: &str) -> String {
    let (company, sponsor) = (usize::from(company), usize::from(sponsor));
    let given = name_at(&GIVEN, sponsor.wrapping_mul(7).wrapping_add(company.wrapping_mul(3)));
    let shift = sponsor / GIVEN.len();
    let family = name_at(&FAMILY, sponsor.wrapping_mul(11).wrapping_add(company).wrapping_add(shift));
    format!("{given}.{family}@{domain}")
}

#[allow(clippy::arithmetic_side_effects, reason = "there are forty names, not none")]
fn name_at(names: &[&'static str; 40], at: usize) -> &'static str {
    names.get(at % names.len()).copied().unwrap_or_default()
}
