//! The settings that a definition declares, and which values they take.

use model::JobPath;
use serde::Serialize;

use crate::definition::fields::{Fields, FromNode, Reader, words};
use crate::definition::node::Node;
use crate::template::Template;

/// A setting that a job may give.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: SettingKind,
    /// Smallest number.
    pub minimum: Option<f64>,
    /// Largest number.
    pub maximum: Option<f64>,
    /// The words of a choice.
    pub choices: Vec<String>,
    /// Used where the job gives none; absent: whatever the package does by itself.
    pub default: Option<String>,
    /// What a form calls it; absent: its name.
    pub title: Option<String>,
    /// The heading of a form that it stands under.
    pub group: Option<String>,
    /// What it does, for people.
    pub help: String,
    /// Arguments that hand it over, with `{value}`.
    pub arguments: Vec<Template>,
    /// Arguments for a flag that is off.
    pub arguments_off: Vec<Template>,
}

words! {
    /// What the values of a setting are.
    pub enum SettingKind {
        /// A whole number.
        "integer" => Integer,
        /// A number, with a decimal point or without.
        "number" => Number,
        /// One of some words.
        "choice" => Choice,
        /// `true` or `false`.
        "flag" => Flag,
        /// Any text of one line.
        "text" => Text,
        /// A file that travels with the job, by its path in the job.
        "path" => Path,
    }
}

impl FromNode for Setting {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let kind = fields.need("type");
        let read = Self {
            kind: kind.unwrap_or(SettingKind::Text),
            minimum: fields.get("minimum"),
            maximum: fields.get("maximum"),
            choices: fields.or_default("choices"),
            default: fields.get("default"),
            title: fields.get("title"),
            group: fields.get("group"),
            help: fields.need("help").unwrap_or_default(),
            arguments: fields.or_default("arguments"),
            arguments_off: fields.or_default("arguments_off"),
        };
        if kind.is_some() {
            read.check(&fields);
        }
        fields.finish().map(|()| read)
    }
}

impl Setting {
    fn check(&self, fields: &Fields<'_>) {
        let number = matches!(self.kind, SettingKind::Integer | SettingKind::Number);
        let sound = match (self.minimum, self.maximum) {
            (Some(minimum), Some(maximum)) => number && minimum <= maximum,
            (None, None) => !number,
            _ => false,
        };
        if !sound {
            let at = if self.minimum.is_some() { "minimum" } else { "type" };
            fields.fault(at, "numbers, and only they, have a minimum and a maximum");
        }
        if (self.kind == SettingKind::Choice) == self.choices.is_empty() {
            fields.fault("choices", "choices, and only they, have choices");
        }
        if self.kind != SettingKind::Flag && !self.arguments_off.is_empty() {
            fields.fault("arguments_off", "only a flag has arguments_off");
        }
        for (key, arguments) in [("arguments", &self.arguments), ("arguments_off", &self.arguments_off)] {
            if arguments.iter().flat_map(Template::names).any(|name| name != "value") {
                fields.fault(key, "the arguments of a setting know {value} alone");
            }
        }
        if let Some(Err(why)) = self.default.as_ref().map(|default| self.accepts(default)) {
            fields.fault("default", format!("its default {why}"));
        }
    }

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
            SettingKind::Text if !value.chars().any(char::is_control) => Ok(()),
            SettingKind::Text => Err(format!("must be a text of one line, not {value:?}")),
            SettingKind::Path => match value.parse::<JobPath>() {
                Ok(_) => Ok(()),
                Err(error) => Err(format!("must be the path of a file that travels with the job: {error}")),
            },
        }
    }
}
