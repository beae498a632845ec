//! Requests as bytes, signed before the clock runs.

use std::net::SocketAddr;

use meshwarden::identity::SecretKey;
use meshwarden::time::{Span, Time};
use meshwarden::wire::message_signature::{Demand, Draft, Head, Signer};

/// Who signs.
pub struct Caller<'a> {
    /// A DID, or the name of an operator.
    pub name: &'a str,
    pub key: &'a SecretKey,
}

/// One request of HTTP/1.1 with its signature; `nonce` is new for each.
pub fn signed(
    to: SocketAddr,
    (method, path): (&str, &str),
    body: &[u8],
    (by, created): (&Caller<'_>, Time),
    nonce: u64,
) -> Vec<u8> {
    let authority = to.to_string();
    let (bare, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let head = Head { method, scheme: "http", authority: &authority, path: bare, query, fields: &[] };
    let keyid = format!("{}#{}", by.name, by.key.public_key().bytes().key_id());
    let nonce = format!("{nonce:032x}");
    let signer = Signer { keyid: &keyid, created, life: Span::seconds(60), nonce: &nonce };
    let fields = Draft::new(&head, body, &signer, &Demand::default()).unwrap().sign(by.key);
    let digest =
        fields.content_digest.map_or_else(String::new, |digest| format!("content-digest: {digest}\r\n"));
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nsignature-input: {}\r\nsignature: {}\r\n{digest}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        fields.signature_input,
        fields.signature,
        body.len(),
    );
    [head.as_bytes(), body].concat()
}
