//! Steps that wait for other steps: which chunks may start when another is done, which fail when one fails
//! for good. Called once for each chunk that ends, and walks over no more than that chunk's frames and what
//! they wake or fail.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{Dependency, DependencyKind, FrameState, Step, StepIndex};

use crate::frame_table::{Cause, Feed, FrameTable};

/// A chunk of a step.
type Chunk = (usize, u32);

/// A chunk, or every waiting one of a step, that fails with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Casualty {
    pub(crate) step: usize,
    /// Every one that waits, where absent.
    pub(crate) index: Option<u32>,
    cause: Cause,
}

/// A table for each step, each of which knows what it waits for.
pub(crate) fn tables(steps: &[Step]) -> Vec<FrameTable> {
    let mut tables: Vec<FrameTable> = steps.iter().map(FrameTable::new).collect();
    for (at, step) in steps.iter().enumerate() {
        let whole = step.depends_on.iter().filter(|other| other.by == DependencyKind::Step);
        tables[at].set_gates(u32::try_from(whole.count()).unwrap_or(u32::MAX));
        if step.depends_on.iter().any(|other| other.by == DependencyKind::Frame) {
            let free = (0..step.chunks()).filter(|index| !awaits_any(steps, step, *index));
            // Steps with the same frames leave none free, so that the usual case need not look at each.
            let same = frame_needs(steps, step).any(|other| other.frames == step.frames);
            tables[at].release_singly(free.take(if same { 0 } else { usize::MAX }));
        }
        for Dependency { step: name, by, .. } in &step.depends_on {
            if let (Some(other), Some(step)) = (find(steps, name), step_index(at)) {
                tables[other].feed(Feed { step, by: *by });
            }
        }
    }
    tables
}

/// The chunk `index` of the step at `at` is done: others may start that waited for it.
pub(crate) fn done(steps: &[Step], tables: &mut [FrameTable], at: usize, index: u32) {
    for place in 0..tables[at].feeds().len() {
        let Feed { step: to, by } = tables[at].feeds()[place];
        let to = usize::from(to.0);
        match by {
            DependencyKind::Step if tables[at].counts().done == tables[at].len() => tables[to].open_gate(),
            DependencyKind::Step => {}
            DependencyKind::Frame => {
                for (chunk, frames) in shared(&steps[at], index, &steps[to]) {
                    tables[to].hear(chunk, frames, || awaited(steps, &steps[to], chunk));
                }
            }
        }
    }
}

/// What fails with the chunk `index` of the step at `at`, which has failed for good: directly, and through
/// others that do.
pub(crate) fn casualties(steps: &[Step], tables: &[FrameTable], at: usize, index: u32) -> Vec<Casualty> {
    let mut found = Fallen { tables, whole: BTreeSet::new(), single: BTreeSet::new(), list: Vec::new() };
    let mut failed: VecDeque<Chunk> = [(at, index)].into();
    while let Some((at, index)) = failed.pop_front() {
        let Some(step) = step_index(at) else { continue };
        let cause = Cause { step, index };
        for feed in tables[at].feeds() {
            let to = usize::from(feed.step.0);
            match feed.by {
                DependencyKind::Step => found.all(to, cause, &mut failed),
                DependencyKind::Frame => {
                    for (chunk, _) in shared(&steps[at], index, &steps[to]) {
                        found.one(to, chunk, cause, &mut failed);
                    }
                }
            }
        }
    }
    found.list
}

/// How many chunks that is.
pub(crate) fn count(tables: &[FrameTable], casualties: &[Casualty]) -> u32 {
    let mut lost: BTreeMap<usize, u32> = BTreeMap::new();
    for casualty in casualties {
        let lost = lost.entry(casualty.step).or_default();
        // All of a step come after single ones of it, and count those too.
        *lost = casualty.index.map_or(tables[casualty.step].counts().waiting, |_| *lost + 1);
    }
    lost.values().sum()
}

/// Lets them fail.
pub(crate) fn fail(tables: &mut [FrameTable], casualties: &[Casualty]) {
    for Casualty { step, index, cause } in casualties {
        match index {
            Some(index) => tables[*step].fail(*index, *cause),
            None => tables[*step].fail_all(*cause),
        }
    }
}

/// Why a chunk failed whose `cause` is this, as a sentence without a full stop.
pub(crate) fn sentence(steps: &[Step], cause: Cause) -> Option<String> {
    let step = steps.get(usize::from(cause.step.0))?;
    let frames = step.chunk_list(cause.index)?;
    let (frames, have) = match frames.count() {
        1 => (format!("frame {frames}"), "has"),
        _ => (format!("frames {frames}"), "have"),
    };
    Some(format!("{frames} of step {}, which it needs, {have} failed", step.name))
}

/// Asserts that every chunk waits for just what it needs, by looking at all of them. Nothing else finds out
/// by itself when a wake was forgotten.
pub(crate) fn check(steps: &[Step], tables: &[FrameTable]) {
    for (step, table) in steps.iter().zip(tables) {
        let whole = step.depends_on.iter().filter(|other| other.by == DependencyKind::Step);
        let whole: Vec<&FrameTable> =
            whole.map(|other| &tables[find(steps, &other.step).unwrap_or(0)]).collect();
        let closed = whole.iter().filter(|other| other.counts().done < other.len()).count();
        assert_eq!(usize::try_from(table.gates()), Ok(closed), "step {} waits for whole steps", step.name);
        let lost = whole.iter().any(|other| other.counts().failed > 0);
        for index in 0..table.len() {
            let needs = || {
                step.chunk_numbers(index).flat_map(|number| {
                    let held = frame_needs(steps, step)
                        .filter_map(move |other| Some((other, other.chunk_of(number)?)));
                    held.map(|(other, chunk)| tables[find(steps, &other.name).unwrap_or(0)].state(chunk))
                })
            };
            let all_done = needs().all(|state| state == Some(FrameState::Done));
            let lost = lost || needs().any(|state| state == Some(FrameState::Failed));
            let state = table.state(index);
            // A killed job remembers no more what its chunks waited for.
            if tables.iter().all(|table| table.counts().killed == 0) {
                assert_eq!(table.has_needs(index), all_done, "chunk {index} of {} has its frames", step.name);
            }
            if matches!(state, Some(FrameState::Running | FrameState::Done)) {
                assert!(all_done && closed == 0, "chunk {index} of {} began too early", step.name);
            }
            let by_person = table.struck(index).is_some();
            assert!(
                by_person || table.cause(index).is_some() == (lost && state == Some(FrameState::Failed)),
                "chunk {index} of {} fails with what it needs",
                step.name
            );
            assert!(
                !(lost && state == Some(FrameState::Waiting)),
                "chunk {index} of {} waits in vain",
                step.name
            );
        }
    }
}

/// What has failed so far while a failure spreads.
struct Fallen<'a> {
    tables: &'a [FrameTable],
    whole: BTreeSet<usize>,
    single: BTreeSet<Chunk>,
    list: Vec<Casualty>,
}

impl Fallen<'_> {
    fn one(&mut self, step: usize, index: u32, cause: Cause, failed: &mut VecDeque<Chunk>) {
        let waits = self.tables[step].state(index) == Some(FrameState::Waiting);
        if waits && !self.whole.contains(&step) && self.single.insert((step, index)) {
            self.list.push(Casualty { step, index: Some(index), cause });
            failed.push_back((step, index));
        }
    }

    fn all(&mut self, step: usize, cause: Cause, failed: &mut VecDeque<Chunk>) {
        let table = &self.tables[step];
        if table.counts().waiting == 0 || !self.whole.insert(step) {
            return;
        }
        self.list.push(Casualty { step, index: None, cause });
        // Steps that wait for single frames of it hear of each; for others one is as good as all.
        let by_frame = table.feeds().iter().any(|feed| feed.by == DependencyKind::Frame);
        let waiting =
            table.all_in(FrameState::Waiting).filter(|index| !self.single.contains(&(step, *index)));
        failed.extend(waiting.take(if by_frame { usize::MAX } else { 1 }).map(|index| (step, index)));
    }
}

/// Chunks of `to` that hold frames of the chunk `index` of `from`, with how many of them.
fn shared(from: &Step, index: u32, to: &Step) -> Vec<(u32, u32)> {
    let mut shared: Vec<(u32, u32)> = Vec::new();
    for chunk in from.chunk_numbers(index).filter_map(|number| to.chunk_of(number)) {
        match shared.last_mut() {
            Some((last, frames)) if *last == chunk => *frames += 1,
            _ => shared.push((chunk, 1)),
        }
    }
    shared
}

/// How many frames the chunk `index` of `step` waits for.
fn awaited(steps: &[Step], step: &Step, index: u32) -> u32 {
    let held = |other: &&Step| step.chunk_numbers(index).filter(|number| holds(other, *number)).count();
    let frames: usize = frame_needs(steps, step).map(|other| held(&other)).sum();
    u32::try_from(frames).unwrap_or(u32::MAX)
}

/// Whether the chunk `index` of `step` waits for any frame.
fn awaits_any(steps: &[Step], step: &Step, index: u32) -> bool {
    step.chunk_numbers(index).any(|number| frame_needs(steps, step).any(|other| holds(other, number)))
}

fn holds(step: &Step, number: i64) -> bool {
    step.frames.index_of(number).is_some()
}

/// The steps that `step` waits for frame by frame.
fn frame_needs<'a>(steps: &'a [Step], step: &'a Step) -> impl Iterator<Item = &'a Step> {
    let by_frame = step.depends_on.iter().filter(|other| other.by == DependencyKind::Frame);
    by_frame.filter_map(|other| steps.get(find(steps, &other.step)?))
}

fn find(steps: &[Step], name: &str) -> Option<usize> {
    steps.iter().position(|step| step.name == name)
}

fn step_index(at: usize) -> Option<StepIndex> {
    u16::try_from(at).ok().map(StepIndex)
}
