//! Who may ask what.

use meshwarden::client::{Ask, Client};
use meshwarden::server::{Role, Signs, routes};

use super::{Served, code, status};

/// A path with something in its braces.
fn filled(path: &str, did: &str) -> String {
    path.replace("{did}", did).replace("{id}", "1").replace("{index}", "0").replace("{jti}", "none")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_admits_the_roles_that_its_description_says_and_no_others() {
    let mut served = Served::new().await;
    let callers: [(Role, Client); 7] = [
        (Role::Stranger, served.stranger()),
        (Role::Agent, served.planner()),
        (Role::Point, served.named("edge")),
        (Role::Source, served.named("behaviour")),
        (Role::Viewer, served.named("vi")),
        (Role::Responder, served.named("rex")),
        (Role::Admin, served.named("ada")),
    ];
    // Whoever forwards a request signs it as a point: see `forward`.
    for route in routes().into_iter().filter(|route| route.signs != Signs::AsPoint) {
        let path = filled(route.path, &served.mesh.planner);
        for (role, client) in &callers {
            let ask = match route.body {
                0 => Ask::get(&path),
                _ => Ask::post(&path, b"{}".to_vec()),
            };
            // An event stream has no end: its head is enough.
            let answer = client.send(&ask).await;
            let status = status(&answer);
            let admitted = !matches!(status, 401 | 403);
            assert_eq!(admitted, route.access.admits(*role), "{} {path}: {status}", role.as_str());
            assert!(status < 500, "{} {path}: {status}", role.as_str());
        }
    }
    drop(callers);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_sees_itself_and_not_whether_others_are_there() {
    let mut served = Served::new().await;
    let planner = served.planner();
    let own = format!("/v1/agents/{}", served.mesh.planner);
    let shown: serde_json::Value = planner.ask(&Ask::get(&own)).await.unwrap();
    assert_eq!(shown["agent"]["did"], served.mesh.planner);
    for other in [served.mesh.worker.as_str(), "did:mesh:00"] {
        let path = format!("/v1/agents/{other}");
        assert_eq!(code(planner.bytes(&Ask::get(&path)).await), "unknown_agent");
    }
    served.stop().await;
}
