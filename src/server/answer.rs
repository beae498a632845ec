//! What handlers read and write: parameters that name what is wrong with them, and JSON that is harmless on a terminal.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::encoding::json;
use crate::wire::to_json;

/// A document in JSON, with the log index that it is as of.
pub struct Answer<T> {
    status: StatusCode,
    document: T,
    version: Option<u64>,
}

impl<T: Serialize> Answer<T> {
    /// 200 with a document.
    pub const fn of(document: T) -> Self {
        Self { status: StatusCode::OK, document, version: None }
    }

    /// Another status.
    #[must_use]
    pub fn with(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The version of what is answered, as its `ETag` (RFC 9110 section 8.8.3).
    #[must_use]
    pub fn version(self, version: u64) -> Self {
        Self { version: Some(version), ..self }
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let body = to_json(&self.document).unwrap_or_default();
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(tag) =
            self.version.and_then(|version| HeaderValue::from_str(&format!("\"{version}\"")).ok())
        {
            headers.insert(header::ETAG, tag);
        }
        (self.status, headers, body).into_response()
    }
}

/// A list, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Page<T> {
    /// What was found.
    pub items: Vec<T>,
    /// What `cursor` says to get what follows; `null` at the end.
    pub next: Option<String>,
    /// How many entries the log had.
    pub index: u64,
}

/// What the body says.
///
/// # Errors
/// `body_unreadable`.
pub fn said<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    json::object(body).map_err(|error| Problem::unreadable("body_unreadable", error.to_string()))
}

/// The parameters behind the `?`.
pub struct Asks<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asks<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        let unreadable = |error: QueryRejection| Problem::unreadable("query_unreadable", error.body_text());
        read.map(|Query(asked)| Self(asked)).map_err(unreadable)
    }
}

/// What the path names.
pub struct Named<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        let unreadable = |error: PathRejection| Problem::unreadable("query_unreadable", error.body_text());
        read.map(|Path(named)| Self(named)).map_err(unreadable)
    }
}
