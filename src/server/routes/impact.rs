//! What stopping an agent would do, and the set that is signed to stop it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::routing;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agents::{found, look};
use super::{Route, get};
use crate::change::{Plan, Request, Targets, Verb};
use crate::encoding::hex;
use crate::registry::{Judgement, Registry, Row, Scope};
use crate::server::answer::{Answer, Asks, Named};
use crate::server::caller::{Access, Caller};
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::time::Time;
use crate::warden::WardenError;
use crate::wire::ImpactLine;

pub(super) fn routes() -> Vec<Route> {
    let summary =
        "What stopping it, and everything below unless `alone`, would do; and the set that is signed for it";
    vec![
        get("/v1/agents/{did}/impact", Access::OPERATORS, summary, routing::get(impact)).answers::<Offered>(),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// `suspend` or `revoke`.
    verb: Option<String>,
    /// When a suspension ends by itself.
    until: Option<String>,
    /// Whether only the agent itself is meant.
    #[serde(default)]
    alone: bool,
    /// As of which entry or time.
    at: Option<String>,
    /// So many of the targets are named; all without it.
    targets: Option<usize>,
}

impl Wish {
    fn verb(&self) -> Result<Verb, Problem> {
        let unreadable = |why: &str| Problem::unreadable("query_unreadable", why);
        let until = self.until.as_deref().map(Time::parse).transpose();
        let until = until.map_err(|error| unreadable(&format!("until: {error}")))?;
        match (self.verb.as_deref(), until) {
            (None | Some("suspend"), until) => Ok(Verb::Suspend { until }),
            (Some("revoke"), None) => Ok(Verb::Revoke),
            (Some("revoke"), Some(_)) => Err(unreadable("until: a revocation does not end")),
            (Some(_), _) => Err(unreadable("verb: is none of suspend, revoke")),
        }
    }
}

/// The impact, and the frozen set in as few bytes as are signed.
#[derive(Serialize, JsonSchema)]
struct Offered {
    #[serde(flatten)]
    impact: ImpactLine,
    /// The version of the agent itself.
    version: u64,
    /// How many change their stored status.
    count: u64,
    /// The digest over all of them; `null` when only the agent itself is meant.
    digest: Option<String>,
    /// How many agents were registered; `null` when only the agent itself is meant.
    among: Option<u64>,
}

async fn impact(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Named(did): Named<String>,
    Asks(wish): Asks<Wish>,
) -> Result<Answer<Offered>, Problem> {
    let verb = wish.verb()?;
    let sight = look(&verifier, &caller, wish.at.as_deref()).await?;
    let row = found(sight.registry(), &did)?;
    let scope = if wish.alone { Scope::One } else { Scope::Subtree };
    let request = Request::of(verb, sight.registry().agent(row).did(), scope);
    verifier.scan(move || offer(sight.registry(), &sight.judgement, row, request, wish.targets)).await?
}

fn offer(
    registry: &Registry,
    judgement: &Judgement,
    row: Row,
    request: Request,
    named: Option<usize>,
) -> Result<Answer<Offered>, Problem> {
    let plan = Plan::make(registry, judgement, request).map_err(WardenError::from)?;
    let among = u64::try_from(registry.row_count()).ok();
    let order = plan.frozen.order(registry, among);
    let (count, digest, among) = match order.targets() {
        Some(Targets::Cascade(cascade)) => (cascade.count, Some(hex::encode(&cascade.digest)), cascade.among),
        targets => (targets.map_or(0, Targets::count), None, None),
    };
    let version = registry.agent(row).version();
    let mut impact = ImpactLine::of(registry, &plan);
    impact.targets.truncate(named.unwrap_or(usize::MAX));
    Ok(Answer::of(Offered { impact, version, count, digest, among }).version(version))
}
