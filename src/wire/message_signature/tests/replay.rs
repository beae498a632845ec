//! A request counts once.

use super::*;

fn request(key: &str, number: u32, created: i64, life: i64) -> VerifiedRequest {
    let nonce = format!("nonce number {number:08}");
    let signer = Signer { keyid: key, created: later(created), life: Span::seconds(life), nonce: &nonce };
    let sent = Sent::new();
    let fields = sent.draft(&signer).unwrap().sign(&super::key());
    sent.add(fields).judge_at(later(created)).unwrap()
}

fn rooms(each: usize) -> Rooms {
    Rooms { operators: each, programs: each, agents: each }
}

/// Takes a request as a verifier does whose disk has `mark`.
fn take(nonces: &mut Nonces, mark: &mut Option<Time>, request: &VerifiedRequest, now: Time) -> &'static str {
    for _ in 0..2 {
        match nonces.spend(request, Whose::Agent, now) {
            Ok(Step::Taken) => return "taken",
            Ok(Step::Mark(later)) => {
                assert!(mark.is_none_or(|mark| mark < later), "a mark only rises");
                *mark = Some(later);
                nonces.marked(later);
            }
            Err(error) => return error.code(),
        }
    }
    "a mark that lasts does not suffice"
}

#[test]
fn a_request_is_taken_once_however_the_clock_goes() {
    let (mut nonces, mut mark) = (Nonces::new(rooms(10), None), None);
    let first = request("a", 1, 0, 60);
    assert_eq!(take(&mut nonces, &mut mark, &first, now()), "taken");
    assert_eq!(take(&mut nonces, &mut mark, &first, later(1)), "request_replayed");
    assert_eq!(
        take(&mut nonces, &mut mark, &request("b", 1, 0, 60), later(1)),
        "taken",
        "another key's nonce"
    );
    assert_eq!(take(&mut nonces, &mut mark, &request("a", 2, 0, 60), later(1)), "taken");
    assert_eq!(take(&mut nonces, &mut mark, &first, later(60)), "request_over");
    assert!(nonces.is_empty(), "what is over is forgotten");
    assert_eq!(take(&mut nonces, &mut mark, &first, later(1)), "request_over", "a clock set back wakes none");
}

#[test]
fn nothing_is_taken_before_the_mark_lasts() {
    let mut nonces = Nonces::new(rooms(100), None);
    let first = request("a", 1, 0, 60);
    assert_eq!(nonces.spend(&first, Whose::Agent, now()), Ok(Step::Mark(later(10))));
    assert_eq!(nonces.spend(&first, Whose::Agent, now()), Ok(Step::Mark(later(10))), "asking is not taking");
    assert!(nonces.is_empty());
    nonces.marked(later(10));
    assert_eq!(nonces.spend(&first, Whose::Agent, now()), Ok(Step::Taken));
    for second in 1..=10 {
        assert_eq!(
            nonces.spend(&request("b", second, second.into(), 60), Whose::Agent, later(second.into())),
            Ok(Step::Taken)
        );
    }
    assert_eq!(nonces.spend(&request("b", 11, 11, 60), Whose::Agent, later(11)), Ok(Step::Mark(later(21))));
}

#[test]
fn whoever_is_refused_after_a_restart_is_taken_with_the_time_that_it_is_told() {
    let (mut nonces, mut mark) = (Nonces::new(rooms(10), None), None);
    // The clock of one signer is a minute ahead.
    assert_eq!(take(&mut nonces, &mut mark, &request("fast", 1, 60, 60), now()), "taken");
    assert_eq!(mark, Some(later(60)), "no further than any request may be made");
    let mut again = Nonces::new(rooms(10), mark);
    let refused = again.spend(&request("a", 1, 1, 60), Whose::Agent, later(1)).unwrap_err();
    assert_eq!((refused.code(), refused.server_time()), ("request_before_start", Some(later(61))));
    assert_eq!(take(&mut again, &mut mark, &request("a", 2, 61, 60), later(1)), "taken");
}

/// Takes requests of one key until one is refused.
fn fill(nonces: &mut Nonces, mark: &mut Option<Time>, key: &str) -> usize {
    let code = |number| take(nonces, mark, &request(key, number, 0, 60), now());
    let codes: Vec<_> = (0..100).map(code).take_while(|code| *code == "taken").collect();
    codes.len()
}

#[test]
fn a_busy_key_has_half_of_a_room_alone_and_nobody_is_ever_pushed_out() {
    let (mut nonces, mut mark) = (Nonces::new(rooms(64), None), None);
    assert_eq!(fill(&mut nonces, &mut mark, "a"), 32);
    assert_eq!(take(&mut nonces, &mut mark, &request("a", 40, 0, 60), now()), "request_no_room");
    // However many keys are hostile, whoever comes finds a place, and the more the fewer they are.
    let others: Vec<usize> =
        (0..40).map(|key| fill(&mut nonces, &mut mark, &format!("hostile {key}"))).collect();
    assert_eq!(others[..6], [16, 8, 4, 2, 1, 1]);
    assert!(others[6..].iter().all(|held| *held == 1), "{others:?}");
    assert_eq!(fill(&mut nonces, &mut mark, "b"), 1);
    assert_eq!(take(&mut nonces, &mut mark, &request("a", 0, 0, 60), now()), "request_replayed");
    // Whoever took much when it was alone waits until what it sent has ended.
    assert_eq!(take(&mut nonces, &mut mark, &request("a", 41, 1, 60), later(1)), "request_no_room");
    let mut later =
        (50..54).map(|number| take(&mut nonces, &mut mark, &request("a", number, 60, 60), later(60)));
    assert!(later.any(|code| code == "taken"));
}

#[test]
fn agents_take_no_place_from_operators_and_programs() {
    let most = Rooms { operators: 2, programs: 4, agents: 2 };
    let (mut nonces, mark) = (Nonces::new(most, None), later(10));
    nonces.marked(mark);
    let mut step =
        |key: &str, number, whose| nonces.spend(&request(key, number, 0, 60), whose, now()).is_ok();
    for key in 0..50 {
        assert!(step(&format!("did:mesh:{key:02}#key-1"), 0, Whose::Agent), "one of each");
        assert!(!step(&format!("did:mesh:{key:02}#key-1"), 1, Whose::Agent) || key == 0);
    }
    assert!(step("ada#key-1", 0, Whose::Operator) && !step("ada#key-1", 1, Whose::Operator));
    assert!(step("edge#key-1", 0, Whose::Program) && step("edge#key-1", 1, Whose::Program));
    assert!(!step("edge#key-1", 2, Whose::Program) && step("gateway#key-1", 0, Whose::Program));
}

#[test]
fn what_ended_is_forgotten_by_and_by_and_its_room_is_free_again() {
    let (mut nonces, mut mark) = (Nonces::new(rooms(200), None), None);
    assert_eq!((0..100).filter(|key| fill(&mut nonces, &mut mark, &format!("{key}")) > 0).count(), 100);
    let before = nonces.len();
    assert!(before > 128);
    assert_eq!(take(&mut nonces, &mut mark, &request("late", 0, 60, 60), later(60)), "taken");
    assert!(nonces.len() < before && nonces.len() > 1, "not all at once: {}", nonces.len());
    for number in 1..5 {
        assert_eq!(take(&mut nonces, &mut mark, &request("late", number, 60, 60), later(60)), "taken");
    }
    assert_eq!(nonces.len(), 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whenever the process dies, and whatever its clock says afterwards.
    #[test]
    fn no_request_is_taken_twice_across_restarts_under_a_clock_that_jumps(
        steps in prop::collection::vec((0_u32..6, -60_i64..60, -90_i64..90, any::<bool>()), 1..24),
    ) {
        let mut mark = None;
        let mut nonces = Nonces::new(rooms(100), mark);
        let mut taken = std::collections::HashSet::new();
        for (number, created, clock, dies) in steps {
            let sent = request("a", number, created, 60);
            let (made, end) = (sent.head().created(), sent.head().expires());
            let judged = made <= later(clock).plus(MAX_AHEAD) && later(clock) < end;
            if judged && take(&mut nonces, &mut mark, &sent, later(clock)) == "taken" {
                prop_assert!(taken.insert((number, created)));
            }
            if dies {
                nonces = Nonces::new(rooms(100), mark);
            }
        }
    }
}
