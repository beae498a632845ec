//! How many connections one peer has, so that nobody takes all places.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Connections by peer; it has no more entries than there are connections.
#[derive(Clone, Default)]
pub(super) struct Crowd(Arc<Mutex<HashMap<String, usize>>>);

/// One connection of a peer, for as long as this is held.
pub(super) struct One {
    crowd: Crowd,
    peer: String,
}

impl Crowd {
    /// Counts one more, if the peer has fewer than `most`.
    pub(super) fn enter(&self, peer: String, most: usize) -> Option<One> {
        let mut crowd = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = crowd.get(&peer).copied().unwrap_or(0);
        if count >= most {
            return None;
        }
        crowd.insert(peer.clone(), count.saturating_add(1));
        drop(crowd);
        Some(One { crowd: self.clone(), peer })
    }
}

impl Drop for One {
    fn drop(&mut self) {
        let mut crowd = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = crowd.get_mut(&self.peer) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                crowd.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_has_its_share_waits_for_one_of_its_own_to_end_and_nobody_else_does() {
        let crowd = Crowd::default();
        let enter = |peer: &str| crowd.enter(peer.to_owned(), 2);
        let (first, second) = (enter("a").unwrap(), enter("a").unwrap());
        assert!(enter("a").is_none());
        let other = enter("b").unwrap();
        drop(first);
        let third = enter("a").unwrap();
        drop((second, third, other));
        assert!(crowd.0.lock().unwrap().is_empty(), "whoever has gone takes no room");
    }
}
