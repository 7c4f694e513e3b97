//! What is done at a door, in the words of OpenAPI.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// Schemas by their names.
pub(super) type Schemas = BTreeMap<String, Value>;

/// A type of the model by its name.
#[derive(Clone, Copy)]
pub(super) struct Named {
    name: fn() -> std::borrow::Cow<'static, str>,
    schema: fn() -> RefOr<Schema>,
    more: fn(&mut Vec<(String, RefOr<Schema>)>),
}

/// The type `T`.
pub(super) fn of<T: ToSchema>() -> Named {
    Named { name: T::name, schema: T::schema, more: T::schemas }
}

impl Named {
    /// A reference to it, which is among `schemas` then.
    fn tell(self, schemas: &mut Schemas) -> Value {
        let name = (self.name)().into_owned();
        if !schemas.contains_key(&name) {
            schemas.insert(name.clone(), value(&(self.schema)()));
            let mut more = Vec::new();
            (self.more)(&mut more);
            for (name, schema) in more {
                schemas.entry(name).or_insert_with(|| value(&schema));
            }
        }
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }
}

fn value(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

/// What an answer or the body of a request holds.
#[derive(Clone, Copy)]
pub(super) enum Holds {
    Nothing,
    One(Named),
    List(Named),
    Either(Named, Named),
    Page(Named),
    Text,
    Bytes(&'static str),
    Events,
    /// Any JSON, of the shape that an example tells.
    Like(&'static str),
}

impl Holds {
    fn content(self, schemas: &mut Schemas) -> Option<Value> {
        let json = |schema: Value| Some(json!({ "application/json": { "schema": schema } }));
        match self {
            Self::Nothing => None,
            Self::One(named) => json(named.tell(schemas)),
            Self::List(named) => json(json!({ "type": "array", "items": named.tell(schemas) })),
            Self::Either(one, other) => json(json!({ "oneOf": [one.tell(schemas), other.tell(schemas)] })),
            Self::Page(named) => json(json!({
                "type": "object",
                "required": ["items", "total", "next"],
                "properties": {
                    "items": { "type": "array", "items": named.tell(schemas) },
                    "total": { "type": "integer", "minimum": 0, "description": "How many there are on all pages." },
                    "next": {
                        "type": ["string", "null"],
                        "description": "What to ask for `after` this page; absent on the last.",
                    },
                },
            })),
            Self::Like(text) => json(serde_json::from_str(text).unwrap_or_default()),
            Self::Text => Some(json!({ "text/plain": { "schema": { "type": "string" } } })),
            Self::Events => Some(json!({ "text/event-stream": { "schema": { "type": "string" } } })),
            Self::Bytes(kind) => Some(json!({ (kind): {} })),
        }
    }
}

/// A field of a query: its name, its schema in JSON, what it says.
pub(super) type Field = (&'static str, &'static str, &'static str);

/// What is done at a door.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: String,
    summary: &'static str,
    query: &'static [Field],
    takes: Holds,
    gives: Vec<(u16, Holds)>,
}

impl Operation {
    pub(super) fn new(method: &'static str, path: &str, summary: &'static str) -> Self {
        let path = format!("/api/v1/{path}");
        Self { method, path, summary, query: &[], takes: Holds::Nothing, gives: Vec::new() }
    }

    pub(super) fn query(self, query: &'static [Field]) -> Self {
        Self { query, ..self }
    }

    pub(super) fn takes(self, takes: Holds) -> Self {
        Self { takes, ..self }
    }

    pub(super) fn takes_one(self, named: Named) -> Self {
        self.takes(Holds::One(named))
    }

    pub(super) fn gives(mut self, status: u16, holds: Holds) -> Self {
        self.gives.push((status, holds));
        self
    }

    pub(super) fn one(self, named: Named) -> Self {
        self.gives(200, Holds::One(named))
    }

    pub(super) fn list(self, named: Named) -> Self {
        self.gives(200, Holds::List(named))
    }

    pub(super) fn page(self, named: Named) -> Self {
        self.gives(200, Holds::Page(named))
    }

    pub(super) fn nothing(self) -> Self {
        self.gives(204, Holds::Nothing)
    }

    /// The operation in the document.
    pub(super) fn tell(&self, who: String, open: bool, schemas: &mut Schemas) -> Value {
        let mut told = Map::new();
        told.insert("operationId".to_owned(), json!(self.id()));
        told.insert("summary".to_owned(), json!(self.summary));
        told.insert("description".to_owned(), json!(format!("Who may: {who}.")));
        told.insert("tags".to_owned(), json!([self.path.split('/').nth(3).unwrap_or_default()]));
        let security = if open { json!([]) } else { json!([{ "token": [] }, { "cookie": [] }]) };
        told.insert("security".to_owned(), security);
        let parameters = self.parameters();
        if !parameters.is_empty() {
            told.insert("parameters".to_owned(), json!(parameters));
        }
        if let Some(content) = self.takes.content(schemas) {
            told.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
        }
        let mut responses = Map::new();
        for (status, holds) in &self.gives {
            let mut response = json!({ "description": words(*status) });
            if let Some(content) = holds.content(schemas) {
                response["content"] = content;
            }
            responses.insert(status.to_string(), response);
        }
        if self.method == "GET" {
            responses.insert("304".to_owned(), json!({ "description": words(304) }));
        }
        let problem = of::<model::Problem>().tell(schemas);
        let fault = json!({ "application/problem+json": { "schema": problem } });
        responses.insert("default".to_owned(), json!({ "description": "Why not.", "content": fault }));
        told.insert("responses".to_owned(), Value::Object(responses));
        Value::Object(told)
    }

    /// `get_jobs_job_frames`.
    fn id(&self) -> String {
        let words =
            self.path.split('/').skip(3).map(|part| part.trim_matches(['{', '}']).replace(['-', '.'], "_"));
        std::iter::once(self.method.to_lowercase()).chain(words).collect::<Vec<_>>().join("_")
    }

    fn parameters(&self) -> Vec<Value> {
        let named = self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let of_path = named.map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": schema_of(name, &self.path) })
        });
        let of_query = self.query.iter().map(|(name, schema, about)| {
            let schema: Value = serde_json::from_str(schema).unwrap_or_default();
            json!({ "name": name, "in": "query", "schema": schema, "description": about })
        });
        let changes = matches!(self.method, "PUT" | "DELETE" | "POST");
        let header = |name: &str, about: &str| json!({ "name": name, "in": "header", "schema": { "type": "string" }, "description": about });
        let tagged = ["jobs/{job}", "limits/", "shares/", "paths/", "users/{user}"];
        let if_match = (changes && tagged.iter().any(|start| self.path[8..].starts_with(start)))
            .then(|| header("If-Match", "Change it only where it is still what this tag says."));
        let key =
            (self.method == "POST").then(|| header("Idempotency-Key", "A repetition gets the same answer."));
        of_path.chain(of_query).chain(if_match).chain(key).collect()
    }
}

/// What a part of a path is.
fn schema_of(name: &str, path: &str) -> Value {
    match name {
        "job" | "lease" => json!({ "type": "integer", "minimum": 0 }),
        "token" if path.ends_with("/v1/tokens/{token}") => json!({ "type": "integer", "minimum": 0 }),
        "window" => json!({ "type": "integer", "minimum": 0 }),
        "number" => json!({ "type": "integer" }),
        "slot" => json!({ "type": "integer", "minimum": 0, "maximum": 65535 }),
        "digest" => json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" }),
        _ => json!({ "type": "string", "minLength": 1 }),
    }
}

fn words(status: u16) -> &'static str {
    match status {
        200 => "It is so.",
        201 => "It was made.",
        202 => "It was ordered.",
        204 => "It was done.",
        304 => "It is as you know it.",
        409 => "What is kept ends elsewhere.",
        _ => "See its status.",
    }
}
