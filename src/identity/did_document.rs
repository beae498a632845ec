//! The W3C DID document of an agent.

use serde_json::{Value, json};

use super::Identity;

/// The document in the reference's form (IDT 21.1): `Ed25519VerificationKey2020` with base64 key.
pub fn did_document(identity: &Identity<'_>) -> Value {
    let did = identity.did.to_string();
    let method = format!("{did}#{}", identity.key_id());
    json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": did,
        "verificationMethod": [{
            "id": method,
            "type": "Ed25519VerificationKey2020",
            "controller": did,
            "publicKeyBase64": identity.public_key.to_base64(),
        }],
        "authentication": [method],
        "service": [{
            "id": format!("{did}#agentmesh"),
            "type": "AgentMeshIdentity",
            "serviceEndpoint": "https://mesh.agentmesh.dev/v1",
        }],
    })
}
