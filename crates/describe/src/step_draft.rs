//! What a person asked for of one step, and of all steps where a description says it above them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use model::{Clause, Dependency, Environment, Fault, Preference};

use super::draft::Said;

/// What is asked for of a step. Paths are already joined to the folder they were meant from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepDraft {
    /// Where the step as a whole stands; nowhere for what all steps share.
    pub table: Option<String>,
    /// What people call it.
    pub name: Option<Said<String>>,
    /// The steps that it waits for.
    pub depends_on: Option<Said<Vec<Dependency>>>,
    /// The rendering package, maybe with its version.
    pub package: Option<Said<String>>,
    /// The version of the package.
    pub package_version: Option<Said<String>>,
    /// The render file.
    pub scene: Option<Said<PathBuf>>,
    /// The frame list.
    pub frames: Option<Said<String>>,
    /// First frame of the animation.
    pub first_frame: Option<Said<i64>>,
    /// Last frame of the animation.
    pub last_frame: Option<Said<i64>>,
    /// How many frames the animation has.
    pub frame_count: Option<Said<i64>>,
    /// Size of the pictures.
    pub size: Option<Said<String>>,
    /// Ending of the pictures.
    pub format: Option<Said<String>>,
    /// Files that travel.
    pub support: Vec<Said<PathBuf>>,
    /// Folders that the package searches.
    pub libraries: Vec<Said<PathBuf>>,
    /// Settings of the package.
    pub settings: BTreeMap<String, Said<String>>,
    /// Arguments handed to the package as they are.
    pub arguments: Option<Said<Vec<String>>>,
    /// A program with its arguments.
    pub command: Option<Said<Vec<String>>>,
    /// What hosts must be, word for word.
    pub needs: Vec<Said<Clause>>,
    /// Which hosts go first.
    pub prefer: Vec<Said<Preference>>,
    /// Amounts of a host by what they are of.
    pub reserve: BTreeMap<&'static str, Said<String>>,
    /// Frames of one run.
    pub chunk: Option<Said<i64>>,
    /// Which frames start first.
    pub order: Option<Said<String>>,
    /// Slots of a frame.
    pub slots: Option<Said<String>>,
    /// Amounts by the name of the limit.
    pub limits: BTreeMap<String, Said<i64>>,
    /// The longest a try may take.
    pub max_time: Option<Said<String>>,
    /// The shortest that is believed.
    pub min_time: Option<Said<String>>,
    /// The longest without progress.
    pub stall_time: Option<Said<String>>,
    /// What its sessions are in.
    pub environments: Vec<Said<Environment>>,
    /// A grid, `4x4`: each picture is spread over so many steps.
    pub tiles: Option<Said<String>>,
    /// Pixels around each tile.
    pub tile_border: Option<Said<i64>>,
    /// Among how many slots samples are shared out.
    pub sample_parts: Option<Said<i64>>,
    /// Kinds of warnings that are to fail a frame.
    pub refuse: Option<Said<Vec<String>>>,
    /// Whether the package is started for each frame.
    pub cold: Option<Said<bool>>,
    /// Whether its own command stays for many frames.
    pub warm: Option<Said<bool>>,
}

impl StepDraft {
    /// This draft with everything that `upper` says laid over it. Single values and lists are replaced;
    /// settings, needs and limits one by one; support files and libraries come on top.
    pub(super) fn overlaid(self, upper: Self) -> Self {
        Self {
            table: upper.table.or(self.table),
            name: upper.name.or(self.name),
            depends_on: upper.depends_on.or(self.depends_on),
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
            settings: self.settings.into_iter().chain(upper.settings).collect(),
            arguments: upper.arguments.or(self.arguments),
            command: upper.command.or(self.command),
            needs: overlaid(self.needs, upper.needs),
            prefer: if upper.prefer.is_empty() { self.prefer } else { upper.prefer },
            reserve: self.reserve.into_iter().chain(upper.reserve).collect(),
            chunk: upper.chunk.or(self.chunk),
            order: upper.order.or(self.order),
            slots: upper.slots.or(self.slots),
            limits: self.limits.into_iter().chain(upper.limits).collect(),
            max_time: upper.max_time.or(self.max_time),
            min_time: upper.min_time.or(self.min_time),
            stall_time: upper.stall_time.or(self.stall_time),
            tiles: upper.tiles.or(self.tiles),
            tile_border: upper.tile_border.or(self.tile_border),
            sample_parts: upper.sample_parts.or(self.sample_parts),
            refuse: upper.refuse.or(self.refuse),
            cold: upper.cold.or(self.cold),
            warm: upper.warm.or(self.warm),
            environments: [self.environments, upper.environments].concat(),
        }
    }

    /// This step, and what the job says for all of its steps where the step says nothing. What is meant for
    /// another program than the step's own is not taken over.
    pub(super) fn under(self, mut job: Self) -> Self {
        if self.command.is_some() {
            job = Self {
                package: None,
                package_version: None,
                scene: None,
                format: None,
                libraries: Vec::new(),
                settings: BTreeMap::new(),
                arguments: None,
                tiles: None,
                tile_border: None,
                sample_parts: None,
                ..job
            };
            if self.frames.is_some() {
                job = Self { first_frame: None, last_frame: None, frame_count: None, ..job };
            }
        } else if self.package.is_some() {
            job = Self { package_version: None, settings: BTreeMap::new(), arguments: None, ..job };
        }
        if self.package.is_some() || self.scene.is_some() {
            job.command = None;
        }
        job.overlaid(self)
    }

    /// The fault of a check, in the place where its field was said, or where the step stands.
    pub(super) fn placed(&self, mut fault: Fault) -> Fault {
        let named = |said: &&Said<PathBuf>| fault.what.contains(&*said.value.to_string_lossy());
        let place = match fault.place.as_str() {
            "support" => self.support.iter().find(named).map(|said| said.place.as_str()),
            "library" => self.libraries.iter().find(named).map(|said| said.place.as_str()),
            _ => None,
        };
        let said = place.or_else(|| self.place_of(&fault.place));
        if let Some(place) = said.or(self.table.as_deref()) {
            fault.place = place.to_owned();
        }
        fault
    }

    /// Where `field`, as the checks name it, was said.
    pub(super) fn place_of(&self, field: &str) -> Option<&str> {
        fn at<T>(said: Option<&Said<T>>) -> Option<&str> {
            said.map(|said| said.place.as_str())
        }
        if let Some(need) = field.strip_prefix("needs.") {
            let said = self.needs.iter().find(|said| said.value.subject.as_deref() == Some(need));
            return said.or(self.needs.first()).map(|said| said.place.as_str());
        }
        if let Some(setting) = field.strip_prefix("settings.") {
            return at(self.settings.get(setting));
        }
        if let Some(limit) = field.strip_prefix("limits.") {
            return at(self.limits.get(limit));
        }
        match field {
            "step" => at(self.name.as_ref()).or(self.table.as_deref()),
            "depends_on" => at(self.depends_on.as_ref()),
            "package" => at(self.package.as_ref()),
            "scene" => at(self.scene.as_ref()),
            "frames" => at(self.frames.as_ref()),
            "first_frame" => at(self.first_frame.as_ref()),
            "last_frame" => at(self.last_frame.as_ref()),
            "frame_count" => at(self.frame_count.as_ref()),
            "size" => at(self.size.as_ref()),
            "format" => at(self.format.as_ref()),
            "arguments" => at(self.arguments.as_ref()),
            "command" => at(self.command.as_ref()),
            "support" => at(self.support.first()),
            "library" => at(self.libraries.first()),
            "chunk" => at(self.chunk.as_ref()),
            "order" => at(self.order.as_ref()),
            "slots" => at(self.slots.as_ref()),
            "needs" => at(self.needs.first()),
            "prefer" => at(self.prefer.first()),
            "reserve" => at(self.reserve.values().next()),
            "limits" => at(self.limits.values().next()),
            "times" => at(self.min_time.as_ref().or(self.max_time.as_ref()).or(self.stall_time.as_ref())),
            "max_time" => at(self.max_time.as_ref()),
            "min_time" => at(self.min_time.as_ref()),
            "stall_time" => at(self.stall_time.as_ref()),
            "tiles" => at(self.tiles.as_ref()),
            "tile_border" => at(self.tile_border.as_ref()),
            "sample_parts" => at(self.sample_parts.as_ref()),
            "refuse" => at(self.refuse.as_ref()),
            "cold" => at(self.cold.as_ref()),
            "warm" => at(self.warm.as_ref()),
            _ => None,
        }
    }
}

/// Needs with others laid over them: one on the same subject is replaced, others add up.
fn overlaid(lower: Vec<Said<Clause>>, upper: Vec<Said<Clause>>) -> Vec<Said<Clause>> {
    let replaced = |said: &Said<Clause>| {
        said.value.subject.is_some() && upper.iter().any(|other| other.value.subject == said.value.subject)
    };
    let mut all: Vec<Said<Clause>> = lower.into_iter().filter(|said| !replaced(said)).collect();
    all.extend(upper);
    all
}
