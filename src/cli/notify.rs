//! Telling of what everybody should know: broken glass, changes to operators and to the log's key.

use super::output::note;
use super::session::Session;
use crate::notify::{Notice, Notifier};
use crate::warden::{FactReceipt, Receipt};

impl Session {
    /// Whom the configuration names.
    pub fn notifier(&self) -> Notifier {
        Notifier { command: self.config.notify.clone(), url: self.config.notify_url.clone() }
    }

    /// Whom a verifier tells when somebody is stopped or woken.
    pub fn on_change(&self) -> Notifier {
        Notifier { command: self.config.on_change.clone(), url: self.config.on_change_url.clone() }
    }
}

/// A notice, but for the log and the person.
fn notice(event: &'static str, index: u64, time: String, subject: String, reason: &str) -> Notice {
    let reason = reason.to_owned();
    Notice {
        r#type: "meshwarden.notice.v1",
        event,
        log: String::new(),
        index,
        time,
        actor: String::new(),
        subject,
        reason,
    }
}

/// Tells of a containment.
pub fn of_receipt(receipt: &Receipt, event: &'static str, reason: &str) -> Notice {
    notice(event, receipt.index, receipt.time.to_string(), receipt.did.to_string(), reason)
}

/// Tells of a fact.
pub fn of_fact(receipt: &FactReceipt, event: &'static str, reason: &str) -> Notice {
    notice(event, receipt.index, receipt.time.to_string(), receipt.subject.clone(), reason)
}

/// Tells everybody; what does not get through is said here, and the change stands.
pub fn tell(notice: Notice, warden: &mut crate::warden::Warden, session: &Session) {
    let snapshot = warden.snapshot();
    let notice = Notice { log: snapshot.log.to_string(), actor: warden.actor(&session.actor()), ..notice };
    for error in session.notifier().tell(&notice) {
        note(&format!("WARNING: it stands, but not everybody was told: {error} (code: {})", error.code()));
    }
}
