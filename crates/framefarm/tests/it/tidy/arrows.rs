//! Which crate may know which.

use super::{crates, none, root, rust_files};

/// The crates that decide. They know the words and nothing else.
const ROLES: [&str; 4] = ["schedule", "resource", "render", "access"];
/// The crates that touch the world for the shells.
const HANDS: [&str; 8] = ["store", "wire", "process", "packages", "pictures", "trust", "web", "iowrap"];

/// The crates of ours that `name` may depend on, outside of its tests.
fn allowed(name: &str) -> Vec<&'static str> {
    match name {
        "model" => vec![],
        role if ROLES.contains(&role) => vec!["model"],
        "packages" => vec!["model", "pictures"],
        "describe" => vec!["model", "packages", "process"],
        "iowrap" => vec![],
        hand if HANDS.contains(&hand) => vec!["model"],
        "server" => ["model", "describe"].into_iter().chain(ROLES).chain(HANDS).collect(),
        "framefarm" => {
            vec!["describe", "model", "packages", "pictures", "process", "server", "top", "trust", "wire"]
        }
        "top" => vec!["model", "wire"],
        "sim" => ["model"].into_iter().chain(ROLES).collect(),
        "load" => vec!["model", "trust", "wire"],
        other => panic!("say in tidy/arrows.rs and ARCHITECTURE.md what crate {other} may know"),
    }
}

/// Names of the dependencies of crate `name` in the manifest's table `table`.
fn dependencies(name: &str, table: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let found = manifest.get(table).and_then(toml::Value::as_table);
    found.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

#[test]
fn crates_depend_only_on_those_they_may_know() {
    let ours = crates();
    let mut faults = Vec::new();
    for name in &ours {
        let allowed = allowed(name);
        for dependency in dependencies(name, "dependencies").iter().filter(|name| ours.contains(name)) {
            if !allowed.contains(&dependency.as_str()) {
                faults.push(format!("{name} must not know {dependency}"));
            }
        }
    }
    none(faults);
}

#[test]
fn what_decides_has_no_way_to_do_anything() {
    let mut faults = Vec::new();
    for name in ROLES.iter().chain(&["model"]) {
        for dependency in dependencies(name, "dependencies") {
            // What describes types does nothing else.
            if !["model", "serde", "thiserror", "utoipa"].contains(&dependency.as_str()) {
                faults.push(format!("{name} decides and must not depend on {dependency}"));
            }
        }
        for (path, text) in rust_files(&root().join("crates").join(name).join("src")) {
            let doing = [
                "std::fs",
                "std::net",
                "std::env",
                "std::thread",
                "std::process",
                "std::sync",
                "std::io",
                "SystemTime",
                "Instant",
                "HashMap",
                "HashSet",
                "async fn",
                "println!",
            ];
            // What is shared and never changes is no lock.
            let text = text.replace("std::sync::Arc", "");
            for word in doing.iter().filter(|word| text.contains(**word)) {
                faults.push(format!("{}: {word} has no place where things are decided", path.display()));
            }
        }
    }
    none(faults);
}

#[test]
fn unsafe_code_stays_where_the_operating_system_demands_it() {
    let mut faults = Vec::new();
    for name in crates().iter().filter(|name| !["process", "iowrap"].contains(&name.as_str())) {
        for (path, text) in rust_files(&root().join("crates").join(name).join("src")) {
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            if code.into_iter().any(|line| line.contains("unsafe {") || line.contains("unsafe fn")) {
                faults.push(path.display().to_string());
            }
        }
    }
    none(faults);
}

#[test]
fn the_map_shows_every_crate_and_no_other() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let missing = crates().into_iter().filter(|name| !map.contains(&format!("`{name}`")));
    none(missing.map(|name| format!("ARCHITECTURE.md does not show `{name}`")).collect());
}
