//! A request without its body, as it was received or will be sent.

use std::borrow::Cow;

/// The head of a request.
///
/// Behind a proxy the parts are those of the *original* request, and only somebody who may say so says them.
#[derive(Debug, Clone, Copy)]
pub struct Head<'r> {
    /// The method, in its own case.
    pub method: &'r str,
    /// `https` or `http`.
    pub scheme: &'r str,
    /// Host and port, as in `Host` or `:authority`.
    pub authority: &'r str,
    /// The path as it was sent, percent-encoding and all.
    pub path: &'r str,
    /// What follows the `?`; none when there is no `?`.
    pub query: Option<&'r str>,
    /// Names in any case, and the bytes of the lines in the order of the message.
    pub fields: &'r [(&'r str, &'r [u8])],
}

impl<'r> Head<'r> {
    /// The lines of a field.
    pub(super) fn lines(&self, name: &str) -> impl Iterator<Item = &'r [u8]> {
        let fields = self.fields.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name));
        fields.map(|(_, value)| *value)
    }

    /// The lines of a field joined with `, `, each without the white space around it (RFC 9421 section 2.1).
    ///
    /// None when the field is not there, or holds anything but printable ASCII, blanks and tabs: line folds too.
    pub(super) fn value(&self, name: &str) -> Option<Cow<'r, str>> {
        let mut joined: Option<Cow<'r, str>> = None;
        for line in self.lines(name) {
            let line = std::str::from_utf8(line).ok()?;
            if !line.bytes().all(|byte| byte == b'\t' || is_printable(byte)) {
                return None;
            }
            let line = line.trim_matches([' ', '\t']);
            match &mut joined {
                None => joined = Some(Cow::Borrowed(line)),
                Some(joined) => joined.to_mut().extend([", ", line]),
            }
        }
        joined
    }

    /// The authority in lower case without the scheme's own port (RFC 9421 section 2.2.3).
    pub(super) fn normal_authority(&self) -> Cow<'r, str> {
        let port = match self.normal_scheme().as_ref() {
            "https" => ":443",
            "http" => ":80",
            _ => "",
        };
        lower(self.authority.strip_suffix(port).unwrap_or(self.authority))
    }

    pub(super) fn normal_scheme(&self) -> Cow<'r, str> {
        lower(self.scheme)
    }

    /// The path; `/` for an empty one (RFC 9421 section 2.2.6).
    pub(super) const fn normal_path(&self) -> &'r str {
        if self.path.is_empty() { "/" } else { self.path }
    }
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

pub(super) const fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}
