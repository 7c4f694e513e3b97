//! Description file to draft: which fields there are, and what kind of value each takes.

use std::path::Path;

use model::{Faults, JobId, Source};

use super::draft::{Draft, Said};
use super::node::{self, Entry, Node, Value};
use super::reader::Reader;
use super::step_draft::StepDraft;
use super::{environment_fields, movie_fields, need_fields, step_fields, suggest};

/// Fields of the job as a whole.
pub(crate) const JOB_FIELDS: [&str; 15] = [
    "name",
    "user",
    "group",
    "priority",
    "notify",
    "hold",
    "allow_missing",
    "relocate",
    "attempts",
    "after",
    "slots_max",
    "hosts_max",
    "environment",
    "movie",
    "step",
];

/// Fields of a step, or of all steps where they stand above them.
pub(crate) const SHARED_FIELDS: [&str; 30] = [
    "package",
    "package_version",
    "scene",
    "frames",
    "first_frame",
    "last_frame",
    "frame_count",
    "size",
    "format",
    "support",
    "library",
    "settings",
    "arguments",
    "command",
    "needs",
    "prefer",
    "reserve",
    "chunk",
    "order",
    "slots",
    "limits",
    "max_time",
    "min_time",
    "stall_time",
    "tiles",
    "tile_border",
    "sample_parts",
    "refuse",
    "cold",
    "warm",
];

/// Fields that only a step has.
pub(crate) const STEP_FIELDS: [&str; 3] = ["name", "depends_on", "environment"];

/// Reads the description `text` that stands in `file`; its paths are meant from the file's folder. The draft
/// holds the faults of single fields.
///
/// # Errors
/// Where the text is neither TOML nor, with the ending `.json`, JSON.
pub fn read(file: &Path, text: &str) -> Result<Draft, Faults> {
    let (entries, faults) = node::parse(file, text)?;
    let name = file.display().to_string();
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let mut reader = Reader { file: &name, folder, faults };
    let mut draft =
        Draft { source: Some(Source { name: name.clone(), text: text.to_owned() }), ..Draft::default() };
    for entry in entries {
        reader.job_field(&mut draft, entry);
    }
    draft.faults = reader.faults;
    Ok(draft)
}

impl Reader<'_> {
    fn job_field(&mut self, draft: &mut Draft, Entry { key, line, node }: Entry) {
        if node.value == Value::Null && (JOB_FIELDS.contains(&&*key) || SHARED_FIELDS.contains(&&*key)) {
            return;
        }
        match key.as_str() {
            "name" => draft.name = self.text(&key, node),
            "user" => draft.user = self.text(&key, node),
            "group" => draft.group = self.text(&key, node),
            "priority" => draft.priority = self.whole(&key, &node),
            "notify" => draft.notify = self.texts(&key, node),
            "hold" => draft.hold = self.truth(&key, &node),
            "allow_missing" => draft.allow_missing = self.truth(&key, &node),
            "relocate" => draft.relocate = self.truth(&key, &node),
            "attempts" => draft.attempts = self.whole(&key, &node),
            "after" => draft.after = self.job_ids(&key, node),
            "slots_max" => draft.slots_max = self.whole(&key, &node),
            "hosts_max" => draft.hosts_max = self.whole(&key, &node),
            "environment" => draft.environments = environment_fields::environments(self, node),
            "movie" => draft.movie = movie_fields::movie(self, node),
            "step" => draft.steps = step_fields::steps(self, node),
            _ => {
                if !self.shared_field(&mut draft.shared, &key, node) {
                    self.unknown_in_job(&key, line);
                }
            }
        }
    }

    /// Takes a field that a step may have and that may stand above all steps; false where it is none.
    pub(super) fn shared_field(&mut self, step: &mut StepDraft, key: &str, node: Node) -> bool {
        match key {
            "package" => step.package = self.text(key, node),
            "package_version" => step.package_version = self.word(key, &node),
            "scene" => {
                let scene = self.text(key, node);
                step.scene = scene.map(|said| Said::new(said.place, self.folder.join(said.value)));
            }
            "frames" => step.frames = self.frame_list(&node),
            "first_frame" => step.first_frame = self.whole(key, &node),
            "last_frame" => step.last_frame = self.whole(key, &node),
            "frame_count" => step.frame_count = self.whole(key, &node),
            "size" => step.size = self.text(key, node),
            "format" => step.format = self.text(key, node),
            "support" => step.support = self.paths(key, node),
            "library" => step.libraries = self.paths(key, node),
            "settings" => step_fields::settings(self, step, node),
            "arguments" => step.arguments = self.texts(key, node),
            "command" => step.command = self.list(key, node),
            "needs" => need_fields::needs(self, step, node),
            "prefer" => need_fields::prefer(self, step, node),
            "reserve" => need_fields::reserve(self, step, node),
            "chunk" => step.chunk = self.whole(key, &node),
            "order" => step.order = self.text(key, node),
            "slots" => step.slots = self.word(key, &node),
            "limits" => step_fields::limits(self, step, node),
            "max_time" => step.max_time = self.word(key, &node),
            "min_time" => step.min_time = self.word(key, &node),
            "stall_time" => step.stall_time = self.word(key, &node),
            "tiles" => step.tiles = self.word(key, &node),
            "tile_border" => step.tile_border = self.whole(key, &node),
            "sample_parts" => step.sample_parts = self.whole(key, &node),
            "refuse" => step.refuse = self.texts(key, node),
            "cold" => step.cold = self.truth(key, &node),
            "warm" => step.warm = self.truth(key, &node),
            _ => return false,
        }
        true
    }

    fn unknown_in_job(&mut self, key: &str, line: usize) {
        let known: Vec<&str> = JOB_FIELDS.into_iter().chain(SHARED_FIELDS).collect();
        let hint = match suggest::nearest(key, known.iter().copied()) {
            _ if STEP_FIELDS.contains(&key) => format!("it belongs into a step: {key} below [[step]]"),
            // What people call several of them.
            _ if key == "steps" => "write [[step]] above the fields of each step".to_owned(),
            Some(field) => format!("did you mean {field}?"),
            None if model::is_need_name(key) => format!("it belongs into the table [needs]: {key}"),
            None => format!("the fields are {}", known.join(", ")),
        };
        self.fault(line, format!("there is no field {key:?}"), hint);
    }

    /// A number of a job, or a list of them.
    fn job_ids(&mut self, key: &str, node: Node) -> Option<Said<Vec<JobId>>> {
        let place = self.place(node.line);
        let items = match node.value {
            Value::List(items) => items,
            _ => vec![node],
        };
        let mut ids = Vec::new();
        for item in items {
            match item.value.scalar().and_then(|text| text.parse().ok()) {
                Some(id) => ids.push(id),
                None => self.wrong_kind(key, &item, "numbers of jobs", "write after = 17, or [17, 18]"),
            }
        }
        Some(Said::new(place, ids))
    }
}
