//! The reference's scope chains (IDT 15.2 to 15.7): imported, verified, and shown hop by hop for what they prove.
//!
//! Their signatures cover two DIDs and a list of capabilities, and no time, depth or chain; their keys travel in the
//! same document. So a valid one is evidence of narrowing, never an authority: [`AuthenticChain`] is that.
//!
//! [`AuthenticChain`]: super::AuthenticChain

mod account;
mod canonical;
mod context;
mod link;
mod read;
#[cfg(test)]
mod tests;
mod verify;

use crate::encoding::{hex, sha256};
use crate::identity::KeyBytes;
use crate::time::Time;

pub use account::{Hop, Shown, Signed, Unproven};
pub use context::UserContext;
pub use link::{Link, Stamp, sign_link, signed_text};
pub use read::Malformed;
pub use verify::{Broken, Fault};

/// A document has at most this many bytes.
pub const MAX_BYTES: usize = 64 << 10;

/// A chain has at most this many links, whatever its `max_depth` says.
pub const MAX_LINKS: usize = 32;

/// A list of capabilities, roles or permissions has at most this many members.
pub const MAX_LIST: usize = 256;

/// What the reference takes for `max_depth` when there is none.
pub const DEFAULT_MAX_DEPTH: u32 = 5;

/// A scope chain whose form is right.
#[derive(Debug, Clone)]
pub struct ScopeChain {
    chain_id: String,
    max_depth: u32,
    sponsor: String,
    root_capabilities: Vec<String>,
    known: Vec<(String, KeyBytes)>,
    links: Vec<Link>,
    leaf_did: String,
    leaf_capabilities: Vec<String>,
    chain_hash: String,
}

impl ScopeChain {
    /// A chain without links, and the unsigned link from the sponsor that would be its first (IDT 15.6).
    ///
    /// `chain` and `link` are 128 random bits each.
    pub fn create_root(
        sponsor: &str,
        root_did: &str,
        capabilities: &[&str],
        chain: u128,
        link: u128,
        now: Time,
    ) -> (Self, Link) {
        let start = |bits: u128, digits: usize| -> String {
            hex::encode(&bits.to_be_bytes()).chars().take(digits).collect()
        };
        let capabilities: Vec<String> = capabilities.iter().map(|text| (*text).to_owned()).collect();
        let link =
            Link::unsigned_root(format!("link_{}", start(link, 12)), sponsor, root_did, &capabilities, now);
        let root = Self {
            chain_id: format!("chain_{}", start(chain, 16)),
            max_depth: DEFAULT_MAX_DEPTH,
            sponsor: sponsor.to_owned(),
            root_capabilities: capabilities.clone(),
            known: Vec::new(),
            links: Vec::new(),
            leaf_did: root_did.to_owned(),
            leaf_capabilities: capabilities,
            chain_hash: String::new(),
        };
        (root, link)
    }

    /// `chain_id`.
    pub fn chain_id(&self) -> &str {
        &self.chain_id
    }

    /// `root_sponsor_email`.
    pub fn sponsor(&self) -> &str {
        &self.sponsor
    }

    /// `root_capabilities`.
    pub fn root_capabilities(&self) -> &[String] {
        &self.root_capabilities
    }

    /// The links, the sponsor's grant first.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// `leaf_did`, which nothing covers; the last link's child is the one that counts.
    pub fn leaf_did(&self) -> &str {
        &self.leaf_did
    }

    /// `leaf_capabilities`, which nothing covers.
    pub fn leaf_capabilities(&self) -> &[String] {
        &self.leaf_capabilities
    }

    /// `chain_hash`, as written; [`ScopeChain::hash`] computes it.
    pub fn chain_hash(&self) -> &str {
        &self.chain_hash
    }

    /// What the last link grants, or the sponsor's grant when there is none.
    pub fn effective_capabilities(&self) -> &[String] {
        self.links.last().map_or(&self.root_capabilities, |link| &link.delegated_capabilities)
    }

    /// SHA-256 of the chain's canonical text: id, sponsor and the hashes of the links, in hex.
    pub fn hash(&self) -> String {
        let mut text = String::from("{\"chain_id\": ");
        canonical::string(&mut text, &self.chain_id);
        text.push_str(", \"links\": ");
        canonical::list(&mut text, self.links.iter().map(|link| link.link_hash.as_str()));
        text.push_str(", \"root_sponsor\": ");
        canonical::string(&mut text, &self.sponsor);
        text.push('}');
        hex::encode(&sha256(text.as_bytes()))
    }

    /// The key that the document itself brings for a DID.
    fn brought_key(&self, did: &str) -> Option<&KeyBytes> {
        self.known.iter().find(|(known, _)| known == did).map(|(_, key)| key)
    }

    /// How a capability came down the chain, by literal membership as the reference does (IDT 15.7).
    pub fn trace<'c>(&'c self, capability: &'c str) -> impl Iterator<Item = Trace<'c>> {
        let held = |list: &[String], word: &str| list.iter().any(|held| held == word);
        let root = held(&self.root_capabilities, capability) || held(&self.root_capabilities, "*");
        let root = root.then_some(Trace::Root(self));
        let links = self.links.iter().filter(move |link| held(&link.delegated_capabilities, capability));
        root.into_iter().chain(links.map(Trace::Link))
    }
}

/// One step of [`ScopeChain::trace`].
#[derive(Debug, Clone, Copy)]
pub enum Trace<'c> {
    /// The sponsor granted it.
    Root(&'c ScopeChain),
    /// A link passed it on.
    Link(&'c Link),
}
