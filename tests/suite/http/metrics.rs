//! What is counted, and proofs about the log.

use meshwarden::audit::{Tree, check_consistency};
use meshwarden::client::Ask;
use meshwarden::encoding::hex;
use serde_json::Value;

use super::changes::suspension;
use super::{Served, code};

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_route_and_nobody_is_named() {
    let mut served = Served::new().await;
    let vi = served.named("vi");
    for limit in ["1", "2"] {
        vi.bytes(&Ask::get(&format!("/v1/agents?limit={limit}"))).await.unwrap();
    }
    let shown = format!("/v1/agents/{}", served.mesh.worker);
    vi.bytes(&Ask::get(&shown)).await.unwrap();
    assert_eq!(code(served.stranger().bytes(&Ask::get("/v1/agents")).await), "request_unsigned");
    assert_eq!(code(served.planner().bytes(&Ask::get("/v1/metrics")).await), "role_may_not");
    let text = String::from_utf8(vi.bytes(&Ask::get("/v1/metrics")).await.unwrap()).unwrap();
    let has = |line: &str| assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    has("meshwarden_requests_total{route=\"/v1/agents\",method=\"GET\",status=\"200\"} 2");
    has("meshwarden_requests_total{route=\"/v1/agents\",method=\"GET\",status=\"401\"} 1");
    has("meshwarden_requests_total{route=\"/v1/agents/{did}\",method=\"GET\",status=\"200\"} 1");
    has("meshwarden_request_seconds_count{route=\"/v1/agents\"} 3");
    has("meshwarden_unsigned_total 1");
    has("meshwarden_bugs_total 0");
    has(&format!("meshwarden_log_size {}", served.open().snapshot().head.size));
    assert!(!text.contains("did:mesh") && !text.contains("limit="), "{text}");
    assert!(text.ends_with("# EOF\n"));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_follows_the_log_and_proves_that_it_only_grew() {
    let mut served = Served::new().await;
    let vi = served.named("vi");
    let head = async || -> Value { vi.ask(&Ask::get("/v1/log/checkpoint")).await.unwrap() };
    let tree = |head: &Value| Tree {
        size: head["size"].as_u64().unwrap(),
        root: hex::decode_digest(head["root"].as_str().unwrap()).unwrap(),
    };
    let old = tree(&head().await);
    let worker = served.mesh.worker.clone();
    served.named("rex").submit(&suspension(&served, "rex", &worker, 3), &[]).await.unwrap();
    let new = tree(&head().await);
    assert_eq!(new.size, old.size + 1, "a head that was kept is not that of a shorter log");
    let path = format!("/v1/log/consistency?from={}&to={}", old.size, new.size);
    let answer: Value = vi.ask(&Ask::get(&path)).await.unwrap();
    let hashes = answer["proof"].as_array().unwrap().iter();
    let proof: Vec<_> = hashes.map(|hash| hex::decode_digest(hash.as_str().unwrap()).unwrap()).collect();
    assert_eq!(check_consistency(&old, &new, &proof), Ok(()));
    let beyond = format!("/v1/log/consistency?from=1&to={}", new.size + 1);
    assert_eq!(code(vi.bytes(&Ask::get(&beyond)).await), "log_too_short");
    assert_eq!(code(vi.bytes(&Ask::get("/v1/log/consistency?from=2&to=1")).await), "log_too_short");
    let none = code(vi.bytes(&Ask::get("/v1/log/decisions/checkpoint")).await);
    assert_eq!(none, "decisions_none");
    let policy = vi.send(&Ask::get("/v1/policy")).await.unwrap();
    let digest = format!("\"{}\"", hex::encode(&served.open().snapshot().policy.digest()));
    assert_eq!(policy.headers()["etag"], digest.as_str());
    served.stop().await;
}
