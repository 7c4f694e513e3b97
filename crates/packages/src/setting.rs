//! The settings that a definition declares, and which values they take.

use serde::Deserialize;

use crate::template::Template;

/// A setting that a job may give.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: SettingKind,
    /// Smallest number.
    pub minimum: Option<f64>,
    /// Largest number.
    pub maximum: Option<f64>,
    /// The words of a choice.
    #[serde(default)]
    pub choices: Vec<String>,
    /// Used where the job gives none; absent: whatever the package does by itself.
    pub default: Option<String>,
    /// What it does, for people.
    pub help: String,
    /// Arguments that hand it over, with `{value}`.
    pub arguments: Vec<Template>,
    /// Arguments for a flag that is off.
    #[serde(default)]
    pub arguments_off: Vec<Template>,
}

/// What the values of a setting are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// A whole number.
    Integer,
    /// A number, with a decimal point or without.
    Number,
    /// One of some words.
    Choice,
    /// `true` or `false`.
    Flag,
}

impl Setting {
    /// Whether `value` is one of its values; else what is wrong with it.
    pub(crate) fn accepts(&self, value: &str) -> Result<(), String> {
        let within = |number: f64| {
            let (minimum, maximum) = (self.minimum.unwrap_or(f64::MIN), self.maximum.unwrap_or(f64::MAX));
            if (minimum..=maximum).contains(&number) {
                Ok(())
            } else {
                Err(format!("must lie between {minimum} and {maximum}, not be {value:?}"))
            }
        };
        match self.kind {
            SettingKind::Integer => match value.parse::<i32>() {
                Ok(number) => within(f64::from(number)),
                Err(_) => Err(format!("must be a whole number, not {value:?}")),
            },
            SettingKind::Number => match value.parse::<f64>() {
                Ok(number) if value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-')) => within(number),
                _ => Err(format!("must be a number, not {value:?}")),
            },
            SettingKind::Choice if self.choices.iter().any(|choice| choice == value) => Ok(()),
            SettingKind::Choice => Err(format!("must be one of {}, not {value:?}", self.choices.join(", "))),
            SettingKind::Flag if matches!(value, "true" | "false") => Ok(()),
            SettingKind::Flag => Err(format!("must be true or false, not {value:?}")),
        }
    }
}
