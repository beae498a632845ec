//! What became of agents, agents as they were, and changes that name a version.

use meshwarden::client::Ask;
use serde_json::{Value, json};

use super::changes::suspension;
use super::{Served, code};

#[tokio::test(flavor = "multi_thread")]
async fn the_entries_about_an_agent_come_newest_first_and_a_page_at_a_time() {
    let mut served = Served::new().await;
    let (rex, worker) = (served.named("rex"), served.mesh.worker.clone());
    let taken = rex.submit(&suspension(&served, "rex", &worker, 7), &[]).await.unwrap();
    let path = format!("/v1/agents/{worker}/history");
    let all: Value = rex.ask(&Ask::get(&path)).await.unwrap();
    let newest = &all["items"][0];
    assert_eq!((&newest["index"], &newest["kind"]), (&taken["index"], &json!("suspend")));
    assert_eq!(
        (&newest["actor"], &newest["through"], &all["next"]),
        (&json!("rex"), &Value::Null, &Value::Null)
    );
    let count = all["items"].as_array().unwrap().len();
    assert!(count > 1, "it was registered, too");
    let first: Value = rex.ask(&Ask::get(&format!("{path}?limit=1"))).await.unwrap();
    assert_eq!(first["next"].as_str().unwrap().parse::<u64>().ok(), taken["index"].as_u64());
    let rest = format!("{path}?cursor={}", first["next"].as_str().unwrap());
    let rest: Value = rex.ask(&Ask::get(&rest)).await.unwrap();
    assert_eq!(rest["items"].as_array().unwrap().len(), count - 1);
    assert_eq!(code(rex.bytes(&Ask::get("/v1/agents/did:mesh:00/history")).await), "unknown_agent");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_shown_as_they_were_at_an_entry_or_a_time() {
    let mut served = Served::new().await;
    let (rex, worker) = (served.named("rex"), served.mesh.worker.clone());
    let taken = rex.submit(&suspension(&served, "rex", &worker, 8), &[]).await.unwrap();
    let (index, time) = (taken["index"].as_u64().unwrap(), taken["time"].as_str().unwrap());
    let state = async |at: String| -> Value {
        let path = format!("/v1/agents/{worker}{at}");
        let shown: Value = rex.ask(&Ask::get(&path)).await.unwrap();
        shown["agent"]["state"].clone()
    };
    assert_eq!(state(String::new()).await, "suspended");
    assert_eq!(state(format!("?at={index}")).await, "active");
    assert_eq!(state(format!("?at={}", index + 1)).await, "suspended");
    assert_eq!(state(format!("?at={time}")).await, "suspended");
    let query = format!("/v1/agents?query=state:suspended&at={index}");
    let before: Value = rex.ask(&Ask::get(&query)).await.unwrap();
    assert_eq!((&before["items"], &before["index"]), (&json!([]), &json!(index)));
    for (at, said) in [("9999", "log_too_short"), ("yesterday", "query_unreadable")] {
        let path = format!("/v1/agents/{worker}/lineage?at={at}");
        assert_eq!(code(rex.bytes(&Ask::get(&path)).await), said);
    }
    let own = format!("/v1/agents/{}?at={index}", served.mesh.planner);
    assert_eq!(code(served.planner().bytes(&Ask::get(&own)).await), "role_may_not");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_names_another_version_than_the_agent_has_is_not_taken() {
    let mut served = Served::new().await;
    let (rex, worker) = (served.named("rex"), served.mesh.worker.clone());
    let shown = rex.send(&Ask::get(&format!("/v1/agents/{worker}"))).await.unwrap();
    let tag = shown.headers()["etag"].to_str().unwrap().to_owned();
    let change = suspension(&served, "rex", &worker, 9);
    let bytes = String::from_utf8(change.to_bytes().unwrap()).unwrap();
    let body = format!("{{\"change\":{bytes}}}").into_bytes();
    let send = async |tag: &str| {
        let fields = [("if-match", tag.to_owned())];
        code(rex.bytes(&Ask { fields: &fields, ..Ask::post("/v1/changes", body.clone()) }).await)
    };
    assert_eq!(send("\"999999\"").await, "version_differs");
    assert_eq!(send(&format!("W/{tag}")).await, "version_differs");
    assert_eq!(send(&format!("\"999999\", {tag}")).await, "done");
    // The agent has another version by now, and the change is in the log: to repeat it is safe.
    assert_eq!(send(&tag).await, "done");
    served.stop().await;
}
