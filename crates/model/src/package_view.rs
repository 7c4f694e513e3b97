//! What people who make a job see: the rendering packages and their settings, and what would come of a job.

use serde::{Deserialize, Serialize};

use crate::Fault;

/// A rendering package, for a list to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PackageName {
    /// The name that descriptions use: `povray`.
    pub name: String,
    /// What people call it: `POV-Ray`.
    pub title: String,
    /// Whether its definition was seen on the real program.
    pub seen: bool,
    /// Endings of the scenes it reads, `.pov`; empty for any, or where it has none.
    pub extensions: Vec<String>,
    /// On how many hosts of the farm it is installed.
    pub hosts: u32,
}

/// A rendering package with all that a form needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PackageView {
    /// The name that descriptions use.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Whether its definition was seen on the real program.
    pub seen: bool,
    /// Versions on the hosts of the farm.
    pub versions: Vec<String>,
    /// On how many hosts it is installed.
    pub hosts: u32,
    /// Endings of the scenes it reads, `.pov`; empty for any, or where it has none.
    pub extensions: Vec<String>,
    /// Whether there has to be a scene.
    pub needs_scene: bool,
    /// In which ways one picture can be spread over hosts: `tiles`, `samples`.
    pub styles: Vec<String>,
    /// Endings of the pictures it writes, the usual one first; empty for any.
    pub formats: Vec<String>,
    /// The settings that a job may give.
    pub settings: Vec<SettingView>,
}

/// What the values of a setting are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingType {
    /// A whole number.
    Integer,
    /// A number, with a decimal point or without.
    Number,
    /// One of some words.
    Choice,
    /// `true` or `false`.
    Flag,
    /// Any text of one line.
    Text,
    /// A file that travels with the job, by its path in the job.
    Path,
}

/// A setting of a rendering package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SettingView {
    /// Its name in descriptions.
    pub name: String,
    /// What a form calls it.
    pub title: String,
    /// The heading that it stands under.
    pub group: Option<String>,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: SettingType,
    /// Used where the job gives none; whatever the package does by itself where absent.
    pub default: Option<String>,
    /// The words of a choice.
    pub choices: Vec<String>,
    /// The smallest number, as text.
    pub least: Option<String>,
    /// The largest number, as text.
    pub most: Option<String>,
    /// What it does.
    pub doc: String,
}

/// What would come of a job, were it submitted now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Trial {
    /// Always empty: with faults the answer is the refusal that a submit would be.
    pub faults: Vec<Fault>,
    /// What to know though it would be taken.
    pub warnings: Vec<String>,
    /// How many hosts match the step that the fewest match.
    pub matching_hosts: u32,
    /// Of how many.
    pub of: u32,
}
