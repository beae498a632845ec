//! One rule after another.

use super::*;

#[test]
fn a_line_of_ten_verifies_and_reads_back_from_both_forms() {
    let chain = line(10, &["read:data", "write:*"]);
    assert_eq!(verify(&chain, at(0)).unwrap().chain().tokens().len(), 10);
    let again = Chain::from_header(&chain.to_header()).unwrap();
    assert_eq!(again.to_header(), chain.to_header());
    assert!(verify(&again, at(3599)).is_ok());
}

#[test]
fn an_eleventh_token_is_refused() {
    let chain = line(10, &["read:data"]);
    assert_eq!(code(attenuate(&chain, 10, &grant(11, &["read:data"]))), "token_too_deep");
    let header = format!("{}~{}", chain.to_header(), chain.leaf().unwrap().as_str());
    assert_eq!(code(Chain::from_header(&header)), "chain_too_long");
}

#[test]
fn a_chain_counts_from_its_first_to_its_last_second() {
    let chain = line(3, &["read:data"]);
    assert_eq!(code(verify(&chain, at(-1))), "token_not_yet_valid");
    assert!(verify(&chain, at(0)).is_ok());
    assert_eq!(code(verify(&chain, at(3600))), "token_expired");
    assert_eq!(verify(&chain, at(3600)).unwrap_err().hop, Some(0));
    let dated_ahead = issue(0, &Grant { issued: at(60), ..grant(1, &["read:data"]) }).unwrap();
    assert_eq!(code(verify(&dated_ahead, at(59))), "token_not_yet_valid");
    assert!(verify(&dated_ahead, at(60)).is_ok());
}

#[test]
fn a_link_cannot_widen_its_parent() {
    let chain = line(2, &["read:*", "write:data"]);
    assert!(attenuate(&chain, 2, &grant(3, &["read:data:row", "write:data"])).is_ok());
    for wider in ["write:*", "read", "readwrite:x", "write:data:row", "admin"] {
        let denial = attenuate(&chain, 2, &grant(3, &["read:data", wider])).unwrap_err();
        assert_eq!((denial.code, denial.hop, denial.found.as_str()), ("token_scope_widened", Some(2), wider));
        assert_eq!(denial.expected, "a part of read:* write:data");
        let forged = edited(&line(3, &["write:data"]), 2, "write:data", wider).unwrap();
        assert_eq!(code(verify(&forged, at(0))), "token_scope_widened", "signed all the same");
    }
}

#[test]
fn the_wildcard_is_never_delegated() {
    assert_eq!(code(issue(0, &grant(1, &["read:data", "*"]))), "token_wildcard_delegated");
    assert_eq!(code(edited(&line(1, &["read:data"]), 0, "read:data", "*")), "token_wildcard_delegated");
}

#[test]
fn a_token_cannot_outlive_or_precede_its_parent() {
    let chain = line(1, &["read:data"]);
    let longer = Grant { expires: at(3601), ..grant(2, &["read:data"]) };
    assert_eq!(code(attenuate(&chain, 1, &longer)), "token_outlives_parent");
    let earlier = Grant { not_before: at(-1), ..grant(2, &["read:data"]) };
    assert_eq!(code(attenuate(&chain, 1, &earlier)), "token_outlives_parent");
    let empty = Grant { expires: at(0), ..grant(2, &["read:data"]) };
    assert_eq!(code(attenuate(&chain, 1, &empty)), "token_outlives_parent");
}

#[test]
fn an_edited_expiry_is_noticed() {
    let chain = line(1, &["read:data"]);
    let exp = at(3600).micros() / 1_000_000;
    let (header, payload) = opened(chain.leaf().unwrap().as_str());
    let (_, signature) = chain.leaf().unwrap().as_str().rsplit_once('.').unwrap();
    let later = payload.replace(&exp.to_string(), &(exp + 3600).to_string());
    assert_ne!(later, payload);
    let encode = |text: &str| base64::encode_url(text.as_bytes());
    let edited = Chain::parse(&[format!("{}.{}.{signature}", encode(&header), encode(&later))]).unwrap();
    assert_eq!(code(verify(&edited, at(0))), "token_signature_invalid");
}

#[test]
fn a_disconnected_reordered_or_spliced_chain_is_refused() {
    let chain = line(3, &["read:data"]);
    let texts: Vec<&str> = chain.tokens().iter().map(Token::as_str).collect();
    let parse = |texts: &[&str]| Chain::parse(texts).unwrap();
    assert_eq!(code(verify(&parse(&[texts[0], texts[2]]), at(0))), "token_disconnected");
    assert_eq!(code(verify(&parse(&[texts[1], texts[0]]), at(0))), "token_other_parent");
    assert_eq!(code(verify(&parse(&[texts[0], texts[0]]), at(0))), "token_disconnected");
    assert_eq!(code(verify(&parse(&texts[1..]), at(0))), "token_other_parent");
    let other = issue(0, &Grant { id: [77; 16], ..grant(1, &["read:data"]) }).unwrap();
    let spliced = parse(&[other.leaf().unwrap().as_str(), texts[1]]);
    assert_eq!(code(verify(&spliced, at(0))), "token_other_parent", "the same grant under another jti");
}

#[test]
fn a_chain_that_comes_back_to_an_agent_is_a_cycle() {
    let chain = line(2, &["read:data"]);
    assert_eq!(code(attenuate(&chain, 2, &grant(2, &["read:data"]))), "token_disconnected");
    let round = attenuate(&chain, 2, &grant(0, &["read:data"])).unwrap();
    assert_eq!(code(verify(&round, at(0))), "token_disconnected");
}

#[test]
fn depth_is_the_place_and_max_depth_never_rises() {
    let chain = line(2, &["read:data"]);
    assert_eq!(
        code(verify(&edited(&chain, 1, "\"depth\":2", "\"depth\":1").unwrap(), at(0))),
        "token_depth_mismatch"
    );
    let three = Grant { max_depth: 3, ..grant(3, &["read:data"]) };
    let chain = attenuate(&chain, 2, &three).unwrap();
    assert_eq!(code(attenuate(&chain, 3, &grant(4, &["read:data"]))), "token_too_deep");
    assert_eq!(
        code(attenuate(&chain, 3, &Grant { max_depth: 3, ..grant(4, &["read:data"]) })),
        "token_too_deep"
    );
    let eleven = Grant { max_depth: 11, ..grant(1, &["read:data"]) };
    assert_eq!(code(issue(0, &eleven)), "token_too_deep");
}

#[test]
fn a_ceiling_never_rises_and_is_never_dropped() {
    let chain = issue(0, &Grant { ceiling: Some(700), ..grant(1, &["read:data"]) }).unwrap();
    let chain = attenuate(&chain, 1, &Grant { ceiling: Some(900), ..grant(2, &["read:data"]) }).unwrap();
    assert_eq!(chain.leaf().unwrap().claims().ceiling, Some(700), "asking for more leaves what there is");
    for other in ["\"trust_ceiling\":701", "\"trust_ceiling\":1000"] {
        let raised = edited(&chain, 1, "\"trust_ceiling\":700", other).unwrap();
        assert_eq!(code(verify(&raised, at(0))), "token_ceiling_raised");
    }
    let dropped = edited(&chain, 1, ",\"trust_ceiling\":700", "").unwrap();
    assert_eq!(code(verify(&dropped, at(0))), "token_ceiling_raised");
    assert_eq!(
        code(edited(&chain, 1, "\"trust_ceiling\":700", "\"trust_ceiling\":1001")),
        "token_claims_malformed"
    );
}

#[test]
fn only_the_issuers_own_key_signs() {
    let chain = line(1, &["read:data"]);
    let (header, payload) = opened(chain.leaf().unwrap().as_str());
    let by_another = Chain::parse(&[forge(5, &header, &payload)]).unwrap();
    assert_eq!(code(verify(&by_another, at(0))), "token_signature_invalid");
    let named = header.replace(&key(0).key_id().to_string(), &key(5).key_id().to_string());
    let by_named = Chain::parse(&[forge(5, &named, &payload)]).unwrap();
    assert_eq!(code(verify(&by_named, at(0))), "token_signature_invalid", "a key that is not the issuer's");
    let other_did = header.replace(&did(0).to_string(), &did(5).to_string());
    assert_eq!(code(Chain::parse(&[forge(5, &other_did, &payload)])), "token_signer_mismatch");
}

#[test]
fn unknown_missing_repeated_and_mistyped_claims_are_refused() {
    let (header, payload) = opened(line(1, &["read:data"]).leaf().unwrap().as_str());
    let refused = |payload: &str| {
        assert_eq!(code(Chain::parse(&[forge(0, &header, payload)])), "token_claims_malformed", "{payload}")
    };
    refused(&payload.replacen('{', "{\"only_on_tuesdays\":true,", 1));
    refused(&payload.replacen('{', "{\"depth\":1,", 1));
    refused(&payload.replacen('{', "{\"\\u0064epth\":1,", 1));
    refused(&payload.replace(",\"depth\":1", ""));
    refused(&payload.replace("\"depth\":1", "\"depth\":1.0"));
    refused(&payload.replace("\"depth\":1", "\"depth\":-1"));
    refused(&payload.replace("\"depth\":1", "\"depth\":\"1\""));
    refused(&payload.replace("\"depth\":1", "\"depth\":4294967296"));
    let thumbprint = crate::encoding::base64::encode_url(&key(1).thumbprint());
    let listed = payload.replace(&format!("{{\"jkt\":\"{thumbprint}\"}}"), &format!("[\"{thumbprint}\"]"));
    assert_ne!(listed, payload);
    refused(&listed);
    refused(&format!(
        "[\"{}\",\"{}\",\"read:data\",0,0,9,\"id\",null,1,9,{{\"jkt\":\"{thumbprint}\"}},null,null]",
        did(0),
        did(1)
    ));
    refused(&payload.replace(&did(0).to_string(), "did:web:x"));
    refused(&payload.replace("\"jkt\"", "\"kid\""));
    refused(&format!("{payload} {payload}"));
    refused(&format!("[{payload}]"));
    for time in ["9223372036854775807", "-9223372036854775808", "1e3", "1772370000.5"] {
        refused(&payload.replace("1772370000", time));
    }
}

#[test]
fn a_scope_has_one_spelling() {
    let (header, payload) = opened(line(1, &["read:data"]).leaf().unwrap().as_str());
    for scope in
        ["", " ", "read:data ", " read:data", "a  b", "a\\tb", "a\\u0000", "caf\u{e9}", "a\\\"b", "a\\\\b"]
    {
        let payload = payload.replace("\"read:data\"", &format!("\"{scope}\""));
        assert_eq!(code(Chain::parse(&[forge(0, &header, &payload)])), "token_scope_malformed", "{scope:?}");
    }
    assert_eq!(code(issue(0, &grant(1, &["a b"]))), "token_scope_malformed");
    assert_eq!(code(issue(0, &grant(1, &[]))), "token_scope_malformed");
}

#[test]
fn a_type_for_another_purpose_is_refused() {
    let (header, payload) = opened(line(1, &["read:data"]).leaf().unwrap().as_str());
    for typ in ["mesh-proof+jwt", "JWT", "MESH-DELEGATION+JWT", "mesh-delegation"] {
        let header = header.replace("mesh-delegation+jwt", typ);
        assert_eq!(code(Chain::parse(&[forge(0, &header, &payload)])), "token_type_mismatch");
    }
}

#[test]
fn a_refreshed_token_names_the_one_it_replaces_and_grants_no_more() {
    let chain = line(2, &["read:data", "write:data"]);
    let (did, key) = (did(1), secret(1));
    let issuer = Issuer { did: &did, key: &key };
    let renewal = Renewal {
        scope: Some(&["read:data"]),
        key: super::key(2),
        issued: at(60),
        expires: at(3000),
        id: [88; 16],
    };
    let fresh = chain.refresh(issuer, &renewal).unwrap();
    assert!(verify(&fresh, at(60)).is_ok());
    let (old, new) = (chain.leaf().unwrap().claims(), fresh.leaf().unwrap().claims());
    assert_eq!(new.previous.as_deref(), Some(old.id.as_str()));
    assert_ne!(new.id, old.id);
    let wider = Renewal { scope: Some(&["read:*"]), ..renewal.clone() };
    assert_eq!(code(chain.refresh(issuer, &wider)), "token_refresh_refused");
    let longer = Renewal { expires: at(3601), ..renewal.clone() };
    assert_eq!(code(chain.refresh(issuer, &longer)), "token_outlives_parent");
    let (other, other_key) = (super::did(0), secret(0));
    let foreign = Issuer { did: &other, key: &other_key };
    assert_eq!(code(chain.refresh(foreign, &renewal)), "token_refresh_refused");
}

#[test]
fn what_is_too_big_is_refused_before_any_key_is_asked_for() {
    let token = line(1, &["read:data"]).to_header();
    let many = vec![token.as_str(); 10_000];
    assert_eq!(code(Chain::parse(&many)), "chain_too_long");
    assert_eq!(code(Chain::from_header(&many.join("~"))), "chain_too_large");
    assert_eq!(code(Chain::from_header(&"~".repeat(16 << 10))), "chain_too_long");
    assert_eq!(code(Chain::parse(&["a".repeat(1 << 20)])), "chain_too_large");
    assert_eq!(code(Chain::parse::<&str>(&[])), "chain_empty");
    let hundred_thousand = vec!["read:data"; 100_000];
    assert_eq!(code(issue(0, &grant(1, &hundred_thousand))), "token_scope_malformed");
    let (header, payload) = opened(&token);
    let many = payload.replace("read:data", &vec!["a"; MAX_SCOPE + 1].join(" "));
    assert_eq!(code(Chain::parse(&[forge(0, &header, &many)])), "token_scope_malformed");
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(code(Chain::parse(&[forge(0, &header, &deep)])), "token_claims_malformed");
    let deep = payload.replace("\"depth\":1", &format!("\"depth\":{deep}"));
    assert_eq!(code(Chain::parse(&[forge(0, &header, &deep)])), "token_claims_malformed");
}

#[test]
fn no_key_is_asked_for_when_a_link_is_broken_or_a_token_out_of_time() {
    let mut broken = line(9, &["read:data"]);
    broken = edited(&broken, 8, "\"depth\":9", "\"depth\":8").unwrap();
    for (chain, now) in [(broken, at(0)), (line(9, &["read:data"]), at(3600))] {
        let mut asked = 0;
        let key_of = |_, token: &Token| {
            asked += 1;
            known(token)
        };
        assert!(AuthenticChain::verify(chain, key_of, &Memo::none(), now).is_err());
        assert_eq!(asked, 0);
    }
}

#[test]
fn a_memo_keeps_good_signatures_only_and_answers_the_same() {
    let memo = Memo::new(64, 64);
    let good = line(3, &["read:data"]);
    let bad = edited(&good, 5, "read:data", "read:data").unwrap();
    for _ in 0..2 {
        let answer =
            |chain: &Chain, now| AuthenticChain::verify(chain.clone(), |_, token| known(token), &memo, now);
        assert!(answer(&good, at(0)).is_ok());
        assert_eq!(code(answer(&bad, at(0))), "token_signature_invalid");
        assert_eq!(code(answer(&good, at(3600))), "token_expired", "time is asked each time");
        assert_eq!(memo.signatures(), 3);
    }
    let other = |_, _: &Token| Ok(key(5));
    assert_eq!(
        code(AuthenticChain::verify(good, other, &memo, at(0))),
        "token_signature_invalid",
        "under that key"
    );
}

#[test]
fn a_remembered_token_is_the_one_of_every_byte() {
    let memo = Memo::new(64, 64);
    let chain = line(3, &["read:data"]);
    let texts: Vec<&str> = chain.tokens().iter().map(Token::as_str).collect();
    let verify = |chain: Chain| AuthenticChain::verify(chain, |_, token| known(token), &memo, at(0));
    assert!(verify(chain.clone()).is_ok());
    let again = Chain::recall(&texts, &memo).unwrap();
    assert_eq!(again.to_header(), chain.to_header());
    assert!(verify(again).is_ok());
    let (signed, _) = texts[2].rsplit_once('.').unwrap();
    let other = format!("{signed}.{}", base64::encode_url(&[0; 64]));
    let forged = Chain::recall(&[texts[0], texts[1], &other], &memo).unwrap();
    assert_eq!(code(verify(forged)), "token_signature_invalid");
    assert_eq!(code(Chain::recall(&[texts[0], "a.b.c"], &memo)), "token_malformed");
}
