//! The API description (OpenAPI 3.1), made from the table of routes.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::routes::{self, Sends};

/// The document in JSON, written once.
static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// The document in JSON.
pub(super) fn text() -> &'static str {
    &TEXT
}

fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    // As documents are written, and where OpenAPI looks for what is named.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schemas =
        settings.with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator();
    let problem = schemas.subschema_for::<crate::wire::Problem>();
    for route in routes::all() {
        let methods =
            route.method.as_ref().map_or("get", |method| if method == "POST" { "post" } else { "get" });
        let parameters: Vec<Value> = parameters(route.path)
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        let done = match route.sends {
            Sends::Json(schema) => {
                let schema = schema(&mut schemas);
                json!({"description": "done", "content": {"application/json": {"schema": schema}}})
            }
            Sends::Other(media_type) => json!({"description": "done", "content": {media_type: {}}}),
            Sends::Nothing => json!({"description": "done"}),
        };
        let mut operation = json!({
            "summary": route.summary,
            "parameters": parameters,
            "x-roles": route.access.roles().collect::<Vec<_>>(),
            "responses": {
                "2XX": done,
                "default": {
                    "description": "a problem document (RFC 9457)",
                    "content": {crate::wire::MEDIA_TYPE: {"schema": problem}},
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
        "components": {"schemas": schemas.take_definitions(true)},
    })
}

/// The names in braces.
fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}
