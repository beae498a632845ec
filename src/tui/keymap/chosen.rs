//! The keys in use: those of the table, with what a configuration says otherwise.

use std::ops::Deref;
use std::sync::Arc;

use crossterm::event::KeyEvent;

use super::{BINDINGS, Binding, key_name};
use crate::text::nearest;
use crate::tui::action::{Action, RoomName};

/// A binding with the keys that it has here.
#[derive(Debug, Clone)]
pub struct Bound {
    /// The keys, as people write them; none for what only the palette runs.
    pub keys: Vec<String>,
    binding: &'static Binding,
}

impl Deref for Bound {
    type Target = Binding;

    fn deref(&self) -> &Binding {
        self.binding
    }
}

/// The bindings in use.
#[derive(Debug, Clone)]
pub struct Keymap {
    bound: Arc<[Bound]>,
}

/// An action that is to have other keys, in the words of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebind {
    /// The name of the action.
    pub action: String,
    /// All of its keys.
    pub keys: Vec<String>,
}

/// Why keys cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// There is no such action.
    #[error("no action is called {name:?}{}", suggestion(.near.as_deref(), "`meshwarden keys` lists them"))]
    UnknownAction {
        /// What was written.
        name: String,
        /// What was probably meant.
        near: Option<String>,
    },
    /// There is no such key.
    #[error("{key:?} is no key{}", suggestion(.near.as_deref(), "such as \"s\", \"f5\", \"ctrl-r\", \"pgup\""))]
    UnknownKey {
        /// What was written.
        key: String,
        /// What was probably meant.
        near: Option<String>,
    },
    /// The terminal sends the same for another key.
    #[error("a terminal sends {key} as {other}")]
    Indistinct {
        /// What was written.
        key: String,
        /// What arrives.
        other: &'static str,
    },
    /// The key means something else in the same place.
    #[error("{key:?} is the key of {other}: give that another one too")]
    Taken {
        /// The key.
        key: String,
        /// The name of the other action.
        other: String,
    },
    /// A key that confirms must not also order.
    #[error("{key:?} confirms in dialogs and never begins what is confirmed there")]
    Confirms {
        /// The key.
        key: String,
    },
    /// The way out is always the same.
    #[error("{0} is fixed: the way out is the same for everybody")]
    Fixed(String),
    /// The palette reaches everything, and must be reached itself.
    #[error("{0} needs a key")]
    NeedsKey(String),
}

fn suggestion(near: Option<&str>, otherwise: &str) -> String {
    near.map_or_else(|| format!("; {otherwise}"), |near| format!("; did you mean {near:?}?"))
}

/// Which of the rebinds is refused, which of its keys if it is one of them, and why.
pub type Refused = (usize, Option<usize>, KeymapError);

/// Keys that mean the same in every dialog, and their actions.
const WAYS_OUT: [&str; 2] = ["esc", "ctrl-c"];

impl Default for Keymap {
    fn default() -> Self {
        let own = |binding: &'static Binding| Bound {
            keys: binding.keys.iter().map(|key| (*key).to_owned()).collect(),
            binding,
        };
        Self { bound: BINDINGS.iter().map(own).collect() }
    }
}

impl Keymap {
    /// The table with other keys for some actions.
    ///
    /// # Errors
    /// The first rebind that cannot be; then none is.
    pub fn with(rebinds: &[Rebind]) -> Result<Self, Refused> {
        let mut bound: Vec<Bound> = Self::default().bound.to_vec();
        let mut changed = Vec::new();
        for (at, rebind) in rebinds.iter().enumerate() {
            let place = place_of(&rebind.action).map_err(|error| (at, None, error))?;
            let action = BINDINGS.get(place).map_or(Action::Help, |binding| binding.action);
            let mut keys = Vec::new();
            for (which, key) in rebind.keys.iter().enumerate() {
                keys.push(key_for(action, key).map_err(|error| (at, Some(which), error))?);
            }
            if keys.is_empty() && matches!(action, Action::Palette | Action::Help) {
                return Err((at, None, KeymapError::NeedsKey(action.name())));
            }
            if let Some(bound) = bound.get_mut(place) {
                bound.keys = keys;
            }
            changed.push((at, place));
        }
        for (at, place) in changed {
            let Some(one) = bound.get(place) else { continue };
            for (which, key) in one.keys.iter().enumerate() {
                let shares = |other: &&Bound| other.keys.contains(key) && meet(one, other);
                let others =
                    bound.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, other)| other);
                if let Some(other) = others.clone().find(shares) {
                    let error = KeymapError::Taken { key: key.clone(), other: other.action.name() };
                    return Err((at, Some(which), error));
                }
            }
        }
        Ok(Self { bound: bound.into() })
    }

    /// All bindings, in the order of the table.
    pub fn bindings(&self) -> &[Bound] {
        &self.bound
    }

    /// The bindings that hold in a room.
    pub fn holding_in(&self, room: RoomName) -> impl Iterator<Item = &Bound> {
        self.bound.iter().filter(move |bound| bound.holds_in(room))
    }

    /// What a key does in a room; it does one thing at most.
    pub fn action_for(&self, room: RoomName, key: &KeyEvent) -> Option<Action> {
        let name = key_name(key)?;
        self.holding_in(room).find(|bound| bound.keys.contains(&name)).map(|bound| bound.action)
    }

    /// All keys of an action.
    pub fn keys_of(&self, action: Action) -> &[String] {
        self.bound.iter().find(|bound| bound.action == action).map_or(&[], |bound| bound.keys.as_slice())
    }

    /// The key that leads to a room, for words that name it.
    pub fn key_to(&self, room: RoomName) -> String {
        self.key_of(Action::Go(room))
    }

    /// The first key of an action, for words that name it; `:` and the action's name where it has none.
    pub fn key_of(&self, action: Action) -> String {
        self.keys_of(action).first().cloned().unwrap_or_else(|| format!(":{}", action.name()))
    }
}

/// The place of an action in the table, by its name.
fn place_of(name: &str) -> Result<usize, KeymapError> {
    let names: Vec<String> = BINDINGS.iter().map(|binding| binding.action.name()).collect();
    match names.iter().position(|each| each == name) {
        Some(place) => Ok(place),
        None => {
            let near = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
            Err(KeymapError::UnknownAction { name: name.to_owned(), near })
        }
    }
}

/// A key as the table writes it, if the action may have it.
fn key_for(action: Action, written: &str) -> Result<String, KeymapError> {
    let key = canonical(written)?;
    let fixed = matches!(action, Action::Leave | Action::Escape);
    if fixed || WAYS_OUT.contains(&key.as_str()) {
        return Err(KeymapError::Fixed(if fixed { action.name() } else { key }));
    }
    // In a dialog the same key would unlock the place and confirm.
    let asks = action.orders().is_some() || action == Action::Unlock;
    if asks && ["y", "enter"].contains(&key.as_str()) {
        return Err(KeymapError::Confirms { key });
    }
    Ok(key)
}

/// Whether there is a room in which both hold.
fn meet(one: &Binding, other: &Binding) -> bool {
    RoomName::ALL.into_iter().any(|room| one.holds_in(room) && other.holds_in(room))
}

const NAMED: [&str; 27] = [
    "space",
    "enter",
    "esc",
    "tab",
    "shift-tab",
    "backspace",
    "delete",
    "up",
    "down",
    "left",
    "right",
    "home",
    "end",
    "pgup",
    "pgdn",
    "f1",
    "f2",
    "f3",
    "f4",
    "f5",
    "f6",
    "f7",
    "f8",
    "f9",
    "f10",
    "f11",
    "f12",
];

/// A key as `key_name` writes it.
fn canonical(written: &str) -> Result<String, KeymapError> {
    let lower = written.to_ascii_lowercase();
    let (chord, plain) = match (lower.strip_prefix("ctrl-"), lower.strip_prefix("alt-")) {
        (Some(_), _) => ("ctrl-", written.get(5..).unwrap_or_default()),
        (_, Some(_)) => ("alt-", written.get(4..).unwrap_or_default()),
        _ => ("", written),
    };
    let mut letters = plain.chars();
    let letter = letters.next().filter(|letter| letters.next().is_none() && letter.is_ascii_graphic());
    let plain_lower = plain.to_ascii_lowercase();
    let known = match letter {
        Some(letter) if chord == "ctrl-" => Some(letter.to_ascii_lowercase().to_string()),
        Some(letter) => Some(letter.to_string()),
        None => NAMED.into_iter().find(|name| *name == plain_lower).map(str::to_owned),
    };
    let Some(known) = known else {
        let chords = ["ctrl-", "alt-"]
            .into_iter()
            .flat_map(|chord| ('a'..='z').map(move |letter| format!("{chord}{letter}")));
        let all: Vec<String> = NAMED.into_iter().map(str::to_owned).chain(chords).collect();
        let near = nearest(&lower, all.iter().map(String::as_str)).map(str::to_owned);
        return Err(KeymapError::UnknownKey { key: written.to_owned(), near });
    };
    let key = format!("{chord}{known}");
    let other = match key.as_str() {
        "ctrl-i" => "tab",
        "ctrl-m" => "enter",
        "ctrl-[" => "esc",
        _ => return Ok(key),
    };
    Err(KeymapError::Indistinct { key, other })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyModifiers};

    fn rebind(action: &str, keys: &[&str]) -> Rebind {
        Rebind { action: action.to_owned(), keys: keys.iter().map(|key| (*key).to_owned()).collect() }
    }

    fn refusal(rebinds: &[Rebind]) -> String {
        Keymap::with(rebinds).unwrap_err().2.to_string()
    }

    fn press(keymap: &Keymap, code: KeyCode) -> Option<Action> {
        keymap.action_for(RoomName::Agents, &KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn an_action_has_the_keys_that_it_was_given_and_no_others() {
        let keymap = Keymap::with(&[rebind("suspend", &["f5", "ctrl-S"])]).unwrap();
        assert_eq!(press(&keymap, KeyCode::F(5)), Some(Action::Suspend));
        let chord = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL);
        assert_eq!(keymap.action_for(RoomName::Agents, &chord), Some(Action::Suspend));
        assert_eq!(press(&keymap, KeyCode::Char('s')), None);
        assert_eq!(keymap.key_of(Action::Suspend), "f5");
        let keymap = Keymap::with(&[rebind("suspend", &[])]).unwrap();
        assert_eq!(
            (press(&keymap, KeyCode::Char('s')), keymap.key_of(Action::Suspend)),
            (None, ":suspend".into())
        );
    }

    #[test]
    fn two_actions_may_change_keys() {
        let swapped = [rebind("suspend", &["D"]), rebind("revoke", &["s"])];
        let keymap = Keymap::with(&swapped).unwrap();
        assert_eq!(press(&keymap, KeyCode::Char('D')), Some(Action::Suspend));
        assert_eq!(press(&keymap, KeyCode::Char('s')), Some(Action::Revoke));
    }

    #[test]
    fn what_confirms_never_begins_what_is_confirmed() {
        for action in BINDINGS.iter().map(|binding| binding.action).filter(|action| action.orders().is_some())
        {
            for key in ["y", "enter", "ENTER", "ctrl-m"] {
                assert!(Keymap::with(&[rebind(&action.name(), &[key])]).is_err(), "{key} for {action:?}");
            }
        }
    }

    #[test]
    fn a_refusal_says_what_was_probably_meant() {
        for (given, words) in [
            (rebind("suspnd", &["f5"]), "no action is called \"suspnd\"; did you mean \"suspend\"?"),
            (rebind("dance", &["f5"]), "no action is called \"dance\"; `meshwarden keys` lists them"),
            (rebind("suspend", &["crtl-s"]), "\"crtl-s\" is no key; did you mean \"ctrl-s\"?"),
            (rebind("suspend", &["é"]), "\"é\" is no key; such as \"s\", \"f5\", \"ctrl-r\", \"pgup\""),
            (rebind("suspend", &["D"]), "\"D\" is the key of revoke: give that another one too"),
            (rebind("suspend", &["y"]), "\"y\" confirms in dialogs and never begins what is confirmed there"),
            (rebind("sort", &["ctrl-m"]), "a terminal sends ctrl-m as enter"),
            (rebind("sort", &["ctrl-c"]), "ctrl-c is fixed: the way out is the same for everybody"),
            (rebind("leave", &["f9"]), "leave is fixed: the way out is the same for everybody"),
            (rebind("palette", &[]), "palette needs a key"),
        ] {
            assert_eq!(refusal(&[given]), words);
        }
        let (at, which, _) =
            Keymap::with(&[rebind("sort", &["f2"]), rebind("suspend", &["f5", "D"])]).unwrap_err();
        assert_eq!((at, which), (1, Some(1)));
    }

    #[test]
    fn every_action_has_one_name_and_those_in_configurations_stay() {
        let names: Vec<String> = BINDINGS.iter().map(|binding| binding.action.name()).collect();
        let distinct: std::collections::HashSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        for name in &names {
            assert!(name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{name}");
        }
        let used = "suspend revoke reactivate seal lock adopt grant narrow rekey tag untag verify-sponsor transfer deputy \
                    approve withdraw suspend-operator restore-operator give-role remove-operator lift verify-log \
                    travel-here read-policy dry-run propose-policy open filter pick-range pick-all sort sort-direction \
                    toggle show-in-lineage next-tab previous-tab cases help palette quit pick go-overview go-agents \
                    go-lineage go-tiers go-log go-inspect go-approvals go-operators go-locks go-policy up down half-up \
                    half-down page-up page-down top bottom left right earlier later day-earlier day-later compare mark \
                    back copy refresh contexts unlock escape background leave";
        for name in used.split_whitespace() {
            assert!(names.iter().any(|each| each == name), "{name}");
        }
    }

    #[test]
    fn every_key_of_the_table_is_one_that_a_configuration_can_write() {
        for binding in BINDINGS {
            for key in binding.keys {
                assert_eq!(canonical(key).unwrap(), *key);
            }
        }
    }
}
