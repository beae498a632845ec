//! The one text of a policy: canonical JSON, from which its digest is taken.

use serde_json::{Map, Value, json};

use super::units::{span_text, thousandths_text};
use super::{ActionClass, Approvals, Lists, Policy};
use crate::encoding::{Digest32, canonical, sha256};
use crate::trust::{self, Dimension};

impl Policy {
    /// The policy as the log keeps it: RFC 8785 canonical JSON with every field, defaults too.
    ///
    /// A field that a later version adds is written only when it differs from its default, so digests stay.
    pub fn to_json(&self) -> String {
        // Every number here is a small integer, so canonical JSON always exists.
        let bytes = canonical::to_bytes(&self.value()).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// SHA-256 of [`Policy::to_json`].
    pub fn digest(&self) -> Digest32 {
        sha256(self.to_json().as_bytes())
    }

    pub(super) fn value(&self) -> Value {
        let classes = self.classes.iter().map(|class| {
            let mut members = demands(class);
            members.insert("name".into(), json!(class.name));
            members.insert("capabilities".into(), json!(class.capabilities));
            Value::Object(members)
        });
        let mut policy = json!({
            "allow": lists(&self.allow),
            "approvals": approvals(&self.approvals),
            "attestation": {
                "attesters": self.attestation.attesters.iter().map(|key| key.to_base64()).collect::<Vec<_>>(),
                "required": self.attestation.required,
            },
            "block": lists(&self.block),
            "breadth": {
                "delegations_per_hour": self.breadth.delegations_per_hour,
                "max_children": self.breadth.max_children,
                "max_descendants": self.breadth.max_descendants,
                "seal_parent": self.breadth.seal_parent,
            },
            "classes": classes.collect::<Vec<_>>(),
            "default_class": demands(&self.default_class),
            "keys": {
                "history": self.keys.history,
                "overlap": span_text(self.keys.overlap),
                "rotate_after": self.keys.rotate_after.map_or_else(|| "never".to_owned(), span_text),
            },
            "tokens": {
                "max_depth": self.tokens.max_depth,
                "ttl_default": span_text(self.tokens.ttl_default),
                "ttl_max": span_text(self.tokens.ttl_max),
            },
            "trust": trust_value(&self.trust),
        });
        if let (Some(text), Some(members)) = (self.rules.text(), policy.as_object_mut()) {
            members.insert("rules".into(), json!(text));
        }
        policy
    }
}

fn demands(class: &ActionClass) -> Map<String, Value> {
    let gate = class.gate.map_or("none", crate::trust::Tier::as_str);
    Map::from_iter([
        ("gate".to_owned(), json!(gate)),
        ("staleness".to_owned(), json!(span_text(class.staleness))),
    ])
}

fn approvals(approvals: &Approvals) -> Value {
    let counts = approvals.iter().map(|(kind, count)| (kind.to_owned(), json!(count)));
    let mut members: Map<String, Value> = counts.collect();
    members.insert("revoke_above".to_owned(), approvals.revoke_above.into());
    members.insert("wait".to_owned(), span_text(approvals.wait).into());
    Value::Object(members)
}

fn lists(lists: &Lists) -> Value {
    let mut keys: Vec<String> = lists.keys.iter().map(|key| key.to_base64()).collect();
    keys.sort();
    json!({
        "dids": lists.dids.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "keys": keys,
        "organizations": lists.organizations,
        "sponsors": lists.sponsors,
    })
}

fn trust_value(rules: &trust::Rules) -> Value {
    let weight =
        |dimension: Dimension| (dimension.as_str().to_owned(), json!(rules.strengths.weight(dimension)));
    let sources = rules.sources.iter().map(|source| {
        let mut members = Map::new();
        members.insert("name".to_owned(), json!(source.name));
        members.insert("per_hour".to_owned(), json!(source.per_hour));
        if let Some(agent) = &source.agent {
            members.insert("agent".to_owned(), json!(agent.to_string()));
        }
        Value::Object(members)
    });
    json!({
        "contagion": {
            "factor": thousandths_text(u32::from(rules.strengths.contagion)),
            "reach": rules.strengths.reach,
        },
        "decay_floor": rules.decay_floor,
        "decay_per_hour": thousandths_text(rules.decay_per_hour),
        "default_score": rules.default_score,
        "regime": {
            "baseline": span_text(rules.regime.baseline),
            "threshold": thousandths_text(rules.regime.threshold),
            "window": span_text(rules.regime.window),
        },
        "sources": sources.collect::<Vec<_>>(),
        "weights": Dimension::ALL.into_iter().map(weight).collect::<Map<_, _>>(),
    })
}
