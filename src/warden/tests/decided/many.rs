//! Verdicts for many at once, by the thread that keeps them.

use std::sync::mpsc::{Receiver, sync_channel};

use super::*;
use crate::warden::{Decider, Word, Writer};

fn ask(decider: &Decider, asked: &Asked<'static>) -> Receiver<Answer> {
    let (tell, told) = sync_channel(1);
    drop(decider.decide(asked.clone(), move |answer| tell.send(answer).unwrap()).unwrap());
    told
}

#[test]
fn each_proof_counts_once_and_whoever_was_stopped_meanwhile_is_denied() {
    let mut mesh = Mesh::new();
    let [twice, other, late] =
        [mesh.ask(4, "read:data", ""), mesh.ask(4, "read:data", ""), mesh.ask(4, "read:data", "")];
    let clock = std::sync::Arc::new(StandingStill(mesh.house.warden.now()));
    let Mesh { house, directory: _directory, .. } = mesh;
    let ground = house.warden.decisions_ground();
    let writer = Writer::start(house.warden).unwrap();
    let (decider, thread) = Decider::start(ground, writer.caller(), clock).unwrap();
    let answers = [&twice, &twice, &other].map(|asked| ask(&decider, asked));
    let answers = answers.map(|told| told.recv().unwrap());
    let allowed = answers.iter().filter(|answer| answer.verdict.allows()).count();
    assert_eq!(allowed, 2, "of one proof that comes twice, one is allowed");
    assert!(answers.iter().all(|answer| !answer.verdict.allows() || answer.index.is_some()));
    let (done, stopped) = sync_channel(1);
    let stop = |warden: &mut Warden| {
        let request = Request::of(SUSPEND, did(1), Scope::Subtree);
        let snapshot = warden.snapshot();
        let frozen = Frozen::of(&snapshot.registry, request, warden.now()).unwrap();
        warden.commit(&frozen, snapshot.registry.row_count(), Word::of("ops", "odd")).unwrap();
    };
    writer.caller().ask(crate::warden::Lane::Operators, stop, move |()| done.send(()).unwrap()).unwrap();
    stopped.recv().unwrap();
    let answer = ask(&decider, &late).recv().unwrap();
    assert_eq!(answer.verdict.failure.unwrap().code, "agent_suspended");
    decider.stop();
    thread.join().unwrap();
    assert!(decider.decide(late, |_| ()).is_err(), "who asks after the end is not left waiting");
}

struct StandingStill(Time);

impl Clock for StandingStill {
    fn now(&self) -> Time {
        self.0
    }
}
