//! What nobody can do without: the body parsed, and the signatures of the request checked, in an axum handler.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::routing::post;
use ed25519_dalek::{Signature, VerifyingKey};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use meshwarden::encoding::{base64, sha256};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Keys as they are needed, read once.
pub struct Keys {
    /// Of the issuers of the hops, the root's first, and of the caller.
    pub hops: Vec<VerifyingKey>,
    /// Of those who sign requests, by `keyid`.
    pub signers: HashMap<String, VerifyingKey>,
}

#[derive(Deserialize)]
struct Asked {
    chain: Vec<String>,
    proof: String,
    #[serde(rename = "audience")]
    _audience: String,
    #[serde(rename = "method")]
    _method: String,
    #[serde(rename = "uri")]
    _uri: String,
    #[serde(rename = "action")]
    _action: String,
    #[serde(rename = "resource")]
    _resource: String,
}

/// Serves two handlers: `/cold` checks every signature, `/warm` those that are new with each request.
pub fn serve(runtime: &Runtime, keys: Keys) -> SocketAddr {
    let router = Router::new()
        .route(
            "/v1/cold",
            post(|keys, method, uri, headers, body| async { check(true, keys, method, uri, headers, body) }),
        )
        .route(
            "/v1/warm",
            post(|keys, method, uri, headers, body| async { check(false, keys, method, uri, headers, body) }),
        )
        .with_state(Arc::new(keys));
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let service = TowerToHyperService::new(router.clone());
            tokio::spawn(async move {
                drop(
                    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await,
                );
            });
        }
    });
    address
}

fn check(
    cold: bool,
    State(keys): State<Arc<Keys>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Body) {
    let asked: Asked = serde_json::from_slice(&body).unwrap();
    let hops = asked.chain.iter().zip(&keys.hops);
    let caller = keys.hops.last().unwrap();
    let held = (!cold || hops.fold(true, |held, (token, key)| held & jws(token, key)))
        && jws(&asked.proof, caller)
        && head(&keys, &method, &uri, &headers)
        && digest(&headers, &body);
    if held {
        (StatusCode::OK, Body::from(r#"{"decision":"allow"}"#))
    } else {
        (StatusCode::FORBIDDEN, Body::empty())
    }
}

/// Whether a compact JWS is the key's.
fn jws(text: &str, key: &VerifyingKey) -> bool {
    let (signed, signature) = text.rsplit_once('.').unwrap();
    base64::decode_url_array(signature)
        .is_some_and(|signature: [u8; 64]| strict(key, signed.as_bytes(), signature))
}

/// Whether the request's head is its signer's.
fn head(keys: &Keys, method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let field = |name: &str| headers.get(name).unwrap().to_str().unwrap();
    let input = field("signature-input").split_once('=').unwrap().1;
    let signature = field("signature").split_once('=').unwrap().1.trim_matches(':');
    let base = format!(
        "\"@method\": {method}\n\"@authority\": {}\n\"@path\": {}\n\"@query\": ?\n\"content-digest\": {}\n\
         \"@signature-params\": {input}",
        field("host"),
        uri.path(),
        field("content-digest"),
    );
    let keyid = input.split_once("keyid=\"").unwrap().1.split_once('"').unwrap().0;
    let signature: [u8; 64] = base64::decode(signature).unwrap().try_into().unwrap();
    keys.signers.get(keyid).is_some_and(|key| strict(key, base.as_bytes(), signature))
}

/// Whether the body is the one that was signed: its digest is what the signature covers.
fn digest(headers: &HeaderMap, body: &[u8]) -> bool {
    let field = headers.get("content-digest").unwrap().to_str().unwrap();
    let signed = field.strip_prefix("sha-256=:").unwrap().trim_end_matches(':');
    base64::decode(signed).unwrap() == sha256(body)
}

/// The check as ed25519-dalek has it.
fn strict(key: &VerifyingKey, message: &[u8], signature: [u8; 64]) -> bool {
    key.verify_strict(message, &Signature::from_bytes(&signature)).is_ok()
}
