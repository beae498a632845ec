//! What an operator asks for: a change, its targets frozen by DID and version, as bytes to be signed.
//!
//! A [`Payload`] has exactly one byte string, canonical JSON (RFC 8785) of
//! `{type, id, actor, targets, parameters, reason, case?, created, expires?}`; members without a value
//! are absent. A [`SignedChange`] carries those bytes with the operators' signatures over them, as JWS JSON
//! general serialization (RFC 7515 section 7.2.1).
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod apply;
mod case;
mod chains;
mod error;
mod fact;
mod fact_error;
mod grant;
mod id;
mod mention;
pub mod operators;
mod order;
mod parameters;
mod payload;
mod personal;
mod plan;
mod read;
mod request;
mod restore;
mod scan;
mod settle;
mod signed;
mod spare;
mod spelled;
mod sponsor;
mod tag;
mod targets;
#[cfg(test)]
mod tests;

pub use apply::{FoldError, apply};
pub use case::{MAX_NOTE_BYTES, MAX_TITLE_BYTES, OnCase, judge_case, record_case};
pub use error::ChangeError;
pub use fact::{Fact, What};
pub use fact_error::FactError;
pub use grant::{Adopt, Holding, holding_of, kept_below};
pub use id::ChangeId;
pub use mention::Mention;
pub use order::{Import, Kind, Order};
pub use parameters::{
    Attest, List, LockOn, LogTokens, Register, Rekey, Rotate, SetPolicy, Signal, TokenSet, Unlist, Void,
};
pub use payload::{
    MAX_ACTOR_BYTES, MAX_CASE_BYTES, MAX_NAME_BYTES, MAX_PAYLOAD_BYTES, MAX_REASON_BYTES, Payload,
};
pub use personal::{Erase, Hidden, PersonalText};
pub use plan::{Difference, Frozen, Plan, PlanError};
pub use request::{Request, Verb, request_of};
pub use restore::{Extent, Restore};
pub use settle::{Place, recall, settle};
pub use signed::{MAX_SIGNATURES, Signature, SignedChange};
pub use spare::{Exception, MAX_SPARED, Spare, recall_spared};
pub use sponsor::{MAX_TRANSFERRED, OnSponsor, Until};
pub use tag::{Tagging, is_tag};
pub use targets::{Cascade, MAX_LISTED, Target, TargetList, Targets, cascade_digest};

pub(crate) use signed::SignedDocument;

#[cfg(test)]
pub(crate) use tests::some_payload;
