//! The texts of a record that may name people, apart from the rest.

use std::borrow::Cow;

use super::Identity;

/// What stands for a text that was forgotten.
pub const ERASED: &str = "[erased]";
/// What stands for a sponsor that was forgotten: still an address, and nobody's (RFC 2606).
pub const ERASED_SPONSOR: &str = "[erased]@invalid";

/// The length that says: there is no such text.
const ABSENT: u32 = u32::MAX;

impl Identity<'_> {
    /// The record with nothing in it that may name people: no name, description, sponsor, nor unknown members.
    pub fn without_personal(&self) -> Self {
        Self {
            name: Cow::Borrowed(ERASED),
            description: None,
            sponsor_email: Cow::Borrowed(ERASED_SPONSOR),
            extra: None,
            ..self.clone()
        }
    }

    /// Name, sponsor, description and unknown members, each behind its length (four bytes, the lowest first; all ones
    /// for a text that is not there).
    pub fn personal(&self) -> Vec<u8> {
        let texts = [
            Some(&*self.name),
            Some(&*self.sponsor_email),
            self.description.as_deref(),
            self.extra.as_deref(),
        ];
        let mut framed = Vec::new();
        for text in texts {
            let length = text.map_or(ABSENT, |text| u32::try_from(text.len()).unwrap_or(ABSENT));
            framed.extend_from_slice(&length.to_le_bytes());
            framed.extend_from_slice(text.unwrap_or_default().as_bytes());
        }
        framed
    }
}

impl<'a> Identity<'a> {
    /// The record with the texts that [`Identity::personal`] wrote; none for other bytes.
    pub fn with_personal(self, framed: &'a [u8]) -> Option<Self> {
        let mut rest = framed;
        let (name, sponsor) = (take(&mut rest)?, take(&mut rest)?);
        let (description, extra) = (take(&mut rest)?, take(&mut rest)?);
        rest.is_empty().then_some(Self {
            name: Cow::Borrowed(name?),
            sponsor_email: Cow::Borrowed(sponsor?),
            description: description.map(Cow::Borrowed),
            extra: extra.map(Into::into),
            ..self
        })
    }
}

/// The next text, or that there is none; nothing at all when the bytes are not framed.
#[allow(clippy::option_option, reason = "a text that is not there is no broken frame")]
fn take<'a>(rest: &mut &'a [u8]) -> Option<Option<&'a str>> {
    let (length, behind) = rest.split_first_chunk()?;
    let length = u32::from_le_bytes(*length);
    if length == ABSENT {
        *rest = behind;
        return Some(None);
    }
    let (text, behind) = behind.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = behind;
    std::str::from_utf8(text).ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Reading;
    use crate::time::Time;
    use proptest::prelude::*;

    const READING: Reading = Reading { now: Time::MIN, assume_utc: false };

    fn identity(name: &str, description: Option<&str>, extra: Option<&str>) -> Identity<'static> {
        let key = crate::identity::SecretKey::from_seed([1; 32]).public_key().bytes();
        let text = serde_json::json!({
            "did": "did:mesh:aa", "name": "a", "public_key": key.to_base64(), "capabilities": ["read:x"],
            "verification_key_id": key.key_id().to_string(), "sponsor_email": "ana@example.org",
        });
        let mut identity = Identity::from_json(&text.to_string(), &READING).unwrap().identity.into_owned();
        identity.name = name.to_owned().into();
        identity.description = description.map(|text| text.to_owned().into());
        identity.extra = extra.map(|text| serde_json::json!({ "note": text }).to_string().into());
        identity
    }

    proptest! {
        #[test]
        fn what_is_taken_apart_comes_together_again(
            name in "\\PC{1,40}", description in prop::option::of("(?s:.){0,40}"), extra in prop::option::of("\\PC{0,20}")
        ) {
            let whole = identity(&name, description.as_deref(), extra.as_deref());
            let personal = whole.personal();
            let mut public = String::new();
            whole.without_personal().write_json(&mut public);
            let read = Identity::from_json(&public, &READING).unwrap().identity;
            prop_assert_eq!(&read, &whole.without_personal());
            prop_assert_eq!(read.clone().with_personal(&personal), Some(whole));
            for cut in 0..personal.len() {
                prop_assert_eq!(read.clone().with_personal(&personal[..cut]), None);
            }
        }

        #[test]
        fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = identity("a", None, None).with_personal(&bytes);
        }
    }
}
