//! What a verifier writes about requests: who asked for what and how it ended, and nothing that lets anybody else ask.

use std::fs::{self, File};
use std::process::Command;

use meshwarden::client::{Ask, Client, Identity};
use meshwarden::delegation::{Act, Issuer, Proof};
use meshwarden::encoding::sha256;
use meshwarden::identity::{Did, SecretKey};
use meshwarden::time::Span;
use meshwarden::warden::{Clock as _, SystemClock, SystemEntropy};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::cli::MESHWARDEN;
use crate::interop_nginx::start;

/// What was sent, piece by piece: none of it may be written.
#[derive(Default)]
struct Sent(Vec<String>);

impl Sent {
    /// The fields by which a request proves something, whole and in their parts.
    fn fields(&mut self, fields: &HeaderMap) {
        for name in ["signature", "signature-input", "mesh-session", "content-digest"] {
            let Some(value) = fields.get(name) else { continue };
            let value = value.to_str().unwrap();
            self.0.push(value.to_owned());
            self.0.extend(value.split(['"', ':']).filter(|part| part.len() >= 20).map(str::to_owned));
        }
    }

    /// A token, whole and in its three parts.
    fn token(&mut self, token: &str) {
        self.0.push(token.to_owned());
        self.0.extend(token.split('.').map(str::to_owned));
    }
}

fn proof(by: &str, key: &SecretKey, chain: &str) -> String {
    let leaf = chain.rsplit('~').next().map(|token| sha256(token.as_bytes()));
    let act = Act { audience: "mesh", method: "GET", uri: "https://a.example/secret-path", leaf };
    let signer = Issuer { did: &Did::parse(by).unwrap(), key };
    let made = Proof::make(&act, sha256(b""), signer, SystemClock.now(), Span::seconds(30), [9; 16]);
    made.unwrap().as_str().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_requests_holds_no_key_token_proof_signature_nonce_or_query() {
    let mesh = super::held_mesh();
    let written = mesh.home.path("requests.log");
    let mut serve = Command::new(MESHWARDEN);
    serve.env_clear().envs(mesh.home.environment()).env("MESHWARDEN_LOG", "meshwarden=trace");
    serve.args(["serve", "--name", "mesh", "--listen", "127.0.0.1:0"]);
    let (_verifier, line) = start(serve.stderr(File::create(&written).unwrap()));
    let url = line.replace("listening on ", "http://");
    let client = |identity: Identity| {
        let client = Client::new(&url, Box::new(SystemClock), Box::new(SystemEntropy)).unwrap();
        client.sign_as(identity);
        client
    };
    let did = Did::parse(&mesh.worker).unwrap();
    let worker = client(Identity::agent(&did, mesh.secret("worker.pem")));
    let vi = client(Identity::named("vi", mesh.secret("vi.pem")));
    let log_key = mesh.run(&["log", "key"]).expect_code(0).stdout;
    let log = log_key.split('/').nth(1).unwrap();
    let fresh = SecretKey::from_seed([7; 32]);
    let mut hand = mesh.secret("rex.pem");
    let rex = client(Identity::session(log, "rex", &mut hand, fresh, SystemClock.now()).unwrap());
    let chain = fs::read_to_string(mesh.home.path("worker.chain")).unwrap().trim().to_owned();
    let proof = proof(&mesh.worker, &mesh.secret("worker.pem"), &chain);
    let asked = json!({
        "chain": chain.split('~').collect::<Vec<_>>(), "proof": proof, "proof_use": "fresh", "audience": "mesh",
        "method": "GET", "uri": "https://a.example/secret-path", "body": null, "action": "read:data",
        "resource": "needle-resource",
    });
    let shown = json!({"chain": chain, "action": "read:data"});
    let in_path = format!("/v1/tokens/{}", chain.split('~').next().unwrap());
    let mut sent = Sent::default();
    chain.split('~').chain([proof.as_str()]).for_each(|token| sent.token(token));
    for key in ["worker.pem", "vi.pem", "rex.pem", "ada.pem"] {
        sent.0.extend(fs::read_to_string(mesh.home.path(key)).unwrap().lines().map(str::to_owned));
    }
    sent.0.retain(|piece| !piece.starts_with("-----"));
    sent.0.extend(["needle-query", "needle-resource", "secret-path"].map(str::to_owned));
    let http = reqwest::Client::new();
    let post = |path: &'static str, body: &Value| Ask::post(path, body.to_string().into_bytes());
    let requests = [
        (&vi, Ask::get("/v1/agents?query=needle-query"), 200),
        (&vi, Ask::get("/v1/agents?query=needle-query%3D%3C"), 400),
        (&worker, post("/v1/verify", &asked), 200),
        (&worker, post("/v1/verify", &asked), 200),
        (&worker, post("/v1/verify", &json!({"proof": proof})), 400),
        (&worker, post("/v1/tokens/verify", &shown), 200),
        (&worker, Ask::get(&in_path), 404),
        (&rex, Ask::get("/v1/agents?query=needle-query"), 200),
    ];
    let count = requests.len();
    for (client, ask, expected) in requests {
        let fields = client.sign(&ask).unwrap();
        sent.fields(&fields);
        let to = format!("{url}{}", ask.path);
        // The second time it is a replay, and none the third time, unsigned.
        let mut statuses = Vec::new();
        for fields in [fields.clone(), fields, HeaderMap::new()] {
            let request = http.request(ask.method.clone(), &to).headers(fields).body(ask.body.clone());
            statuses.push(request.send().await.unwrap().status().as_u16());
        }
        assert_eq!(statuses, [expected, 401, 401], "{}", ask.path);
    }
    // What was answered is written before the answer is sent.
    let written = fs::read_to_string(&written).unwrap();
    let lines: Vec<Value> = written.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let told: Vec<&Value> =
        lines.iter().map(|line| &line["fields"]).filter(|told| told["message"] == "request").collect();
    assert_eq!(told.len(), 3 * count, "{written}");
    assert!(
        told.iter().any(|told| told["caller"] == *mesh.worker && told["path"] == "/v1/verify"),
        "{written}"
    );
    assert!(told.iter().all(|told| told["id"].is_string() && told["status"].is_u64()), "{written}");
    assert!(sent.0.len() > 40 && sent.0.iter().all(|piece| piece.len() >= 10), "{:?}", sent.0);
    for piece in &sent.0 {
        assert!(!written.contains(piece.as_str()), "{piece} stands in {written}");
    }
}
