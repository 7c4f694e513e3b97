//! The committed document is that of the code, and knows every door.

use std::path::Path;

use serde_json::Value;

use super::document::{document, is_link};
use crate::access::doors_page::all_doors;

#[tokio::test]
async fn the_document_describes_every_door() {
    let folder = tempfile::tempdir().unwrap();
    let doors = all_doors(folder.path()).list();
    let made = document(&doors).unwrap_or_else(|faults| panic!("{}", faults.join("\n")));
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&made).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&page, &text).unwrap();
    } else {
        let told = "docs/openapi.json is not true any more; `UPDATE=1 cargo test -p framefarm-server openapi` \
                    writes it anew";
        assert!(std::fs::read_to_string(&page).unwrap() == text, "{told}");
    }
    let described: usize =
        made["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(
        described,
        doors.iter().filter(|(path, ..)| !is_link(path) && path.starts_with("/api/")).count()
    );
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(page).unwrap()).unwrap();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100);
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}
