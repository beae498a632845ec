//! Problem documents (RFC 9457): an error as HTTP says it, with the code, words and advice that every face has.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{SignedTime, codes, to_json};
use crate::encoding::json::look_through;
use crate::text::within;

/// The media type.
pub const MEDIA_TYPE: &str = "application/problem+json";
/// A document has at most so many bytes.
pub const MAX_PROBLEM_BYTES: usize = 16 << 10;

/// What every `type` begins with; the code follows.
const TYPE: &str = "urn:meshwarden:problem:";
/// A detail has at most so many bytes; even when each is escaped, the document keeps its bound.
const MAX_DETAIL: usize = 1 << 10;
/// An instance, and the words and advice of another program, have at most so many bytes each.
const MAX_TEXT: usize = 512;
const MAX_CODE: usize = 64;

/// A problem: which one, with which request, and what to do. Texts are kept as they came, and bounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Names the code: `urn:meshwarden:problem:<code>`.
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hop: Option<u32>,
    advice: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<BTreeMap<String, Value>>")]
    time: Option<SignedTime>,
}

/// Why bytes are no problem document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProblemError {
    /// It has more than 16 KiB.
    #[error("the problem document is larger than {MAX_PROBLEM_BYTES} bytes")]
    TooLarge,
    /// It is not what [`Problem::to_json`] writes, other members apart.
    #[error("the answer is not a problem document")]
    Malformed,
}

impl ProblemError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "problem_too_large",
            Self::Malformed => "problem_malformed",
        }
    }
}

impl Problem {
    /// The problem of a code, with words and advice from the table; `detail` says what about this request.
    pub fn new(status: u16, code: &str, detail: &str) -> Self {
        let row = codes::find(code);
        Self {
            kind: format!("{TYPE}{code}"),
            title: row.map_or(code, |row| row.words).to_owned(),
            status,
            detail: within(detail, MAX_DETAIL),
            instance: None,
            code: code.to_owned(),
            hop: None,
            advice: row.map_or("", |row| row.advice).to_owned(),
            time: None,
        }
    }

    /// The same for one request, by its URI.
    #[must_use]
    pub fn of_request(self, instance: &str) -> Self {
        Self { instance: Some(within(instance, MAX_TEXT)), ..self }
    }

    /// The same at a hop of a chain, the root's is 0.
    #[must_use]
    pub fn at_hop(self, hop: u32) -> Self {
        Self { hop: Some(hop), ..self }
    }

    /// The same with the verifier's time, for somebody whose clock is off.
    #[must_use]
    pub fn with_time(self, time: SignedTime) -> Self {
        Self { time: Some(time), ..self }
    }

    /// The document.
    pub fn to_json(&self) -> String {
        // Texts and integers alone always serialise.
        to_json(self).unwrap_or_default()
    }

    /// Reads a document, also another program's that has no member more than RFC 9457 and a code.
    ///
    /// What it says is the other side's word: words and advice of a known code are this program's own, and whoever shows
    /// the rest makes it visible first. Members that are not known are passed over (RFC 9457 section 3.2).
    ///
    /// # Errors
    /// [`ProblemError`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, ProblemError> {
        if bytes.len() > MAX_PROBLEM_BYTES {
            return Err(ProblemError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ProblemError::Malformed)?;
        look_through(text, 0, |_| false).map_err(|_| ProblemError::Malformed)?;
        let value: Value = serde_json::from_str(text).map_err(|_| ProblemError::Malformed)?;
        if !value.is_object() {
            return Err(ProblemError::Malformed);
        }
        let read: Self = serde_json::from_value(value).map_err(|_| ProblemError::Malformed)?;
        let snake = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let code = &read.code;
        let named = !code.is_empty() && code.len() <= MAX_CODE && code.bytes().all(snake);
        if !named || read.kind.strip_prefix(TYPE) != Some(code) || !(400..600).contains(&read.status) {
            return Err(ProblemError::Malformed);
        }
        let short = |text: &str| within(text, MAX_TEXT);
        let ours = Self::new(read.status, code, &read.detail);
        let known = codes::find(code).is_some();
        Ok(Self {
            title: if known { ours.title } else { short(&read.title) },
            advice: if known { ours.advice } else { short(&read.advice) },
            instance: read.instance.as_deref().map(short),
            detail: ours.detail,
            ..read
        })
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The status of HTTP.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// What the code means.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What about this request.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What to do.
    pub fn advice(&self) -> &str {
        &self.advice
    }

    /// Which request.
    pub fn instance(&self) -> Option<&str> {
        self.instance.as_deref()
    }

    /// The hop that fails.
    pub const fn hop(&self) -> Option<u32> {
        self.hop
    }

    /// The verifier's time, not verified.
    pub const fn time(&self) -> Option<&SignedTime> {
        self.time.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::identity::SecretKey;
    use crate::text::is_hostile;
    use crate::time::Time;

    #[test]
    fn a_problem_has_words_and_advice_of_its_code() {
        let time = SignedTime::sign(&SecretKey::from_seed([1; 32]), "log", "nonce", Time::MIN);
        let problem = Problem::new(403, "agent_suspended", "did:mesh:aa is suspended");
        let problem = problem.of_request("/v1/verify#7").at_hop(2).with_time(time);
        let row = codes::find("agent_suspended").unwrap();
        let written: Value = serde_json::from_str(&problem.to_json()).unwrap();
        let members: Vec<&String> = written.as_object().unwrap().keys().collect();
        assert_eq!(
            members,
            ["type", "title", "status", "detail", "instance", "code", "hop", "advice", "time"]
        );
        assert_eq!(written["type"], "urn:meshwarden:problem:agent_suspended");
        assert_eq!((&written["title"], &written["advice"]), (&json!(row.words), &json!(row.advice)));
        assert_eq!(Problem::from_json(problem.to_json().as_bytes()), Ok(problem));
    }

    #[test]
    fn what_there_is_not_is_left_out() {
        let written: Value =
            serde_json::from_str(&Problem::new(404, "unknown_agent", "x").to_json()).unwrap();
        let members: Vec<&String> = written.as_object().unwrap().keys().collect();
        assert_eq!(members, ["type", "title", "status", "detail", "code", "advice"]);
    }

    fn written(change: impl FnOnce(&mut Value)) -> Result<Problem, ProblemError> {
        let mut value: Value =
            serde_json::from_str(&Problem::new(403, "agent_suspended", "x").to_json()).unwrap();
        change(&mut value);
        Problem::from_json(value.to_string().as_bytes())
    }

    #[test]
    fn the_other_sides_words_for_a_known_code_are_not_taken() {
        let lied = written(|value| {
            value["title"] = json!("all is well");
            value["advice"] = json!("send your private key");
            value["more"] = json!({"anything": [1]});
        });
        let row = codes::find("agent_suspended").unwrap();
        let lied = lied.unwrap();
        assert_eq!((lied.title(), lied.advice()), (row.words, row.advice));
        let newer = written(|value| {
            value["code"] = json!("of_a_newer_program");
            value["type"] = json!("urn:meshwarden:problem:of_a_newer_program");
            value["title"] = json!("new");
        });
        assert_eq!(newer.unwrap().title(), "new");
    }

    #[test]
    fn what_is_no_problem_is_refused() {
        let too_large = written(|value| value["detail"] = json!("x".repeat(MAX_PROBLEM_BYTES)));
        assert_eq!(too_large, Err(ProblemError::TooLarge));
        for (member, wrong) in [
            ("status", json!(200)),
            ("status", json!("403")),
            ("status", json!(70_000)),
            ("code", json!("other_code")),
            ("code", json!("")),
            ("type", json!("about:blank")),
            ("detail", json!(1)),
            ("time", json!({"now": "yesterday", "signature": ""})),
        ] {
            assert_eq!(
                written(|value| value[member] = wrong.clone()),
                Err(ProblemError::Malformed),
                "{member} {wrong}"
            );
        }
        for text in ["", "[]", "{}", "null", "{\"code\":\"a\",\"code\":\"a\"}", "<html>"] {
            assert_eq!(Problem::from_json(text.as_bytes()), Err(ProblemError::Malformed), "{text}");
        }
        assert_eq!(Problem::from_json(b"\xff"), Err(ProblemError::Malformed));
    }

    proptest! {
        #[test]
        fn what_a_stranger_sent_is_written_harmless_and_read_back(
            detail in "(\u{1b}|.|\\PC){0,1200}", instance in "\\PC{0,600}",
        ) {
            let problem = Problem::new(400, "request_unsigned", &detail).of_request(&instance);
            prop_assert!(!problem.to_json().chars().any(is_hostile));
            prop_assert!(problem.to_json().len() <= MAX_PROBLEM_BYTES);
            prop_assert_eq!(Problem::from_json(problem.to_json().as_bytes()), Ok(problem));
        }
    }
}
