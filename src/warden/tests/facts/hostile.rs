//! What somebody who wants more than was granted tries with tokens, records and files.

use super::*;
use crate::registry::Evidence;

/// A mesh of a root, number 1, its child 2 and the chain by which the child was granted; the chain is not in the log.
fn pair() -> (House, Identity<'static>, Identity<'static>, Chain) {
    let (mut house, parent) = mesh();
    let kid = child(&parent, 2, &["pay:invoice"]);
    house.warden.register(newcomer(kid.clone()), BY).unwrap();
    let chain = Chain::issue(
        Issuer { did: &parent.did, key: &key(1) },
        &grant(&kid, &["pay:invoice"], house.warden.now()),
    )
    .unwrap();
    (house, parent, kid, chain)
}

#[test]
fn a_revoked_token_does_not_come_back_by_being_logged_late() {
    for set in [TokenSet::Issuer {}, TokenSet::Subtree {}] {
        let (mut house, parent, kid, old) = pair();
        house.later(Span::seconds(10));
        house.warden.revoke_tokens(Some(&parent.did), set, BY).unwrap();
        assert_eq!(refused(house.warden.log_tokens(old.to_header(), BY)), "token_revoked");
        // Nor as the upper part of the chain of a new child.
        let below = child(&kid, 3, &["pay:invoice"]);
        let mut second = grant(&below, &["pay:invoice"], house.warden.now());
        second.expires = old.leaf().unwrap().claims().expires;
        let longer = old.attenuate(Issuer { did: &kid.did, key: &key(2) }, &second).unwrap();
        let smuggled = Newcomer { identity: below, chain: Some(longer.to_header()), attestation: None };
        assert_eq!(refused(house.warden.register(smuggled, BY)), "token_revoked");
        // What is issued after the revocation is logged, and counts.
        let mut fresh = grant(&kid, &["pay:invoice"], house.warden.now());
        fresh.id = [9; 16];
        let fresh = Chain::issue(Issuer { did: &parent.did, key: &key(1) }, &fresh).unwrap();
        house.warden.log_tokens(fresh.to_header(), BY).unwrap();
        assert_eq!(house.warden.verify_log().unwrap().fault, None);
    }
}

#[test]
fn evidence_for_one_record_never_serves_another_key_or_a_wider_one_that_comes_back() {
    let file = |agents: &[&Identity<'_>]| {
        let mut text = String::new();
        for agent in agents {
            agent.write_json(&mut text);
            text.push('\n');
        }
        text
    };
    let replaces = ImportOptions { replaces: true, ..ImportOptions::default() };
    let evidence = |house: &House, kid: &Identity<'_>| {
        house.warden.registry().evidence(row_of(house, kid), house.warden.now())
    };
    let (mut house, parent, kid, chain) = pair();
    house.warden.log_tokens(chain.to_header(), BY).unwrap();
    assert_eq!(evidence(&house, &kid), Some(Evidence::Signed));
    import(&mut house.warden, &file(&[&parent, &kid]), &replaces).unwrap();
    assert_eq!(evidence(&house, &kid), Some(Evidence::Signed), "the same record");
    let mut other_key = kid.clone();
    other_key.public_key = key(66).public_key().bytes();
    import(&mut house.warden, &file(&[&parent, &other_key]), &replaces).unwrap();
    assert_eq!(evidence(&house, &kid), Some(Evidence::Asserted), "another key");

    let (mut house, parent, kid, chain) = pair();
    house.warden.log_tokens(chain.to_header(), BY).unwrap();
    import(&mut house.warden, &file(&[&parent]), &replaces).unwrap();
    let mut wider = kid.clone();
    wider.capabilities.push(Cow::Borrowed("read:*"));
    import(&mut house.warden, &file(&[&parent, &wider]), &replaces).unwrap();
    assert_eq!(evidence(&house, &kid), Some(Evidence::Asserted), "a wider record after an absence");
}

#[test]
fn a_newcomer_brings_no_score_of_its_own() {
    let (mut house, parent) = mesh();
    let mut vain = child(&parent, 2, &["pay:invoice"]);
    vain.trust_score = Some(1000);
    assert_eq!(refused(house.warden.register(newcomer(vain), BY)), "registration_scored");
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn a_token_that_takes_anothers_name_does_not_take_it_away() {
    let (mut house, parent, kid, honest) = pair();
    house.warden.log_tokens(honest.to_header(), BY).unwrap();
    let id = honest.leaf().unwrap().claims().id.clone();
    let mut short = grant(&kid, &["pay:invoice"], house.warden.now());
    short.expires = start().plus(Span::seconds(5));
    let squatter = Chain::issue(Issuer { did: &parent.did, key: &key(1) }, &short).unwrap();
    house.warden.log_tokens(squatter.to_header(), BY).unwrap();
    house.later(Span::seconds(10));
    let mut third = grant(&kid, &["pay:invoice"], house.warden.now());
    third.id = [9; 16];
    let third = Chain::issue(Issuer { did: &parent.did, key: &key(1) }, &third).unwrap();
    house.warden.log_tokens(third.to_header(), BY).unwrap();
    assert_eq!(
        house.warden.registry().facts().tokens.find(&id).map(|token| token.compact.as_str()),
        honest.leaf().map(crate::delegation::Token::as_str)
    );
}

#[test]
fn an_import_that_replaces_nobody_is_the_same_for_who_opens_anew() {
    let directory = tempfile::tempdir().unwrap();
    let place = crate::warden::Place::Directory(directory.path().to_owned());
    let mut warden = context(directory.path()).open(&place, |_| Ok(())).unwrap().warden;
    warden.set_policy(&Policy::default(), BY).unwrap();
    let replaces = ImportOptions { replaces: true, ..ImportOptions::default() };
    import(&mut warden, &family(), &replaces).unwrap();
    let again = context(directory.path()).open(&place, |_| Ok(())).unwrap().warden;
    assert_eq!(again.registry().generation(), warden.registry().generation());
}
