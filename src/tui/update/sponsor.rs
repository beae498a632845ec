//! The humans who answer for agents: what is asked before it is signed.

use super::give::shown;
use crate::change::{MAX_TRANSFERRED, OnSponsor, Until, What};
use crate::registry::Row;
use crate::text::agents;
use crate::time::Span;
use crate::tui::overlays::order::{Choice, State};
use crate::tui::session::Session;

/// How long a deputy is called.
const TERMS: [(&str, Option<Span>); 4] = [
    ("until another is named", None),
    ("for a day", Some(Span::seconds(86_400))),
    ("for a week", Some(Span::seconds(7 * 86_400))),
    ("for four weeks", Some(Span::seconds(28 * 86_400))),
];

fn choice(words: String, step: OnSponsor) -> Choice {
    Choice { words, about: None, what: What::Sponsor(step) }
}

fn address(text: &str) -> Result<String, String> {
    let whole = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    match whole && !text.contains(char::is_whitespace) {
        true => Ok(text.to_owned()),
        false => Err(format!("{text} is no address: name@host")),
    }
}

pub(super) fn verify(session: &Session, row: Row) -> Result<State, String> {
    let registry = session.view.registry();
    let sponsor = registry.agent(row).sponsor().to_owned();
    if registry.facts().sponsors.is_verified(&sponsor) {
        return Err(format!("{sponsor} is verified already"));
    }
    let agents = agents(registry.of_sponsor(&sponsor).count());
    let lines = vec![
        format!("answers for {agents}"),
        "holds for all its agents, those that come later included; say how it was verified".to_owned(),
    ];
    let email = sponsor.clone().into();
    let step = choice("it is who it says".to_owned(), OnSponsor::Verify { email });
    Ok(State::say(" VERIFY A SPONSOR ", sponsor, lines, vec![step]))
}

pub(super) fn transfer(session: &Session, row: Row, text: &str) -> Result<State, String> {
    let to = address(text)?;
    let registry = session.view.registry();
    let agent = registry.agent(row);
    if agent.sponsor() == to {
        return Err(format!("{to} answers for it already"));
    }
    let step = |agents| OnSponsor::Transfer { agents, to: to.clone().into() };
    let (about, _) = shown(session, row);
    let mut choices = vec![choice("this agent alone".to_owned(), step(vec![agent.did().to_string()]))];
    let all: Vec<String> =
        registry.of_sponsor(agent.sponsor()).map(|row| registry.agent(row).did().to_string()).collect();
    if (2..=MAX_TRANSFERRED).contains(&all.len()) {
        let words = format!("all {} of {}", agents(all.len()), agent.sponsor());
        choices.push(choice(words, step(all)));
    }
    let lines = vec![format!("from {}", agent.sponsor()), format!("to {to}")];
    Ok(State::say(" TRANSFER ", about, lines, choices))
}

pub(super) fn depute(session: &Session, row: Row, text: &str) -> Result<State, String> {
    let registry = session.view.registry();
    let sponsor = registry.agent(row).sponsor().to_owned();
    let known = registry.facts().sponsors.deputy(&sponsor, session.now);
    let mut lines = vec![format!("for {}", agents(registry.of_sponsor(&sponsor).count()))];
    lines.extend(known.map(|deputy| format!("in place of {}", deputy.email)));
    let step = |deputy: Option<&str>, until: Option<Until>| OnSponsor::Deputy {
        email: sponsor.clone().into(),
        deputy: deputy.map(|deputy| deputy.to_owned().into()),
        until,
    };
    let choices = match text {
        "nobody" if known.is_none() => return Err(format!("nobody is called for {sponsor}")),
        "nobody" => vec![choice("nobody is called from now on".to_owned(), step(None, None))],
        _ => {
            let deputy = address(text)?;
            if deputy == sponsor {
                return Err("nobody is a deputy for oneself".to_owned());
            }
            let term = |(words, span): (&str, Option<Span>)| {
                let until = span.map(|span| Until(session.now.plus(span)));
                choice(format!("{deputy} is called, {words}"), step(Some(&deputy), until))
            };
            TERMS.into_iter().map(term).collect()
        }
    };
    Ok(State::say(" DEPUTY ", sponsor.clone(), lines, choices))
}
