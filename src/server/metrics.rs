//! What the verifier counts, in the text that Prometheus reads. Nothing in it names an agent, an operator or a token.

use std::borrow::Cow;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::contacts::UNSIGNED;
use crate::verify::Verdict;

/// The media type of the text (OpenMetrics 1.0).
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The bounds of the buckets of answers, in seconds.
const BUCKETS: [f64; 10] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 10.0];

type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];
type Times = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// All counters; values that can be looked up are looked up when they are read.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Labels<3>, Counter>,
    seconds: Times,
    verdicts: Family<Labels<2>, Counter>,
    limited: Counter,
    unsigned: Counter,
    bugs: Counter,
    log_size: Gauge,
    subscribers: Gauge,
    waiting: Family<Labels<1>, Gauge>,
    handshakes: Gauge,
    staleness: Gauge<f64, AtomicU64>,
}

/// What is looked up when the counters are read.
pub(super) struct Present {
    /// Entries of the log.
    pub log_size: u64,
    /// Who listens to events.
    pub subscribers: usize,
    /// Jobs that wait: of operators, of others, verdicts.
    pub waiting: [(&'static str, usize); 3],
    /// Handshakes that wait for their proof.
    pub handshakes: usize,
    /// For how long nobody has looked whether another process wrote.
    pub staleness: f64,
}

fn buckets() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("meshwarden"),
            requests: Family::default(),
            seconds: Times::new_with_constructor(buckets),
            verdicts: Family::default(),
            limited: Counter::default(),
            unsigned: Counter::default(),
            bugs: Counter::default(),
            log_size: Gauge::default(),
            subscribers: Gauge::default(),
            waiting: Family::default(),
            handshakes: Gauge::default(),
            staleness: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests", "Requests by route, method and status", metrics.requests.clone());
        let took = "How long requests took";
        registry.register_with_unit("request", took, Unit::Seconds, metrics.seconds.clone());
        registry.register("verdicts", "Verdicts by result and code", metrics.verdicts.clone());
        registry.register("rate_limited", "Requests that came too fast", metrics.limited.clone());
        registry.register("unsigned", "Requests that came unsigned and must be", metrics.unsigned.clone());
        registry.register("bugs", "Handlers that panicked", metrics.bugs.clone());
        registry.register("log_size", "Entries of the log", metrics.log_size.clone());
        registry.register("subscribers", "Listeners to events", metrics.subscribers.clone());
        registry.register("waiting", "What waits for a thread, by queue", metrics.waiting.clone());
        registry.register("open_handshakes", "Challenges without a proof", metrics.handshakes.clone());
        let stale = "Since it was looked whether another process wrote";
        registry.register_with_unit("staleness", stale, Unit::Seconds, metrics.staleness.clone());
        metrics
    }

    /// Counts an answer, by the pattern of its route.
    pub(super) fn answered(&self, route: &'static str, method: &Method, status: u16, took: Duration) {
        let labels = [
            ("route", Cow::Borrowed(route)),
            ("method", Cow::Borrowed(known(method))),
            ("status", Cow::Owned(status.to_string())),
        ];
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&[("route", Cow::Borrowed(route))]).observe(took.as_secs_f64());
    }

    /// Counts a request that was refused before a handler saw it.
    pub(super) fn refused(&self, code: &str) {
        let counter = match code {
            "too_fast" => &self.limited,
            UNSIGNED => &self.unsigned,
            _ => return,
        };
        counter.inc();
    }

    /// Counts a verdict.
    pub(super) fn decided(&self, verdict: &Verdict) {
        let code = verdict.failure.as_ref().map_or(Cow::Borrowed(""), |failure| failure.code.clone());
        let result = if verdict.allows() { "allow" } else { "deny" };
        self.verdicts.get_or_create(&[("result", Cow::Borrowed(result)), ("code", code)]).inc();
    }

    /// Counts a handler that panicked.
    pub(super) fn panicked(&self) {
        self.bugs.inc();
    }

    /// All of it.
    pub(super) fn text(&self, present: &Present) -> String {
        let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.log_size.set(i64::try_from(present.log_size).unwrap_or(i64::MAX));
        self.subscribers.set(whole(present.subscribers));
        self.handshakes.set(whole(present.handshakes));
        self.staleness.set(present.staleness);
        for (queue, count) in present.waiting {
            self.waiting.get_or_create(&[("queue", Cow::Borrowed(queue))]).set(whole(count));
        }
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Methods are a stranger's to choose; names of time series are not.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        _ => "other",
    }
}
