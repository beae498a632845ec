use super::*;
use zeroize::Zeroizing;

fn now() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

fn after(seconds: i64) -> Time {
    now().plus(Span::seconds(seconds))
}

fn grant(agent: u128) -> CredentialGrant {
    CredentialGrant {
        agent: Did::from_bits(agent),
        capabilities: vec!["read:*".into()],
        resources: Vec::new(),
        ttl: DEFAULT_TTL,
        issued_for: None,
    }
}

fn token(seed: u8) -> BearerToken {
    BearerToken::from_entropy(&Zeroizing::new([seed; 32]))
}

#[test]
fn a_token_is_in_no_form_of_its_credential() {
    let token = token(7);
    let credential = Credential::issue(grant(1), 1, &token, now()).unwrap();
    let bearer = token.expose_bearer();
    let secret = bearer.strip_prefix("Bearer ").unwrap();
    assert!(!format!("{credential:?}{}", credential.to_json()).contains(secret));
    let mut foreign = credential.to_json();
    foreign["token"] = serde_json::json!(secret);
    let read = Credential::from_json(&foreign.to_string()).unwrap();
    assert_eq!(read, credential);
}

#[test]
fn a_replaced_credential_lives_through_the_overlap_and_no_longer() {
    for (overlap, last) in [(0, None), (30, Some(29))] {
        let mut set = Credentials::with_overlap(Span::seconds(overlap));
        let old = set.issue(grant(1), 1, &token(1), now()).unwrap().id().to_owned();
        set.rotate(&old, 2, &token(2), now()).unwrap();
        assert_eq!(set.validate(&token(1), after(overlap)), None);
        if let Some(last) = last {
            assert!(set.validate(&token(1), after(last)).is_some());
        }
        assert!(set.validate(&token(2), after(overlap)).is_some());
        assert_eq!(set.rotate(&old, 3, &token(3), now()).unwrap_err(), CredentialError::NotValid, "twice");
    }
}

#[test]
fn a_revoked_credential_is_never_valid_again() {
    let mut set = Credentials::with_overlap(Span::seconds(600));
    let old = set.issue(grant(1), 1, &token(1), now()).unwrap().id().to_owned();
    set.rotate(&old, 2, &token(2), now()).unwrap();
    assert_eq!(set.revoke_all(&Did::from_bits(1), "leak", now()), 2);
    assert!(set.validate(&token(1), now()).is_none() && set.validate(&token(2), now()).is_none());
    assert_eq!(
        set.rotate("cred_0000000000000002", 3, &token(3), now()).unwrap_err(),
        CredentialError::NotValid
    );
}

#[test]
fn a_stranger_cannot_fill_the_set() {
    let mut set = Credentials::default();
    for id in 0..MAX_PER_AGENT as u64 {
        let mut bits = [0; 32];
        bits[..8].copy_from_slice(&id.to_be_bytes());
        set.issue(grant(1), id, &BearerToken::from_entropy(&Zeroizing::new(bits)), now()).unwrap();
    }
    assert_eq!(set.issue(grant(1), 9999, &token(9), now()).unwrap_err(), CredentialError::TooMany);
    assert!(set.issue(grant(2), 9999, &token(9), now()).is_ok(), "another agent is not in its way");
    assert!(set.issue(grant(1), 9998, &token(8), after(900)).is_ok(), "what has expired makes room");
}

#[test]
fn neither_an_id_nor_a_token_serves_twice() {
    let mut set = Credentials::default();
    set.issue(grant(1), 1, &token(1), now()).unwrap();
    assert_eq!(set.issue(grant(2), 1, &token(2), now()).unwrap_err(), CredentialError::Repeated);
    assert_eq!(set.issue(grant(2), 2, &token(1), now()).unwrap_err(), CredentialError::Repeated);
    assert_eq!(set.validate(&token(1), now()).unwrap().grant().agent, Did::from_bits(1));
}
