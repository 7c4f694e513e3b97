//! Whether a definition contradicts itself. Asked once, when it is loaded.

use model::{Fault, Faults};

use crate::definition::Definition;
use crate::setting::{Setting, SettingKind};
use crate::template::Template;
use crate::values::{OF_DEFINITIONS, OF_JOBS};

impl Definition {
    /// Everything in it that cannot be meant.
    pub(crate) fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        let word = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if !word(&self.name) {
            faults.push(Fault::new("name", "a name is lower-case letters, digits and _"));
        }
        if self.executables.iter().any(|name| name.is_empty() || name.contains('/')) {
            faults.push(Fault::new("executables", "each is a file name without a folder"));
        }
        if self.folders.iter().any(|folder| !folder.starts_with('/') && !folder.starts_with("~/")) {
            faults.push(Fault::new("folders", "each begins with / or ~/"));
        }
        if let Some(probe) = &self.version {
            if probe.pattern.groups() != 1 {
                faults.push(Fault::new("version.pattern", "one group is wanted: the version"));
            }
        } else if !self.brings_program() {
            faults.push(Fault::new("version", "a package with a program says how to ask for its version"));
        }
        let endings = self.scene.endings.iter().chain(self.formats.iter().map(|format| &format.ending));
        for ending in endings.filter(|ending| !word(ending)) {
            faults.push(Fault::new("endings", format!("{ending:?} is not lower case, or holds a dot")));
        }
        if self.formats.is_empty() && self.outputs.ending.is_none() {
            faults.push(Fault::new("outputs.ending", "wanted where there are no formats"));
        }
        if self.outputs.stem.is_empty() || self.outputs.stem.contains('/') {
            faults.push(Fault::new("outputs.stem", "a file name without a folder is wanted"));
        }
        if self.frames.lowest > self.frames.highest {
            faults.push(Fault::new("frames", "the lowest frame is above the highest"));
        }
        self.check_templates(&mut faults);
        self.check_patterns(&mut faults);
        for (name, setting) in &self.settings {
            check_setting(name, setting, &mut faults);
        }
        faults
    }

    fn check_templates(&self, faults: &mut Faults) {
        let known = |name: &&str| OF_JOBS.contains(name) || OF_DEFINITIONS.contains(name);
        let arguments = self.command.iter().flat_map(|group| &group.arguments);
        for name in arguments.chain(self.environment.set.values()).flat_map(Template::names) {
            if !known(&name) {
                let what = format!("nothing is called {{{name}}}");
                faults.push(Fault::new("command", what).hint(list(OF_JOBS.iter().chain(&OF_DEFINITIONS))));
            }
        }
        if self.command.is_empty() {
            faults.push(Fault::new("command", "it is empty"));
        }
    }

    fn check_patterns(&self, faults: &mut Faults) {
        if let Some(rule) = &self.progress {
            if rule.patterns.iter().any(|pattern| !(1..=2).contains(&pattern.groups())) {
                faults.push(Fault::new(
                    "progress.patterns",
                    "one group (per cent) or two (so many of so many)",
                ));
            }
            let first = rule.twice.as_ref().map_or(0, |twice| twice.first);
            if rule.patterns.is_empty() || rule.most > 1000 || first > rule.most {
                faults.push(Fault::new("progress", "patterns are wanted, and first <= most <= 1000"));
            }
        }
        for rule in &self.failures {
            let groups: Vec<&str> = rule.pattern.regex().capture_names().flatten().collect();
            for name in rule.says.names().filter(|name| !groups.contains(name)) {
                let place = format!("failures {:?}", rule.pattern.regex().as_str());
                faults.push(Fault::new(place, format!("no group of the pattern is called {name}")));
            }
        }
    }
}

fn check_setting(name: &str, setting: &Setting, faults: &mut Faults) {
    let place = format!("settings.{name}");
    let number = matches!(setting.kind, SettingKind::Integer | SettingKind::Number);
    let sound = match (setting.minimum, setting.maximum) {
        (Some(minimum), Some(maximum)) => number && minimum <= maximum,
        (None, None) => !number,
        _ => false,
    };
    if !sound {
        faults.push(Fault::new(&place, "numbers, and only they, have a minimum and a maximum"));
    }
    if (setting.kind == SettingKind::Choice) == setting.choices.is_empty() {
        faults.push(Fault::new(&place, "choices, and only they, have choices"));
    }
    if setting.kind != SettingKind::Flag && !setting.arguments_off.is_empty() {
        faults.push(Fault::new(&place, "only a flag has arguments_off"));
    }
    let names = setting.arguments.iter().chain(&setting.arguments_off).flat_map(Template::names);
    if names.into_iter().any(|name| name != "value") {
        faults.push(Fault::new(&place, "the arguments of a setting know {value} alone"));
    }
    if let Some(Err(why)) = setting.default.as_ref().map(|default| setting.accepts(default)) {
        faults.push(Fault::new(&place, format!("its default {why}")));
    }
}

/// Names in braces, in a row.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("{{{name}}}")).collect();
    format!("known are {}", names.join(", "))
}
