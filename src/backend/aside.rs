//! A line beside the one on which a verifier's log is followed: for whoever only asks.

use tokio::runtime::{Builder, Runtime};

use super::wire::{GLANCE, upstream};
use crate::client::{Ask, Client, ClientError};
use crate::warden::{Aside, UpstreamError};

/// A caller in the same name, on connections and a runtime of its own.
pub(super) struct Beside {
    client: Client,
    runtime: Runtime,
}

impl Beside {
    /// A line beside that of `client`; none when the system gives none.
    pub(super) fn of(client: &Client) -> Option<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        Some(Self { client: client.beside().ok()?, runtime })
    }
}

impl Aside for Beside {
    fn url(&self) -> &str {
        self.client.base()
    }

    fn document(&mut self, path: &str) -> Result<serde_json::Value, UpstreamError> {
        let url = self.client.base();
        let (client, ask) = (&self.client, Ask::get(path));
        let asked = self.runtime.block_on(async { tokio::time::timeout(GLANCE, client.ask(&ask)).await });
        let late =
            || ClientError::Unreachable { host: url.to_owned(), problem: "no answer in time".to_owned() };
        asked.unwrap_or_else(|_| Err(late())).map_err(|error| upstream(url, &error))
    }
}
