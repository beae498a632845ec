//! What nobody can ask of the verifier: too much, too slowly, too often, from too many connections.

use std::time::Duration;

use meshwarden::client::Ask;
use meshwarden::server::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Served, code};
use crate::cli::PATIENCE;

const HEALTH: &str = "GET /v1/health HTTP/1.1\r\nHost: mesh\r\n\r\n";
/// A route with a short body.
const ROUTE: &str = "/v1/tokens/verify";
/// As many bytes as it takes.
const MOST: usize = 64 << 10;

/// What comes until the other side has said `end`, or closes.
async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    let whole = async {
        let mut part = [0; 4096];
        loop {
            match stream.read(&mut part).await {
                Ok(0) | Err(_) => break,
                Ok(count) => read.extend_from_slice(&part[..count]),
            }
            if !end.is_empty() && String::from_utf8_lossy(&read).contains(end) {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.expect("the verifier neither answers nor closes");
    String::from_utf8_lossy(&read).into_owned()
}

async fn connect(served: &Served) -> TcpStream {
    TcpStream::connect(served.address).await.unwrap()
}

/// The head of a request with this body that the planner signed; how long the body is, is said by `length`.
fn head(served: &Served, body: &[u8], length: &str) -> String {
    let fields = served.planner().sign(&Ask::post(ROUTE, body.to_vec())).unwrap();
    let mut head = format!("POST {ROUTE} HTTP/1.1\r\nHost: {}\r\n{length}\r\n", served.address);
    for (name, value) in &fields {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    head + "\r\n"
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_whether_its_length_is_said_or_not() {
    let mut served = Served::new().await;
    let mut stream = connect(&served).await;
    let long = format!("GET /v1/health HTTP/1.1\r\nHost: mesh\r\nX: {}", "x".repeat(64 << 10));
    stream.write_all(long.as_bytes()).await.unwrap();
    assert!(until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 431 "));
    let body = vec![b' '; MOST + 1];
    // It is refused by what it says, before it comes.
    let mut stream = connect(&served).await;
    let said = head(&served, &body, &format!("Content-Length: {}", body.len()));
    stream.write_all(said.as_bytes()).await.unwrap();
    assert!(until(&mut stream, "}").await.contains("body_too_large"));
    // It says nothing, and never ends.
    let mut stream = connect(&served).await;
    stream.write_all(head(&served, &body, "Transfer-Encoding: chunked").as_bytes()).await.unwrap();
    stream.write_all(format!("{:x}\r\n", body.len()).as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    assert!(until(&mut stream, "}").await.contains("body_too_large"));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_too_slow_loses_the_connection_and_nobody_else_notices() {
    let short = Duration::from_millis(200);
    let mut served = Served::with(Limits { head_time: short, ..Limits::default() }).await;
    let mut slow = connect(&served).await;
    slow.write_all(b"GET /v1/health HTTP/1.1\r\nHost: me").await.unwrap();
    assert!(!until(&mut slow, "").await.contains(" 200 "), "it was closed");
    served.stop().await;
    // The head is signed first, for which a machine may take its time.
    served.start(Limits { body_time: short, ..Limits::default() }).await;
    let mut slow = connect(&served).await;
    slow.write_all(head(&served, b"{}", "Content-Length: 2").as_bytes()).await.unwrap();
    assert!(until(&mut slow, "}").await.contains("body_too_slow"));
    served.stranger().bytes(&Ask::get("/v1/health")).await.unwrap();
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_too_often_is_told_when_to_come_again() {
    // Nothing is ever given back, so that no machine is too slow for this test.
    let mut served = Served::with(Limits { rate: 0, burst: 2, ..Limits::default() }).await;
    let stranger = served.stranger();
    for _ in 0..2 {
        stranger.bytes(&Ask::get("/v1/health")).await.unwrap();
    }
    assert_eq!(code(stranger.bytes(&Ask::get("/v1/health")).await), "too_fast");
    let mut stream = connect(&served).await;
    stream.write_all(HEALTH.as_bytes()).await.unwrap();
    let answer = until(&mut stream, "\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 429 ") && answer.contains("retry-after: "), "{answer}");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_all_connections_of_agents_takes_none_of_the_operators() {
    let mut served = Served::new().await;
    served.stop().await;
    let mut settings = served.settings(Limits { connections: 1, ..Limits::default() });
    settings.operators = vec![std::net::SocketAddr::from(([127, 0, 0, 1], 0))];
    served.serve(settings).await;
    let operators = served.operators.unwrap();
    let mut first = connect(&served).await;
    first.write_all(HEALTH.as_bytes()).await.unwrap();
    assert!(until(&mut first, "}").await.starts_with("HTTP/1.1 200 "), "the one place is taken, and kept");
    let mut second = connect(&served).await;
    second.write_all(HEALTH.as_bytes()).await.unwrap();
    let mut third = TcpStream::connect(operators).await.unwrap();
    third.write_all(HEALTH.as_bytes()).await.unwrap();
    assert!(until(&mut third, "}").await.starts_with("HTTP/1.1 200 "));
    let waits = second.try_read(&mut [0; 1]).unwrap_err();
    assert_eq!(waits.kind(), std::io::ErrorKind::WouldBlock, "it waits at the door");
    drop(first);
    assert!(until(&mut second, "}").await.starts_with("HTTP/1.1 200 "));
    drop((second, third));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_runs_when_the_verifier_ends_is_answered() {
    let mut served = Served::new().await;
    let mut stream = connect(&served).await;
    let body = b"{\"chain\":\"\"}";
    let said = format!("Content-Length: {}\r\nExpect: 100-continue", body.len());
    stream.write_all(head(&served, body, &said).as_bytes()).await.unwrap();
    // The verifier waits for the body: the request runs.
    assert!(until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 100 "));
    drop(served.end.take());
    stream.write_all(body).await.unwrap();
    let answer = until(&mut stream, "}").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    drop(stream);
    let warden = served.running.take().unwrap().await.unwrap();
    drop(warden);
    assert!(TcpStream::connect(served.address).await.is_err(), "nobody comes in any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_goes_to_other_machines_only_when_somebody_says_so() {
    let mut served = Served::new().await;
    served.stop().await;
    let refused = served.mesh.run(&["serve", "--listen", "0.0.0.0:0", "--authority", "mesh.example:7443"]);
    let refused = refused.expect_code(2);
    assert!(refused.stderr.contains("--insecure-plaintext"), "{refused:?}");
}
