//! A program of the site is told of who was stopped, and its outcome is part of the receipt.

use std::time::Instant;

use meshwarden::client::Ask;
use meshwarden::encoding::base64;
use meshwarden::notify::Notifier;
use meshwarden::server::Settings;
use serde_json::Value;

use super::Served;
use super::changes::suspension;

async fn with(command: Vec<String>) -> Served {
    let mut served = Served::new().await;
    served.stop().await;
    let settings = served.settings(Default::default());
    let on_change = Notifier { command, url: None };
    served.serve(Settings { on_change, ..settings }).await;
    served
}

/// The line of the hook in the receipt, once it is what is expected.
async fn settled(served: &Served, index: u64, expected: &str) -> Value {
    let (rex, path, began) = (served.named("rex"), format!("/v1/receipts/{index}"), Instant::now());
    loop {
        let receipt: Value = rex.ask(&Ask::get(&path)).await.unwrap();
        let mut lines = receipt["confirmations"].as_array().unwrap().iter();
        let hook = lines.find(|line| line["role"] == "hook").unwrap().clone();
        if hook["state"] == expected {
            return receipt;
        }
        assert!(began.elapsed() < crate::cli::PATIENCE, "{hook}");
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
