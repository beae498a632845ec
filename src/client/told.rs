//! What can be asked and ordered before the log is here: answers that nobody has proved yet.

use reqwest::Url;

use super::{Ask, Client, ClientError};
use crate::audit::Evidence;
use crate::change::Verb;
use crate::identity::Did;
use crate::registry::Scope;
use crate::wire::{ToldAgent, ToldDetail, ToldImpact, ToldPage};

impl Client {
    /// The first `most` agents that `query` means, and whether there are more.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn agents(&self, query: &str, most: usize) -> Result<(Vec<ToldAgent>, bool), ClientError> {
        let mut page = self.agents_by(&[("query", query), ("limit", &most.to_string())]).await?;
        let more = page.next.is_some() || page.items.len() > most;
        page.items.truncate(most);
        Ok((page.items, more))
    }

    /// A page of agents, by any parameters of the list.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn agents_by(&self, asked: &[(&str, &str)]) -> Result<ToldPage, ClientError> {
        self.ask(&Ask::get(&path_with("/v1/agents", asked))).await
    }

    /// Everything about one agent.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Unreadable`] for an answer about another one.
    pub async fn agent(&self, did: &Did) -> Result<(ToldDetail, serde_json::Value), ClientError> {
        let path = format!("/v1/agents/{did}");
        let whole: serde_json::Value = self.ask(&Ask::get(&path)).await?;
        let unreadable = |problem: String| ClientError::Unreadable { path: path.clone(), problem };
        let detail: ToldDetail =
            serde_json::from_value(whole.clone()).map_err(|error| unreadable(error.to_string()))?;
        if detail.agent.did != did.to_string() {
            return Err(unreadable(format!("it is about {}", detail.agent.did)));
        }
        Ok((detail, whole))
    }

    /// What stopping an agent would do, and the set that is signed for it.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Unreadable`] for an answer about another one.
    pub async fn impact(&self, did: &Did, verb: Verb, scope: Scope) -> Result<ToldImpact, ClientError> {
        let until = match verb {
            Verb::Suspend { until } => until.map(|until| until.to_string()),
            Verb::Revoke | Verb::Reactivate { .. } => None,
        };
        let alone = (scope == Scope::One).to_string();
        let mut wish = vec![("verb", verb.as_str()), ("alone", &alone), ("targets", "0")];
        wish.extend(until.as_deref().map(|until| ("until", until)));
        let path = path_with(&format!("/v1/agents/{did}/impact"), &wish);
        let impact: ToldImpact = self.ask(&Ask::get(&path)).await?;
        if impact.did == did.to_string() {
            return Ok(impact);
        }
        let problem = format!("it is about {}", impact.did);
        Err(ClientError::Unreadable { path, problem })
    }

    /// The evidence that an entry is in the log; nothing of it is judged here.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn proof(&self, index: u64) -> Result<Evidence, ClientError> {
        let path = format!("/v1/log/entries/{index}/proof");
        let bytes = self.bytes(&Ask::get(&path)).await?;
        let unreadable = |problem: String| ClientError::Unreadable { path: path.clone(), problem };
        let text = String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
        Evidence::from_json(&text).map_err(|error| unreadable(error.to_string()))
    }
}

/// A path with parameters behind it, as a URL spells them.
pub fn path_with(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut url = Url::parse("http://verifier").ok();
    if let Some(url) = &mut url {
        url.set_path(path);
        url.query_pairs_mut().extend_pairs(pairs);
    }
    let asked = url.as_ref().and_then(|url| url.query()).unwrap_or_default();
    format!("{path}?{asked}")
}

#[cfg(test)]
mod tests {
    use super::path_with;

    #[test]
    fn whatever_somebody_types_is_one_value_of_the_query() {
        let asked = path_with("/v1/agents", &[("query", "a&limit=9#x?=%/é \u{202e}"), ("limit", "3")]);
        assert_eq!(asked, "/v1/agents?query=a%26limit%3D9%23x%3F%3D%25%2F%C3%A9+%E2%80%AE&limit=3");
    }
}
