//! Another key for an agent: what is asked before it is signed.

use std::path::PathBuf;

use super::give::shown;
use crate::change::{self, What};
use crate::identity::Rekey;
use crate::registry::Row;
use crate::tui::effect::{Effect, NewKey, NoKey};
use crate::tui::model::Model;
use crate::tui::overlays::order::{Choice, State};
use crate::tui::overlays::prompt::{self, Purpose, Wanted};
use crate::tui::session::Session;
use crate::tui::theme::Tone;

/// Asks for the new key's word.
pub(super) fn read(session: &Session, row: Row, file: PathBuf, passphrase: Option<PathBuf>) -> Effect {
    let agent = session.view.agent(row);
    Effect::ReadKey(Box::new(NewKey { did: agent.did(), old: agent.public_key(), file, passphrase }))
}

/// The new key spoke, or could not.
pub(super) fn spoken(model: &mut Model, key: NewKey, outcome: Result<Rekey, NoKey>) -> Vec<Effect> {
    match outcome {
        Ok(rekey) => match model.session.view.registry().find(&key.did) {
            Some(row) => vec![Effect::AskOrder(Box::new(ask(&model.session, row, &rekey)))],
            None => vec![Effect::Refuse("this agent is no longer registered".to_owned())],
        },
        Err(NoKey::Encrypted) if key.passphrase.is_none() => {
            let known = vec![key.file.display().to_string()];
            let purpose = Purpose::About(key.did, Wanted::Passphrase(key.file));
            vec![Effect::Prompt(Box::new(prompt::State { known, ..prompt::State::new(purpose) }))]
        }
        Err(error) => {
            model.say(format!("NOT NOW: {error}"), Tone::Bad);
            Vec::new()
        }
    }
}

fn ask(session: &Session, row: Row, rekey: &Rekey) -> State {
    let (about, target) = shown(session, row);
    let snapshot = &session.view.snapshot;
    let kept = u64::try_from(snapshot.policy.keys.history).unwrap_or(u64::MAX);
    let statement = rekey.to_json().to_string();
    let cut = |words: String, cut| {
        let what = What::Rekey(change::Rekey { statement: statement.clone(), cut, kept });
        Choice { words, about: Some(target.clone()), what }
    };
    let now = snapshot.head.size;
    let mut choices = vec![cut(format!("what the log had before entry {now}, which is now"), now)];
    if let Some(stopped) = session.view.agent(row).put_by().filter(|index| *index < now) {
        choices.push(cut(format!("what the log had before entry {stopped}, which stopped it"), stopped));
    }
    let lines = vec![
        format!("key {} for {}", rekey.new.key_id(), rekey.old.key_id()),
        "of what its keys signed, this still counts, whatever date it bears:".to_owned(),
    ];
    State::say(" REKEY ", about, lines, choices)
}
