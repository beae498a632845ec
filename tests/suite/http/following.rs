//! A follower of a verifier has what it signed.

use meshwarden::audit::NoteVerifier;
use meshwarden::store::{Meta, Sqlite};
use meshwarden::warden::{Kind, SystemClock, SystemEntropy, Warden, WardenError};

use super::Served;
use super::changes::suspension;

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_makes_the_same_agents_and_a_later_one_brings_what_is_new() {
    let mut served = Served::new().await;
    let mut source = served.open();
    let meta = Meta { log: source.snapshot().log, created: source.now(), origin: None };
    let verifier: NoteVerifier = source.verifier().unwrap();
    let directory = tempfile::TempDir::new().unwrap();
    let store = Box::new(Sqlite::open_or_create(directory.path(), &meta).unwrap());
    let kind = Kind::OfflineCopy(directory.path().to_owned());
    let mut replica = Warden::over(store, kind, Box::new(SystemClock), Box::new(SystemEntropy)).unwrap();
    let vi = served.named("vi");
    for round in 0..2 {
        let mut pieces = Vec::new();
        let note = vi
            .snapshot(replica.reached(), |piece| {
                pieces.push(piece);
                Ok(())
            })
            .await
            .unwrap();
        replica.absorb(pieces.into_iter().map(Ok::<_, WardenError>), &note, &verifier).unwrap();
        source.follow().unwrap();
        assert_eq!(replica.snapshot().head, source.snapshot().head, "round {round}");
        let worker = served.mesh.worker.clone();
        if round == 0 {
            served.named("rex").submit(&suspension(&served, "rex", &worker, 5), &[]).await.unwrap();
        }
    }
    assert_eq!(replica.verify_log().unwrap().fault, None);
    served.stop().await;
}
