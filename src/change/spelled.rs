//! How the parameters of a fact are spelled in JSON: one way each.

pub(super) mod as_did {
    use crate::identity::Did;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::change) fn serialize<S: Serializer>(did: &Did, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(did)
    }

    pub(in crate::change) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Did, D::Error> {
        Did::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

pub(super) mod as_hex {
    use crate::encoding::{Digest32, hex};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::change) fn serialize<S: Serializer>(digest: &Digest32, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&hex::encode(digest))
    }

    pub(in crate::change) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Digest32, D::Error> {
        let text = String::deserialize(from)?;
        hex::decode_digest(&text).ok_or_else(|| D::Error::custom("not 64 lower-case hex digits"))
    }
}

pub(super) mod as_text {
    use crate::time::Time;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::change) fn serialize<S: Serializer>(time: &Time, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(time)
    }

    pub(in crate::change) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Time, D::Error> {
        Time::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

pub(super) mod as_target {
    use crate::change::Target;
    use crate::identity::Did;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Document {
        did: String,
        version: u64,
    }

    pub(in crate::change) fn serialize<S: Serializer>(target: &Target, out: S) -> Result<S::Ok, S::Error> {
        Document { did: target.did.to_string(), version: target.version }.serialize(out)
    }

    pub(in crate::change) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Target, D::Error> {
        let document = Document::deserialize(from)?;
        let did = Did::parse(&document.did).map_err(D::Error::custom)?;
        Ok(Target { did, version: document.version })
    }
}
