//! The table of routes; whole requests are tested over a real connection, in the suite.

use std::collections::HashSet;

use super::*;

#[test]
fn no_route_is_there_twice_and_each_says_what_it_does() {
    let mut seen = HashSet::new();
    for route in routes() {
        assert!(seen.insert((route.method.clone(), route.path)), "{:?} {}", route.method, route.path);
        assert!(!route.summary.is_empty() && !route.summary.ends_with('.'), "{}", route.path);
    }
}

#[test]
fn the_description_of_the_interface_has_every_route_with_its_roles_and_no_other() {
    let document: serde_json::Value = serde_json::from_str(openapi::text()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut described = 0;
    for route in routes() {
        let method = route.method.as_ref().map_or("get".to_owned(), |method| method.as_str().to_lowercase());
        let operation = &paths[route.path][method.as_str()];
        let roles: Vec<_> =
            operation["x-roles"].as_array().unwrap().iter().map(|role| role.as_str().unwrap()).collect();
        assert_eq!(roles, route.access.roles().collect::<Vec<_>>(), "{}", route.path);
        let named = route.path.matches('{').count();
        assert_eq!(operation["parameters"].as_array().unwrap().len(), named, "{}", route.path);
        described += 1;
    }
    assert_eq!(paths.values().map(|path| path.as_object().unwrap().len()).sum::<usize>(), described);
}

#[tokio::test]
async fn a_handler_that_panics_is_an_answer_and_a_counted_bug() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt as _;

    async fn broken() -> &'static str {
        panic!("on purpose")
    }
    let bugs = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&bugs);
    let router = axum::Router::new()
        .route("/broken", axum::routing::get(broken))
        .route("/whole", axum::routing::get(|| async { "well" }));
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
    };
    let router = routes::caught(router, count);
    let ask = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap()
    };
    let answer = ask("/broken").await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = axum::body::to_bytes(answer.into_body(), 1 << 16).await.unwrap();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["code"], "handler_panicked");
    assert!(!problem.to_string().contains("on purpose"), "what panicked is for the log alone");
    assert_eq!(ask("/whole").await.status(), StatusCode::OK);
    assert_eq!(bugs.load(Ordering::Relaxed), 1);
}
