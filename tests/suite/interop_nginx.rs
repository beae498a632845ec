//! Two agents in Python behind a real nginx with `assets/adapters/nginx/meshwarden.conf`, and the built verifier.
//!
//! What holds behind nginx holds behind Caddy too: see `interop_caddy`.
//! nginx is looked for in PATH and /usr/sbin; `MESHWARDEN_HTTPSIG_PYTHON` names a Python that has `cryptography`. Without
//! them the test says that it was skipped, and fails when `MESHWARDEN_REQUIRE_PEERS=1`.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cli::{MESHWARDEN, PATIENCE};
use crate::cli_enrol::Enrolled;
use crate::interop::skipped;

const CONF: &str = include_str!("../../assets/adapters/nginx/meshwarden.conf");

/// A program that ends with the test.
pub struct Running(Child);

impl Running {
    pub const fn of(child: Child) -> Self {
        Self(child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program, and waits for the first line that it prints.
pub fn start(command: &mut Command) -> (Running, String) {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let running = Running(child);
    let (sender, line) = channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines();
        drop(sender.send(lines.next().unwrap().unwrap()));
        lines.for_each(drop);
    });
    (running, line.recv_timeout(PATIENCE).unwrap())
}

/// A program of the system.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    folders.into_iter().map(|folder| folder.join(name)).find(|program| program.exists())
}

/// The example configuration of a proxy, for this verifier, this service and this port.
pub fn site(conf: &str, mesh: &Enrolled, service: u16, port: u16) -> String {
    let site = [
        ("/run/meshwarden/verifier.sock", mesh.path("verifier.sock")),
        ("127.0.0.1:9000", format!("127.0.0.1:{service}")),
        ("127.0.0.1:8080", format!("127.0.0.1:{port}")),
    ];
    site.iter().fold(conf.to_owned(), |conf, (from, to)| {
        assert!(conf.contains(from), "the example has {from}");
        conf.replace(from, to)
    })
}

/// A port that nobody has now.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// nginx on a port that nobody has, with the example configuration for this verifier and this service.
fn nginx(program: &Path, mesh: &Enrolled, service: u16) -> (Running, u16) {
    loop {
        let port = free_port();
        let site = site(CONF, mesh, service, port);
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};", mesh.path(name)));
        let conf = format!(
            "user root; daemon off; master_process off; pid {}; error_log {};\nevents {{}}\nhttp {{ access_log off; {}\n{site}\n}}",
            mesh.path("nginx.pid"),
            mesh.path("nginx.log"),
            temporary.join(" "),
        );
        mesh.home.file("nginx.conf", conf);
        let mut command = Command::new(program);
        command.args(["-c", &mesh.path("nginx.conf"), "-e", &mesh.path("nginx.log"), "-p", &mesh.path("")]);
        let mut running = Running(command.stderr(Stdio::null()).spawn().unwrap());
        let begun = Instant::now();
        // It writes the file once it listens, and ends when somebody else took the port meanwhile.
        while running.0.try_wait().unwrap().is_none() {
            if mesh.home.path("nginx.pid").exists() {
                return (running, port);
            }
            assert!(begun.elapsed() < PATIENCE, "nginx does not begin");
            std::thread::sleep(Duration::from_millis(10));
        }
        let log = std::fs::read_to_string(mesh.home.path("nginx.log")).unwrap_or_default();
        assert!(log.contains("Address already in use"), "{log}");
    }
}

async fn told(port: u16, path: &str, value: Value) -> Value {
    let http = reqwest::Client::new().post(format!("http://127.0.0.1:{port}{path}"));
    let answer = http.body(value.to_string()).timeout(PATIENCE).send().await.unwrap();
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// A Python that has what an agent needs.
pub fn python() -> Option<OsString> {
    std::env::var_os("MESHWARDEN_HTTPSIG_PYTHON").filter(|path| !path.is_empty())
}

/// The built verifier and two agents in Python.
pub struct Site {
    pub mesh: Enrolled,
    verifier: String,
    /// Where the root agent serves.
    pub planner: u16,
    worker: u16,
    _running: [Running; 3],
}

impl Site {
    pub fn begin(python: &OsStr) -> Self {
        let mesh = crate::http::held_mesh();
        let mut serve = Command::new(MESHWARDEN);
        serve.env_clear().envs(mesh.home.environment()).env("MESHWARDEN_LOG", "warn");
        let socket = mesh.path("verifier.sock");
        serve.args(["serve", "--name", "mesh", "--listen", "127.0.0.1:0", "--socket", &socket]);
        let (running, line) = start(&mut serve);
        let verifier = line.replace("listening on ", "http://");
        let agent = |did: &str, key: &str| {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let mut command = Command::new(python);
            command.arg("-B").arg(root.join("tests/suite/interop_nginx/agent.py"));
            command.arg(root.join("assets/adapters/python")).args([did, &mesh.path(key), &verifier, "mesh"]);
            let (running, port) = start(&mut command);
            (running, port.parse::<u16>().unwrap())
        };
        let (first, planner) = agent(&mesh.planner, "planner.pem");
        let (second, worker) = agent(&mesh.worker, "worker.pem");
        Self { mesh, verifier, planner, worker, _running: [running, first, second] }
    }

    /// What must hold of a proxy at the port `edge` before the root agent, until the child is suspended.
    pub async fn is_guarded_at(&self, edge: u16) {
        let Self { mesh, planner, worker, .. } = self;
        let (planner, worker) = (*planner, *worker);
        let url = |path: &str| format!("http://127.0.0.1:{edge}{path}");
        // A handshake proves both keys, and the parent delegates.
        let join = json!({"peer": mesh.planner, "at": format!("http://127.0.0.1:{planner}"), "scopes": ["read:data"]});
        assert_eq!(told(worker, "/join", join).await, json!({"tokens": 1}));
        let call = async |more: Value| {
            let mut said =
                json!({"method": "POST", "url": url("/orders/a%2Fb?limit=5"), "body": "{\"item\":7}"});
            said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            told(worker, "/call", said).await
        };
        let served = json!({
            "method": "POST", "path": "/orders/a%2Fb?limit=5", "caller": mesh.worker, "body": "unbound", "signed_body": true,
        });
        assert_eq!(call(json!({})).await, json!({"status": 200, "answer": served}));
        let read = call(json!({"method": "GET", "body": ""})).await;
        assert_eq!(read["status"], 200, "{read}");
        let unsigned = call(json!({"unsigned": true})).await;
        assert_eq!(unsigned, json!({"status": 401, "code": "request_unsigned"}));
        // The proxy sees no body either: the application compares it with what was signed.
        let other = call(json!({"sent": "{\"item\":8}"})).await;
        assert_eq!((&other["status"], &other["answer"]["signed_body"]), (&json!(200), &json!(false)));
        // What a client says of itself counts for nothing: each field that the point sets is overwritten.
        let claims = json!({
            "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/other", "X-Forwarded-Host": "other.example",
            "X-Forwarded-Proto": "https", "Mesh-Action": "other:thing", "Mesh-Caller": mesh.planner,
            "Mesh-Body": "bound",
        });
        let claimed = call(json!({"headers": claims})).await;
        assert_eq!(claimed, json!({"status": 200, "answer": served}));
        let claims = json!({"Mesh-Caller": mesh.planner, "X-Forwarded-Uri": "/v1/orders"});
        let claimed = call(json!({"headers": claims, "unsigned": true})).await;
        assert_eq!(claimed["status"], 401, "{claimed}");
        assert_eq!(
            told(planner, "/", json!({})).await["caller"],
            Value::Null,
            "the proxy says who calls, and nobody else"
        );
        // The child is suspended: its next call is refused, and the log says why.
        let suspend =
            ["agent", "suspend", &mesh.worker, "--reason", "odd", "--yes", "--operator-key", "@rex.pem"];
        mesh.run(&suspend).expect_code(0);
        self.follows().await;
        assert_eq!(call(json!({})).await, json!({"status": 403, "code": "agent_suspended"}));
        let kept = mesh.json(&["verdicts"]);
        assert!(kept.iter().any(|one| one["peer"] == "edge" && one["decision"] == "deny"), "{kept:?}");
    }

    /// Waits until the verifier has taken in what the command line wrote.
    async fn follows(&self) {
        let (verifier, entries) = (&self.verifier, self.mesh.entries());
        let begun = Instant::now();
        loop {
            let ready = reqwest::get(format!("{verifier}/v1/ready")).await.unwrap().bytes().await.unwrap();
            let ready: Value = serde_json::from_slice(&ready).unwrap();
            if ready["size"] == json!(entries) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{ready}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_behind_nginx_call_each_other_until_the_child_is_suspended() {
    let test = "interop_nginx::two_agents_behind_nginx_call_each_other_until_the_child_is_suspended";
    let Some(program) = program("nginx") else { return skipped(test, "there is no nginx") };
    let Some(python) = python() else {
        return skipped(test, "MESHWARDEN_HTTPSIG_PYTHON names no Python with cryptography");
    };
    let site = Site::begin(&python);
    let (_nginx, edge) = nginx(&program, &site.mesh, site.planner);
    site.is_guarded_at(edge).await;
}
