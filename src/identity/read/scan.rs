//! A record as [`Identity::write_json`](crate::identity::Identity::write_json) writes it, read in one go.

use std::borrow::Cow;

use super::members::Members;
use crate::encoding::scan::Scan;
use crate::identity::fields::{DidValue, Integer, Text};

impl<'a> Members<'a> {
    /// Reads the members in the order in which they are written; `None` says nothing.
    pub(super) fn scan(json: &'a str) -> Option<Self> {
        let mut scan = Scan::of_text(json);
        scan.token("{\"did\":{\"method\":\"mesh\",\"unique_id\":")?;
        let id = Some(scan.text()?.into());
        scan.token("},\"name\":")?;
        let mut members = Self {
            did: Some(DidValue::Object { method: Some("mesh".into()), id }),
            name: Some(scan.text()?.into()),
            description: Some(optional(&mut scan, ",\"description\":")?),
            public_key: Some(text(&mut scan, ",\"public_key\":")?),
            verification_key_id: Some(text(&mut scan, ",\"verification_key_id\":")?),
            sponsor_email: Some(text(&mut scan, ",\"sponsor_email\":")?),
            sponsor_verified: Some(scan.token(",\"sponsor_verified\":").and_then(|()| scan.flag())?),
            organization: Some(optional(&mut scan, ",\"organization\":")?),
            organization_id: Some(optional(&mut scan, ",\"organization_id\":")?),
            capabilities: Some(list(&mut scan, ",\"capabilities\":[")?),
            created_at: Some(text(&mut scan, ",\"created_at\":")?),
            updated_at: Some(text(&mut scan, ",\"updated_at\":")?),
            expires_at: Some(optional(&mut scan, ",\"expires_at\":")?),
            status: Some(text(&mut scan, ",\"status\":")?),
            revocation_reason: Some(optional(&mut scan, ",\"revocation_reason\":")?),
            parent_did: Some(optional(&mut scan, ",\"parent_did\":")?),
            delegation_depth: Some(integer(&mut scan, ",\"delegation_depth\":")?),
            ..Self::default()
        };
        scan.token(",\"max_initial_trust_score\":")?;
        members.max_initial_trust_score = Some(match scan.has("null") {
            true => None,
            false => Some(integer(&mut scan, "")?),
        });
        if scan.has(",\"trust_score\":") {
            members.trust_score = Some(Some(integer(&mut scan, "")?));
        }
        scan.token("}")?;
        scan.end()?;
        Some(members)
    }
}

fn text<'a>(scan: &mut Scan<'a>, before: &str) -> Option<Cow<'a, str>> {
    scan.token(before)?;
    scan.text().map(Cow::Borrowed)
}

#[allow(clippy::option_option, reason = "that there is none is no failure")]
fn optional<'a>(scan: &mut Scan<'a>, before: &str) -> Option<Option<Cow<'a, str>>> {
    scan.token(before)?;
    if scan.has("null") { Some(None) } else { text(scan, "").map(Some) }
}

fn list<'a>(scan: &mut Scan<'a>, before: &str) -> Option<Vec<Text<'a>>> {
    scan.token(before)?;
    let mut texts = Vec::new();
    while !scan.has("]") {
        texts.push(Text(text(scan, if texts.is_empty() { "" } else { "," })?));
    }
    Some(texts)
}

fn integer(scan: &mut Scan<'_>, before: &str) -> Option<Integer> {
    scan.token(before)?;
    Some(Integer(i64::try_from(scan.integer()?).ok()))
}
