//! Another parent, other capabilities: nobody gains more than those who give may give.

use super::facts::{BY, child, key, newcomer, root};
use super::*;
use crate::change::{Exception, Frozen, Kind as Change, PlanError};
use crate::identity::Identity;
use crate::policy::Policy;
use crate::registry::Evidence;
use crate::warden::{FactReceipt, WardenError};

/// 1 over 2 over 3 over 4; 5 beside 2; 9 is another root.
struct Mesh {
    house: House,
    agents: Vec<(u8, Identity<'static>)>,
}

impl Mesh {
    fn new() -> Self {
        let mut house = House::new();
        let one = root(1);
        let two = child(&one, 2, &["read:*", "pay:invoice"]);
        let three = child(&two, 3, &["read:*", "pay:invoice"]);
        let four = child(&three, 4, &["pay:invoice"]);
        let five = child(&one, 5, &["read:*"]);
        let agents = vec![(1, one), (2, two), (3, three), (4, four), (5, five), (9, root(9))];
        for (_, agent) in &agents {
            house.warden.register(newcomer(agent.clone()), BY).unwrap();
        }
        Self { house, agents }
    }

    fn did(&self, number: u8) -> Did {
        self.agents.iter().find(|(each, _)| *each == number).unwrap().1.did.clone()
    }

    fn agent(&self, number: u8) -> crate::registry::Agent<'_> {
        let registry = self.house.warden.registry();
        registry.agent(registry.find(&self.did(number)).unwrap())
    }

    fn held(&self, number: u8) -> Vec<String> {
        self.agent(number).capabilities().map(str::to_owned).collect()
    }

    fn state(&self, number: u8) -> State {
        let registry = self.house.warden.registry();
        registry.verdict_at(self.agent(number).row(), self.house.warden.now()).state
    }

    fn adopt(&mut self, number: u8, parent: u8) -> Result<FactReceipt, WardenError> {
        let (did, parent) = (self.did(number), self.did(parent));
        self.house.warden.adopt(&did, &parent, None, BY)
    }

    fn order(&mut self, verb: Verb, number: u8, scope: Scope) -> Receipt {
        let id = self.did(number).unique_id();
        self.house.order(verb, &id, scope, "because").unwrap()
    }

    fn sound(&mut self) {
        assert_eq!(self.house.warden.verify_log().unwrap().fault, None);
    }
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn an_adopted_agent_moves_with_everybody_below_it_and_holds_no_more_than_its_new_parent_gives() {
    let mut mesh = Mesh::new();
    let receipt = mesh.adopt(3, 5).unwrap();
    assert_eq!(receipt.kind, Change::Adopt);
    assert_eq!(mesh.agent(3).parent_did(), Some(mesh.did(5).to_string()));
    assert_eq!(mesh.held(3), ["read:*"]);
    assert_eq!(mesh.held(4), [""; 0], "what it held by its old grandparent alone is gone");
    assert_eq!([mesh.agent(3).depth(), mesh.agent(4).depth()], [2, 3]);
    assert_eq!([mesh.state(3), mesh.state(4)], [State::Active; 2]);
    assert_eq!([mesh.agent(3).version(), mesh.agent(4).version()], [receipt.index; 2]);
    mesh.order(Verb::Revoke, 2, Scope::Subtree);
    assert_eq!([mesh.state(3), mesh.state(4)], [State::Active; 2]);
    mesh.order(SUSPEND, 5, Scope::One);
    assert_eq!([mesh.state(3), mesh.state(4)], [State::CutOff; 2]);
    mesh.sound();
}

#[test]
fn what_operators_gave_is_attested_and_what_the_parent_signs_later_is_signed() {
    let mut mesh = Mesh::new();
    let now = mesh.house.warden.now();
    let evidence = |mesh: &Mesh| {
        let row = mesh.agent(3).row();
        mesh.house.warden.registry().evidence(row, now)
    };
    assert_eq!(evidence(&mesh), Some(Evidence::Asserted));
    mesh.adopt(3, 9).unwrap();
    assert_eq!(evidence(&mesh), Some(Evidence::Attested));
    let three = mesh.agent(3).identity(now);
    let scope = ["pay:invoice", "read:*"];
    let grant = super::facts::grant(&three, &scope, now);
    let (did, secret) = (mesh.did(9), key(9));
    let issuer = crate::delegation::Issuer { did: &did, key: &secret };
    let chain = crate::delegation::Chain::issue(issuer, &grant).unwrap().to_header();
    mesh.house.warden.log_tokens(chain, BY).unwrap();
    assert_eq!(evidence(&mesh), Some(Evidence::Signed));
    mesh.sound();
}

#[test]
fn nobody_is_adopted_by_those_below_it_by_the_stopped_or_out_of_a_lock() {
    let mut mesh = Mesh::new();
    let refused = |answer: Result<FactReceipt, WardenError>| answer.unwrap_err().code();
    assert_eq!(refused(mesh.adopt(2, 4)), "adoption_loop");
    assert_eq!(refused(mesh.adopt(2, 2)), "adoption_loop");
    assert_eq!(refused(mesh.adopt(3, 2)), "nothing_to_do");
    mesh.order(SUSPEND, 5, Scope::One);
    assert_eq!(refused(mesh.adopt(3, 5)), "agent_suspended");
    let lock = crate::change::LockOn::Subtree(mesh.did(2).to_string());
    mesh.house.warden.lock(lock, BY).unwrap();
    assert_eq!(refused(mesh.adopt(4, 9)), "agent_locked");
    let did = mesh.did(9);
    mesh.house.warden.seal(&did, BY).unwrap();
    let other = mesh.did(5);
    assert_eq!(refused(mesh.house.warden.adopt(&other, &did, None, BY)), "agent_sealed");
    mesh.sound();
}

#[test]
fn an_adoption_gives_no_more_than_the_agent_held_and_no_more_than_the_parent_may_give() {
    let mut mesh = Mesh::new();
    let (four, nine) = (mesh.did(4), mesh.did(9));
    let mut adopt = |list: &[&str]| {
        let answer = mesh.house.warden.adopt(&four, &nine, Some(texts(list)), BY);
        answer.map(drop).map_err(|error| error.code())
    };
    assert_eq!(adopt(&["pay:invoice", "read:a"]), Err("gives_more"));
    assert_eq!(adopt(&["*"]), Err("gives_more"));
    assert_eq!(adopt(&["pay:invoice", "pay:invoice"]), Err("change_member_unreadable"));
    assert_eq!(adopt(&["pay:invoice"]), Ok(()));
    let blank = mesh.house.warden.grant(&nine, &texts(&[" "]), BY).unwrap_err();
    assert_eq!(blank.code(), "change_text_blank");
}

#[test]
fn no_subtree_is_hung_deeper_than_policy_allows_nor_below_a_parent_that_has_enough() {
    let mut mesh = Mesh::new();
    let mut policy = Policy::default();
    policy.tokens.max_depth = 3;
    mesh.house.warden.set_policy(&policy, BY).unwrap();
    assert_eq!(mesh.adopt(5, 4).unwrap_err().code(), "depth_limit_exceeded");
    policy.tokens.max_depth = 10;
    policy.breadth.max_descendants = 3;
    mesh.house.warden.set_policy(&policy, BY).unwrap();
    assert_eq!(mesh.adopt(2, 9).map(|receipt| receipt.kind).unwrap(), Change::Adopt);
    assert_eq!(mesh.adopt(5, 9).unwrap_err().code(), "descendants_limit");
    policy.breadth.max_children = 1;
    mesh.house.warden.set_policy(&policy, BY).unwrap();
    assert_eq!(mesh.adopt(5, 9).unwrap_err().code(), "children_limit");
    mesh.sound();
}

#[test]
fn a_grant_stays_within_the_parents_and_a_narrowing_reaches_down() {
    let mut mesh = Mesh::new();
    let (two, four, five) = (mesh.did(2), mesh.did(4), mesh.did(5));
    let warden = &mut mesh.house.warden;
    let beyond = warden.grant(&five, &texts(&["delete:all"]), BY).unwrap_err();
    assert_eq!(beyond.code(), "capability_escalation");
    assert_eq!(warden.grant(&five, &texts(&["*"]), BY).unwrap_err().code(), "wildcard_delegated");
    assert_eq!(warden.grant(&five, &texts(&["read:*"]), BY).unwrap_err().code(), "nothing_to_do");
    warden.grant(&five, &texts(&["pay:invoice"]), BY).unwrap();
    warden.narrow(&two, &texts(&["pay:invoice"]), BY).unwrap();
    assert_eq!(warden.narrow(&two, &texts(&["pay:invoice"]), BY).unwrap_err().code(), "nothing_to_do");
    assert_eq!(
        warden.grant(&four, &texts(&["pay:invoice"]), BY).unwrap_err().code(),
        "capability_escalation"
    );
    assert_eq!(mesh.held(5), ["read:*", "pay:invoice"]);
    assert_eq!([mesh.held(2), mesh.held(3)], [texts(&["read:*"]), texts(&["read:*"])]);
    assert_eq!(mesh.held(4), [""; 0]);
    assert!((1..=5).all(|number| mesh.state(number) == State::Active));
    mesh.order(SUSPEND, 5, Scope::One);
    let refused = mesh.house.warden.grant(&five, &texts(&["read:x"]), BY).unwrap_err();
    assert_eq!(refused.code(), "agent_suspended");
    mesh.sound();
}

#[test]
fn an_adoption_is_refused_when_the_parent_changed_since_it_was_drawn_up() {
    let mut mesh = Mesh::new();
    let parent = crate::change::Target { did: mesh.did(9), version: mesh.agent(9).version() };
    let adopt = crate::change::Adopt { parent, capabilities: texts(&["pay:invoice"]) };
    mesh.order(SUSPEND, 9, Scope::One);
    mesh.order(WAKE, 9, Scope::One);
    let four = mesh.did(4);
    let what = crate::change::What::Adopt(adopt);
    assert_eq!(mesh.house.warden.say(Some(&four), what, BY).unwrap_err().code(), "stale_plan");
}

#[test]
fn what_the_log_gave_stays_when_the_records_come_again() {
    let mut mesh = Mesh::new();
    let text = |mesh: &Mesh| {
        let registry = mesh.house.warden.registry();
        let records = registry.rows().map(|row| {
            let mut text = String::new();
            registry.agent(row).identity(start()).write_json(&mut text);
            text + "\n"
        });
        records.collect::<String>()
    };
    let before = text(&mesh);
    mesh.adopt(3, 5).unwrap();
    let (after, old) = (text(&mesh), before);
    assert_ne!(after, old);
    let options = ImportOptions { replaces: true, ..ImportOptions::default() };
    for file in [&old, &after] {
        import(&mut mesh.house.warden, file, &options).unwrap();
        assert_eq!(text(&mesh), after);
        assert_eq!([mesh.state(3), mesh.state(4)], [State::Active; 2]);
    }
    mesh.sound();
}

fn spare(mesh: &Mesh, verb: Verb, root: u8, spared: &[u8], by: Option<u8>) -> Result<Frozen, PlanError> {
    let except: Vec<Exception> = spared
        .iter()
        .map(|number| Exception { did: mesh.did(*number), by: by.map(|number| mesh.did(number)) })
        .collect();
    let request = crate::change::Request::of(verb, mesh.did(root), Scope::Subtree);
    let warden = &mesh.house.warden;
    Frozen::sparing(warden.registry(), request, &except, warden.now())
}

fn commit(mesh: &mut Mesh, frozen: &Frozen) -> Result<Receipt, Rejection> {
    let rows = mesh.house.warden.registry().row_count();
    mesh.house.warden.commit(frozen, rows, BY)
}

#[test]
fn a_spared_branch_is_adopted_in_the_same_entry_and_the_rest_falls() {
    for verb in [SUSPEND, Verb::Revoke] {
        let mut mesh = Mesh::new();
        let frozen = spare(&mesh, verb, 2, &[3], None).unwrap();
        let receipt = commit(&mut mesh, &frozen).unwrap();
        assert_eq!((receipt.count, receipt.spared.len()), (1, 1));
        assert_ne!(mesh.state(2), State::Active);
        assert_eq!([mesh.state(3), mesh.state(4)], [State::Active; 2]);
        assert_eq!(mesh.agent(3).parent_did(), Some(mesh.did(1).to_string()), "the nearest clean one above");
        assert_eq!(mesh.held(3), ["read:*", "pay:invoice"]);
        assert_eq!(mesh.agent(2).sealed_at(), Some(receipt.index));
        assert_eq!(mesh.agent(3).version(), receipt.index);
        let now = mesh.house.warden.now();
        let evidence = mesh.house.warden.registry().evidence(mesh.agent(3).row(), now);
        assert_eq!(evidence, Some(Evidence::Attested));
        mesh.sound();
        let before = mesh.house.warden.as_of(receipt.index).unwrap().registry;
        let three = before.find(&mesh.did(3)).unwrap();
        assert_eq!(before.agent(three).parent_did(), Some(mesh.did(2).to_string()));
    }
}

#[test]
fn waking_a_cascade_leaves_the_spared_where_they_are() {
    let mut mesh = Mesh::new();
    let frozen = spare(&mesh, SUSPEND, 2, &[4], Some(9)).unwrap();
    commit(&mut mesh, &frozen).unwrap();
    assert_eq!(
        [mesh.state(2), mesh.state(3), mesh.state(4)],
        [State::Suspended, State::Suspended, State::Active]
    );
    let receipt = mesh.order(WAKE, 2, Scope::Subtree);
    assert_eq!(receipt.count, 2);
    assert_eq!(mesh.agent(4).parent_did(), Some(mesh.did(9).to_string()));
    assert!((2..=4).all(|number| mesh.state(number) == State::Active));
    mesh.sound();
}

#[test]
fn nobody_is_spared_by_those_who_fall_are_stopped_or_are_not_there() {
    let mut mesh = Mesh::new();
    let refused = |mesh: &Mesh, root, spared: &[u8], by| {
        spare(mesh, Verb::Revoke, root, spared, by).unwrap_err().code()
    };
    assert_eq!(refused(&mesh, 2, &[5], None), "not_below");
    assert_eq!(refused(&mesh, 2, &[2], None), "not_below");
    assert_eq!(refused(&mesh, 2, &[3, 4], None), "not_below");
    assert_eq!(refused(&mesh, 2, &[4], Some(3)), "adopter_falls");
    assert_eq!(refused(&mesh, 1, &[5], None), "no_adopter");
    mesh.order(SUSPEND, 1, Scope::One);
    assert_eq!(refused(&mesh, 2, &[3], None), "no_adopter");
    assert_eq!(refused(&mesh, 2, &[3], Some(1)), "agent_suspended");
    assert!(spare(&mesh, Verb::Revoke, 2, &[3], Some(9)).is_ok());
    let request = crate::change::Request::of(SUSPEND, mesh.did(2), Scope::One);
    let except = [Exception { did: mesh.did(3), by: None }];
    let warden = &mesh.house.warden;
    let alone = Frozen::sparing(warden.registry(), request, &except, warden.now()).unwrap_err();
    assert_eq!(alone.code(), "nothing_to_spare");
}

#[test]
fn whoever_appears_below_the_spared_meanwhile_is_not_given_anything_unseen() {
    let mut mesh = Mesh::new();
    let frozen = spare(&mesh, Verb::Revoke, 2, &[3], None).unwrap();
    let rows = mesh.house.warden.registry().row_count();
    let three = mesh.agents.iter().find(|(number, _)| *number == 3).unwrap().1.clone();
    mesh.house.warden.register(newcomer(child(&three, 7, &["pay:invoice"])), BY).unwrap();
    let refused = mesh.house.warden.commit(&frozen, rows, BY).unwrap_err();
    let Rejection::Stale(differences) = refused else { panic!("{refused}") };
    assert!(differences.iter().any(|difference| difference.did == mesh.did(3)), "{differences:?}");
    assert_eq!(mesh.state(2), State::Active);
}

#[test]
fn a_dialog_that_showed_another_tree_confirms_nothing() {
    let mut mesh = Mesh::new();
    let request = crate::change::Request::of(Verb::Revoke, mesh.did(2), Scope::Subtree);
    let warden = &mesh.house.warden;
    let shown = Frozen::of(warden.registry(), request, warden.now()).unwrap();
    let rows = warden.registry().row_count();
    mesh.adopt(3, 5).unwrap();
    let refused = mesh.house.warden.commit(&shown, rows, BY).unwrap_err();
    assert!(matches!(refused, Rejection::Stale(_)), "{refused}");
}
