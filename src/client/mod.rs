//! Asks a verifier: signs every request (RFC 9421), reads its answers within bounds, and believes none of them.

mod error;
mod identity;
mod snapshot;
mod told;

pub use error::ClientError;
pub use identity::Identity;
pub use snapshot::Portion;
pub use told::path_with;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Method, Response, Url};
use serde::de::DeserializeOwned;

use error::refused;

use crate::audit::{NoteVerifier, log_of};
use crate::time::{Span, Time};
use crate::warden::{Clock, Entropy};
use crate::wire::SignedTime;
use crate::wire::message_signature::{Demand, Draft, Head, Signer, TAG};

/// An answer in one document has at most so many bytes.
pub const MAX_ANSWER: usize = 64 << 20;
/// A request that is not answered for so long is given up.
const PATIENCE: Duration = Duration::from_secs(20);
/// A request counts for so long.
const LIFE: Span = Span::seconds(60);
/// What a signature covers where it is there, beside what every signature covers.
const DEMAND: Demand<'_> = Demand {
    tag: TAG,
    fields: &["content-digest", "if-match", "last-event-id", "mesh-chain", "mesh-proof", "mesh-session"],
};

/// A verifier, as one caller sees it; cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    shared: Arc<Shared>,
}

struct Shared {
    /// Whose certificates are believed; without them those that this machine believes.
    roots: Option<Vec<Certificate>>,
    identity: Mutex<Option<Identity>>,
    clock: Box<dyn Clock + Sync>,
    entropy: Mutex<Box<dyn Entropy>>,
    /// The key of the log, whose word about the time is taken.
    pinned: Mutex<Option<NoteVerifier>>,
    /// How far the verifier's clock is ahead.
    ahead: Mutex<Span>,
}

/// What a request asks.
pub struct Ask<'a> {
    /// `GET` or `POST`.
    pub method: Method,
    /// The path, with the query behind it.
    pub path: &'a str,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// Further fields.
    pub fields: &'a [(&'static str, String)],
}

impl<'a> Ask<'a> {
    /// Reads.
    pub const fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, body: Vec::new(), fields: &[] }
    }

    /// Hands in.
    pub const fn post(path: &'a str, body: Vec<u8>) -> Self {
        Self { method: Method::POST, path, body, fields: &[] }
    }
}

/// The certificates of a file.
fn roots(path: &Path) -> Result<Vec<Certificate>, ClientError> {
    let no_root = |problem: String| ClientError::Root { path: path.to_owned(), problem };
    let pem = std::fs::read(path).map_err(|error| no_root(error.to_string()))?;
    let roots = Certificate::from_pem_bundle(&pem).unwrap_or_default();
    if roots.is_empty() { Err(no_root("holds no certificate in PEM".to_owned())) } else { Ok(roots) }
}

impl Client {
    /// The verifier at `base`, such as `https://mesh.example:7443`; its certificate is believed as this machine believes
    /// any.
    ///
    /// # Errors
    /// As [`Client::trusting`].
    pub fn new(
        base: &str,
        clock: Box<dyn Clock + Sync>,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, ClientError> {
        Self::trusting(base, None, clock, entropy)
    }

    /// The same; with `root`, a file of certificates in PEM, only what one of them issued is believed.
    ///
    /// # Errors
    /// [`ClientError::Address`] for what is no such URL; [`ClientError::Root`] for a file without a certificate;
    /// [`ClientError::Unreachable`] when TLS cannot be had.
    pub fn trusting(
        base: &str,
        root: Option<&Path>,
        clock: Box<dyn Clock + Sync>,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, ClientError> {
        let address = || ClientError::Address { url: base.to_owned() };
        let base = Url::parse(base).map_err(|_| address())?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() || base.path() != "/" {
            return Err(address());
        }
        let roots = root.map(roots).transpose()?;
        let http = connections(&base, roots.as_deref())?;
        let (identity, pinned) = (Mutex::new(None), Mutex::new(None));
        let shared = Arc::new(Shared {
            roots,
            identity,
            clock,
            entropy: Mutex::new(entropy),
            pinned,
            ahead: Mutex::new(Span::seconds(0)),
        });
        Ok(Self { http, base, shared })
    }

    /// The same caller on connections of its own, for another thread.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] when TLS cannot be had.
    pub fn beside(&self) -> Result<Self, ClientError> {
        Ok(Self { http: connections(&self.base, self.shared.roots.as_deref())?, ..self.clone() })
    }

    /// From now on requests are signed in this name.
    pub fn sign_as(&self, identity: Identity) {
        *self.shared.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity);
    }

    /// From now on the log's key is known: the time that it signs is taken where the clock here is off.
    pub fn pin(&self, log_key: NoteVerifier) {
        *self.shared.pinned.lock().unwrap_or_else(PoisonError::into_inner) = Some(log_key);
    }

    /// Where the verifier is.
    pub fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The time as the verifier has it, as far as it is known.
    pub fn now(&self) -> Time {
        let ahead = *self.shared.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.clock.now().plus(ahead)
    }

    /// Asks, and reads one JSON document.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ask<T: DeserializeOwned>(&self, ask: &Ask<'_>) -> Result<T, ClientError> {
        let bytes = self.bytes(ask).await?;
        serde_json::from_slice(&bytes).map_err(|error| ClientError::Unreadable {
            path: ask.path.to_owned(),
            problem: error.to_string(),
        })
    }

    /// Asks, and reads the answer whole.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn bytes(&self, ask: &Ask<'_>) -> Result<Vec<u8>, ClientError> {
        let response = self.send(ask).await?;
        self.read(ask.path, response).await
    }

    /// Asks, and answers with what is still to be read; a clock that differs from the verifier's is set once.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn send(&self, ask: &Ask<'_>) -> Result<Response, ClientError> {
        let (error, nonce) = match self.try_once(ask).await {
            Ok(response) => return Ok(response),
            Err(failed) => failed,
        };
        let ClientError::Refused { time: Some(time), .. } = &error else { return Err(error) };
        let Some(now) = self.is_verifiers(time, &nonce) else { return Err(error) };
        let ahead = now.since(self.shared.clock.now());
        *self.shared.ahead.lock().unwrap_or_else(PoisonError::into_inner) = ahead;
        self.try_once(ask).await.map_err(|(error, _)| error)
    }

    /// The time, if the log's key signed it for this very request.
    fn is_verifiers(&self, time: &SignedTime, nonce: &str) -> Option<Time> {
        let pinned = self.shared.pinned.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        time.verify(pinned.key(), &log_of(&pinned)?.to_string(), nonce)
    }

    /// The fields that a request is sent with, signed.
    ///
    /// # Errors
    /// [`ClientError::Unsigned`].
    pub fn sign(&self, ask: &Ask<'_>) -> Result<HeaderMap, ClientError> {
        let url = self.base.join(ask.path).map_err(|_| ClientError::Address { url: ask.path.to_owned() })?;
        self.signed(ask, &url, &self.nonce()?)
    }

    /// Sends a request; what it failed by comes with its nonce.
    async fn try_once(&self, ask: &Ask<'_>) -> Result<Response, (ClientError, String)> {
        let nonce = self.nonce().map_err(|error| (error, String::new()))?;
        self.try_with(ask, &nonce).await.map_err(|error| (error, nonce))
    }

    async fn try_with(&self, ask: &Ask<'_>, nonce: &str) -> Result<Response, ClientError> {
        let url = self.base.join(ask.path).map_err(|_| ClientError::Address { url: ask.path.to_owned() })?;
        let headers = self.signed(ask, &url, nonce)?;
        let request = self.http.request(ask.method.clone(), url).headers(headers).body(ask.body.clone());
        let response = request.send().await.map_err(|error| ClientError::unreachable(&self.base, &error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = self.read(ask.path, response).await.unwrap_or_default();
        Err(refused(status.as_u16(), &body))
    }

    async fn read(&self, path: &str, mut response: Response) -> Result<Vec<u8>, ClientError> {
        let mut body = Vec::new();
        while let Some(part) =
            response.chunk().await.map_err(|error| ClientError::unreachable(&self.base, &error))?
        {
            if body.len().saturating_add(part.len()) > MAX_ANSWER {
                return Err(ClientError::TooLong { path: path.to_owned() });
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }

    /// The fields of a request, signed if there is somebody to sign.
    fn signed(&self, ask: &Ask<'_>, url: &Url, nonce: &str) -> Result<HeaderMap, ClientError> {
        let mut fields: Vec<(&str, String)> = ask.fields.to_vec();
        let identity = self.shared.identity.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut headers = HeaderMap::new();
        if let Some(identity) = identity {
            fields.extend(identity.statement().map(|statement| ("mesh-session", statement.to_owned())));
            let lines: Vec<(&str, &[u8])> =
                fields.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
            let authority = match (url.host_str().unwrap_or_default(), url.port()) {
                (host, Some(port)) => format!("{host}:{port}"),
                (host, None) => host.to_owned(),
            };
            let head = Head {
                method: ask.method.as_str(),
                scheme: url.scheme(),
                authority: &authority,
                path: url.path(),
                query: url.query(),
                fields: &lines,
            };
            let signer = Signer { keyid: identity.keyid(), created: self.now(), life: LIFE, nonce };
            let draft = Draft::new(&head, &ask.body, &signer, &DEMAND);
            let draft = draft.map_err(|error| ClientError::Unsigned { problem: error.to_string() })?;
            let signed = draft.sign(identity.key());
            put(&mut headers, "signature-input", &signed.signature_input)?;
            put(&mut headers, "signature", &signed.signature)?;
            if let Some(digest) = signed.content_digest {
                put(&mut headers, "content-digest", &digest)?;
            }
        }
        for (name, text) in &fields {
            put(&mut headers, name, text)?;
        }
        if !ask.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(headers)
    }

    fn nonce(&self) -> Result<String, ClientError> {
        let mut entropy = self.shared.entropy.lock().unwrap_or_else(PoisonError::into_inner);
        let bits = entropy.bits().ok_or(ClientError::Unsigned { problem: "no entropy".to_owned() })?;
        Ok(format!("{bits:032x}"))
    }
}

/// Connections of their own; with `roots`, only what one of them issued is believed.
fn connections(base: &Url, roots: Option<&[Certificate]>) -> Result<reqwest::Client, ClientError> {
    // Another part of the program may have chosen the same one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder();
    let builder = match roots {
        None => builder,
        Some(roots) => builder.tls_certs_only(roots.to_vec()),
    };
    builder
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .gzip(true)
        .build()
        .map_err(|error| ClientError::unreachable(base, &error))
}

fn put(headers: &mut HeaderMap, name: &str, text: &str) -> Result<(), ClientError> {
    let unsigned = |problem: &str| ClientError::Unsigned { problem: format!("{name}: {problem}") };
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsigned("no field name"))?;
    let value = HeaderValue::from_str(text).map_err(|_| unsigned("not printable"))?;
    headers.insert(name, value);
    Ok(())
}
