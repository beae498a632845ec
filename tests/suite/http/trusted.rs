//! A verifier whose certificate is its site's own: believed by whoever was given the root, and by nobody else.

use std::net::SocketAddr;

use meshwarden::server::{self, Limits, Settings};
use meshwarden::warden::Warden;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Served;
use crate::cli::Finished;

/// A root of nobody, and what it issued: for this address, for another name, and until 2021. Of no use elsewhere.
const ROOT: &str = include_str!("root.crt");
const SERVED: [&str; 2] = [include_str!("served.crt"), include_str!("served.key")];
const ELSEWHERE: [&str; 2] = [include_str!("elsewhere.crt"), include_str!("elsewhere.key")];
const OVER: [&str; 2] = [include_str!("over.crt"), include_str!("over.key")];

/// A mesh that is served with one certificate after the other.
struct Site {
    served: Served,
    log_key: String,
}

struct Begun {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    running: JoinHandle<Warden>,
}

impl Site {
    async fn begin(&self, pair: [&str; 2]) -> Begun {
        let files = ["tls.crt", "tls.key"].iter().zip(pair);
        let files: Vec<_> = files.map(|(name, text)| self.served.mesh.home.file(name, text)).collect();
        let settings = Settings {
            tls: Some(server::tls(&files[0], &files[1]).unwrap()),
            socket: None,
            listen: vec!["127.0.0.1:0".parse().unwrap()],
            ..self.served.settings(Limits::default())
        };
        let bound = server::bind(self.served.open(), settings).await.unwrap();
        let address = bound.addresses[0];
        let (end, ended) = oneshot::channel();
        let running = tokio::spawn(bound.run(async move { drop(ended.await) }));
        Begun { address, end, running }
    }

    /// What vi sees there.
    fn look(&self, begun: &Begun, more: &[&str]) -> Finished {
        let (url, key) = (format!("https://{}", begun.address), self.log_key.as_str());
        let there =
            ["agent", "list", "--json", "--verifier", &url, "--log-key", key, "--operator-name", "vi"];
        self.served.mesh.run(&[&there[..], &["--operator-key", "@vi.pem"], more].concat())
    }
}

impl Begun {
    async fn end(self) {
        drop(self.end);
        self.running.await.unwrap();
    }
}

fn refused(finished: Finished) -> (String, String) {
    let stderr = finished.expect_code(5).stderr;
    let error: Value = serde_json::from_str(stderr.lines().last().unwrap()).expect(&stderr);
    let word = |name: &str| error["error"][name].as_str().unwrap_or_default().to_owned();
    (word("code"), word("message"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_believed_by_whom_its_root_was_given_to_and_what_is_wrong_with_it_is_said() {
    let mut served = Served::new().await;
    served.stop().await;
    let log_key = served.mesh.run(&["log", "key"]).expect_code(0).stdout.trim().to_owned();
    let site = Site { served, log_key };
    let home = &site.served.mesh.home;
    home.file("root.pem", ROOT);
    home.file("other.pem", include_str!("one.crt"));
    home.file("empty.pem", "nothing");
    for (pair, expected) in [(ELSEWHERE, "it is for another name"), (OVER, "it has expired")] {
        let begun = site.begin(pair).await;
        let (code, words) = refused(site.look(&begun, &["--verifier-root", "@root.pem"]));
        assert_eq!((code.as_str(), words.contains(expected)), ("verifier_untrusted", true), "{words}");
        begun.end().await;
    }
    let begun = site.begin(SERVED).await;
    let (code, words) = refused(site.look(&begun, &["--verifier-root", "@other.pem"]));
    assert_eq!(code, "verifier_untrusted");
    assert!(words.contains("nobody issued it whom you trust"), "{words}");
    for file in ["@empty.pem", "@missing.pem"] {
        let (code, words) = refused(site.look(&begun, &["--verifier-root", file]));
        assert_eq!(code, "verifier_root", "{words}");
    }
    let listed = site.look(&begun, &["--verifier-root", "@root.pem"]).expect_code(0).stdout;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    // What was seen before is still shown, and said to be old, and why.
    let old = site.look(&begun, &["--verifier-root", "@other.pem"]).expect_code(0);
    assert!(old.stderr.contains("nobody issued it whom you trust"), "{}", old.stderr);
    // The same from the configuration, for the usual place and for a context.
    let there = format!(
        "verifier = \"https://{}\"\nlog_key = \"{}\"\nverifier_root = \"{}\"\noperator = \"vi\"\noperator_key = \"{}\"\n",
        begun.address,
        site.log_key,
        site.served.mesh.path("root.pem"),
        site.served.mesh.path("vi.pem"),
    );
    home.file("usual.toml", &there);
    home.file("contexts.toml", format!("[[context]]\nname = \"there\"\n{there}"));
    for options in [&["--config", "@usual.toml"][..], &["--config", "@contexts.toml", "--context", "there"]] {
        let listed = site.served.mesh.run(&[&["agent", "list", "--json"], options].concat());
        assert_eq!(listed.expect_code(0).stdout.lines().count(), 2);
    }
    begun.end().await;
}
