//! How rooms and dialogs look where people hold the log.

use super::*;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// Draws what `walk` leads to on ada's console at each size, and compares.
fn look(name: &str, walk: impl Fn(&mut Desk)) {
    for size in SIZES {
        let mut desk = desk_of(ADA, size);
        walk(&mut desk);
        insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), desk.text());
    }
}

#[test]
fn signed_revocation_that_waits() {
    look("signed_revocation", |desk| {
        to_family(desk);
        desk.keys("D1");
    });
}

#[test]
fn broken_glass() {
    look("broken_glass", |desk| {
        to_family(desk);
        desk.keys("D1By");
    });
}

#[test]
fn approvals() {
    look("approvals", |desk| {
        let did = to_family(desk);
        revoke(desk, &did);
        desk.keys("7");
    });
}

#[test]
fn approval() {
    look("approval", |desk| {
        let did = to_family(desk);
        revoke(desk, &did);
        sit_down(desk, BO);
        desk.keys("7ay");
    });
}

#[test]
fn operators() {
    look("operators", |desk| {
        desk.keys("8jj");
    });
}

#[test]
fn operator_role() {
    look("operator_role", |desk| {
        desk.keys("8jjrc");
    });
}

#[test]
fn locks() {
    look("locks", |desk| {
        let did = to_family(desk);
        desk.keys("Kc1y");
        revoke(desk, &did);
        desk.keys("9");
    });
}

#[test]
fn lock() {
    look("lock", |desk| {
        to_family(desk);
        desk.keys("K1");
    });
}

#[test]
fn seal() {
    look("seal", |desk| {
        to_family(desk);
        desk.keys("S1");
    });
}

#[test]
fn policy() {
    look("policy", |desk| {
        desk.keys("0");
    });
}

#[test]
fn policy_proposed() {
    look("policy_proposed", |desk| {
        desk.means.policy = Some(Arc::new(|_| {
            let mut policy = Policy::default();
            policy.approvals.revoke_above = 7;
            Ok(policy)
        }));
        desk.keys("0Fnew.toml\rd");
    });
}

#[test]
fn entry() {
    look("entry", |desk| {
        to_family(desk);
        desk.keys("s2y5\r");
    });
}

#[test]
fn cases() {
    look("cases", |desk| {
        desk.keys("Coodd calls at night\ry");
        desk.keys("C");
    });
}

#[test]
fn case_on_every_screen() {
    look("case_suspension", |desk| {
        desk.keys("Coodd calls at night\ry");
        to_family(desk);
        desk.keys("s1");
    });
}
