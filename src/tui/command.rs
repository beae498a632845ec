//! The command line that does, or shows, the same.

use super::action::RoomName;
use super::effect::Why;
use super::model::Model;
use super::session::Session;
use crate::change::operators::Operate;
use crate::change::{Exception, LockOn, OnCase, OnSponsor, Request, What, holding_of};
use crate::identity::Did;
use crate::registry::{CaseId, Registry, Scope};
use crate::text::visible;

/// A command line, word by word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CommandLine(Vec<String>);

impl CommandLine {
    /// The command with the options that lead to where the console is.
    fn new(session: &Session, words: &[&str]) -> Self {
        let mut line = Self(vec!["meshwarden".to_owned()]);
        line.0.extend(words.iter().map(|word| (*word).to_owned()));
        line.0.extend(session.about.options.iter().cloned());
        line
    }

    fn with(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.0.extend(words.into_iter().map(Into::into));
        self
    }

    /// An option with a value, if there is one; a value that begins with a hyphen is one word with it.
    fn option(self, name: &str, value: Option<impl std::fmt::Display>) -> Self {
        match value.map(|value| value.to_string()) {
            Some(value) if value.starts_with('-') => self.with([format!("--{name}={value}")]),
            Some(value) => self.with([format!("--{name}"), value]),
            None => self,
        }
    }

    fn because(self, why: &Why) -> Self {
        self.option("reason", Some(&why.reason)).under(why)
    }

    fn under(self, why: &Why) -> Self {
        let line = self.option("case", why.case.as_ref());
        if why.break_glass { line.with(["--break-glass"]) } else { line }
    }

    /// The text, quoted for a shell; what is invisible in it is written visibly, and then fits nothing.
    pub(super) fn text(&self) -> String {
        let words: Vec<_> = self.0.iter().map(|word| visible(word)).collect();
        shlex::try_join(words.iter().map(AsRef::as_ref)).unwrap_or_default()
    }
}

/// The command that shows the room as it is now.
pub(super) fn of_room(model: &Model) -> CommandLine {
    let session = &model.session;
    let registry = session.view.registry();
    let did = model.selected().map(|row| registry.agent(row).did());
    let query = model.filter_text().filter(|text| !text.trim().is_empty());
    let at = session.past.as_ref().map(|_| session.now);
    let line = |words: &[&str]| CommandLine::new(session, words);
    match (model.room, did) {
        (RoomName::Inspect, Some(did)) => line(&["agent", "show"]).with([did.to_string()]).option("at", at),
        (RoomName::Agents | RoomName::Lineage | RoomName::Tiers, _) => {
            line(&["agent", "list"]).option("query", query).option("at", at)
        }
        (RoomName::Log, _) => line(&["log", "list"]),
        (RoomName::Approvals, _) => line(&["change", "list"]),
        (RoomName::Operators, _) => line(&["operator", "list"]),
        (RoomName::Locks, _) => line(&["lock", "list"]),
        (RoomName::Policy, _) => line(&["policy", "show"]),
        (RoomName::Overview, _) => line(&["pulse"]).option("at", at),
        (RoomName::Inspect, None) => line(&["agent", "list"]).option("at", at),
    }
}

/// The command that opens the console here: the same room, agent, query and moment.
pub(super) fn of_place(model: &Model) -> CommandLine {
    let session = &model.session;
    let selected = model.selected().map(|row| session.view.agent(row).did());
    let query = model.filter_text().filter(|text| !text.trim().is_empty());
    CommandLine::new(session, &[])
        .option("view", Some(model.room.as_str()))
        .option("select", selected)
        .option("query", query)
        .option("at", session.past.as_ref().map(|_| session.now))
}

/// The command of a containment or a waking.
pub(super) fn of_request(
    session: &Session,
    request: &Request,
    except: &[Exception],
    why: &Why,
) -> CommandLine {
    use crate::change::Verb;
    let mut line = CommandLine::new(session, &["agent", request.verb.as_str()]);
    line = line.with(request.dids().map(Did::to_string));
    if request.scope == Scope::Subtree {
        line = line.with(["--cascade"]);
    }
    for exception in except {
        line = line.option("except", Some(&exception.did));
    }
    line = line.option("adopt-by", except.iter().find_map(|exception| exception.by.as_ref()));
    line = match request.verb {
        Verb::Suspend { until } => line.option("until", until),
        Verb::Reactivate { override_security: true } => line.with(["--override-security"]),
        Verb::Revoke | Verb::Reactivate { .. } => line,
    };
    line.because(why)
}

/// The command of anything else that is signed; none where the console alone does it, or a file is needed that it does not know.
pub(super) fn of_order(
    session: &Session,
    about: Option<&Did>,
    what: &What,
    why: &Why,
) -> Option<CommandLine> {
    let registry = session.view.registry();
    let did = || about.map(Did::to_string);
    let line = |words: &[&str]| CommandLine::new(session, words);
    let line = match what {
        What::Seal {} => line(&["agent", "seal"]).with(did()),
        What::Lock(on) => locking(line(&["lock", "add"]), on),
        What::Unlock(on) => locking(line(&["lock", "lift"]), on),
        What::Adopt(adopt) => {
            let parent = &adopt.parent.did;
            let line = line(&["agent", "adopt"]).with(did()).option("by", Some(parent));
            adopt.capabilities.iter().fold(line, |line, held| line.option("capability", Some(held)))
        }
        What::Grant(holding) => {
            let more = beside(&holding.capabilities, &held(registry, about));
            more.into_iter().fold(line(&["agent", "grant"]).with(did()), |line, gained| {
                line.option("capability", Some(gained))
            })
        }
        What::Narrow(holding) => {
            let held = held(registry, about);
            let less = beside(&held, &holding.capabilities);
            less.into_iter()
                .fold(line(&["agent", "narrow"]).with(did()), |line, lost| line.option("without", Some(lost)))
        }
        What::Tag(tagging) if tagging.remove.is_empty() => {
            line(&["tag", "add"]).with(did()).with(&tagging.add)
        }
        What::Tag(tagging) if tagging.add.is_empty() => {
            line(&["tag", "remove"]).with(did()).with(&tagging.remove)
        }
        What::Sponsor(OnSponsor::Verify { email }) => line(&["sponsor", "verify"]).with([email.shown()]),
        What::Sponsor(OnSponsor::Transfer { agents, to }) => {
            let [agent] = agents.as_slice() else { return None };
            line(&["sponsor", "transfer"]).with([agent]).option("to", Some(to.shown()))
        }
        What::Sponsor(OnSponsor::Deputy { email, deputy: Some(deputy), until: None }) => {
            line(&["sponsor", "deputy"]).with([email.shown()]).option("is", Some(deputy.shown()))
        }
        What::Operator(operate) => operating(&line, operate)?,
        What::Case(step) => return on_case(&line, step, why),
        What::Withdraw(withdraw) => line(&["change", "withdraw"]).with([withdraw.change.to_string()]),
        _ => return None,
    };
    Some(line.because(why))
}

/// The command of an approval.
pub(super) fn of_approval(session: &Session, id: impl std::fmt::Display) -> CommandLine {
    CommandLine::new(session, &["change", "approve"]).with([id.to_string()])
}

/// The command that writes a case.
pub(super) fn of_case_export(session: &Session, id: CaseId, to: &std::path::Path) -> CommandLine {
    let to = to.display();
    CommandLine::new(session, &["case", "export"]).with([id.to_string()]).option("to", Some(to))
}

fn held(registry: &Registry, about: Option<&Did>) -> Vec<String> {
    about.and_then(|did| registry.find(did)).map(|row| holding_of(registry, row)).unwrap_or_default()
}

/// What stands in the one list and not in the other.
fn beside<'c>(these: &'c [String], those: &[String]) -> Vec<&'c String> {
    these.iter().filter(|this| !those.contains(this)).collect()
}

fn locking(line: CommandLine, on: &LockOn) -> CommandLine {
    let name = match on {
        LockOn::Subtree(_) => "subtree",
        LockOn::Sponsor(_) => "sponsor",
        LockOn::Organization(_) => "organization",
        LockOn::Tag(_) => "tag",
        LockOn::Key(_) => "key",
    };
    line.option(name, Some(on.text()))
}

fn operating(line: &impl Fn(&[&str]) -> CommandLine, operate: &Operate) -> Option<CommandLine> {
    Some(match operate {
        Operate::Suspend { name } => line(&["operator", "suspend"]).with([name]),
        Operate::Restore { name } => line(&["operator", "restore"]).with([name]),
        Operate::Remove { name } => line(&["operator", "remove"]).with([name]),
        Operate::Role { name, role } => {
            line(&["operator", "role"]).with([name]).option("role", Some(role.as_str()))
        }
        _ => return None,
    })
}

/// A step of a case: the case is its argument, and only its end has a reason.
fn on_case(line: &impl Fn(&[&str]) -> CommandLine, step: &OnCase, why: &Why) -> Option<CommandLine> {
    let case = why.case.as_ref();
    let line = line(&["case", step.verb()]);
    Some(match step {
        OnCase::Open { title } => line.with([title]),
        OnCase::Join {} | OnCase::Claim {} => line.with(case),
        OnCase::Note { text, .. } => line.with(case).with([text]),
        OnCase::Handover { to } => line.with(case).option("to", Some(to)),
        OnCase::Close { .. } => line.with(case).option("reason", Some(&why.reason)),
    })
}
