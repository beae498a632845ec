//! The API description (OpenAPI 3.1), made from the table of routes.

use serde_json::{Map, Value, json};

use super::routes;

/// The document.
pub(super) fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in routes::all() {
        let methods =
            route.method.as_ref().map_or("get", |method| if method == "POST" { "post" } else { "get" });
        let parameters: Vec<Value> = parameters(route.path)
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        let mut operation = json!({
            "summary": route.summary,
            "parameters": parameters,
            "x-roles": route.access.roles().collect::<Vec<_>>(),
            "responses": {
                "2XX": {"description": "done"},
                "default": {
                    "description": "a problem document (RFC 9457)",
                    "content": {crate::wire::MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                },
            },
        });
        if route.body > 0
            && let Some(operation) = operation.as_object_mut()
        {
            let body =
                json!({"required": true, "content": {"application/json": {}}, "x-max-bytes": route.body});
            operation.insert("requestBody".to_owned(), body);
        }
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(methods.to_owned(), operation);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "meshwarden", "version": env!("CARGO_PKG_VERSION")},
        "paths": paths,
        "components": {"schemas": {"Problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail", "code", "advice"],
            "properties": {
                "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                "detail": {"type": "string"}, "code": {"type": "string"}, "advice": {"type": "string"},
                "instance": {"type": "string"}, "hop": {"type": "integer"}, "time": {"type": "object"},
            },
        }}},
    })
}

/// The names in braces.
fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}
