//! A request counts once, as it was signed, and in time.

use meshwarden::client::{Ask, Client, Identity};
use meshwarden::time::{Span, Time};
use meshwarden::warden::{Clock, SystemClock, SystemEntropy};
use serde_json::Value;

use super::{Served, code};

const LIST: &str = "/v1/agents?limit=1";

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_overheard_counts_neither_again_nor_elsewhere() {
    let mut served = Served::new().await;
    let vi = served.named("vi");
    let address = served.address;
    let url = |path: &str| format!("http://{address}{path}");
    let overheard = vi.sign(&Ask::get(LIST)).unwrap();
    let http = reqwest::Client::new();
    let told = async |path: &str, body: &str| {
        let request = http.get(url(path)).headers(overheard.clone()).body(body.to_owned());
        let answer = request.send().await.unwrap().bytes().await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        answer["code"].as_str().map_or("done".to_owned(), str::to_owned)
    };
    assert_eq!(told("/v1/agents?limit=2", "").await, "request_signature_invalid");
    assert_eq!(told("/v1/changes?limit=1", "").await, "request_signature_invalid");
    assert_eq!(told(LIST, "").await, "done");
    assert_eq!(told(LIST, "").await, "request_replayed");
    served.stop().await;
    served.start(Default::default()).await;
    assert_eq!(told(LIST, "").await, "request_before_start", "nor after a restart");
    served.stop().await;
}

/// The system's clock, that goes wrong.
struct Off(Span);

impl Clock for Off {
    fn now(&self) -> Time {
        SystemClock.now().plus(self.0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_clock_is_six_minutes_off_is_told_the_time_and_goes_on() {
    let mut served = Served::new().await;
    for minutes in [6, -6] {
        let clock = Box::new(Off(Span::seconds(60 * minutes)));
        let base = format!("http://{}", served.address);
        let client = Client::new(&base, clock, Box::new(SystemEntropy)).unwrap();
        client.sign_as(Identity::named("vi", served.key("vi")));
        // A time that nobody vouches for sets no clock.
        let refused = code(client.bytes(&Ask::get(LIST)).await);
        assert!(["request_early", "request_expired"].contains(&refused.as_str()), "{refused}");
        client.pin(served.open().verifier().unwrap());
        let page: Value = client.ask(&Ask::get(LIST)).await.unwrap();
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{minutes}");
        let off = client.now().since(SystemClock.now());
        assert!(off < Span::seconds(30) && off > Span::seconds(-30), "{off:?}");
    }
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_signs_once_for_an_hour_of_looking() {
    let mut served = Served::new().await;
    let log = served.open().snapshot().log.to_string();
    let fresh = || meshwarden::identity::SecretKey::from_seed([7; 32]);
    let now = SystemClock.now();
    let session = |name: &str, by: &str, now| {
        let client = served.stranger();
        let identity = Identity::session(&log, name, &mut served.key(by), fresh(), now).unwrap();
        client.sign_as(identity);
        client
    };
    let page: Value = session("rex", "rex", now).ask(&Ask::get(LIST)).await.unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    let refused = [
        ("another signs for rex", session("rex", "vi", now), "session_unknown"),
        ("it is over", session("rex", "rex", now.plus(Span::seconds(-3601))), "session_expired"),
    ];
    for (what, client, expected) in refused {
        assert_eq!(code(client.bytes(&Ask::get(LIST)).await), expected, "{what}");
    }
    served.stop().await;
}
