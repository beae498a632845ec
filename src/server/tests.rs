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
    let document = openapi::document();
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
