//! Why a verifier gave no answer.

use std::path::PathBuf;

use reqwest::Url;
use rustls::CertificateError;

use crate::text::within;
use crate::wire::{Problem, SignedTime};

/// So many bytes of what a verifier says are shown.
const MOST: usize = 1000;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// It is no URL of a verifier.
    #[error("{url}: not the URL of a verifier, such as https://mesh.example:7443")]
    Address {
        /// What was given.
        url: String,
    },
    /// Nobody answered, or the answer broke off.
    #[error("{host} cannot be reached: {problem}")]
    Unreachable {
        /// The verifier's host.
        host: String,
        /// What happened.
        problem: String,
    },
    /// Somebody answers whose certificate is not believed; nothing was said to them.
    #[error("{host}: its certificate is not believed: {problem}")]
    Untrusted {
        /// The verifier's host.
        host: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file of the root certificate is none.
    #[error("{}: {problem}", path.display())]
    Root {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The verifier refused.
    #[error("{detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The stable code; empty when a proxy answered instead.
        code: String,
        /// What is wrong.
        detail: String,
        /// What to do.
        advice: String,
        /// The verifier's time, when ours is off; it is not judged yet.
        time: Option<Box<SignedTime>>,
    },
    /// The answer is none of the kind that was asked for.
    #[error("the answer to {path} cannot be read: {problem}")]
    Unreadable {
        /// What was asked.
        path: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// The answer has no end that anybody would wait for.
    #[error("the answer to {path} is too long")]
    TooLong {
        /// What was asked.
        path: String,
    },
    /// The request cannot be signed.
    #[error("the request cannot be signed: {problem}")]
    Unsigned {
        /// Why.
        problem: String,
    },
}

impl ClientError {
    /// The stable code; that of the verifier when it refused.
    pub fn code(&self) -> &str {
        match self {
            Self::Address { .. } => "verifier_address",
            Self::Unreachable { .. } => "verifier_unreachable",
            Self::Untrusted { .. } => "verifier_untrusted",
            Self::Root { .. } => "verifier_root",
            Self::Refused { code, .. } if !code.is_empty() => code,
            Self::Refused { .. } => "verifier_refused",
            Self::Unreadable { .. } => "verifier_unreadable",
            Self::TooLong { .. } => "verifier_too_long",
            Self::Unsigned { .. } => "verifier_unsigned",
        }
    }

    pub(super) fn unreachable(base: &Url, error: &reqwest::Error) -> Self {
        let host = base.host_str().unwrap_or_default().to_owned();
        if let Some(problem) = distrust(error) {
            return Self::Untrusted { host, problem };
        }
        let problem = match error {
            error if error.is_timeout() => "no answer in time".to_owned(),
            error if error.is_connect() => root(error),
            error => root(error),
        };
        Self::Unreachable { host, problem }
    }
}

/// Why a certificate is not believed, if that is what it failed by.
fn distrust(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
            return Some(words(why));
        }
        // What an I/O error wraps is not its source.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        at = wrapped.map_or_else(|| error.source(), |inner| Some(inner));
    }
    None
}

fn words(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer => "nobody issued it whom you trust".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name".to_owned()
        }
        CertificateError::Revoked => "it was revoked".to_owned(),
        CertificateError::BadSignature => "its issuer did not sign it".to_owned(),
        other => within(&other.to_string(), MOST),
    }
}

/// The innermost reason: the others only wrap it.
fn root(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    within(&innermost.to_string(), MOST)
}

/// What a verifier says that gives no other answer.
pub(super) fn refused(status: u16, body: &[u8]) -> ClientError {
    match Problem::from_json(body) {
        Ok(problem) => ClientError::Refused {
            status,
            code: problem.code().to_owned(),
            detail: problem.detail().to_owned(),
            advice: problem.advice().to_owned(),
            time: problem.time().cloned().map(Box::new),
        },
        Err(_) => ClientError::Refused {
            status,
            code: String::new(),
            detail: format!("the answer is status {status}, and not the verifier's own"),
            advice: String::new(),
            time: None,
        },
    }
}
