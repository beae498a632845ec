//! Whatever is done to a directory, in whatever order: who opens it anew sees what who did it sees, and the log is sound.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// Agents 1 to 6 have DIDs bound to these keys; later keys take their places.
const AGENTS: u8 = 6;
const KEYS: u8 = 40;

/// What is done, with whom and how: numbers that every step reads in its own way.
type Step = (u8, u8, u8, u8);

struct Play {
    directory: tempfile::TempDir,
    time: Standing,
    warden: Warden,
    drawn: u128,
    publics: Vec<KeyBytes>,
}

impl Play {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let time = Standing(std::sync::Arc::new(Mutex::new(start())));
        let meta = Meta { log: crate::audit::LogName::from_bits(1), created: start(), origin: None };
        Sqlite::create(directory.path(), &meta).unwrap();
        let warden = open(directory.path(), &time, 0);
        let publics = (0..KEYS).map(|number| key(number).public_key().bytes()).collect();
        let mut play = Self { directory, time, warden, drawn: 0, publics };
        play.policy(0);
        play
    }

    fn reopened(&mut self) -> Warden {
        self.drawn += 1000;
        open(self.directory.path(), &self.time, self.drawn)
    }

    fn did(&self, agent: u8) -> Did {
        self.publics[usize::from(agent % AGENTS + 1)].bound_did()
    }

    fn row(&self, agent: u8) -> Option<Row> {
        self.warden.registry().find(&self.did(agent))
    }

    fn identity(&self, agent: u8) -> Option<Identity<'static>> {
        let now = self.warden.now();
        let mut text = String::new();
        self.warden.registry().agent(self.row(agent)?).identity(now).write_json(&mut text);
        let text: &'static str = Box::leak(text.into_boxed_str());
        let reading = crate::identity::Reading { now, assume_utc: false };
        Some(Identity::from_json(text, &reading).unwrap().identity)
    }

    /// The secret half of the agent's present key.
    fn secret(&self, agent: u8) -> Option<SecretKey> {
        let held = self.warden.registry().agent(self.row(agent)?).public_key();
        let number = self.publics.iter().position(|public| *public == held)?;
        Some(key(u8::try_from(number).unwrap()))
    }

    fn policy(&mut self, how: u8) {
        let mut policy = Policy::default();
        if how & 1 == 0 {
            policy.trust.sources = vec![Sender { name: "siem".into(), agent: None, per_hour: 3 }];
        }
        if how & 2 == 0 {
            policy.attestation.attesters = vec![self.publics[39]];
        }
        policy.keys.history = usize::from(how >> 2 & 3);
        policy.breadth.max_children = 2;
        policy.breadth.seal_parent = how & 16 == 0;
        drop(self.warden.set_policy(&policy, BY));
    }

    /// The record of an agent below another, or of a root.
    fn record(&self, agent: u8, parent: Option<u8>, wide: bool) -> Option<Identity<'static>> {
        let number = agent % AGENTS + 1;
        let held: &[&str] = if wide { &["pay:invoice", "read:*"] } else { &["pay:invoice"] };
        match parent {
            None => Some(root(number)),
            Some(parent) => {
                let parent = self.identity(parent)?;
                let public_key = key(number).public_key().bytes();
                let request = crate::delegation::Request {
                    name: "child",
                    capabilities: held,
                    description: None,
                    max_initial_trust_score: None,
                };
                delegate(&parent, &request, Child { did: public_key.bound_did(), public_key }, start()).ok()
            }
        }
    }

    /// The chain from the root down to an agent, each token by its issuer's present key.
    fn chain_to(&self, agent: &Identity<'_>, life: u8) -> Option<Chain> {
        let parent = agent.parent.as_ref()?.did()?.clone();
        let number = (0..AGENTS).find(|number| self.did(*number) == parent)?;
        let above = self.identity(number)?;
        let mut scope: Vec<&str> = agent.capabilities.iter().map(AsRef::as_ref).collect();
        scope.sort_unstable();
        let now = self.warden.now();
        let mut grant = grant(agent, &scope, now);
        grant.expires = now.plus(Span::seconds(i64::from(life) * 60 + 1));
        grant.id = [life; 16];
        let secret = self.secret(number)?;
        let issuer = Issuer { did: &parent, key: &secret };
        match above.parent {
            None => Chain::issue(issuer, &grant).ok(),
            Some(_) => self.chain_to(&above, 200)?.attenuate(issuer, &grant).ok(),
        }
    }

    fn step(&mut self, (what, who, other, how): Step) {
        let did = self.did(who);
        let word = BY;
        match what % 20 {
            0 => {
                let Some(record) = self.record(who, None, true) else { return };
                drop(self.warden.register(newcomer(record), word));
            }
            1 | 2 => {
                let Some(identity) = self.record(who, Some(other), how & 1 == 0) else { return };
                let chain = (how & 2 == 0).then(|| self.chain_to(&identity, how)).flatten();
                let now = self.warden.now();
                let until = now.plus(Span::seconds(600));
                let attestation = (how & 4 == 0)
                    .then(|| Attestation::sign(&identity, now, until, &key(39)).to_json().to_string());
                let chain = chain.map(|chain| chain.to_header());
                drop(self.warden.register(Newcomer { identity, chain, attestation }, word));
            }
            3 => {
                let (Some(row), Some(old)) = (self.row(who), self.secret(who)) else { return };
                let done = self.warden.registry().keys_replaced(row);
                let rotation = Rotation::sign(did.clone(), &old, &key(how % KEYS), done + 1, start());
                drop(self.warden.rotate(&did, rotation.to_json().to_string(), word));
            }
            4 => {
                let Some(agent) = self.identity(who) else { return };
                let rekey = Rekey::sign(did.clone(), agent.public_key, &key(how % KEYS));
                let cut = [None, Some(0), Some(u64::from(other))][usize::from(other % 3)];
                drop(self.warden.rekey(&did, rekey.to_json().to_string(), cut, word));
            }
            5 => {
                let Some(agent) = self.identity(who) else { return };
                let now = self.warden.now();
                let statement = Attestation::sign(&agent, now, now.plus(Span::seconds(600)), &key(39));
                drop(self.warden.attest(&did, statement.to_json().to_string(), word));
            }
            6 => {
                let chain = self.identity(who).and_then(|agent| self.chain_to(&agent, how));
                let Some(chain) = chain else { return };
                drop(self.warden.log_tokens(chain.to_header(), word));
            }
            7 => {
                let known = self.warden.registry().facts().tokens.iter().next();
                let set = match how % 3 {
                    0 => TokenSet::Issuer {},
                    1 => TokenSet::Subtree {},
                    _ => TokenSet::Token { jti: known.map_or("none".into(), |token| token.id.clone()) },
                };
                let about = (how % 3 < 2).then_some(&did);
                drop(self.warden.revoke_tokens(about, set, word));
            }
            8 => {
                let until = if how & 2 == 0 {
                    "null".to_owned()
                } else {
                    format!("\"{}\"", self.warden.now().plus(Span::seconds(100)))
                };
                let list = format!(
                    r#"[{{"agent_did":"{did}","revoked_at":"2026-03-01T00:00:00Z","reason":"x","revoked_by":null,"expires_at":{until}}}]"#
                );
                drop(if how & 1 == 0 {
                    self.warden.list(list, word)
                } else {
                    self.warden.unlist(&did, word)
                });
            }
            9 => {
                let kind = match how % 3 {
                    0 => Said::Violation(Share::WHOLE),
                    1 => Said::Interaction(self.did(other), how),
                    _ => Said::Positive(crate::trust::Points::whole(i32::from(how % 100))),
                };
                let event = Event { index: 0, at: start(), subject: did, source: "siem".into(), kind };
                drop(self.warden.signal(&event, word));
            }
            10 if how & 1 == 0 => self.policy(how >> 1),
            10 => drop(self.warden.void(u64::from(other), word)),
            11 => {
                let until = (how & 4 == 0).then(|| self.warden.now().plus(Span::seconds(60)));
                let verb = match how % 4 {
                    0 => Verb::Suspend { until },
                    1 => Verb::Revoke,
                    _ => Verb::Reactivate { override_security: true },
                };
                let scope = if other & 1 == 0 { Scope::Subtree } else { Scope::One };
                let request = Request::of(verb, did, scope);
                let spared = Exception { did: self.did(other >> 1), by: None };
                let except: &[Exception] = if how & 8 == 0 { &[spared] } else { &[] };
                let (registry, now) = (self.warden.registry(), self.warden.now());
                let frozen = Frozen::sparing(registry, request.clone(), except, now);
                let Ok(frozen) = frozen.or_else(|_| Frozen::of(registry, request, now)) else { return };
                let rows = self.warden.registry().row_count();
                drop(self.warden.commit(&frozen, rows, crate::warden::Word::of("tester", "because")));
            }
            12 => {
                // A file in which one agent is missing and another is changed.
                let mut text = String::new();
                let kept = (0..AGENTS).filter(|agent| agent % AGENTS != who % AGENTS || how & 4 == 0);
                for mut identity in kept.filter_map(|agent| self.identity(agent)) {
                    if identity.did == self.did(other) {
                        match how % 4 {
                            0 => identity.public_key = self.publics[usize::from(how % KEYS)],
                            1 => identity.capabilities.push(Cow::Borrowed("read:*")),
                            2 => identity.status = Status::Suspended,
                            _ => identity.name = Cow::Borrowed("renamed"),
                        }
                    }
                    identity.write_json(&mut text);
                    text.push('\n');
                }
                let options = ImportOptions { replaces: true, ..ImportOptions::default() };
                drop(import(&mut self.warden, &text, &options));
            }
            13 => drop(self.warden.adopt(&did, &self.did(other), None, word)),
            14 => {
                let more: &[&str] = if how & 1 == 0 { &["pay:invoice"] } else { &["read:a", "read:*"] };
                let more: Vec<String> = more.iter().map(|text| (*text).to_owned()).collect();
                drop(self.warden.grant(&did, &more, word));
            }
            15 => {
                let less = if how & 1 == 0 { "pay:invoice" } else { "read:*" };
                drop(self.warden.narrow(&did, &[less.to_owned()], word));
            }
            16 => {
                let tags = |bit: u8| if how & bit == 0 { vec!["a".to_owned()] } else { Vec::new() };
                let tagging = Tagging { add: tags(1), remove: if how & 1 == 0 { vec![] } else { tags(2) } };
                drop(self.warden.tag(&did, tagging, word));
                drop(if how & 4 == 0 {
                    self.warden.lock(LockOn::Tag("a".into()), word)
                } else {
                    self.warden.unlock(LockOn::Tag("a".into()), word)
                });
            }
            17 => {
                let cases = &self.warden.registry().facts().cases;
                let id = cases.iter().filter(|case| case.is_open()).last().map(|case| case.id);
                let step = match how % 4 {
                    0 => OnCase::Open { title: "case".into() },
                    1 => OnCase::Note { text: "note".into(), seen: None },
                    2 => OnCase::Claim {},
                    _ => OnCase::Close { release: how & 8 == 0 },
                };
                let actor = if how & 16 == 0 { "ada" } else { "bo" };
                let named = id.filter(|_| how % 4 > 0);
                drop(self.warden.case(named, step, Word { actor, ..word }));
                self.warden.work_under(id.filter(|_| how & 32 == 0).map(|id| id.to_string()));
            }
            18 => {
                let email = if how & 1 == 0 { "a@example.com" } else { "b@example.com" };
                let step = match how % 3 {
                    0 => OnSponsor::Verify { email: email.into() },
                    1 => OnSponsor::Deputy {
                        email: email.into(),
                        deputy: Some("c@example.com".into()),
                        until: None,
                    },
                    _ => OnSponsor::Transfer { agents: vec![did.to_string()], to: email.into() },
                };
                drop(self.warden.sponsor(step, word));
            }
            _ => {
                let mut now = self.time.0.lock().unwrap();
                *now = now.plus(Span::seconds(i64::from(how)));
            }
        }
    }
}

fn open(directory: &std::path::Path, time: &Standing, drawn: u128) -> Warden {
    let store = Box::new(Sqlite::open(directory).unwrap());
    let kind = Kind::Directory(directory.to_owned());
    Warden::over(store, kind, Box::new(time.clone()), Box::new(Counting(drawn))).unwrap()
}

/// Everything that anybody can ask.
fn seen(warden: &Warden) -> String {
    let registry = warden.registry();
    let (facts, now, snapshot) = (registry.facts(), warden.now(), warden.snapshot());
    let rules = &warden.policy().trust;
    let judgement = Judgement::of(registry, now);
    let mut out = format!(
        "{:?} {} {:?} {:?} {:?}\n",
        snapshot.head,
        registry.generation(),
        snapshot.absent,
        warden.policy().digest(),
        judgement.tally()
    );
    writeln!(out, "{:?}", facts.cases.iter().collect::<Vec<_>>()).unwrap();
    writeln!(out, "{:?} {:?}", facts.listed.entries(), facts.tokens.iter().collect::<Vec<_>>()).unwrap();
    for id in facts.tokens.iter().map(|token| token.id.as_str()).chain(["none"]) {
        let named = facts.tokens.find(id).map(|token| token.index);
        writeln!(out, "{id} {:?} {named:?}", facts.tokens.revoked(id)).unwrap();
    }
    for row in registry.rows() {
        let agent = registry.agent(row);
        let later = now.plus(Span::seconds(100_000));
        writeln!(
            out,
            "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            agent.did(),
            registry.standing(row),
            registry.verdict_at(row, now),
            registry.stop_of(row, now),
            registry.ring(row),
            registry.evidence(row, now),
            registry.attestation(row, now),
            [now, later].map(|at| registry.trust_of(row, rules, at)),
        )
        .unwrap();
        let tags: Vec<&str> = registry.tags(row).collect();
        let (sponsor, sponsors) = (agent.sponsor(), &facts.sponsors);
        let of: Vec<_> = registry.of_sponsor(sponsor).collect();
        writeln!(out, "{} {of:?} {:?}", agent.sponsor_verified(), sponsors.deputy(sponsor, now)).unwrap();
        writeln!(out, "{tags:?} {:?} {:?}", registry.due(row, later), registry.lock_on(row, now)).unwrap();
        let mut record = String::new();
        agent.identity(now).write_json(&mut record);
        let cuts: Vec<_> = registry.rows().map(|subject| registry.tokens_cut(row, subject)).collect();
        writeln!(out, "{record} {cuts:?} {:?}", registry.explain_trust(row, rules, later)).unwrap();
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn who_opens_a_directory_anew_sees_what_its_writer_sees(steps in prop::collection::vec(any::<Step>(), 1..40)) {
        let mut play = Play::new();
        // A mesh to begin with: most steps need somebody to be there.
        for step in [(0, 0, 0, 0), (1, 1, 0, 0), (1, 2, 1, 0), (0, 3, 0, 0)] {
            play.step(step);
        }
        for step in steps {
            play.step(step);
            let mut again = play.reopened();
            prop_assert_eq!(seen(&again), seen(&play.warden), "after {:?}", step);
            let report = again.verify_log().unwrap();
            prop_assert_eq!(report.fault, None, "after {:?}", step);
            let size = again.snapshot().head.size;
            let folded = again.as_of(size).unwrap();
            for row in folded.registry.rows() {
                let now = again.registry();
                prop_assert_eq!(folded.registry.agent(row).did(), now.agent(row).did());
                prop_assert_eq!(folded.registry.standing(row), now.standing(row));
                prop_assert_eq!(folded.registry.ring(row), now.ring(row));
                prop_assert_eq!(folded.registry.agent(row).identity(start()), now.agent(row).identity(start()));
                prop_assert_eq!(folded.registry.lineage().subtree(row), now.lineage().subtree(row));
            }
        }
    }
}

#[test]
fn the_steps_of_the_play_do_what_they_say() {
    let mut play = Play::new();
    for step in [
        (0, 0, 0, 0),
        (1, 1, 0, 0),
        (1, 2, 1, 0),
        (3, 1, 0, 20),
        (6, 2, 0, 9),
        (4, 2, 0, 21),
        (12, 5, 2, 1),
        (13, 2, 0, 0),
        (15, 2, 0, 0),
        (14, 2, 0, 0),
    ] {
        let before = play.warden.snapshot().head.size;
        play.step(step);
        assert_eq!(play.warden.snapshot().head.size, before + 1, "{step:?}");
    }
}
