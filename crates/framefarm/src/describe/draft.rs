//! A job as a person asked for it, before anything is looked up: what they said, and where they said it.
//!
//! A file and the flags of `submit` each make a draft; the two are laid over each other and understood once.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;

use model::{Fault, Faults, Field, Source};

use super::needs::Wish;

/// Something said, and where: `job.toml:4` or `--frames`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said<T> {
    pub(crate) place: String,
    pub(crate) value: T,
}

impl<T> Said<T> {
    pub(crate) fn new(place: impl Into<String>, value: T) -> Self {
        Self { place: place.into(), value }
    }

    /// The fault that `error` finds in what was said. Errors of the model end in "; what to do".
    pub(crate) fn refused(&self, error: &impl Display) -> Fault {
        let text = error.to_string();
        match text.split_once("; ") {
            Some((what, hint)) => Fault::new(&self.place, what).hint(hint),
            None => Fault::new(&self.place, text),
        }
    }
}

/// What a person asked for. Paths are already joined to the folder they were meant from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Draft {
    pub(crate) name: Option<Said<String>>,
    pub(crate) user: Option<Said<String>>,
    pub(crate) group: Option<Said<String>>,
    pub(crate) priority: Option<Said<i64>>,
    pub(crate) notify: Option<Said<Vec<String>>>,
    pub(crate) hold: Option<Said<bool>>,
    pub(crate) attempts: Option<Said<i64>>,
    pub(crate) package: Option<Said<String>>,
    pub(crate) package_version: Option<Said<String>>,
    pub(crate) scene: Option<Said<PathBuf>>,
    pub(crate) frames: Option<Said<String>>,
    pub(crate) first_frame: Option<Said<i64>>,
    pub(crate) last_frame: Option<Said<i64>>,
    pub(crate) frame_count: Option<Said<i64>>,
    pub(crate) size: Option<Said<String>>,
    pub(crate) format: Option<Said<String>>,
    pub(crate) support: Vec<Said<PathBuf>>,
    pub(crate) libraries: Vec<Said<PathBuf>>,
    pub(crate) settings: BTreeMap<String, Said<String>>,
    pub(crate) arguments: Option<Said<Vec<String>>>,
    pub(crate) command: Option<Said<Vec<String>>>,
    pub(crate) needs: Needs,
    /// What could not be taken; the checks go on without it.
    pub(crate) faults: Faults,
    /// The text it was made from.
    pub(crate) source: Option<Source>,
}

/// What is wanted of a host.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Needs {
    pub(crate) fields: BTreeMap<Field, Said<Wish>>,
    /// Version by name of the rendering package or plug-in.
    pub(crate) packages: BTreeMap<String, Said<String>>,
    pub(crate) tags: Vec<Said<String>>,
}

impl Draft {
    /// This draft with everything that `upper` says laid over it. Single values and lists are replaced,
    /// settings and needs one by one; support files and libraries come on top.
    pub(crate) fn overlaid(self, upper: Self) -> Self {
        let mut settings = self.settings;
        settings.extend(upper.settings);
        Self {
            name: upper.name.or(self.name),
            user: upper.user.or(self.user),
            group: upper.group.or(self.group),
            priority: upper.priority.or(self.priority),
            notify: upper.notify.or(self.notify),
            hold: upper.hold.or(self.hold),
            attempts: upper.attempts.or(self.attempts),
            package: upper.package.or(self.package),
            package_version: upper.package_version.or(self.package_version),
            scene: upper.scene.or(self.scene),
            frames: upper.frames.or(self.frames),
            first_frame: upper.first_frame.or(self.first_frame),
            last_frame: upper.last_frame.or(self.last_frame),
            frame_count: upper.frame_count.or(self.frame_count),
            size: upper.size.or(self.size),
            format: upper.format.or(self.format),
            support: [self.support, upper.support].concat(),
            libraries: [self.libraries, upper.libraries].concat(),
            settings,
            arguments: upper.arguments.or(self.arguments),
            command: upper.command.or(self.command),
            needs: self.needs.overlaid(upper.needs),
            faults: Faults([self.faults.0, upper.faults.0].concat()),
            source: self.source.or(upper.source),
        }
    }

    /// What faults call the draft as a whole.
    pub(crate) fn whole(&self) -> &str {
        self.source.as_ref().map_or("command line", |source| &source.name)
    }

    /// The fault of a check, in the place where its field was said.
    pub(crate) fn placed(&self, mut fault: Fault) -> Fault {
        let named = |said: &&Said<PathBuf>| fault.what.contains(&*said.value.to_string_lossy());
        let place = match fault.place.as_str() {
            "support" => self.support.iter().find(named).map(|said| said.place.as_str()),
            "library" => self.libraries.iter().find(named).map(|said| said.place.as_str()),
            _ => None,
        };
        if let Some(place) = place.or_else(|| self.place_of(&fault.place)) {
            fault.place = place.to_owned();
        }
        fault
    }

    /// Where `field`, as the checks of the model name it, was said.
    fn place_of(&self, field: &str) -> Option<&str> {
        fn at<T>(said: Option<&Said<T>>) -> Option<&str> {
            said.map(|said| said.place.as_str())
        }
        if let Some(need) = field.strip_prefix("needs.") {
            let fields = self.needs.fields.iter().find(|(field, _)| field.name() == need);
            return fields.map(|(_, said)| said.place.as_str());
        }
        if let Some(setting) = field.strip_prefix("settings.") {
            return at(self.settings.get(setting));
        }
        match field {
            "name" => at(self.name.as_ref()),
            "user" => at(self.user.as_ref()),
            "group" => at(self.group.as_ref()),
            "priority" => at(self.priority.as_ref()),
            "notify" => at(self.notify.as_ref()),
            "attempts" => at(self.attempts.as_ref()),
            "package" => at(self.package.as_ref()),
            "scene" => at(self.scene.as_ref()),
            "frames" => at(self.frames.as_ref()),
            "first_frame" => at(self.first_frame.as_ref()),
            "last_frame" => at(self.last_frame.as_ref()),
            "size" => at(self.size.as_ref()),
            "format" => at(self.format.as_ref()),
            "arguments" => at(self.arguments.as_ref()),
            "command" => at(self.command.as_ref()),
            "support" => at(self.support.first()),
            "library" => at(self.libraries.first()),
            _ => None,
        }
    }
}

impl Needs {
    fn overlaid(mut self, upper: Self) -> Self {
        self.fields.extend(upper.fields);
        self.packages.extend(upper.packages);
        self.tags.extend(upper.tags);
        self
    }
}
