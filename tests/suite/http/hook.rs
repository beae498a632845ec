//! A program of the site is told of who was stopped, and its outcome is part of the receipt.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use meshwarden::client::Ask;
use meshwarden::encoding::base64;
use meshwarden::notify::Notifier;
use meshwarden::server::Settings;
use serde_json::Value;

use super::Served;
use super::changes::suspension;
use crate::cli::{MESHWARDEN, PATIENCE};
use crate::interop_nginx::{Running, start};

async fn with(command: Vec<String>) -> Served {
    let mut served = Served::new().await;
    served.stop().await;
    let settings = served.settings(Default::default());
    let on_change = Notifier { command, url: None };
    served.serve(Settings { on_change, ..settings }).await;
    served
}

/// The receipt of an entry, and the line of the hook in it.
async fn receipt(served: &Served, index: u64) -> (Value, Value) {
    let path = format!("/v1/receipts/{index}");
    let receipt: Value = served.named("rex").ask(&Ask::get(&path)).await.unwrap();
    let mut lines = receipt["confirmations"].as_array().unwrap().iter();
    let hook = lines.find(|line| line["role"] == "hook").unwrap().clone();
    (receipt, hook)
}

/// The receipt, once the hook's line is what is expected.
async fn settled(served: &Served, index: u64, expected: &str) -> Value {
    let began = Instant::now();
    loop {
        let (receipt, hook) = receipt(served, index).await;
        if hook["state"] == expected {
            return receipt;
        }
        assert!(began.elapsed() < PATIENCE, "entry {index}: {hook}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_gets_a_notice_that_the_verifiers_key_signed_and_the_receipt_says_that_it_did() {
    let place = tempfile::TempDir::new().unwrap();
    let file = place.path().join("told");
    let script = format!("cat > {0}.new && mv {0}.new {0}", file.display());
    let mut served = with(vec!["sh".to_owned(), "-c".to_owned(), script]).await;
    let worker = served.mesh.worker.clone();
    let taken = served.named("rex").submit(&suspension(&served, "rex", &worker, 11), &[]).await.unwrap();
    let index = taken["index"].as_u64().unwrap();
    let receipt = settled(&served, index, "confirmed").await;
    assert_eq!(receipt["complete"], false, "nobody who enforces has confirmed");
    let notice = std::fs::read_to_string(&file).unwrap();
    let parts: Vec<&str> = notice.split('.').collect();
    let read = |part: &str| -> Value { serde_json::from_slice(&base64::decode_url(part).unwrap()).unwrap() };
    let (header, payload) = (read(parts[0]), read(parts[1]));
    assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("mesh-change+jwt"), Some("EdDSA")));
    assert_eq!(payload["index"].as_u64(), Some(index));
    assert_eq!(
        (payload["kind"].as_str(), payload["subject"].as_str()),
        (Some("suspend"), Some(worker.as_str()))
    );
    let key = served.open().verifier().unwrap();
    let signed = format!("{}.{}", parts[0], parts[1]);
    assert!(key.key().verify(signed.as_bytes(), &base64::decode_url_array(parts[2]).unwrap()));
    let keys: Value = served.stranger().ask(&Ask::get("/.well-known/jwks.json")).await.unwrap();
    assert!(keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == header["kid"]));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_fails_leaves_the_receipt_open_and_the_change_in_force() {
    let mut served = with(vec!["false".to_owned()]).await;
    let worker = served.mesh.worker.clone();
    let taken = served.named("rex").submit(&suspension(&served, "rex", &worker, 12), &[]).await.unwrap();
    let receipt = settled(&served, taken["index"].as_u64().unwrap(), "failed").await;
    let mut lines = receipt["confirmations"].as_array().unwrap().iter();
    let hook = lines.find(|line| line["role"] == "hook").unwrap();
    assert_eq!((hook["how"].as_str(), &receipt["complete"]), (Some("notify_failed"), &Value::Bool(false)));
    let path = format!("/v1/agents/{worker}");
    let shown: Value = served.named("vi").ask(&Ask::get(&path)).await.unwrap();
    assert_eq!(shown["agent"]["state"], "suspended");
    served.stop().await;
}

/// The built program serves the directory, with a configuration of this user.
fn process(served: &mut Served) -> Running {
    let mut serve = Command::new(MESHWARDEN);
    serve.env_clear().envs(served.mesh.home.environment()).env("MESHWARDEN_LOG", "error");
    let config = served.mesh.path("config.toml");
    serve.args(["--config", &config, "serve", "--name", "mesh", "--listen", "127.0.0.1:0"]);
    let (running, line) = start(&mut serve);
    served.address = line.strip_prefix("listening on ").unwrap().parse().unwrap();
    running
}

/// The indexes of which a file of notices tells, in its order.
fn indexes(told: &Path) -> Vec<u64> {
    let read = |line: &str| -> Value {
        let payload = line.split('.').nth(1).unwrap();
        serde_json::from_slice(&base64::decode_url(payload).unwrap()).unwrap()
    };
    std::fs::read_to_string(told).unwrap().lines().map(|line| read(line)["index"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_before_a_kill_or_while_nobody_served_is_told_once_and_in_order() {
    let mut served = Served::unserved();
    let [gate, begun, told] = ["open", "begun", "told"].map(|name| served.mesh.home.path(name));
    // Until the gate is open it takes the notice and does not answer, as long as its verifier lives.
    let script = format!(
        "p=$PPID; if [ ! -e {0} ]; then : > {1}; while kill -0 $p; do sleep 0.02; done; exit 1; fi; {{ cat; echo; }} >> {2}",
        gate.display(),
        begun.display(),
        told.display(),
    );
    served.mesh.home.file("config.toml", format!("on_change = ['sh', '-c', '{script}']\n"));
    let (worker, planner) = (served.mesh.worker.clone(), served.mesh.planner.clone());
    let order = |served: &Served, verb: &str, who: &str| {
        let order = ["agent", verb, who, "--reason", "odd", "--yes", "--operator-key", "@ada.pem"];
        served.mesh.run(&order).expect_code(0);
        served.open().snapshot().head.size - 1
    };
    let verifier = process(&mut served);
    let first = order(&served, "suspend", &worker);
    let began = Instant::now();
    while !begun.exists() {
        assert!(began.elapsed() < PATIENCE, "nobody is told");
        tokio::task::yield_now().await;
    }
    let second = order(&served, "reactivate", &worker);
    let state = receipt(&served, second).await.1["state"].clone();
    assert!(state == "waiting" || state == "late", "the one before is not through: {state}");
    // SIGKILL: it can do nothing about it.
    drop(verifier);
    let third = order(&served, "suspend", &planner);
    std::fs::write(&gate, "").unwrap();
    let verifier = process(&mut served);
    for index in [first, second, third] {
        settled(&served, index, "confirmed").await;
    }
    assert_eq!(indexes(&told), [first, second, third]);
    drop(verifier);
    let verifier = process(&mut served);
    let fourth = order(&served, "reactivate", &planner);
    settled(&served, fourth, "confirmed").await;
    assert_eq!(indexes(&told), [first, second, third, fourth], "nothing is told a second time");
    settled(&served, first, "confirmed").await;
    drop(verifier);
}
