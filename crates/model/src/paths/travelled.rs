//! Where the files of a job went, as rules that a host can follow: the file that is handed to packages.
//!
//! Its form is that of Open Job Description's path mapping, so that whatever understands that needs nothing
//! of ours.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Absolute, PathRules, Platform};
use crate::JobFile;

/// The folder among a job's files for those that do not lie with the scene: below it their absolute paths.
pub const ELSEWHERE: &str = "elsewhere";

/// The rules for one job on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MapFile {
    /// Always `pathmapping-1.0`.
    pub version: String,
    /// The longest source first; the first that fits holds.
    pub path_mapping_rules: Vec<MapRule>,
}

/// A folder or file, and where it is on this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MapRule {
    /// How the source is written.
    pub source_path_format: PathFormat,
    /// As scenes and jobs call it.
    pub source_path: String,
    /// As it is called here.
    pub destination_path: String,
}

/// How a path is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum PathFormat {
    /// With `/`.
    Posix,
    /// With `\` and drives, letter case aside.
    Windows,
}

impl MapFile {
    /// The rules for a job on a host of platform `here`: where its own `files` stand below `folder`, then
    /// what the farm's rules say.
    #[must_use]
    pub fn new(rules: &PathRules, here: Platform, files: &[JobFile], folder: &str) -> Self {
        let mut all: Vec<(usize, MapRule)> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut add = |source: &Absolute, format, destination: String| {
            let source_path = source.text();
            // What travelled with the job goes before what the farm says of the same place.
            if source_path == destination || !seen.insert(source_path.clone()) {
                return;
            }
            let rule = MapRule { source_path_format: format, source_path, destination_path: destination };
            all.push((source.length(), rule));
        };
        for (source, place) in travelled(files) {
            let destination = if place.is_empty() { folder.to_owned() } else { format!("{folder}/{place}") };
            if let Some(source) = Absolute::posix(&source) {
                add(&source, PathFormat::Posix, destination);
            } else if let Some(source) = Absolute::windows(&source) {
                add(&source, PathFormat::Windows, destination);
            }
        }
        for rule in rules.0.values() {
            let Some(target) = rule.parsed(here) else { continue };
            for from in Platform::ALL.into_iter().filter(|from| *from != here) {
                let format = if from == Platform::Windows { PathFormat::Windows } else { PathFormat::Posix };
                if let Some(source) = rule.parsed(from) {
                    add(&source, format, target.text());
                }
            }
        }
        all.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
        let path_mapping_rules = all.into_iter().map(|(_, rule)| rule).collect();
        Self { version: "pathmapping-1.0".to_owned(), path_mapping_rules }
    }
}

/// Where the files of a job stood at the client, and where they stand in the job's folder. Files that kept
/// their places beside each other come as the one folder that held them all.
#[must_use]
pub fn travelled(files: &[JobFile]) -> BTreeMap<String, String> {
    let mut places = BTreeMap::new();
    let mut roots: BTreeSet<String> = BTreeSet::new();
    for file in files {
        let path = file.path.as_str();
        let elsewhere = path.strip_prefix(ELSEWHERE).is_some_and(|rest| rest.starts_with('/'));
        let root = file.original.strip_suffix(path).and_then(|root| root.strip_suffix('/'));
        match root {
            Some(root) if !elsewhere && !root.is_empty() => {
                roots.insert(root.to_owned());
            }
            _ => {
                places.insert(file.original.clone(), path.to_owned());
            }
        }
    }
    places.extend(roots.into_iter().map(|root| (root, String::new())));
    places
}
