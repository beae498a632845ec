//! Tells somebody outside: a command that is run, or a webhook that is called, with one JSON object.
//!
//! What is told has happened already, and nothing waits for its being told: a notice that does not get through is said
//! to whoever is there, and the change stands.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

/// A command or webhook that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something that everybody should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// `meshwarden.notice.v1`.
    pub r#type: &'static str,
    /// `break_glass`, `operator`, `recover` or `log_key`.
    pub event: &'static str,
    /// The name of the log.
    pub log: String,
    /// The entry that says it.
    pub index: u64,
    /// Its time.
    pub time: String,
    /// Who ordered it.
    pub actor: String,
    /// What it is about.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// Whom to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notifier {
    /// A program with its arguments; the notice is its standard input.
    pub command: Vec<String>,
    /// An http or https URL; the notice is the body of a POST.
    pub url: Option<String>,
}

/// Why a notice did not get through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// The command cannot be started.
    #[error("{program} cannot be run: {kind}")]
    NotRun {
        /// The program.
        program: String,
        /// What the system says.
        kind: std::io::ErrorKind,
    },
    /// The command failed.
    #[error("{program} failed: {status}")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
    },
    /// Nobody answered in time.
    #[error("{whom} did not answer within {} s", PATIENCE.as_secs())]
    Late {
        /// The program, or the host.
        whom: String,
    },
    /// The webhook answered with something else than success, or not at all.
    #[error("{host}: {problem}")]
    Webhook {
        /// The host; a URL may hold a secret.
        host: String,
        /// What went wrong.
        problem: String,
    },
}

impl NotifyError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotRun { .. } => "notify_not_run",
            Self::Failed { .. } => "notify_failed",
            Self::Late { .. } => "notify_late",
            Self::Webhook { .. } => "notify_webhook",
        }
    }
}

impl Notifier {
    /// Whether there is anybody to tell.
    pub const fn is_set(&self) -> bool {
        !self.command.is_empty() || self.url.is_some()
    }

    /// Everybody who is to be told, one by one.
    pub fn each(&self) -> Vec<Self> {
        let command = Self { command: self.command.clone(), url: None };
        let url = Self { command: Vec::new(), url: self.url.clone() };
        [command, url].into_iter().filter(Self::is_set).collect()
    }

    /// Tells everybody who is to be told; answers what did not get through.
    pub fn tell(&self, notice: &Notice) -> Vec<NotifyError> {
        self.send(&serde_json::to_string(notice).unwrap_or_default(), "application/json")
    }

    /// Sends a text of some media type to everybody who is to be told; answers what did not get through.
    pub fn send(&self, body: &str, media_type: &'static str) -> Vec<NotifyError> {
        let command = self.command.split_first().map(|(program, arguments)| run(program, arguments, body));
        let webhook = self.url.as_deref().map(|url| post(url, body.to_owned(), media_type));
        [command, webhook].into_iter().flatten().filter_map(Result::err).collect()
    }
}

fn run(program: &str, arguments: &[String], body: &str) -> Result<(), NotifyError> {
    let not_run =
        |error: std::io::Error| NotifyError::NotRun { program: program.to_owned(), kind: error.kind() };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(not_run)?;
    // A notice is smaller than a pipe: a program that never reads does not hold this one up.
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(body.as_bytes());
    }
    let begun = Instant::now();
    loop {
        match child.try_wait().map_err(not_run)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => {
                return Err(NotifyError::Failed { program: program.to_owned(), status: status.to_string() });
            }
            None if begun.elapsed() > PATIENCE => {
                let _ = child.kill().and_then(|()| child.wait());
                return Err(NotifyError::Late { whom: program.to_owned() });
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

fn post(url: &str, body: String, media_type: &'static str) -> Result<(), NotifyError> {
    let host =
        reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let failed = |problem: &str| NotifyError::Webhook { host: host.clone(), problem: problem.to_owned() };
    // Another provider that is in place already does as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| failed("no runtime"))?;
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| failed("no TLS on this machine"))?;
        let sent = client.post(url).header("content-type", media_type).body(body).send().await;
        match sent {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(failed(&format!("answered {}", answer.status().as_u16()))),
            Err(error) if error.is_timeout() => Err(NotifyError::Late { whom: host.clone() }),
            Err(error) if error.is_connect() => Err(failed("cannot be reached")),
            Err(_) => Err(failed("did not answer as a web server does")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn notice() -> Notice {
        Notice {
            r#type: "meshwarden.notice.v1",
            event: "break_glass",
            log: "0".repeat(32),
            index: 7,
            time: "2026-03-01T12:00:00Z".to_owned(),
            actor: "ada".to_owned(),
            subject: "did:mesh:01".to_owned(),
            reason: "it spreads".to_owned(),
        }
    }

    #[test]
    fn a_command_gets_the_notice_on_its_standard_input() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("told");
        let command = ["sh", "-c", "cat > \"$0\"", file.to_str().unwrap()].map(str::to_owned).to_vec();
        let notifier = Notifier { command, url: None };
        assert_eq!(notifier.tell(&notice()), []);
        let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!((&told["event"], &told["index"]), (&"break_glass".into(), &7.into()));
    }

    #[test]
    fn a_command_that_fails_or_is_not_there_is_named() {
        let of = |command: &[&str]| {
            let command = command.iter().map(|word| (*word).to_owned()).collect();
            Notifier { command, url: None }
                .tell(&notice())
                .into_iter()
                .map(|error| error.code())
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&["false"]), ["notify_failed"]);
        assert_eq!(of(&["/nowhere/at/all"]), ["notify_not_run"]);
        assert_eq!(of(&["true"]), [""; 0]);
    }

    /// A web server for one request.
    fn server(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?secret=1", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut text = Vec::new();
            let mut part = [0; 4096];
            while !text.ends_with(b"}") {
                let read = stream.read(&mut part).unwrap();
                text.extend_from_slice(&part[..read]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(text).unwrap()
        });
        (url, thread)
    }

    #[test]
    fn a_webhook_gets_one_post_and_its_answer_counts() {
        let (url, request) = server("HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(Notifier { command: Vec::new(), url: Some(url) }.tell(&notice()), []);
        let request = request.join().unwrap();
        assert!(request.starts_with("POST /hook?secret=1 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains(r#""event":"break_glass""#), "{request}");
        let (url, request) = server("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n");
        let errors = Notifier { command: Vec::new(), url: Some(url) }.tell(&notice());
        request.join().unwrap();
        assert_eq!(errors[0].to_string(), "127.0.0.1: answered 500", "the URL's secret is not said");
    }
}
