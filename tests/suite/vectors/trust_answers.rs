//! Our answers to the vectors about scores; the network cases are asked of the book that the product keeps.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshwarden::identity::Did;
use meshwarden::time::{Span, Time};
use meshwarden::trust::{
    self, Book, Event, Gauge, Kind, Points, RegimeRules, Rules, Share, Source, Strengths,
};
use serde_json::{Map, Value, json};

use super::answers::{text, time};

pub(super) fn trust(input: &Value) -> Option<Value> {
    let score = input["score"].as_i64();
    Some(match text(&input["op"]) {
        "tier" => json!({"tier": trust::Tier::of(score?).as_str()}),
        "action_thresholds" => {
            let actions = trust::actions(score?);
            json!({"allow": actions.allow, "warn": actions.warn, "revoke": actions.revoke})
        }
        "handshake_level" => match trust::handshake_level(score?) {
            Some(level) => json!({"trust_level": level}),
            None => json!({"error": "out_of_range"}),
        },
        "trust_score" => record(input),
        "dimension" => dimension(input),
        "network" => network(input),
        "regime" => regime(input),
        _ => return None,
    })
}

fn record(input: &Value) -> Value {
    let init = &input["init"];
    let inherited = input["env_AGT_TRUST_CEILING"].as_str().and_then(trust::ceiling_of);
    let made = trust::ScoreRecord::new(
        text(&init["agent_did"]),
        init["total_score"].as_i64(),
        init["trust_ceiling"].as_i64(),
        inherited,
    );
    let mut record = match made {
        Ok(record) => record,
        Err(error) => return json!({"error": error.code()}),
    };
    let mut steps = vec![shown(&record)];
    for update in input["updates"].as_array().unwrap() {
        record = record.updated(update.as_i64().unwrap());
        steps.push(shown(&record));
    }
    json!({"steps": steps})
}

fn shown(record: &trust::ScoreRecord) -> Value {
    json!({
        "total_score": record.score(), "tier": record.tier().as_str(), "trust_ceiling": record.ceiling(),
        "previous_score": record.previous(), "score_change": record.change(),
    })
}

/// The vectors write parts as floats; ours are billionths.
#[allow(clippy::cast_possible_truncation)]
fn billionths(value: &Value) -> i64 {
    (value.as_f64().expect("a number") * 1e9).round() as i64
}

fn points(value: &Value) -> Points {
    Points::billionths(billionths(value))
}

fn share(value: &Value) -> Option<Share> {
    u32::try_from(billionths(value)).ok().and_then(Share::billionths)
}

fn float(points: Points) -> f64 {
    points.as_billionths() as f64 / 1e9
}

fn dimension(input: &Value) -> Value {
    let Some(mut gauge) = Gauge::at(points(&input["score"])) else {
        return json!({"error": "invalid_score"});
    };
    let mut steps = Vec::new();
    for signal in input["signals"].as_array().unwrap() {
        // A signal of ours has no weight: the specification's own formula leaves it out.
        if signal["weight"].as_f64().is_none_or(|weight| weight < 0.0) {
            return json!({"error": "invalid_weight"});
        }
        let Some(value) = share(&signal["value"]) else { return json!({"error": "invalid_value"}) };
        gauge = gauge.after(value);
        steps.push(json!({
            "score": float(gauge.level()), "previous_score": float(gauge.previous()),
            "trend": gauge.trend().as_str(), "signal_count": gauge.positive() + gauge.negative(),
            "positive_signals": gauge.positive(), "negative_signals": gauge.negative(),
        }));
    }
    json!({"steps": steps})
}

fn network(input: &Value) -> Value {
    let thousandths = |value: &Value| u32::try_from(billionths(value) / 1_000_000).expect("a rate");
    let rules = Rules {
        decay_per_hour: thousandths(&input["decay_rate"]),
        strengths: Arc::new(Strengths {
            contagion: u16::try_from(thousandths(&input["propagation_factor"])).unwrap(),
            reach: u8::try_from(input["propagation_depth"].as_u64().unwrap()).unwrap(),
            ..Strengths::default()
        }),
        sources: vec![Source { name: "vectors".into(), agent: None, per_hour: u32::MAX }],
        ..Rules::default()
    };
    let mut book = Book::default();
    let mut agents = BTreeSet::new();
    // The reference takes decay off when told to; ours is asked as of that time.
    let mut asked = Time::MIN;
    let mut steps = Vec::new();
    for (index, step) in (0..).map(|index| index * 10).zip(input["steps"].as_array().unwrap()) {
        let at = time(&step["at"]);
        let did = |name: &str| Did::parse(text(&step[name])).expect("a DID");
        let mut tell = |offset: u64, subject: Did, kind: Kind| {
            agents.insert(subject.to_string());
            if let Kind::Interaction(with, _) = &kind {
                agents.insert(with.to_string());
            }
            let event = Event { index: index + offset, at, subject, source: "vectors".into(), kind };
            book.record(event, &rules)
        };
        match text(&step["op"]) {
            "set_score" => tell(0, did("did"), Kind::Assessed(points(&step["score"]))).unwrap(),
            "positive" => {
                let bonus = step.get("bonus").map_or(Points::whole(5), points);
                tell(0, did("did"), Kind::Positive(bonus)).unwrap();
            }
            "event" => tell(0, did("did"), Kind::Violation(share(&step["severity"]).unwrap())).unwrap(),
            "interact" => {
                let mut left = step["times"].as_u64().unwrap_or(1);
                for offset in 0.. {
                    let times = u8::try_from(left.min(100)).unwrap();
                    let told = tell(offset, did("from"), Kind::Interaction(did("to"), times));
                    assert_eq!(told.is_err(), step["from"] == step["to"], "nobody deals with itself");
                    left -= u64::from(times);
                    if left == 0 {
                        break;
                    }
                }
            }
            "decay" => asked = at,
            other => panic!("{other}"),
        }
        let mut scores = Map::new();
        for agent in &agents {
            let reading = book.read(&Did::parse(agent).unwrap(), None, &rules, asked);
            if reading.scored {
                scores.insert(agent.clone(), json!(float(reading.points)));
            }
        }
        steps.push(json!({"scores": scores}));
    }
    json!({"steps": steps})
}

fn regime(input: &Value) -> Value {
    let hours = input["history_window_hours"].as_i64().unwrap();
    let rules = RegimeRules {
        threshold: u32::try_from(billionths(&input["regime_threshold"]) / 1_000_000).unwrap(),
        window: Span::seconds(hours * 3600),
        baseline: Span::seconds(input["baseline_days"].as_i64().unwrap() * 86_400),
    };
    let actions = input["actions"].as_array().unwrap();
    let actions = actions.iter().map(|action| (time(&action["at"]), text(&action["action"])));
    let change = trust::regime_change(actions, &rules, time(&input["now"]));
    json!({"alert": change.is_some(), "kl_divergence": change.map(|change| change.divergence)})
}
