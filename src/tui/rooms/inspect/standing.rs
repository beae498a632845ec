//! What the log says of an agent beside its record: keys, attestation, lists and locks.

use ratatui::style::Style;

use crate::identity::rotation_due;
use crate::registry::{Agent, KeyStanding, LockTarget};
use crate::tui::session::Session;

/// A name, what is to be said, and how loudly.
pub(super) type Field = (&'static str, String, Style);

/// The fields, in the order in which they are shown.
pub(super) fn fields(session: &Session, agent: &Agent<'_>) -> Vec<Field> {
    let (registry, theme, row) = (session.view.registry(), session.theme, agent.row());
    let since = registry.key_since(row);
    let after = session.view.snapshot.policy.keys.rotate_after;
    let due = after.is_some_and(|after| rotation_due(since, after, session.now));
    let (words, style) = if due { ("  ROTATION IS DUE", theme.warning()) } else { ("", theme.text()) };
    let mut fields = vec![("this key since", format!("{since}{words}"), style)];
    for past in registry.ring(row).iter().flat_map(|ring| &ring.past) {
        let id = past.bytes.key_id();
        let standing = registry.key(row, &id, session.now).map(|held| held.standing);
        let (words, style) = match standing {
            Some(KeyStanding::Compromised { cut }) => {
                (format!("compromised: counts for what was logged before entry {cut}"), theme.danger())
            }
            Some(KeyStanding::Overlap { until }) => (format!("counts until {until}"), theme.text()),
            _ => ("counts no more".to_owned(), theme.dim()),
        };
        fields.push(("a key before", format!("{id}  {words}"), style));
    }
    let attested = registry.attestation(row, session.now).map_or_else(
        || "none".to_owned(),
        |attested| format!("by {} until {}", attested.attester().key_id(), attested.until()),
    );
    fields.push(("attestation", attested, theme.text()));
    if let Some(entry) = registry.facts().listed.revoked(&agent.did(), session.now) {
        let until = entry.until.map_or("for ever".to_owned(), |until| format!("until {until}"));
        fields.push(("on the revocation list", format!("{until}: {}", entry.reason), theme.danger()));
    }
    let tags: Vec<&str> = registry.tags(row).collect();
    if !tags.is_empty() {
        fields.push(("tags", tags.join(" "), theme.text()));
    }
    if let Some(case) = registry.due(row, session.now) {
        fields.push(("due", format!("its time is up; only {case} holds it"), theme.warning()));
    }
    if let Some(lock) = registry.lock_on(row, session.now) {
        let on = match &lock.target {
            LockTarget::Subtree(did) => did.to_string(),
            LockTarget::Sponsor(name) | LockTarget::Organization(name) | LockTarget::Tag(name) => {
                name.clone()
            }
            LockTarget::Key(key) => key.key_id().to_string(),
        };
        fields.push(("locked", format!("by entry {} on {on}: {}", lock.index, lock.reason), theme.danger()));
    }
    fields
}
