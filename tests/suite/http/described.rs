//! The interface is as its description says: every route answers what its schema allows, and nothing more.

use std::collections::BTreeSet;

use meshwarden::client::{Ask, Client, Identity};
use meshwarden::delegation::{Act, Issuer, Proof};
use meshwarden::encoding::sha256;
use meshwarden::handshake::{Challenge, Demand, Initiator, Me, Nonce, Peer, Terms};
use meshwarden::identity::Did;
use meshwarden::server::{Sends, Signs, routes};
use meshwarden::time::Span;
use meshwarden::warden::{Clock as _, SystemClock};
use serde_json::{Map, Value, json};

use super::changes::suspension;
use super::tokens::{issued, jti, refreshed};
use super::{Served, code};

/// Checks values by schemas, more strictly than they ask: a member that none names is wrong.
struct Schemas(Map<String, Value>);

impl Schemas {
    /// What is wrong with a value, and where.
    fn wrong(&self, schema: &Value, value: &Value, at: &str) -> Option<String> {
        let (schema, members) = match schema {
            Value::Bool(true) => return None,
            Value::Object(_) => self.merged(schema),
            other => return Some(format!("{at}: the schema is {other}")),
        };
        if let Some(choices) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
            let choices = choices.as_array().unwrap();
            // What all choices have beside is told outside of them.
            let beside = |choice: &Value| {
                let mut choice = self.merged(choice).0;
                let mut all = members.clone();
                all.extend(choice.get("properties").and_then(Value::as_object).cloned().unwrap_or_default());
                if !all.is_empty() {
                    choice.insert("properties".to_owned(), Value::Object(all));
                }
                Value::Object(choice)
            };
            let wrong: Vec<String> =
                choices.iter().filter_map(|choice| self.wrong(&beside(choice), value, at)).collect();
            return (wrong.len() == choices.len()).then(|| wrong.join("; or "));
        }
        if let Some(only) = schema.get("const") {
            return (only != value).then(|| format!("{at}: {value} is not {only}"));
        }
        if let Some(words) = schema.get("enum") {
            return (!words.as_array().unwrap().contains(value))
                .then(|| format!("{at}: {value} is no {words}"));
        }
        let kinds: Vec<&str> = match schema.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            // Anything, if nothing else is said.
            _ => return (!members.is_empty()).then(|| format!("{at}: members of no object")),
        };
        let is = |kind: &&str| match *kind {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => false,
        };
        if !kinds.iter().any(is) {
            return Some(format!("{at}: {value} is none of {kinds:?}"));
        }
        match value {
            Value::Array(items) => {
                let schema = schema.get("items").unwrap_or(&Value::Bool(false));
                let items = items.iter().enumerate();
                items.filter_map(|(place, item)| self.wrong(schema, item, &format!("{at}/{place}"))).next()
            }
            Value::Object(found) => {
                let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
                let missing = required.filter_map(Value::as_str).find(|name| !found.contains_key(*name));
                if let Some(name) = missing {
                    return Some(format!("{at}: {name} is missing"));
                }
                let rest = schema.get("additionalProperties").unwrap_or(&Value::Bool(false));
                found.iter().find_map(|(name, value)| {
                    self.wrong(members.get(name).unwrap_or(rest), value, &format!("{at}/{name}"))
                })
            }
            _ => None,
        }
    }

    /// A schema with what it refers to, and all members that the two name.
    fn merged(&self, schema: &Value) -> (Map<String, Value>, Map<String, Value>) {
        let mut own = schema.as_object().cloned().unwrap_or_default();
        let mut members = own.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let named = own.remove("$ref").and_then(|name| Some(name.as_str()?.rsplit('/').next()?.to_owned()));
        if let Some(name) = named {
            let (other, more) =
                self.merged(self.0.get(&name).unwrap_or_else(|| panic!("{name} is not there")));
            members.extend(more);
            let mut required = own.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
            required.extend(other.get("required").and_then(Value::as_array).cloned().unwrap_or_default());
            for (key, value) in other {
                own.entry(key).or_insert(value);
            }
            own.insert("required".to_owned(), Value::Array(required));
        }
        if !members.is_empty() {
            own.insert("properties".to_owned(), Value::Object(members.clone()));
        }
        (own, members)
    }
}

#[test]
fn a_value_that_its_schema_does_not_allow_is_found_and_told_with_its_place() {
    let named = json!({"N": {"type": "object", "required": ["b"], "properties": {"b": {"type": ["string", "null"]}}}});
    let schemas = Schemas(named.as_object().unwrap().clone());
    let schema = json!({"type": "object", "required": ["a"], "properties": {
        "a": {"type": "array", "items": {"$ref": "#/components/schemas/N"}},
        "c": {"anyOf": [{"enum": ["x"]}, {"type": "null"}]},
    }});
    for (value, expected) in [
        (json!({"a": [{"b": "t"}, {"b": null}], "c": "x"}), None),
        (json!({"a": [], "c": null}), None),
        (json!({"c": null}), Some(": a is missing")),
        (json!({"a": [{"b": 1}]}), Some("/a/0/b: 1 is none of [\"string\", \"null\"]")),
        (json!({"a": [{}]}), Some("/a/0: b is missing")),
        (json!({"a": [], "d": 1}), Some("/d: the schema is false")),
        (json!({"a": [{"b": null, "e": 1}]}), Some("/a/0/e: the schema is false")),
        (json!({"a": [], "c": "y"}), Some("/c: \"y\" is no [\"x\"]; or /c: \"y\" is none of [\"null\"]")),
    ] {
        assert_eq!(schemas.wrong(&schema, &value, "").as_deref(), expected, "{value}");
    }
}

/// A verifier whose answers are compared with its description.
struct Compared {
    described: Value,
    schemas: Schemas,
    seen: BTreeSet<(String, String)>,
}

impl Compared {
    /// Asks, and compares the answer with what the description says of this route.
    async fn ask(&mut self, client: &Client, route: &str, ask: Ask<'_>) -> Value {
        let method = ask.method.as_str().to_lowercase();
        let operation = &self.described["paths"][route][&method];
        let schema = &operation["responses"]["2XX"]["content"]["application/json"]["schema"];
        let answer: Value = client.ask(&ask).await.unwrap_or_else(|error| panic!("{}: {error:?}", ask.path));
        let wrong = self.schemas.wrong(schema, &answer, "");
        assert_eq!(wrong, None, "{method} {route}: {answer}");
        self.seen.insert((method, route.to_owned()));
        answer
    }

    async fn get(&mut self, client: &Client, route: &str, path: &str) -> Value {
        self.ask(client, route, Ask::get(path)).await
    }

    async fn post(&mut self, client: &Client, route: &str, body: &Value) -> Value {
        let path = route.to_owned();
        self.ask(client, route, Ask::post(&path, body.to_string().into_bytes())).await
    }
}

/// A proof by the worker for a call with this chain.
fn proven(served: &Served, chain: &str) -> Value {
    let now = SystemClock.now();
    let leaf = Some(sha256(chain.as_bytes()));
    let act = Act { audience: "mesh", method: "GET", uri: "https://a.example/x", leaf };
    let (did, key) = (Did::parse(&served.mesh.worker).unwrap(), served.key("worker"));
    let signer = Issuer { did: &did, key: &key };
    let proof = Proof::make(&act, sha256(b""), signer, now, Span::seconds(30), [9; 16]).unwrap();
    json!({
        "chain": [chain], "proof": proof.as_str(), "proof_use": "fresh", "audience": "mesh", "method": "GET",
        "uri": "https://a.example/x", "body": null, "action": "read:data", "resource": "ledger",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_as_its_description_says() {
    let mut served = Served::unserved();
    served.mesh.home.file("policy.toml", "[[trust.sources]]\nname = \"behaviour\"\nper_hour = 3\n");
    let waits = |args: &[&str]| served.mesh.run(args).expect_code(3);
    waits(&["policy", "set", "@policy.toml", "--operator-key", "@ada.pem"]);
    let waiting = served.mesh.run(&["change", "list", "--json"]).expect_code(0).stdout;
    let id = crate::cli_mesh::values(&waiting)[0]["id"].as_str().unwrap().to_owned();
    served.mesh.run(&["change", "approve", &id, "--operator-key", "@bo.pem"]).expect_code(0);
    let sealed = ["lock", "add", "--organization", "acme", "--reason", "odd", "--operator-key", "@rex.pem"];
    served.mesh.run(&sealed).expect_code(0);
    let case = ["case", "open", "odd calls", "--operator-key", "@rex.pem", "--json"];
    served.mesh.run(&case).expect_code(0);
    // One that waits for a second signature.
    waits(&[
        "operator",
        "role",
        "vi",
        "--role",
        "responder",
        "--reason",
        "on call",
        "--operator-key",
        "@ada.pem",
    ]);
    served.start(Default::default()).await;
    let (vi, rex, edge, source) =
        (served.named("vi"), served.named("rex"), served.named("edge"), served.named("behaviour"));
    let (planner, worker) = (served.planner(), served.stranger());
    let (did, root) = (served.mesh.worker.clone(), served.mesh.planner.clone());
    worker.sign_as(Identity::agent(&Did::parse(&did).unwrap(), served.key("worker")));
    let anybody = served.stranger();
    let described: Value = anybody.ask(&Ask::get("/v1/openapi.json")).await.unwrap();
    let schemas = Schemas(described["components"]["schemas"].as_object().unwrap().clone());
    let mut all = Compared { described, schemas, seen: BTreeSet::new() };

    for path in
        ["/v1/health", "/v1/ready", "/v1/openapi.json", "/.well-known/did.json", "/.well-known/jwks.json"]
    {
        all.get(&anybody, path, path).await;
    }
    for route in ["", "/children", "/lineage", "/history", "/score", "/did.json", "/jwk.json", "/impact"] {
        for agent in [&did, &root] {
            all.get(&vi, &format!("/v1/agents/{{did}}{route}"), &format!("/v1/agents/{agent}{route}")).await;
        }
    }
    let page = all.get(&vi, "/v1/agents", "/v1/agents?limit=1").await;
    assert!(page["next"].is_string(), "{page}");
    for path in ["/v1/operators", "/v1/policy", "/v1/locks", "/v1/log/checkpoint", "/v1/log/entries"] {
        all.get(&vi, path, path).await;
    }
    let cases = all.get(&vi, "/v1/cases", "/v1/cases").await;
    let case = cases[0]["case"].as_str().unwrap();
    all.get(&vi, "/v1/cases/{id}", &format!("/v1/cases/{case}")).await;
    all.get(&vi, "/v1/log/entries/{index}", "/v1/log/entries/0").await;
    all.get(&vi, "/v1/log/entries/{index}/proof", "/v1/log/entries/0/proof").await;
    all.get(&vi, "/v1/log/consistency", "/v1/log/consistency?from=1&to=3").await;
    let waiting = all.get(&vi, "/v1/changes", "/v1/changes").await;
    let id = waiting[0]["id"].as_str().unwrap();
    all.get(&vi, "/v1/changes/{id}", &format!("/v1/changes/{id}")).await;

    // Tokens, and what they are worth.
    let chain = issued(&served, 31);
    all.post(&worker, "/v1/tokens", &json!({"chain": chain.to_header()})).await;
    let next = refreshed(&served, &chain, 32);
    all.post(&worker, "/v1/tokens/refresh", &json!({"chain": next.to_header()})).await;
    for action in ["read:data", "write:data"] {
        all.post(&worker, "/v1/tokens/verify", &json!({"chain": chain.to_header(), "action": action})).await;
    }
    all.get(&worker, "/v1/tokens/{jti}", &format!("/v1/tokens/{}", jti(&chain))).await;
    all.get(&vi, "/v1/tokens/{jti}", &format!("/v1/tokens/{}", jti(&next))).await;

    // Verdicts: one allow, and one denial.
    let asked = proven(&served, &chain.to_header());
    for decision in ["allow", "deny"] {
        let given = all.post(&worker, "/v1/verify", &asked).await;
        assert_eq!(given["decision"], decision, "{given}");
    }
    assert_eq!(all.get(&vi, "/v1/verdicts", "/v1/verdicts").await.as_array().unwrap().len(), 1);
    all.get(&vi, "/v1/log/decisions/checkpoint", "/v1/log/decisions/checkpoint").await;
    let text = Ask::post("/v1/who", format!("call by {did}").into_bytes());
    assert_eq!(all.ask(&vi, "/v1/who", text).await.as_array().unwrap().len(), 1);

    // A handshake.
    let document: Value = anybody.ask(&Ask::get("/.well-known/did.json")).await.unwrap();
    let verifier = Did::parse(document["alsoKnownAs"][0].as_str().unwrap()).unwrap();
    let now = SystemClock.now();
    let terms =
        Terms::new(vec!["read:data".to_owned()], "audit".to_owned(), None, now.plus(Span::seconds(60)));
    let (own, key) = (Did::parse(&root).unwrap(), served.key("planner"));
    let me = Me { did: &own, key: &key };
    let initiator = Initiator::begin(me, verifier.clone(), terms.unwrap(), Nonce([3; 32]), now).unwrap();
    let challenge = all.post(&planner, "/v1/handshakes", &initiator.hello().to_json()).await;
    let challenge = Challenge::from_json(&challenge.to_string()).unwrap();
    let peer = Peer {
        did: verifier,
        key: served.open().verifier().unwrap().key().bytes(),
        version: 0,
        active: true,
        attested: false,
        score: None,
        capabilities: vec!["read:data".to_owned()],
    };
    let (proof, _) = initiator.meet(me, &challenge, &peer, &Demand::default(), now).unwrap();
    all.post(&planner, "/v1/handshakes/proof", &proof.to_json()).await;

    // Somebody comes in, somebody is told of, somebody is stopped.
    served.mesh.key("other.pem");
    let key = served.key("other");
    let newcomer = key.public_key().bytes().bound_did();
    let granted = super::register::granted(&served, (&newcomer, &key), "planner", &["read:data"]);
    let body = json!({"public_key": served.mesh.public("other.pem"), "name": "other", "chain": granted});
    let other = served.stranger();
    other.sign_as(Identity::agent(&newcomer, key));
    all.post(&other, "/v1/agents", &body).await;
    let signal = json!({"kind": "violation", "subject": did, "severity": 500_000_000});
    all.post(&source, "/v1/signals", &signal).await;
    let change = suspension(&served, "rex", &did, 7).to_bytes().unwrap();
    let body = format!("{{\"change\":{}}}", String::from_utf8(change).unwrap());
    let taken = all.ask(&rex, "/v1/changes", Ask::post("/v1/changes", body.into_bytes())).await;
    all.post(&edge, "/v1/log/seen", &json!({"index": taken["index"]})).await;
    all.get(&vi, "/v1/receipts/{index}", &format!("/v1/receipts/{}", taken["index"])).await;
    all.get(&vi, "/v1/coverage", "/v1/coverage").await;
    for route in ["", "/lineage", "/score", "/impact"] {
        all.get(&vi, &format!("/v1/agents/{{did}}{route}"), &format!("/v1/agents/{did}{route}")).await;
    }

    // A refusal is a problem document; what is no JSON is what it is said to be.
    let problem = reqwest::get(format!("http://{}/v1/agents", served.address)).await.unwrap();
    let problem: Value = serde_json::from_slice(&problem.bytes().await.unwrap()).unwrap();
    let schema = json!({"$ref": "#/components/schemas/Problem"});
    assert_eq!(all.schemas.wrong(&schema, &problem, ""), None, "{problem}");
    for route in routes() {
        let method = route.method.as_ref().map_or("get".to_owned(), |method| method.as_str().to_lowercase());
        match route.sends {
            Sends::Json(_) => assert!(all.seen.contains(&(method, route.path.to_owned())), "{}", route.path),
            Sends::Other(media_type) => {
                let answer = vi.send(&Ask::get(route.path)).await.unwrap();
                assert_eq!(answer.headers()["content-type"], media_type, "{}", route.path);
            }
            Sends::Nothing => assert_eq!(route.signs, Signs::AsPoint, "{}", route.path),
        }
    }
    assert_eq!(code(anybody.bytes(&Ask::get("/v1/nothing")).await), "no_such_route");
    served.stop().await;
}
