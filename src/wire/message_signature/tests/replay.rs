//! A request counts once.

use super::*;

fn request(key: &str, number: u32, created: i64, life: i64) -> VerifiedRequest {
    let nonce = format!("nonce number {number:08}");
    let signer = Signer { keyid: key, created: later(created), life: Span::seconds(life), nonce: &nonce };
    let sent = Sent::new();
    let fields = sent.draft(&signer).unwrap().sign(&super::key());
    sent.add(fields).judge_at(later(created)).unwrap()
}

/// Takes a request as a verifier does whose disk has `mark`.
fn take(nonces: &mut Nonces, mark: &mut Option<Time>, request: &VerifiedRequest, now: Time) -> &'static str {
    for _ in 0..2 {
        match nonces.spend(request, now) {
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
    let (mut nonces, mut mark) = (Nonces::new(10, 10, None), None);
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
    let mut nonces = Nonces::new(20, 20, None);
    let first = request("a", 1, 0, 60);
    assert_eq!(nonces.spend(&first, now()), Ok(Step::Mark(later(10))));
    assert_eq!(nonces.spend(&first, now()), Ok(Step::Mark(later(10))), "asking is not taking");
    assert!(nonces.is_empty());
    nonces.marked(later(10));
    assert_eq!(nonces.spend(&first, now()), Ok(Step::Taken));
    for second in 1..=10 {
        assert_eq!(
            nonces.spend(&request("b", second, second.into(), 60), later(second.into())),
            Ok(Step::Taken)
        );
    }
    assert_eq!(nonces.spend(&request("b", 11, 11, 60), later(11)), Ok(Step::Mark(later(21))));
}

#[test]
fn whoever_is_refused_after_a_restart_is_taken_with_the_time_that_it_is_told() {
    let (mut nonces, mut mark) = (Nonces::new(10, 10, None), None);
    // The clock of one signer is a minute ahead.
    assert_eq!(take(&mut nonces, &mut mark, &request("fast", 1, 60, 60), now()), "taken");
    assert_eq!(mark, Some(later(60)), "no further than any request may be made");
    let mut again = Nonces::new(10, 10, mark);
    let refused = again.spend(&request("a", 1, 1, 60), later(1)).unwrap_err();
    assert_eq!((refused.code(), refused.server_time()), ("request_before_start", Some(later(61))));
    assert_eq!(take(&mut again, &mut mark, &request("a", 2, 61, 60), later(1)), "taken");
}

#[test]
fn one_key_fills_its_own_part_only() {
    let (mut nonces, mut mark) = (Nonces::new(4, 3, None), None);
    for number in 0..3 {
        assert_eq!(take(&mut nonces, &mut mark, &request("a", number, 0, 60), now()), "taken");
    }
    assert_eq!(take(&mut nonces, &mut mark, &request("a", 3, 0, 60), now()), "request_no_room");
    assert_eq!(take(&mut nonces, &mut mark, &request("b", 0, 0, 60), now()), "taken");
    // All is full: who has less than a share still gets in, who has more does not.
    assert_eq!(take(&mut nonces, &mut mark, &request("c", 0, 0, 60), now()), "taken");
    assert_eq!(take(&mut nonces, &mut mark, &request("b", 1, 0, 60), now()), "request_no_room");
    for key in ["d", "e", "f", "g"] {
        assert_eq!(take(&mut nonces, &mut mark, &request(key, 0, 0, 60), now()), "taken", "{key}");
    }
    assert_eq!(take(&mut nonces, &mut mark, &request("a", 0, 0, 60), now()), "request_replayed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whenever the process dies, and whatever its clock says afterwards.
    #[test]
    fn no_request_is_taken_twice_across_restarts_under_a_clock_that_jumps(
        steps in prop::collection::vec((0_u32..6, -60_i64..60, -90_i64..90, any::<bool>()), 1..24),
    ) {
        let mut mark = None;
        let mut nonces = Nonces::new(100, 100, mark);
        let mut taken = std::collections::HashSet::new();
        for (number, created, clock, dies) in steps {
            let sent = request("a", number, created, 60);
            let (made, end) = (sent.head().created(), sent.head().expires());
            let judged = made <= later(clock).plus(MAX_AHEAD) && later(clock) < end;
            if judged && take(&mut nonces, &mut mark, &sent, later(clock)) == "taken" {
                prop_assert!(taken.insert((number, created)));
            }
            if dies {
                nonces = Nonces::new(100, 100, mark);
            }
        }
    }
}
