//! Whether a change is enforced, and who goes unseen.

use meshwarden::client::{Ask, Client};
use serde_json::{Value, json};

use super::changes::suspension;
use super::{Served, code};

async fn seen(client: &Client, index: u64) -> String {
    let body = json!({ "index": index }).to_string().into_bytes();
    code(client.bytes(&Ask::post("/v1/log/seen", body)).await)
}

fn states(receipt: &Value) -> Vec<(&str, &str)> {
    let lines = receipt["confirmations"].as_array().unwrap().iter();
    lines.map(|line| (line["name"].as_str().unwrap(), line["state"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_is_green_only_when_everybody_who_enforces_said_so() {
    let mut served = Served::new().await;
    let (rex, edge, vi) = (served.named("rex"), served.named("edge"), served.named("vi"));
    let worker = served.mesh.worker.clone();
    let taken = rex.submit(&suspension(&served, "rex", &worker, 3), &[]).await.unwrap();
    let index = taken["index"].as_u64().unwrap();
    let path = format!("/v1/receipts/{index}");
    let receipt = async || -> Value { rex.ask(&Ask::get(&path)).await.unwrap() };
    let before = receipt().await;
    assert_eq!((&before["complete"], &before["subject"]), (&json!(false), &json!(worker)));
    assert_eq!(before["confirmations"][0]["at"], Value::Null);
    assert!(!before["not_stopped"].as_array().unwrap().is_empty());
    // Who follows less far has confirmed nothing, and nobody follows further than there is.
    assert_eq!(seen(&edge, index - 1).await, "done");
    assert_ne!(states(&receipt().await), [("edge", "confirmed")]);
    assert_eq!(seen(&edge, index + 1).await, "log_too_short");
    assert_eq!(seen(&edge, index).await, "done");
    let after = receipt().await;
    assert_eq!((&after["complete"], states(&after)), (&json!(true), vec![("edge", "confirmed")]));
    assert_eq!(after["confirmations"][0]["how"], "report");
    assert!(after["confirmations"][0]["milliseconds"].as_i64().unwrap() >= 0);
    // A console that reports is waited for too, until it has taken the entry in.
    assert_eq!(seen(&vi, index - 1).await, "done");
    let console = receipt().await;
    assert_eq!((&console["complete"], states(&console)[1].0), (&json!(false), "vi"));
    assert_eq!(seen(&vi, index).await, "done");
    assert_eq!(receipt().await["complete"], true);
    for client in [served.stranger(), served.planner(), served.named("behaviour")] {
        assert_ne!(seen(&client, index).await, "done");
    }
    served.stop().await;
    // What a process heard ends with it: nobody is confirmed by memory.
    served.start(Default::default()).await;
    // A request of the second in which it began is taken for one from before; the log's key tells the time.
    let rex = served.named("rex");
    rex.pin(served.open().verifier().unwrap());
    let again: Value = rex.ask(&Ask::get(&path)).await.unwrap();
    assert_eq!(again["complete"], false);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_nothing_and_who_signs_nothing_is_told() {
    let mut served = Served::new().await;
    let vi = served.named("vi");
    let coverage = async || -> Value { vi.ask(&Ask::get("/v1/coverage")).await.unwrap() };
    let before = coverage().await;
    assert_eq!((&before["active"], &before["unseen"]), (&json!(2), &json!(2)));
    assert_eq!(before["unsigned"], json!([]));
    let points = [("behaviour", "signal_source"), ("edge", "enforcement_point")];
    for (line, (name, role)) in before["points"].as_array().unwrap().iter().zip(points) {
        assert_eq!(line, &json!({"name": name, "role": role, "last_contact": null}));
    }
    assert_ne!(code(served.stranger().bytes(&Ask::get("/v1/policy")).await), "done");
    super::forward::let_worker_through(&served).await;
    super::forward::forward_unsigned(&served).await;
    let after = coverage().await;
    assert_eq!((&after["unseen"], &after["unseen_agents"]), (&json!(1), &json!([served.mesh.planner])));
    let unsigned = json!([{"through": null, "count": 1}, {"through": "edge", "count": 1}]);
    assert_eq!(after["unsigned"], unsigned);
    assert_ne!(after["points"][1]["last_contact"], Value::Null);
    // A verdict that rests on the log so far says that its point enforces it.
    let last = served.open().snapshot().head.size - 1;
    let receipt: Value = vi.ask(&Ask::get(&format!("/v1/receipts/{last}"))).await.unwrap();
    assert_eq!(
        (&receipt["complete"], &receipt["confirmations"][0]["how"]),
        (&json!(true), &json!("request"))
    );
    let later: Value = vi.ask(&Ask::get("/v1/coverage?since=2100-01-01T00:00:00Z")).await.unwrap();
    assert_eq!(later["unseen"], 2);
    assert_eq!(code(vi.bytes(&Ask::get("/v1/coverage?since=yesterday")).await), "query_unreadable");
    served.stop().await;
    let told = served.mesh.run(&["coverage", "--json"]).expect_code(1).stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&told["unseen_agents"], &told["counted_since"]),
        (&json!([served.mesh.planner]), &Value::Null)
    );
}
