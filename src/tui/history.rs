//! Where one was, as a browser keeps it: room, agent and filter, back and forward.

use super::action::RoomName;
use crate::identity::Did;

/// So many places are kept.
const MOST: usize = 100;

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub room: RoomName,
    pub agent: Option<Did>,
    pub filter: String,
}

/// The places before and after this one.
#[derive(Debug, Default)]
pub(super) struct Trail {
    back: Vec<Place>,
    forward: Vec<Place>,
}

impl Trail {
    /// Leaves a place for a new one; what lay ahead is forgotten.
    pub(super) fn leave(&mut self, place: Place) {
        self.forward.clear();
        if self.back.last() != Some(&place) {
            push(&mut self.back, place);
        }
    }

    /// Goes back from `here`, if there is anywhere to go.
    pub(super) fn back(&mut self, here: Place) -> Option<Place> {
        step(&mut self.back, &mut self.forward, here)
    }

    /// Goes forward from `here`, if somebody went back before.
    pub(super) fn forward(&mut self, here: Place) -> Option<Place> {
        step(&mut self.forward, &mut self.back, here)
    }
}

/// The next place that is another than `here`.
fn step(from: &mut Vec<Place>, to: &mut Vec<Place>, here: Place) -> Option<Place> {
    while let Some(place) = from.pop() {
        if place != here {
            push(to, here);
            return Some(place);
        }
    }
    None
}

fn push(places: &mut Vec<Place>, place: Place) {
    if places.len() >= MOST {
        places.remove(0);
    }
    places.push(place);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(room: RoomName) -> Place {
        Place { room, agent: None, filter: String::new() }
    }

    #[test]
    fn back_and_forward_undo_each_other_and_a_new_way_forgets_the_old_one() {
        let (one, two, three) = (place(RoomName::Agents), place(RoomName::Log), place(RoomName::Locks));
        let mut trail = Trail::default();
        trail.leave(one.clone());
        trail.leave(two.clone());
        assert_eq!(trail.back(three.clone()), Some(two.clone()));
        assert_eq!(trail.back(two.clone()), Some(one.clone()));
        assert_eq!(trail.back(one.clone()), None);
        assert_eq!(trail.forward(one.clone()), Some(two.clone()));
        trail.leave(two);
        assert_eq!(trail.forward(one), None, "what lay ahead is forgotten");
    }

    #[test]
    fn the_trail_has_an_end() {
        let mut trail = Trail::default();
        for number in 0..1000 {
            trail.leave(Place { filter: number.to_string(), ..place(RoomName::Agents) });
        }
        assert_eq!(trail.back.len(), MOST);
    }
}
