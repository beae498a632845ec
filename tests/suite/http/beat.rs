//! What somebody who only follows a verifier's log learns of its verdicts, on a line of its own.

use meshwarden::backend::{Backend, Beat, Remote};
use meshwarden::registry::Judgement;
use meshwarden::registry::query::Query;
use meshwarden::warden::WardenError;

use super::Served;
use super::remote::blocking;

fn beat(backend: &mut Backend) -> Result<Option<Beat>, WardenError> {
    let (registry, now) = (backend.snapshot().registry, backend.now());
    let judgement = Judgement::of(&registry, now);
    backend.beat(&registry, &judgement)
}

/// The agents that a query means.
fn meant(backend: &mut Backend, text: &str) -> Vec<String> {
    let (registry, now) = (backend.snapshot().registry, backend.now());
    let judgement = Judgement::of(&registry, now);
    let query = Query::parse(text).unwrap();
    let callers = backend.callers(&query, now).unwrap();
    let filter = query.over(&registry, &judgement, &callers).unwrap();
    filter.rows().map(|row| registry.agent(row).did().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_beside_is_told_of_verdicts_and_of_a_lost_line() {
    let served = Served::new().await;
    // Whoever makes a client of ours first chooses the cryptography for all.
    drop(served.named("vi"));
    super::forward::let_worker_through(&served).await;
    super::forward::forward_unsigned(&served).await;
    let cache = tempfile::TempDir::new().unwrap();
    let (mut served, mut reader, kept) = blocking(move || {
        let log_key = served.open().verifier().unwrap();
        let url = format!("http://{}", served.address);
        let remote = Remote { url, log_key, root: None, cache: cache.path().to_owned() };
        let followed = Backend::Local(Box::new(remote.open("vi", Box::new(served.key("vi"))).unwrap()));
        let mut reader = Backend::Local(Box::new(remote.open_to_read().unwrap()));
        assert_eq!(beat(&mut reader).unwrap(), None, "it has nobody to ask");
        reader.ask_on(followed.line().unwrap());
        let told = beat(&mut reader).unwrap().unwrap();
        assert_eq!(told.minutes.iter().map(|minute| minute.allowed).sum::<u64>(), 1);
        let counts: Vec<(&str, u32)> =
            told.figures.iter().map(|figure| (figure.query.as_str(), figure.count)).collect();
        assert_eq!(counts, [("denied<10m", 0), ("seen>1d state=active", 1)]);
        let edge = told.contacts.iter().find(|contact| contact.name == "edge").unwrap();
        assert!(edge.last_contact.is_some(), "{edge:?}");
        let unsigned: Vec<_> =
            told.unsigned.iter().map(|line| (line.through.as_deref(), line.count)).collect();
        assert_eq!(unsigned, [(Some("edge"), 1)]);
        assert_eq!(meant(&mut reader, "seen<1h"), [served.mesh.worker.as_str()]);
        assert_eq!(meant(&mut reader, "seen>1d state=active"), [served.mesh.planner.as_str()]);
        assert_eq!(meant(&mut reader, "denied<1h"), Vec::<String>::new());
        let last = reader.snapshot().head.size - 1;
        assert!(reader.enforced(last).unwrap().is_some(), "who enforces is asked there, too");
        (served, reader, (followed, cache))
    })
    .await;
    served.stop().await;
    blocking(move || {
        assert!(beat(&mut reader).is_err(), "what nobody answers is not nothing");
        // Lines have runtimes of their own, which end off this one's threads.
        drop((reader, kept));
    })
    .await;
}
