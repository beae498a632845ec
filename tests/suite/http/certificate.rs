//! Enforcement points that show a client certificate.

use std::sync::Arc;

use meshwarden::encoding::{base64, hex, sha256};
use meshwarden::server::{self, Limits, Settings};
use meshwarden::warden::SystemClock;
use serde_json::Value;
use tokio::sync::oneshot;

use super::Served;

/// Certificates of nobody, with their keys: made for this test, and of no use elsewhere.
const ONE: [&str; 2] = [include_str!("one.crt"), include_str!("one.key")];
const TWO: [&str; 2] = [include_str!("two.crt"), include_str!("two.key")];

fn digest(certificate: &str) -> String {
    let body: String = certificate.lines().filter(|line| !line.starts_with('-')).collect();
    hex::encode(&sha256(&base64::decode(&body).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_point_is_known_by_its_certificate_and_nobody_by_another() {
    let mut served = Served::new().await;
    drop(served.stranger());
    served.stop().await;
    let enrol = ["point", "enrol", "gateway", "--certificate", &digest(ONE[0]), "--operator-key", "@ada.pem"];
    served.mesh.run(&enrol).expect_code(0);
    let files = TWO.map(|text| served.mesh.home.file(&sha256_name(text), text));
    let settings = Settings {
        name: "mesh".to_owned(),
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        operators: Vec::new(),
        authorities: Vec::new(),
        socket: None,
        tls: Some(server::tls(&files[0], &files[1]).unwrap()),
        limits: Limits::default(),
        clock: Arc::new(SystemClock),
        on_change: meshwarden::notify::Notifier::default(),
    };
    let bound = server::bind(served.open(), settings).await.unwrap();
    let url = format!("https://{}/v1/policy", bound.addresses[0]);
    let (end, ended) = oneshot::channel::<()>();
    let running = tokio::spawn(bound.run(async move { drop(ended.await) }));
    for (shown, expected) in
        [(Some(ONE), None), (Some(TWO), Some("request_unsigned")), (None, Some("request_unsigned"))]
    {
        let builder = reqwest::Client::builder().danger_accept_invalid_certs(true);
        let builder = match shown {
            Some(pair) => builder.identity(reqwest::Identity::from_pem(pair.concat().as_bytes()).unwrap()),
            None => builder,
        };
        let answer = builder.build().unwrap().get(&url).send().await.unwrap().bytes().await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["code"].as_str(), expected, "{answer}");
    }
    drop(end);
    running.await.unwrap();
}

fn sha256_name(text: &str) -> String {
    hex::encode(&sha256(text.as_bytes()))
}
