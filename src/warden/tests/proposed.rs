//! What cannot be carried out is refused when it is proposed, and asks nobody for a signature.

use super::operators::{add, by, code, held, strict, word};
use super::*;
use crate::change::operators::{Operate, Role};
use crate::warden::FactReceipt;

fn did(id: &str) -> Did {
    Did::from_unique_id(id).unwrap()
}

/// Nothing waits, and nothing was written.
fn refused(house: &mut House, outcome: Result<FactReceipt, crate::warden::WardenError>, why: &str) {
    let entries = house.warden.snapshot().head.size;
    assert_eq!(code(outcome), why);
    assert!(house.warden.snapshot().operators.waiting(house.warden.now()).is_empty(), "{why}");
    house.warden.follow().unwrap();
    assert_eq!(house.warden.snapshot().head.size, entries);
}

#[test]
fn removing_or_demoting_the_last_admin_but_one_asks_nobody() {
    let mut house = held();
    let name = || "bo".to_owned();
    let operates = [
        (Operate::Remove { name: name() }, "operator_last_admins"),
        (Operate::Role { name: name(), role: Role::Viewer }, "operator_last_admins"),
        (Operate::Restore { name: name() }, "operator_already"),
        (Operate::Remove { name: "nobody".to_owned() }, "operator_unknown"),
    ];
    for (operate, why) in operates {
        let outcome = by(&mut house, 70).operate(operate, word("no"));
        refused(&mut house, outcome, why);
    }
    add(&mut house, "cy", 76, Role::Admin);
    let waits = by(&mut house, 70).operate(Operate::Remove { name: name() }, word("leaves")).unwrap();
    assert!(waits.waits.is_some(), "with a third admin it can be done, and waits");
}

#[test]
fn giving_what_nobody_may_give_asks_nobody() {
    let mut house = held();
    let list = |text: &str| vec![text.to_owned()];
    let loops = by(&mut house, 70).adopt(&did("02"), &did("04"), None, word("no"));
    refused(&mut house, loops, "adoption_loop");
    let same = by(&mut house, 70).adopt(&did("02"), &did("02"), None, word("no"));
    refused(&mut house, same, "adoption_loop");
    let more = by(&mut house, 70).grant(&did("04"), &list("write:everything"), word("no"));
    refused(&mut house, more, "capability_escalation");
    let star = by(&mut house, 70).grant(&did("04"), &list("*"), word("no"));
    refused(&mut house, star, "wildcard_delegated");
    let gained = by(&mut house, 70).adopt(&did("04"), &did("09"), Some(list("read:b")), word("no"));
    refused(&mut house, gained, "gives_more");
    assert!(by(&mut house, 70).grant(&did("09"), &list("read:b"), word("root")).unwrap().waits.is_some());
}

#[test]
fn a_revocation_of_others_than_it_counts_holds_nobody_back() {
    let mut house = held();
    strict(&mut house, 0);
    by(&mut house, 70);
    let frozen = house.freeze(Verb::Revoke, "02", Scope::Subtree).unwrap();
    let rows = house.warden.registry().row_count();
    let drafted = house.warden.draft_commit(&frozen, rows, word("stolen")).unwrap();
    house.warden.seal(&did("04"), word("meanwhile")).unwrap();
    let (payload, shown) = drafted.payloads();
    let change = house.warden.sign(payload, shown).unwrap();
    assert_eq!(code(house.warden.submit(&change)), "stale_plan");
    assert_eq!(of(&house.states(), "02"), State::Active);
    let again = house.order(Verb::Revoke, "02", Scope::Subtree, "stolen").unwrap();
    assert!(again.waits.is_some());
    assert_eq!(of(&house.states(), "02"), State::Suspended, "what can be done holds at once");
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}
