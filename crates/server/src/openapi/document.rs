//! The whole document, from the doors that there are and what is known of each.

use std::collections::BTreeMap;

use ::access::{Verb, Who};
use axum::http::Method;
use serde_json::{Map, Value, json};

use super::doors;
use super::operation::Operation;

/// Servers speak to each other there, and in no words of HTTP.
const LINKS: &str = "/link/";

/// The document of these doors.
///
/// # Errors
/// The doors of which nothing is known, and what is known of no door.
pub(super) fn document(doors: &[(String, Method, Verb)]) -> Result<Value, Vec<String>> {
    let mut known: BTreeMap<(String, &str), Operation> = doors::all()
        .into_iter()
        .map(|operation| ((operation.path.clone(), operation.method), operation))
        .collect();
    let (mut paths, mut schemas, mut faults) = (Map::new(), BTreeMap::new(), Vec::new());
    for (path, method, verb) in doors.iter().filter(|(path, ..)| path.starts_with("/api/")) {
        let Some(operation) = known.remove(&(path.clone(), method.as_str())) else {
            faults.push(format!("{method} {path} is not described in crates/server/src/openapi/doors.rs"));
            continue;
        };
        let told = operation.tell(who(*verb), verb.who() == Who::Anybody, &mut schemas);
        let item = paths.entry(path.clone()).or_insert_with(|| json!({}));
        item[method.as_str().to_lowercase()] = told;
    }
    faults.extend(known.keys().map(|(path, method)| format!("{method} {path} is described and no door")));
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Framefarm",
            "version": "1",
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "cookie": { "type": "apiKey", "in": "cookie", "name": "framefarm" },
            },
        },
    }))
}

const ABOUT: &str = "The public API of a farm. Faults are told as application/problem+json with a title, \
     and a hint where something can be done. Lists come in pages: `next` of one is `after` of the following. \
     What is shown has an `ETag`: `If-None-Match` asks for it only where it is new, `If-Match` changes it \
     only where nobody else has. `Idempotency-Key` with a POST makes a repetition get the same answer. Who \
     comes by the cookie of a browser sends `X-Framefarm: 1` with all that changes something.";

/// Who may, in words.
pub(crate) fn who(verb: Verb) -> String {
    match verb.who() {
        Who::Anybody => "everybody".to_owned(),
        Who::Known => "whoever is known".to_owned(),
        Who::People(rank) => rank.to_string(),
        Who::PeopleAndMembers(rank) => format!("{rank}, members"),
        Who::Own(own, others) => format!("{own} for his own, {others} for all"),
        Who::Members(service) => format!("{service} servers, for their own"),
        Who::AnyMember => "members, for themselves".to_owned(),
    }
}

/// Whether a path is of a link between servers, which the document leaves out.
pub(super) fn is_link(path: &str) -> bool {
    path.starts_with(LINKS)
}
