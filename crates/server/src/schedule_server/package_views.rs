//! The rendering packages as people see them who make a job.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{PackageName, PackageView, SettingType, SettingView};
use packages::{Definition, Setting, SettingKind};

use super::Desk;
use super::api::Answer;
use crate::problem::Refused;

/// On how many hosts a package is, in which versions.
#[derive(Default)]
struct Installed {
    hosts: u32,
    versions: BTreeSet<String>,
}

pub(super) async fn names(State(desk): State<Desk>) -> Answer<Vec<PackageName>> {
    let library = desk.library.borrow().clone();
    let installed = desk.installed().await;
    let name = |definition: &Definition| PackageName {
        name: definition.name.clone(),
        title: definition.title.clone(),
        seen: definition.is_seen(),
        extensions: extensions(definition),
        hosts: installed.get(&definition.name).map_or(0, |found| found.hosts),
    };
    Ok(Json(library.iter().map(name).collect()))
}

pub(super) async fn package(State(desk): State<Desk>, Path(name): Path<String>) -> Answer<PackageView> {
    let library = desk.library.borrow().clone();
    let Some(definition) = library.get(&name) else {
        let refused = Refused::new(StatusCode::NOT_FOUND, format!("there is no rendering package {name:?}"));
        let names: Vec<&str> = library.names().collect();
        return Err(refused.hint(match model::nearest(&name, names.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("this farm knows {}", names.join(", ")),
        }));
    };
    let Installed { hosts, versions } = desk.installed().await.remove(&name).unwrap_or_default();
    let styles = [("tiles", definition.parts.tiles.is_some()), ("samples", definition.parts.samples)];
    let styles = styles.into_iter().filter(|(_, can)| *can).map(|(style, _)| style.to_owned());
    Ok(Json(PackageView {
        name: definition.name.clone(),
        title: definition.title.clone(),
        seen: definition.is_seen(),
        versions: versions.into_iter().collect(),
        hosts,
        extensions: extensions(definition),
        needs_scene: definition.scene.required,
        styles: styles.collect(),
        formats: definition.formats.iter().map(|format| format.ending.clone()).collect(),
        settings: definition.settings.iter().map(|(name, setting)| view(name, setting)).collect(),
    }))
}

fn extensions(definition: &Definition) -> Vec<String> {
    definition.scene.endings.iter().map(|ending| format!(".{ending}")).collect()
}

fn view(name: &str, setting: &Setting) -> SettingView {
    let number = |number: Option<f64>| number.map(|number| number.to_string());
    SettingView {
        name: name.to_owned(),
        title: setting.title.clone().unwrap_or_else(|| name.replace('_', " ")),
        group: setting.group.clone(),
        kind: match setting.kind {
            SettingKind::Integer => SettingType::Integer,
            SettingKind::Number => SettingType::Number,
            SettingKind::Choice => SettingType::Choice,
            SettingKind::Flag => SettingType::Flag,
            SettingKind::Text => SettingType::Text,
            SettingKind::Path => SettingType::Path,
        },
        default: setting.default.clone(),
        choices: setting.choices.clone(),
        least: number(setting.minimum),
        most: number(setting.maximum),
        doc: setting.help.clone(),
    }
}

impl Desk {
    /// What is installed on the hosts of the farm; nothing while nobody knows.
    async fn installed(&self) -> BTreeMap<String, Installed> {
        let mut installed: BTreeMap<String, Installed> = BTreeMap::new();
        let hosts = self.hosts(None).await.map(|(hosts, _)| hosts).unwrap_or_default();
        for host in &hosts {
            let names: BTreeSet<&String> = host.info.packages.iter().map(|package| &package.name).collect();
            for name in names {
                installed.entry(name.clone()).or_default().hosts += 1;
            }
            for package in &host.info.packages {
                installed.entry(package.name.clone()).or_default().versions.insert(package.version.clone());
            }
        }
        installed
    }
}
