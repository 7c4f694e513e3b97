//! What can be wrong with the steps of a job: each by itself, and how they hang together.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{check_name, parts};
use crate::description::slug;
use crate::{Fault, Faults, FrameOrder, JobDescription, SlotNeed, Step, TimeLimits};

/// More steps than this are a script gone wild.
const STEPS_MAX: usize = 1_000;
/// More frames in one piece than this are no piece any more.
const CHUNK_MAX: u32 = 10_000;

impl JobDescription {
    pub(super) fn check_steps(&self, faults: &mut Faults) {
        if self.steps.is_empty() {
            faults.push(Fault::new("steps", "there is nothing to do for any frame"));
        }
        if self.steps.len() > STEPS_MAX {
            let what = format!("{} steps are more than {STEPS_MAX}", self.steps.len());
            faults.push(Fault::new("steps", what).hint("split it into several jobs, one `after` the other"));
            return;
        }
        let mut names = BTreeSet::new();
        let mut slugs = BTreeMap::new();
        for step in &self.steps {
            if !names.insert(&step.name) {
                faults.push(Fault::new("steps", format!("two steps are called {:?}", step.name)));
            } else if let Some(other) = slugs.insert(slug(&step.name), &step.name) {
                let what =
                    format!("the files of steps {other:?} and {:?} would have the same names", step.name);
                faults.push(Fault::new("steps", what).hint("tell them apart by letters or digits"));
            }
            self.check_step(step, faults);
        }
        self.check_cycles(faults);
    }

    fn check_step(&self, step: &Step, faults: &mut Faults) {
        check_name("step", &step.name, faults);
        let span = step.animation;
        if span.first > span.last {
            let what = format!("the first frame {} comes after the last frame {}", span.first, span.last);
            faults.push(Fault::new("first_frame", what));
        } else if step.frames.lowest() < span.first || step.frames.highest() > span.last {
            let what = format!(
                "frames {} go beyond the animation, which runs from {} to {}",
                step.frames, span.first, span.last
            );
            faults
                .push(Fault::new("frames", what).hint("widen first_frame and last_frame, or leave them out"));
        }
        if let Some(scene) = &step.work.scene
            && !self.files.iter().any(|file| file.path == *scene)
        {
            faults.push(Fault::new("scene", format!("{scene} is not among the files of the job")));
        }
        step.profile.check(faults);
        self.check_dependencies(step, faults);
        check_pieces(step, faults);
        self.check_slots(step, faults);
        check_limits(step, faults);
        check_times(step.times, faults);
        parts::check(&step.work, faults);
    }

    fn check_dependencies(&self, step: &Step, faults: &mut Faults) {
        let mut seen = BTreeSet::new();
        for other in step.depends_on.iter().map(|dependency| &dependency.step) {
            let fault = |what: String| Fault::new("depends_on", what);
            let name = &step.name;
            if !seen.insert(other) {
                let fault = fault(format!("step {name:?} names step {other:?} twice"));
                faults.push(fault.hint("name each step once, by its frames or as a whole"));
            } else if other == name {
                let fault = fault(format!("step {name:?} depends on itself"));
                faults.push(fault.hint("leave it out, or name the step that goes first"));
            } else if !self.steps.iter().any(|step| step.name == *other) {
                let known: Vec<&str> = self.steps.iter().map(|step| step.name.as_str()).collect();
                let fault = fault(format!("step {name:?} depends on {other:?}, and there is no such step"));
                faults.push(fault.hint(format!("the steps are {}", known.join(", "))));
            }
        }
    }

    /// One fault for each step that waits for itself by way of others; of a cycle only the first is told.
    fn check_cycles(&self, faults: &mut Faults) {
        let index: BTreeMap<&str, usize> =
            self.steps.iter().enumerate().map(|(at, step)| (step.name.as_str(), at)).collect();
        let mut walk =
            Walk { steps: &self.steps, index, seen: vec![false; self.steps.len()], path: Vec::new() };
        for at in 0..self.steps.len() {
            walk.from(at, faults);
        }
    }

    fn check_slots(&self, step: &Step, faults: &mut Faults) {
        let SlotNeed::Count(count) = step.slots else { return };
        if count == 0 {
            let what = format!("a frame of step {:?} would hold no slot", step.name);
            faults.push(Fault::new("slots", what).hint("say 1 or more"));
        }
        if let Some(most) = self.slots_max.filter(|most| (1..u32::from(count)).contains(most)) {
            let what =
                format!("a frame of step {:?} takes {count} slots, and the job may hold {most}", step.name);
            faults.push(Fault::new("slots", what).hint("raise slots_max, or let a frame take fewer slots"));
        }
    }
}

/// A walk along the dependencies of steps that looks for the way back to where it was.
struct Walk<'a> {
    steps: &'a [Step],
    index: BTreeMap<&'a str, usize>,
    /// Steps that were left behind, and from which nothing new can be found.
    seen: Vec<bool>,
    path: Vec<usize>,
}

impl Walk<'_> {
    /// The path is as deep as there are steps, which `STEPS_MAX` bounds.
    fn from(&mut self, at: usize, faults: &mut Faults) {
        if let Some(start) = self.path.iter().position(|held| *held == at) {
            let steps = self.path[start..].iter().chain([&at]).map(|at| self.steps[*at].name.as_str());
            let cycle = steps.collect::<Vec<_>>().join(" -> ");
            let fault = Fault::new("depends_on", format!("the steps wait for each other: {cycle}"));
            faults.push(fault.hint("let one of them go first, without waiting for the others"));
            return;
        }
        if std::mem::replace(&mut self.seen[at], true) {
            return;
        }
        self.path.push(at);
        let step = &self.steps[at];
        let others = step.depends_on.iter().filter(|dependency| dependency.step != step.name);
        let others: Vec<usize> =
            others.filter_map(|other| self.index.get(other.step.as_str()).copied()).collect();
        for other in others {
            self.from(other, faults);
        }
        self.path.pop();
    }
}

fn check_pieces(step: &Step, faults: &mut Faults) {
    if !(1..=CHUNK_MAX).contains(&step.chunk) {
        let what = format!("a chunk of {} frames is outside 1 to {CHUNK_MAX}", step.chunk);
        faults.push(Fault::new("chunk", what).hint("1 renders each frame by itself"));
    }
    if let FrameOrder::EveryNth(nth @ (0 | 1)) = step.order {
        let what = format!("every {nth}th frame first is no order");
        faults
            .push(Fault::new("order", what).hint("say 2 or more, or leave it out for the order of the list"));
    }
}

fn check_limits(step: &Step, faults: &mut Faults) {
    for (name, amount) in &step.limits {
        let place = format!("limits.{name}");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if name.is_empty() || name.len() > super::NAME_MAX || !name.chars().all(plain) {
            let what = format!("{name:?} is not the name of a limit");
            faults.push(Fault::new(&place, what).hint("names are letters, digits, dots, dashes and _"));
        }
        if *amount == 0 {
            let what = format!("a frame would take nothing of limit {name}");
            faults.push(Fault::new(place, what).hint("say 1 or more, or leave the limit out"));
        }
    }
}

fn check_times(times: TimeLimits, faults: &mut Faults) {
    for (what, limit) in [("longest time", times.max_ms), ("time without progress", times.stall_ms)] {
        if limit == Some(0) {
            let what = format!("with a {what} of 0 no frame could end");
            faults.push(Fault::new("times", what).hint("leave it out for no limit"));
        }
    }
    if let (Some(min), Some(max)) = (times.min_ms, times.max_ms)
        && min >= max
        && max > 0
    {
        let what = format!("the shortest time, {min} ms, is not below the longest, {max} ms");
        faults.push(Fault::new("times", what).hint("no frame could be good; widen them"));
    }
}
