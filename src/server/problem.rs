//! What went wrong, as an RFC 9457 problem document; a status for every error of the rooms below, once.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::change::operators::OperatorError;
use crate::change::{ChangeError, FactError, PlanError};
use crate::store::StoreError;
use crate::time::Time;
use crate::warden::{NotWritten, WardenError};
use crate::wire::{codes, to_json};

/// The media type (RFC 9457 section 6.1).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request has no other answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong in this case.
    pub detail: String,
    /// The hop that failed, counted from the root.
    pub hop: Option<usize>,
    /// The verifier's clock, when the caller's differs.
    pub now: Option<Time>,
    /// After so many seconds it may be tried again.
    pub retry_after: Option<u32>,
}

/// The document.
#[derive(Serialize)]
struct Document<'p> {
    r#type: String,
    title: &'p str,
    status: u16,
    detail: &'p str,
    code: &'p str,
    hop: Option<usize>,
    advice: &'p str,
    now: Option<String>,
}

impl Problem {
    /// A problem of this case.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), hop: None, now: None, retry_after: None }
    }

    /// 400: the request cannot be read.
    pub fn unreadable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404: there is no such thing, or none that the caller may see.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// 503: too much is asked of the verifier.
    pub fn busy() -> Self {
        let detail = "too many requests wait; nothing was done";
        Self { retry_after: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "writer_full", detail) }
    }

    /// The hop that failed.
    #[must_use]
    pub fn at_hop(self, hop: Option<usize>) -> Self {
        Self { hop, ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let words = codes::find(self.code);
        let document = Document {
            r#type: format!("urn:meshwarden:problem:{}", self.code),
            title: words.map_or("", |row| row.words),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            hop: self.hop,
            advice: words.map_or("", |row| row.advice),
            now: self.now.map(|now| now.to_string()),
        };
        let body = to_json(&document).unwrap_or_default();
        let mut response = (self.status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<WardenError> for Problem {
    fn from(error: WardenError) -> Self {
        Self::new(status_of(&error), error.code(), error.to_string())
    }
}

impl From<NotWritten> for Problem {
    fn from(error: NotWritten) -> Self {
        match error {
            NotWritten::Refused(error) => error.into(),
            NotWritten::Full => Self::busy(),
            NotWritten::Ended => Self::new(StatusCode::SERVICE_UNAVAILABLE, error.code(), error.to_string()),
        }
    }
}

/// Who must act: whoever sent the request (4xx), or whoever runs the verifier (5xx).
fn status_of(error: &WardenError) -> StatusCode {
    match error {
        WardenError::Plan(PlanError::Unknown(_)) | WardenError::NotYet { .. } => StatusCode::NOT_FOUND,
        WardenError::Change(ChangeError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        WardenError::Change(_) | WardenError::Ingest(_) | WardenError::Scores(_) => StatusCode::BAD_REQUEST,
        WardenError::MovedOn => StatusCode::PRECONDITION_FAILED,
        WardenError::Operator(error) => of_operator(error),
        WardenError::Fact(FactError::Unknown(_)) => StatusCode::NOT_FOUND,
        WardenError::Plan(_)
        | WardenError::Fact(_)
        | WardenError::NoRoom { .. }
        | WardenError::Register { .. }
        | WardenError::BelowSealed { .. }
        | WardenError::FileMoved { .. }
        | WardenError::InClear { .. }
        | WardenError::TakenMeanwhile { .. } => StatusCode::CONFLICT,
        WardenError::NoEntropy
        | WardenError::Unsigned { .. }
        | WardenError::Store(StoreError::Obstacle(_)) => StatusCode::SERVICE_UNAVAILABLE,
        WardenError::Store(_)
        | WardenError::Entry { .. }
        | WardenError::Fold { .. }
        | WardenError::Record { .. }
        | WardenError::MissingRecord { .. }
        | WardenError::RepeatedRecord { .. }
        | WardenError::Backup { .. }
        | WardenError::File { .. }
        | WardenError::NotARegistry { .. }
        | WardenError::Key { .. }
        | WardenError::OtherLogKey { .. }
        | WardenError::LostLogKey { .. }
        | WardenError::Hand(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

const fn of_operator(error: &OperatorError) -> StatusCode {
    match error {
        OperatorError::NotWaiting => StatusCode::NOT_FOUND,
        _ => StatusCode::FORBIDDEN,
    }
}
