//! A signed request is taken once, whatever becomes of the process.

use crate::identity::SecretKey;
use crate::time::{Span, Time};
use crate::warden::Requests;
use crate::wire::message_signature::{
    Body, Demand, Draft, Head, SignedRequest, Signer, VerifiedRequest, Whose,
};

fn at(second: i64) -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap().plus(Span::seconds(second))
}

fn request(nonce: &str, created: Time) -> VerifiedRequest {
    let key = SecretKey::from_seed([1; 32]);
    let (scheme, authority, path) = ("https", "verifier.example", "/v1/agents");
    let head = Head { method: "GET", scheme, authority, path, query: None, fields: &[] };
    let signer = Signer { keyid: "ada#key-1", created, life: Span::seconds(60), nonce };
    let signed = Draft::new(&head, b"", &signer, &Demand::default()).unwrap().sign(&key);
    let (input, signature) = (signed.signature_input, signed.signature);
    let fields = [("Signature-Input", input.as_bytes()), ("Signature", signature.as_bytes())];
    let request = SignedRequest::read(&Head { fields: &fields, ..head }, &Demand::default()).unwrap();
    request.verify(&key.public_key(), created).unwrap().with_body(Body::Seen(b"")).unwrap()
}

fn code(requests: &Requests, request: &VerifiedRequest, now: Time) -> &'static str {
    requests.take(request, Whose::Operator, now).map_or_else(|error| error.code(), |()| "taken")
}

#[test]
fn a_request_is_not_taken_again_by_the_process_that_comes_after() {
    let place = tempfile::TempDir::new().unwrap();
    let (first, second) = (request("first request 01", at(0)), request("second request 2", at(1)));
    let requests = Requests::of(place.path()).unwrap();
    assert_eq!(code(&requests, &first, at(0)), "taken");
    assert_eq!(code(&requests, &second, at(1)), "taken");
    assert_eq!(code(&requests, &second, at(1)), "request_replayed");
    assert_eq!(Requests::of(place.path()).err().map(|error| error.code()), Some("store_served"));
    requests.end();
    assert_eq!(code(&requests, &request("after the end 01", at(2)), at(2)), "request_before_start");
    let requests = Requests::of(place.path()).unwrap();
    for request in [&first, &second] {
        // Nor under a clock that was set back.
        assert_eq!(code(&requests, request, at(-30)), "request_before_start");
    }
    let refused = requests.take(&request("third request 03", at(2)), Whose::Operator, at(2)).unwrap_err();
    let told = refused.server_time().unwrap();
    assert_eq!(code(&requests, &request("third request 04", told), at(2)), "taken");
}

#[test]
fn what_does_not_last_remembers_as_long_as_it_lives() {
    let passing = Requests::passing();
    assert_eq!(code(&passing, &request("first request 01", at(0)), at(0)), "taken");
    assert_eq!(code(&passing, &request("first request 01", at(0)), at(0)), "request_replayed");
}
