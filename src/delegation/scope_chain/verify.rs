//! The invariants of a scope chain (IDT 15.4, 15.5), asked alike when it is verified and when a link is added.

use super::ScopeChain;
use super::link::Link;
use crate::capability::{WILDCARD, any_allows};
use crate::identity::{Did, KeyBytes, verify_base64};

/// An invariant that a link breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There are more links than `max_depth`.
    MaxDepth,
    /// `depth` is not the link's place.
    Depth,
    /// `previous_link_hash` is not the hash before.
    HashChain,
    /// The parent is not the child before.
    Disconnected,
    /// `*` is delegated from one agent to another.
    Wildcard,
    /// The link grants more than the one before it, or than it says that its parent holds.
    Escalation,
    /// `link_hash` is not the link's hash.
    LinkHash,
    /// The signature is not that of the key that the document brings for the parent.
    Signature,
}

impl Fault {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MaxDepth => "max_depth_exceeded",
            Self::Depth => "invalid_depth",
            Self::HashChain => "hash_chain_broken",
            Self::Disconnected => "disconnected",
            Self::Wildcard => "wildcard_delegated",
            Self::Escalation => "capability_escalation",
            Self::LinkHash => "invalid_link_hash",
            Self::Signature => "invalid_signature",
        }
    }
}

/// Which link breaks which invariant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("link {link}: {}", fault.code())]
pub struct Broken {
    /// The link, 0 first.
    pub link: usize,
    /// The invariant.
    pub fault: Fault,
}

impl ScopeChain {
    /// Verifies all links, the sponsor's first; a link whose parent the document brings no key for is not checked
    /// for a signature, as the specification has it, and [`ScopeChain::account`] says so.
    ///
    /// # Errors
    /// The first [`Broken`] invariant.
    pub fn verify(&self) -> Result<(), Broken> {
        for (at, link) in self.links.iter().enumerate() {
            self.check(at, link).map_err(|fault| Broken { link: at, fault })?;
        }
        Ok(())
    }

    /// The invariants of one link, its hash and signature last.
    pub(super) fn check(&self, at: usize, link: &Link) -> Result<(), Fault> {
        self.depth(at, link)?;
        self.hash_chain(at, link)?;
        self.connected(at, link)?;
        self.narrows(at, link)?;
        if link.link_hash != link.hash() {
            return Err(Fault::LinkHash);
        }
        match self.brought_key(&link.parent_did) {
            Some(key) if !signed_by(link, key) => Err(Fault::Signature),
            _ => Ok(()),
        }
    }

    fn depth(&self, at: usize, link: &Link) -> Result<(), Fault> {
        if u32::try_from(at).map_or(true, |at| at >= self.max_depth) {
            return Err(Fault::MaxDepth);
        }
        if u32::try_from(at) == Ok(link.depth) { Ok(()) } else { Err(Fault::Depth) }
    }

    fn before(&self, at: usize) -> Option<&Link> {
        at.checked_sub(1).and_then(|before| self.links.get(before))
    }

    fn hash_chain(&self, at: usize, link: &Link) -> Result<(), Fault> {
        let before = self.before(at).map(|before| before.link_hash.as_str());
        if link.previous_link_hash.as_deref() == before { Ok(()) } else { Err(Fault::HashChain) }
    }

    fn connected(&self, at: usize, link: &Link) -> Result<(), Fault> {
        let connected = self.before(at).is_none_or(|before| before.child_did == link.parent_did);
        if connected { Ok(()) } else { Err(Fault::Disconnected) }
    }

    fn narrows(&self, at: usize, link: &Link) -> Result<(), Fault> {
        let before = self.before(at);
        // The sponsor's grant to the root agent is no delegation between agents.
        if before.is_some() && link.delegated_capabilities.iter().any(|word| word == WILDCARD) {
            return Err(Fault::Wildcard);
        }
        let held = before.map_or(&self.root_capabilities, |before| &before.delegated_capabilities);
        let beyond = |asked: &String| !any_allows(held.iter().map(String::as_str), asked);
        if link.delegated_capabilities.iter().any(beyond) || link.escalation().is_some() {
            return Err(Fault::Escalation);
        }
        Ok(())
    }

    /// Adds a link and takes its child for the leaf; hash and signature are left to [`ScopeChain::verify`].
    ///
    /// # Errors
    /// The first [`Fault`]; the chain stays as it was.
    pub fn add_link(&mut self, link: Link) -> Result<(), Fault> {
        let at = self.links.len();
        match self.depth(at, &link) {
            Err(Fault::MaxDepth) => return Err(Fault::MaxDepth),
            depth if at == 0 => depth?,
            _ => {}
        }
        self.connected(at, &link)?;
        self.hash_chain(at, &link)?;
        self.depth(at, &link)?;
        self.narrows(at, &link)?;
        self.leaf_did.clone_from(&link.child_did);
        self.leaf_capabilities.clone_from(&link.delegated_capabilities);
        self.links.push(link);
        self.chain_hash = self.hash();
        Ok(())
    }
}

/// Whether the link's signature is this key's, strictly, over the text of two DIDs: with other names for parent or
/// child the text could be one that was signed for another purpose, or split in another place.
pub(super) fn signed_by(link: &Link, key: &KeyBytes) -> bool {
    let of_dids = [&link.parent_did, &link.child_did].iter().all(|did| Did::parse(did).is_ok());
    of_dids && verify_base64(&key.to_base64(), link.signed_text().as_bytes(), &link.parent_signature)
}
