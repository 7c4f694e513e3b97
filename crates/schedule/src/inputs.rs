//! What an attempt works with that earlier steps of its job made.

use model::{Dependency, DependencyKind, InputView, LeaseId, Output, Step};

use crate::Schedule;
use crate::frame_table::FrameTable;

/// What one step made of it.
struct Made<'a> {
    /// Where it lies in the storage.
    stored_in: String,
    step: &'a Step,
    outputs: Vec<&'a Output>,
}

impl Schedule {
    /// The files that the attempt under `lease` is brought: of each step that it waits for with its files,
    /// in the order in which they are named. None where the lease is over.
    #[must_use]
    pub fn inputs(&self, lease: LeaseId) -> Option<Vec<InputView>> {
        let view = |step: &Step, Output { name, digest, bytes, .. }: &Output| InputView {
            folder: step.slug(),
            name: name.clone(),
            digest: *digest,
            bytes: *bytes,
        };
        let made = self.made_for(lease)?.into_iter();
        Some(made.flat_map(|Made { step, outputs, .. }| outputs.into_iter().map(|o| view(step, o))).collect())
    }

    /// The folder in the storage where the input `name` of `folder` lies; none where `lease` has none such.
    #[must_use]
    pub fn input_place(&self, lease: LeaseId, folder: &str, name: &str) -> Option<String> {
        let mut made = self.made_for(lease)?.into_iter().filter(|made| made.step.slug() == folder);
        let found = made.find(|made| made.outputs.iter().any(|output| output.name == name));
        found.map(|made| made.stored_in)
    }

    fn made_for(&self, lease: LeaseId) -> Option<Vec<Made<'_>>> {
        let frame = self.kept.leases.get(lease)?.frame;
        let job = self.kept.jobs.get(&frame.job)?;
        let steps = &job.description.steps;
        let step = steps.get(usize::from(frame.step.0))?;
        let files = step.depends_on.iter().filter(|other| other.files);
        let made = files.filter_map(|Dependency { step: name, by, .. }| {
            let at = steps.iter().position(|other| other.name == *name)?;
            let (other, table) = (steps.get(at)?, job.tables.get(at)?);
            let outputs = match by {
                DependencyKind::Step => of_all(table),
                DependencyKind::Frame => of_frames(other, table, step.chunk_numbers(frame.index)),
            };
            Some(Made { stored_in: job.description.folder_of(frame.job, at), step: other, outputs })
        });
        Some(made.collect())
    }
}

fn of_all(table: &FrameTable) -> Vec<&Output> {
    table.all_touched().flat_map(|(_, touched)| &touched.outputs).collect()
}

/// What was made for the frames `numbers`. A chunk has a file for each of its frames, in their order, or one
/// for all of them.
fn of_frames<'a>(step: &Step, table: &'a FrameTable, numbers: impl Iterator<Item = i64>) -> Vec<&'a Output> {
    let mut found: Vec<&Output> = Vec::new();
    for number in numbers {
        let Some(chunk) = step.chunk_of(number) else { continue };
        let outputs = table.touched(chunk).map_or(&[][..], |touched| &touched.outputs);
        if outputs.len() == step.chunk_numbers(chunk).count() {
            let place = step.chunk_numbers(chunk).position(|held| held == number);
            found.extend(place.and_then(|place| outputs.get(place)));
        } else {
            let new = outputs.iter().filter(|output| !found.iter().any(|held| held.name == output.name));
            let new: Vec<&Output> = new.collect();
            found.extend(new);
        }
    }
    found
}
