//! Cedar rules, compiled once and asked per hop.

use std::collections::{HashMap, HashSet};
use std::str::FromStr as _;

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid,
    PolicyId, PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use miette::Diagnostic;
use serde_json::{Value, json};

use super::{HopFacts, MAX_RULES, RuleAnswer, RulesError};
use crate::policy::ActionClass;
use crate::trust::Tier;

/// Brackets may nest so deep; a row of operators between brackets may be so long.
const MAX_NESTING: usize = 24;
const MAX_OPERATORS: usize = 200;

/// What rules may ask about a hop, beside its principal, action and resource.
const CONTEXT: [&str; 8] = ["action", "age", "depth", "hop", "scopes", "score", "sponsor", "tier"];

pub(super) struct Compiled {
    rules: PolicySet,
    names: HashMap<PolicyId, String>,
    authorizer: Authorizer,
    agent: EntityTypeName,
    resource: EntityTypeName,
    /// What rules ask about a hop: the rest is not told.
    asked: HashSet<&'static str>,
    /// The classes that the schema has.
    actions: HashMap<String, EntityUid>,
    tiers: HashMap<Tier, EntityUid>,
    nobody: Entities,
}

impl Compiled {
    /// # Errors
    /// [`RulesError`].
    pub(super) fn new(text: &str, classes: &[&str]) -> Result<Self, RulesError> {
        shallow(text)?;
        let rules = PolicySet::from_str(text).map_err(|errors| {
            let (line, column) = place(text, &errors);
            RulesError::Syntax { line, column, problem: errors.to_string() }
        })?;
        if let Some(template) = rules.templates().next() {
            return Err(RulesError::Template(template.id().to_string()));
        }
        if rules.num_of_policies() > MAX_RULES {
            return Err(RulesError::TooMany);
        }
        let mut actions = vec![ActionClass::DEFAULT];
        actions.extend(classes.iter().filter(|class| **class != ActionClass::DEFAULT));
        let schema = schema(&actions)?;
        let checked = Validator::new(schema).validate(&rules, ValidationMode::Strict);
        if let Some(error) = checked.validation_errors().next() {
            let (line, column) = place(text, error);
            return Err(RulesError::Schema { line, column, problem: error.to_string() });
        }
        let named = |name: &str| EntityTypeName::from_str(name).map_err(|_| internal());
        let (action, tier) = (named("Action")?, named("Tier")?);
        Ok(Self {
            names: names(&rules)?,
            asked: asked(&rules),
            rules,
            authorizer: Authorizer::new(),
            agent: named("Agent")?,
            resource: named("Resource")?,
            actions: actions.iter().map(|name| ((*name).to_owned(), entity(&action, name))).collect(),
            tiers: Tier::ALL.map(|kind| (kind, entity(&tier, kind.as_str()))).into(),
            nobody: Entities::empty(),
        })
    }

    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    pub(super) fn judge(&self, hop: &HopFacts<'_>) -> RuleAnswer {
        let Some(request) = self.request(hop) else { return RuleAnswer::Failed { rules: Vec::new() } };
        let response = self.authorizer.is_authorized(&request, &self.rules, &self.nobody);
        let diagnostics = response.diagnostics();
        let failed =
            diagnostics.errors().map(|AuthorizationError::PolicyEvaluationError(error)| error.policy_id());
        let failed: Vec<&PolicyId> = failed.collect();
        if !failed.is_empty() {
            return RuleAnswer::Failed { rules: self.named(failed) };
        }
        match response.decision() {
            Decision::Allow => RuleAnswer::Permit,
            Decision::Deny => RuleAnswer::Deny { rules: self.named(diagnostics.reason()) },
        }
    }

    /// None when the hop does not fit the schema: it has a class that the policy does not have.
    ///
    /// All else fits as it is made here, so that nobody checks it against the schema again.
    fn request(&self, hop: &HopFacts<'_>) -> Option<Request> {
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let number = |number: u32| RestrictedExpression::new_long(i64::from(number));
        let tell = |name: &'static str| {
            let value = match name {
                "action" => text(hop.action),
                "age" => RestrictedExpression::new_long(hop.age.as_seconds()),
                "depth" => number(hop.depth),
                "hop" => number(hop.hop),
                "scopes" => RestrictedExpression::new_set(hop.scopes.iter().map(|scope| text(scope))),
                "score" => number(u32::from(hop.score)),
                "sponsor" => text(hop.sponsor),
                _ => RestrictedExpression::new_entity_uid(self.tiers.get(&hop.tier)?.clone()),
            };
            Some((name.to_owned(), value))
        };
        let told: Option<Vec<_>> = self.asked.iter().map(|name| tell(name)).collect();
        let context = Context::from_pairs(told?).ok()?;
        let principal = entity(&self.agent, &hop.principal.to_string());
        let (action, resource) = (self.actions.get(hop.class)?.clone(), entity(&self.resource, hop.resource));
        Request::new(principal, action, resource, context, None).ok()
    }

    fn named<'i>(&self, ids: impl IntoIterator<Item = &'i PolicyId>) -> Vec<String> {
        let name = |id: &PolicyId| self.names.get(id).cloned().unwrap_or_else(|| id.to_string());
        let mut names: Vec<String> = ids.into_iter().map(name).collect();
        names.sort();
        names
    }
}

/// The names in the context that rules look at; all of them where one looks at the context as a whole.
fn asked(rules: &PolicySet) -> HashSet<&'static str> {
    let mut asked = HashSet::new();
    for rule in rules.policies() {
        match rule.to_json() {
            Ok(rule) if look(&rule, &mut asked) => {}
            _ => return CONTEXT.into(),
        }
    }
    asked
}

/// Notes by which names a rule looks into the context; answers whether it looks by names only.
fn look(part: &Value, asked: &mut HashSet<&'static str>) -> bool {
    match part {
        Value::Array(parts) => parts.iter().all(|part| look(part, asked)),
        Value::Object(members) => members.iter().all(|(name, part)| {
            let into =
                matches!(name.as_str(), "." | "has") && part.pointer("/left/Var") == Some(&json!("context"));
            if !into {
                return !(name == "Var" && part == "context") && look(part, asked);
            }
            let known = CONTEXT.iter().find(|known| part.get("attr") == Some(&json!(known)));
            known.is_some_and(|known| {
                asked.insert(known);
                true
            })
        }),
        _ => true,
    }
}

fn entity(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

/// A rule's `@id`, else its place among the rules, from 1.
fn names(rules: &PolicySet) -> Result<HashMap<PolicyId, String>, RulesError> {
    let mut names = HashMap::new();
    let mut seen = HashSet::new();
    for rule in rules.policies() {
        let number =
            rule.id().to_string().strip_prefix("policy").and_then(|number| number.parse::<usize>().ok());
        let place = number
            .map_or_else(|| rule.id().to_string(), |number| format!("rule {}", number.saturating_add(1)));
        let name = rule
            .annotation("id")
            .filter(|id| !id.is_empty())
            .map_or(place, |id| id.chars().take(64).collect());
        if !seen.insert(name.clone()) {
            return Err(RulesError::Twice(name));
        }
        names.insert(rule.id().clone(), name);
    }
    Ok(names)
}

/// What a hop offers to rules, so that a slip of the pen is found before it matters.
fn schema(actions: &[&str]) -> Result<Schema, RulesError> {
    let quoted = |words: &[&str]| words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ");
    let text = format!(
        "entity Agent; entity Resource; entity Tier enum [{}]; action {} appliesTo {{ principal: Agent, \
         resource: Resource, context: {{ action: String, age: Long, depth: Long, hop: Long, scopes: Set<String>, \
         score: Long, sponsor: String, tier: Tier }} }};",
        quoted(&Tier::ALL.map(Tier::as_str)),
        quoted(actions),
    );
    Schema::from_cedarschema_str(&text).map(|(schema, _)| schema).map_err(|_| internal())
}

/// Class names are plain words, so the schema and its names always read; this is what is said if they do not.
fn internal() -> RulesError {
    RulesError::Syntax {
        line: 1,
        column: 1,
        problem: "the classes of the policy cannot be named in rules".to_owned(),
    }
}

/// Line and column of a mistake, both from 1.
fn place(text: &str, mistake: &dyn Diagnostic) -> (usize, usize) {
    let offset = mistake.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset());
    crate::policy::document::place(text, offset)
}

/// Cedar's parser and evaluator recurse: what nests deep, or rows up, is refused before they see it.
fn shallow(text: &str) -> Result<(), RulesError> {
    let (mut depth, mut operators) = (0_usize, 0_usize);
    for (offset, letter) in text.char_indices() {
        match letter {
            '(' | '[' | '{' => depth = depth.saturating_add(1),
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '|' | '&' | '+' | '-' | '*' | '!' | '.' | '<' | '>' | '=' | ',' | '?' => {
                operators = operators.saturating_add(1);
            }
            ';' => operators = 0,
            _ => {}
        }
        if depth > MAX_NESTING || operators > MAX_OPERATORS {
            let (line, column) = crate::policy::document::place(text, offset);
            return Err(RulesError::TooDeep { line, column });
        }
    }
    Ok(())
}
