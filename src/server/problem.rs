//! What went wrong, as an RFC 9457 problem document; a status for every error of the rooms below, once.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::change::operators::OperatorError;
use crate::change::{ChangeError, FactError, PlanError};
use crate::store::StoreError;
use crate::time::Time;
use crate::warden::{NotWritten, WardenError};
use crate::wire::{self, SignedTime};

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
    /// The nonce of a request whose signer's clock is off, and when it may be made at the earliest.
    pub skewed: Option<(String, Time)>,
    /// The verifier's time, signed for that request.
    pub time: Option<Box<SignedTime>>,
    /// After so many seconds it may be tried again.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem of this case.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), hop: None, skewed: None, time: None, retry_after: None }
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
        let mut document = wire::Problem::new(self.status.as_u16(), self.code, &self.detail);
        if let Some(hop) = self.hop.and_then(|hop| u32::try_from(hop).ok()) {
            document = document.at_hop(hop);
        }
        if let Some(time) = self.time {
            document = document.with_time(*time);
        }
        let kind = [(header::CONTENT_TYPE, wire::MEDIA_TYPE)];
        let mut response = (self.status, kind, document.to_json()).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<WardenError> for Problem {
    fn from(error: WardenError) -> Self {
        let hop = match &error {
            WardenError::Fact(FactError::Chain(denial)) => denial.hop,
            _ => None,
        };
        let hop = hop.and_then(|hop| usize::try_from(hop).ok());
        Self::new(status_of(&error), error.code(), error.to_string()).at_hop(hop)
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
        | WardenError::Upstream(_)
        | WardenError::Lie(_)
        | WardenError::NotYetInForce { .. }
        | WardenError::TakenUnseen { .. }
        | WardenError::ReadOnly
        | WardenError::AtTheVerifier { .. }
        | WardenError::Hand(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

const fn of_operator(error: &OperatorError) -> StatusCode {
    match error {
        OperatorError::NotWaiting => StatusCode::NOT_FOUND,
        _ => StatusCode::FORBIDDEN,
    }
}
