//! The request that an enforcement point holds back until it is judged, as the point says it was.

use axum::http::{HeaderMap, HeaderName};

use crate::wire::message_signature::Head;

/// Fields that the point sets, over whatever the client sent; each exactly once.
const METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
const ACTION: HeaderName = HeaderName::from_static("mesh-action");
/// A URI has at most so many bytes, a host so many.
const MAX_URI: usize = 8 << 10;
const MAX_HOST: usize = 262;
/// An action has at most so many bytes.
const MAX_ACTION: usize = 256;

/// The original of a request; only what an enrolled enforcement point said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Original {
    pub method: String,
    scheme: &'static str,
    host: String,
    uri: String,
    /// What the request amounts to, as a capability.
    pub action: String,
    /// Every field with its lines, those of the point excepted.
    fields: Vec<(String, Vec<u8>)>,
}

/// A field is missing, twice there, or nothing that could stand in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotSaid(pub HeaderName);

impl Original {
    /// Reads what the point says.
    ///
    /// # Errors
    /// [`NotSaid`].
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, NotSaid> {
        let text = |name: &HeaderName, most: usize, is: fn(u8) -> bool| {
            let mut lines = headers.get_all(name).iter();
            let (line, more) = (lines.next(), lines.next());
            let line = line.filter(|_| more.is_none()).and_then(|line| line.to_str().ok());
            let line = line.filter(|line| !line.is_empty() && line.len() <= most && line.bytes().all(is));
            line.map(str::to_owned).ok_or_else(|| NotSaid(name.clone()))
        };
        let method = text(&METHOD, 32, |byte| byte.is_ascii_uppercase() || b"-_".contains(&byte))?;
        let scheme = match text(&PROTO, 5, |byte| byte.is_ascii_lowercase())?.as_str() {
            "https" => "https",
            "http" => "http",
            _ => return Err(NotSaid(PROTO)),
        };
        let host = text(&HOST, MAX_HOST, |byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))?;
        let uri = text(&URI, MAX_URI, |byte| byte.is_ascii_graphic() && byte != b'#')?;
        if !uri.starts_with('/') {
            return Err(NotSaid(URI));
        }
        let action = text(&ACTION, MAX_ACTION, |byte| byte.is_ascii_graphic())?;
        let own = [METHOD, PROTO, HOST, URI, ACTION];
        let fields = headers.iter().filter(|(name, _)| !own.contains(name));
        let fields = fields.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
        Ok(Self { method, scheme, host, uri, action, fields: fields.collect() })
    }

    /// The whole URI, byte for byte, as a proof of possession names it.
    pub(super) fn target(&self) -> String {
        format!("{}://{}{}", self.scheme, self.host, self.uri)
    }

    /// To what something is done: host and path.
    pub(super) fn resource(&self) -> String {
        format!("{}{}", self.host, self.split().0)
    }

    /// The head that its sender signed.
    pub(super) fn with_head<T>(&self, then: impl FnOnce(&Head<'_>) -> T) -> T {
        let (path, query) = self.split();
        let fields: Vec<(&str, &[u8])> =
            self.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let (method, scheme, authority) = (&self.method, self.scheme, &self.host);
        then(&Head { method, scheme, authority, path, query, fields: &fields })
    }

    fn split(&self) -> (&str, Option<&str>) {
        self.uri.split_once('?').map_or((&self.uri, None), |(path, query)| (path, Some(query)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: [(&str, &str); 5] = [
        ("x-forwarded-method", "POST"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "orders.example:8443"),
        ("x-forwarded-uri", "/v1/orders?limit=5"),
        ("mesh-action", "read:data"),
    ];

    fn headers(said: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in said {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn all_of_it_is_said_once_or_it_counts_for_nothing() {
        let original = Original::read(&headers(&SAID)).unwrap();
        assert_eq!(original.target(), "https://orders.example:8443/v1/orders?limit=5");
        assert_eq!(original.resource(), "orders.example:8443/v1/orders");
        for (at, (name, value)) in SAID.iter().enumerate() {
            let refused = |said: &[(&'static str, &str)]| Original::read(&headers(said)).unwrap_err().0;
            let mut without = SAID.to_vec();
            without.remove(at);
            assert_eq!(refused(&without), *name, "missing");
            let twice = [&SAID[..], &[(*name, *value)]].concat();
            assert_eq!(refused(&twice), *name, "twice, even if they are the same");
            for bad in ["", "a b", "GET, POST", "http://x/", "a@b", "caf\u{e9}"] {
                if *name == "mesh-action" && !bad.is_empty() && bad.is_ascii() && !bad.contains(' ') {
                    continue;
                }
                let mut other = SAID.to_vec();
                other[at].1 = bad;
                assert_eq!(refused(&other), *name, "{bad:?}");
            }
        }
    }
}
