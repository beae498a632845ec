//! Changes over HTTP: signed by their operators, safe to repeat, seen by whoever listens.

use std::time::Duration;

use meshwarden::change::operators::Signer;
use meshwarden::change::{ChangeId, Frozen, Payload, Request, SignedChange, Verb};
use meshwarden::client::{Ask, Client};
use meshwarden::identity::Did;
use meshwarden::registry::Scope;
use meshwarden::time::Span;
use meshwarden::warden::{Clock as _, SystemClock};
use serde_json::Value;

use super::{Served, code};

/// What `name` signs to suspend an agent.
pub fn suspension(served: &Served, name: &str, did: &str, id: u128) -> SignedChange {
    let snapshot = served.open().snapshot();
    let now = SystemClock.now();
    let request = Request::of(Verb::Suspend { until: None }, Did::parse(did).unwrap(), Scope::One);
    let frozen = Frozen::of(&snapshot.registry, request, now).unwrap();
    let payload = Payload {
        id: ChangeId::from_bits(id),
        actor: name.to_owned(),
        order: frozen.order(&snapshot.registry, None),
        reason: "odd".to_owned(),
        case: None,
        created: now,
        expires: Some(now.plus(Span::seconds(600))),
        break_glass: false,
    };
    let (key, log) = (served.key(name), snapshot.log.to_string());
    let signer = Signer::new(name, &key.public_key().bytes());
    let change = SignedChange::unsigned(&payload).unwrap();
    let signature = key.sign(&change.to_sign(&log, &signer));
    change.and(&log, &signer, signature)
}

/// The id, the kind and the subject of the next entry that is told of.
async fn next(response: &mut reqwest::Response) -> (u64, Value) {
    let mut text = String::new();
    loop {
        let part = tokio::time::timeout(Duration::from_secs(20), response.chunk()).await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(&part.unwrap()).unwrap());
        let id = text.lines().find_map(|line| line.strip_prefix("id: "));
        let data = text.lines().find_map(|line| line.strip_prefix("data: "));
        if let (Some(id), Some(data), true) = (id, data, text.ends_with("\n\n")) {
            return (id.parse().unwrap(), serde_json::from_str(data).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_carried_out_once_however_often_it_is_sent_and_whoever_listens_hears_of_it() {
    let mut served = Served::new().await;
    let rex = served.named("rex");
    let worker = served.mesh.worker.clone();
    let mut events = served.named("vi").send(&Ask::get("/v1/events")).await.unwrap();
    let change = suspension(&served, "rex", &worker, 1);
    let first = rex.submit(&change, &[]).await.unwrap();
    assert_eq!((&first["known"], &first["count"]), (&Value::from(false), &Value::from(1)));
    let again = rex.submit(&change, &[]).await.unwrap();
    assert_eq!((&again["known"], &again["index"]), (&Value::from(true), &first["index"]));
    let path = format!("/v1/agents/{worker}");
    let shown: Value = rex.ask(&Ask::get(&path)).await.unwrap();
    assert_eq!(shown["agent"]["state"], "suspended");
    let (id, told) = next(&mut events).await;
    assert_eq!(
        (Value::from(id), told["kind"].as_str(), told["subject"].as_str()),
        (first["index"].clone(), Some("suspend"), Some(worker.as_str()))
    );
    drop(events);
    // Whoever was away hears what was missed.
    let fields = [("last-event-id", (id - 1).to_string())];
    let ask = Ask { fields: &fields, ..Ask::get("/v1/events") };
    let mut events = served.named("vi").send(&ask).await.unwrap();
    assert_eq!(next(&mut events).await.0, id);
    drop(events);
    let mut warden = served.stop().await;
    assert_eq!(warden.verify_log().unwrap().fault, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_listen_no_longer_hears_nothing_of_what_comes() {
    let mut served = Served::new().await;
    let listen = async |name: &str| served.named(name).send(&Ask::get("/v1/events")).await.unwrap();
    let (mut edge, mut vi) = (listen("edge").await, listen("vi").await);
    let dismiss = ["point", "dismiss", "edge", "--reason", "gone", "--operator-key", "@ada.pem"];
    served.mesh.run(&dismiss).expect_code(0);
    assert_eq!(next(&mut vi).await.1["subject"], "edge");
    let mut heard = Vec::new();
    while let Some(part) = tokio::time::timeout(Duration::from_secs(20), edge.chunk()).await.unwrap().unwrap()
    {
        heard.extend_from_slice(&part);
    }
    assert!(!String::from_utf8(heard).unwrap().contains("id: "), "the stream ends before the entry");
    drop(vi);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_here_signed_is_no_change() {
    let mut served = Served::new().await;
    let worker = served.mesh.worker.clone();
    let change = suspension(&served, "rex", &worker, 1);
    let sent = async |client: Client| code(client.submit(&change, &[]).await);
    assert_eq!(sent(served.named("vi")).await, "role_may_not");
    assert_eq!(sent(served.named("ada")).await, "change_of_another");
    assert_eq!(sent(served.planner()).await, "role_may_not");
    let forged = suspension(&served, "rex", &worker, 2);
    let mut bytes = String::from_utf8(forged.to_bytes().unwrap()).unwrap();
    bytes = bytes.replace("\"signature\":\"", "\"signature\":\"A");
    let body = format!("{{\"change\":{bytes}}}").into_bytes();
    let refused = served.named("rex").bytes(&Ask::post("/v1/changes", body)).await;
    assert_ne!(code(refused), "done");
    let path = format!("/v1/agents/{worker}");
    let shown: Value = served.named("vi").ask(&Ask::get(&path)).await.unwrap();
    assert_eq!(shown["agent"]["state"], "active");
    served.stop().await;
}
