//! A verifier that lies about its log: whoever checks what it says catches it, and says how.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use meshwarden::audit::{Checkpoint, Note, NoteVerifier};
use meshwarden::backend::Remote;
use meshwarden::identity::SecretKey;
use meshwarden::server::{self, Limits};
use meshwarden::warden::{Context, Kind, Line, Place, Warden};
use serde_json::Value;

use super::Served;
use super::remote::blocking;
use crate::cli::Finished;

/// What becomes of an answer: the path that was asked, and the bytes.
type Lie = Arc<dyn Fn(&str, Vec<u8>) -> Vec<u8> + Send + Sync>;

/// Between a console and a verifier: it answers with what the verifier says, or with a lie.
pub struct Liar {
    pub address: SocketAddr,
    behind: Arc<Behind>,
}

struct Behind {
    real: Mutex<SocketAddr>,
    lie: Mutex<Option<Lie>>,
    http: reqwest::Client,
}

impl Liar {
    /// A verifier behind a liar who says the truth at first.
    pub async fn before() -> (Served, Self) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = Served::behind(address).await;
        // Another test may have chosen the same one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (real, lie) = (Mutex::new(served.address), Mutex::new(None));
        let behind =
            Arc::new(Behind { real, lie, http: reqwest::Client::builder().no_proxy().build().unwrap() });
        let service = axum::Router::new().fallback(pass).with_state(Arc::clone(&behind));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = TowerToHyperService::new(service.clone());
                tokio::spawn(async move {
                    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    drop(server.serve_connection(TokioIo::new(stream), service).await);
                });
            }
        });
        (served, Self { address, behind })
    }

    fn lies(&self, lie: impl Fn(&str, Vec<u8>) -> Vec<u8> + Send + Sync + 'static) {
        *self.behind.lie.lock().unwrap() = Some(Arc::new(lie));
    }

    /// Lies about the pieces of the log.
    pub fn lies_about_log(&self, lie: impl Fn(Piece) -> Option<Piece> + Send + Sync + 'static) {
        self.lies(move |path, bytes| if path == "/v1/snapshot" { edited(&bytes, &lie) } else { bytes });
    }

    /// From now on somebody else answers.
    fn passes_to(&self, other: SocketAddr) {
        *self.behind.real.lock().unwrap() = other;
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn open(&self, served: &Served, cache: &Path) -> Result<Warden, String> {
        let log_key: NoteVerifier = served.open().verifier().unwrap();
        let remote = Remote { url: self.url(), log_key, cache: cache.to_owned(), root: None };
        remote.open("rex", Box::new(served.key("rex"))).map_err(|error| error.code().to_owned())
    }

    /// A command that works on it.
    fn run(&self, served: &Served, arguments: &[&str]) -> Finished {
        let (url, key) = (self.url(), served.open().verifier().unwrap().to_string());
        let there =
            ["--verifier", &url, "--log-key", &key, "--operator-name", "rex", "--operator-key", "@rex.pem"];
        served.mesh.run(&[arguments, &there].concat())
    }
}

async fn pass(State(behind): State<Arc<Behind>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 1 << 20).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    for name in [header::ACCEPT_ENCODING, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    let real = *behind.real.lock().unwrap();
    let asked = behind.http.request(parts.method, format!("http://{real}{}", parts.uri));
    let Ok(answer) = asked.headers(parts.headers).body(body).send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
    let body = if parts.uri.path() == "/v1/events" {
        Body::from_stream(answer.bytes_stream())
    } else {
        let bytes = answer.bytes().await.unwrap_or_default().to_vec();
        let lie = behind.lie.lock().unwrap().clone().filter(|_| status.is_success());
        Body::from(lie.map_or(bytes.clone(), |lie| lie(parts.uri.path(), bytes)))
    };
    let mut response = (status, body).into_response();
    response.headers_mut().extend(kind.map(|kind| (header::CONTENT_TYPE, kind)));
    response
}

/// A line of a snapshot: which piece it is, and what it says.
type Piece = (String, Value);

/// What becomes of a piece.
type Forgery = fn(Piece) -> Option<Piece>;

fn edited(bytes: &[u8], lie: impl Fn(Piece) -> Option<Piece>) -> Vec<u8> {
    let mut out = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let Value::Object(line) = serde_json::from_slice(line).unwrap() else { panic!("no piece") };
        let (name, value) = line.into_iter().next().unwrap();
        if let Some((name, value)) = lie((name, value)) {
            out.extend(serde_json::to_vec(&serde_json::json!({ name: value })).unwrap());
            out.push(b'\n');
        }
    }
    out
}

fn head(value: &Value) -> Note {
    Note::parse(value.as_str().unwrap()).unwrap()
}

/// What a console that followed until now makes of the next answer, and what a command makes of it.
async fn caught(
    served: Served,
    liar: Liar,
    lie: impl FnOnce(&Served, &Liar) + Send + 'static,
    code: &'static str,
) -> (Served, Liar) {
    blocking(move || {
        let cache = tempfile::TempDir::new().unwrap();
        let mut console = liar.open(&served, cache.path()).unwrap();
        liar.run(&served, &["agent", "list"]).expect_code(0);
        let shown = console.snapshot();
        lie(&served, &liar);
        assert_eq!(console.fetch().unwrap_err().code(), code);
        let kind = console.snapshot().kind;
        let Kind::Verifier { line: Line::Lies(told), .. } = kind else { panic!("{kind:?}") };
        assert_eq!(told.code(), code);
        assert_eq!(console.snapshot().head, shown.head, "what was proved stays, and nothing else is shown");
        let refused = liar.run(&served, &["agent", "list"]).expect_code(1);
        assert!(refused.stderr.contains(code) && refused.stdout.is_empty(), "{refused:?}");
        // Whoever lies is still told whom to stop, and nothing else; nobody believes that it was done.
        let (planner, reason) = (served.mesh.planner.clone(), ["--reason", "x", "--yes"]);
        let told = liar.run(&served, &[&["agent", "suspend", &planner], &reason[..]].concat());
        // It may refuse, too; in no case is it believed.
        assert!(matches!(told.code, Some(4 | 5)) && told.stderr.contains("CONTRADICTS ITSELF"), "{told:?}");
        let wake =
            liar.run(&served, &[&["agent", "reactivate", &planner], &reason[..]].concat()).expect_code(1);
        assert!(wake.stderr.contains(code) || wake.stderr.contains("verifier_lied"), "{wake:?}");
        drop(console);
        (served, liar)
    })
    .await
}

/// Suspends an agent at the verifier itself, so that its next answer has it.
pub fn suspend_there(served: &Served, agent: &str) {
    let (url, key) = (format!("http://{}", served.address), served.open().verifier().unwrap().to_string());
    let there = ["--verifier", &url, "--log-key", &key, "--operator-name", "rex"];
    suspend(served, agent, &there);
}

/// Suspends an agent.
fn suspend(served: &Served, agent: &str, more: &[&str]) {
    let suspend = ["agent", "suspend", agent, "--reason", "odd", "--yes", "--operator-key", "@rex.pem"];
    served.mesh.run(&[&suspend[..], more].concat()).expect_code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_was_rewritten_is_caught() {
    let (served, liar) = Liar::before().await;
    let lie = |served: &Served, liar: &Liar| {
        suspend_there(served, &served.mesh.worker);
        liar.lies_about_log(|(name, value)| {
            // It was done a century later, says the liar.
            let text = value.as_str().filter(|_| name == "entry");
            let text = text.map(|text| text.replace("\"time\":\"20", "\"time\":\"21"));
            Some((name, text.map_or(value, Value::String)))
        });
    };
    let (mut served, _) = caught(served, liar, lie, "verifier_rewrote").await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_that_was_left_out_is_caught() {
    let (served, liar) = Liar::before().await;
    let lie = |served: &Served, liar: &Liar| {
        suspend_there(served, &served.mesh.worker);
        liar.lies_about_log(|(name, value)| (name != "entry").then_some((name, value)));
    };
    let (mut served, _) = caught(served, liar, lie, "verifier_rewrote").await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_with_another_key_is_caught() {
    let (served, liar) = Liar::before().await;
    let lie = |served: &Served, liar: &Liar| {
        suspend_there(served, &served.mesh.worker);
        liar.lies_about_log(|(name, value)| {
            if name != "checkpoint" {
                return Some((name, value));
            }
            let note = Checkpoint::claimed(&head(&value)).unwrap().sign(&SecretKey::from_seed([9; 32]));
            Some((name, Value::String(note.unwrap().to_string())))
        });
    };
    let (mut served, _) = caught(served, liar, lie, "verifier_other_key").await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_is_caught_by_whoever_saw_the_other_branch() {
    let (served, liar) = Liar::before().await;
    let fork = tempfile::TempDir::new().unwrap();
    let served = blocking({
        let to = fork.path().to_owned();
        move || {
            let from = served.directory();
            served.mesh.run(&["backup", to.join("copy").to_str().unwrap()]).expect_code(0);
            // The liar has the key of the log: a copy of the directory is as good as the directory.
            for entry in std::fs::read_dir(&from).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_file() {
                    std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
                }
            }
            suspend(&served, &served.mesh.worker, &[]);
            let other = ["--data", to.to_str().unwrap()];
            suspend(&served, &served.mesh.planner, &other);
            served
        }
    })
    .await;
    let directory = fork.path().to_owned();
    let warden = {
        let context = Context::of_this_machine(directory.clone(), "liar".to_owned());
        context.open(&Place::Directory(directory), |_| Ok(())).unwrap().warden
    };
    let mut settings = served.settings(Limits::default());
    settings.authorities = vec![liar.address.to_string()];
    (settings.listen, settings.socket) = (vec![SocketAddr::from(([127, 0, 0, 1], 0))], None);
    let bound = server::bind(warden, settings).await.unwrap();
    let other = bound.addresses[0];
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(bound.run(async move { drop(ended.await) }));
    let lie = move |_: &Served, liar: &Liar| liar.passes_to(other);
    let (mut served, _) = caught(served, liar, lie, "verifier_rewrote").await;
    drop(end);
    running.await.unwrap();
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_stays_while_the_events_go_on_is_caught() {
    let (served, liar) = Liar::before().await;
    let mut served = blocking(move || {
        let cache = tempfile::TempDir::new().unwrap();
        let old: Arc<Mutex<Option<Value>>> = Arc::default();
        let keep = Arc::clone(&old);
        liar.lies_about_log(move |(name, value)| {
            if name == "checkpoint" {
                *keep.lock().unwrap() = Some(value.clone());
            }
            Some((name, value))
        });
        let mut console = liar.open(&served, cache.path()).unwrap();
        let old = old.lock().unwrap().clone().unwrap();
        liar.lies_about_log(move |(name, _)| (name == "checkpoint").then(|| (name, old.clone())));
        suspend(&served, &served.mesh.worker, &[]);
        // Whoever is told of an entry is not shown a log without it.
        let began = std::time::Instant::now();
        let code = loop {
            assert!(began.elapsed() < crate::cli::PATIENCE, "it lied, and nobody said so");
            match console.follow() {
                Ok(_) => std::thread::yield_now(),
                Err(error) => break error.code(),
            }
        };
        assert_eq!(code, "verifier_withholds");
        assert!(matches!(console.snapshot().kind, Kind::Verifier { line: Line::Lies(_), .. }));
        drop(console);
        served
    })
    .await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_snapshot_is_caught_before_anything_of_it_is_shown() {
    let (mut served, liar) = Liar::before().await;
    let another_record: Forgery = |(name, mut value)| {
        if let Some(bytes) = value.get("bytes").and_then(Value::as_str) {
            value["bytes"] = Value::String(bytes.replace("read:data", "read:secrets"));
        }
        Some((name, value))
    };
    let no_records: Forgery = |(name, value)| (name != "record").then_some((name, value));
    let an_entry_less: Forgery = |(name, value)| {
        let drops = name == "entry" && value.as_str().unwrap().contains("\"index\":2,");
        (!drops).then_some((name, value))
    };
    for forgery in [another_record, no_records, an_entry_less] {
        liar.lies_about_log(forgery);
        let (returned, code) = blocking({
            let (served, liar) = (served, liar_of(&liar));
            move || {
                let cache = tempfile::TempDir::new().unwrap();
                let code = liar.open(&served, cache.path()).err();
                (served, code)
            }
        })
        .await;
        served = returned;
        assert_eq!(code.as_deref(), Some("verifier_unsound"));
    }
    served.stop().await;
}

/// The same liar, for another thread.
fn liar_of(liar: &Liar) -> Liar {
    Liar { address: liar.address, behind: Arc::clone(&liar.behind) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_proves_nothing_is_no_proof() {
    let (served, liar) = Liar::before().await;
    let mut served = blocking(move || {
        liar.run(&served, &["log", "prove", "1"]).expect_code(0);
        liar.lies(|path, bytes| {
            let text = String::from_utf8(bytes).unwrap();
            // Two hashes change places: every one of them is a hash of the log.
            if path.ends_with("/proof") { swapped(&text).into_bytes() } else { text.into_bytes() }
        });
        let refused = liar.run(&served, &["log", "prove", "1"]).expect_code(1);
        assert!(refused.stderr.contains("verifier_false_proof") && refused.stdout.is_empty(), "{refused:?}");
        served
    })
    .await;
    served.stop().await;
}

fn swapped(text: &str) -> String {
    let mut evidence: Value = serde_json::from_str(text).unwrap();
    let proof = evidence["proof"].as_array_mut().unwrap();
    assert!(proof.len() > 1, "{proof:?}");
    proof.swap(0, 1);
    serde_json::to_string(&evidence).unwrap()
}
