//! The jobs that people of a simulated farm submit, drawn with everything that a description may ask for.

use std::collections::BTreeMap;

use model::{
    Amounts, Dependency, DependencyKind, FrameOrder, FrameSpan, JobDescription, JobId, Need, Preference,
    Profile, SlotNeed, Step, TimeLimits, Work,
};

use crate::chance::Chance;
use crate::ingredient::Ingredient;
use crate::plan::Plan;

/// The limits that the farm may have.
pub(crate) const LIMITS: [&str; 2] = ["licence", "bandwidth"];
/// What no step takes more of than.
pub(crate) const LIMIT_WANTED_MAX: u32 = 2;
/// Who submits, and for which group.
pub(crate) const USERS: [(&str, Option<&str>); 4] =
    [("artist", None), ("beate", Some("shots")), ("carla", Some("shots")), ("deniz", Some("trailer"))];
/// The setting that tells how long a frame renders at most, in milliseconds.
const PACE: &str = "pace";

/// Draws a job; `others` may be waited for.
pub(crate) fn draw_job(chance: &mut Chance, plan: &Plan, job: u64, others: &[JobId]) -> JobDescription {
    let mut draw = Draw { chance, plan };
    let count = if draw.chance.permille(600) { 1 } else { draw.chance.between(2, 3) };
    let mut steps: Vec<Step> = Vec::new();
    for index in 0..count {
        let step = draw.step(index, &steps);
        steps.push(step);
    }
    let wide = steps.iter().map(|step| match step.slots {
        SlotNeed::Count(count) => u32::from(count),
        SlotNeed::Whole => 1,
    });
    let slots_most = draw.number(1, 4).max(wide.max().unwrap_or(1));
    let user = if draw.rolls(Ingredient::ManyUsers) { draw.chance.index(USERS.len()) } else { 0 };
    let after = draw.rolls(Ingredient::JobsAfter).then(|| others.get(draw.chance.index(others.len().max(1))));
    JobDescription {
        priority: i32::try_from(draw.chance.between(0, 3)).unwrap_or(0),
        group: USERS[user].1.map(str::to_owned),
        notify: if draw.chance.permille(400) { vec!["artist@example.com".to_owned()] } else { Vec::new() },
        held: draw.chance.permille(100),
        attempts_max: draw.number(1, 4),
        after: after.flatten().copied().into_iter().collect(),
        slots_max: draw.rolls(Ingredient::SlotsMax).then_some(slots_most),
        hosts_max: draw.rolls(Ingredient::HostsMax).then(|| draw.number(1, 2)),
        ..JobDescription::new(format!("film {job}"), USERS[user].0, steps)
    }
}

/// A plain step of one frame for each number from 1 to `last`.
pub(crate) fn plain_step(index: u64, last: i64, pace_ms: u64) -> Step {
    let frames = format!("1-{last}").parse().expect("a range is a frame list");
    let settings = BTreeMap::from([(PACE.to_owned(), pace_ms.to_string())]);
    let work = Work { package: "povray".into(), settings, ..Work::default() };
    Step::new(format!("step {index}"), frames, FrameSpan { first: 1, last }, work)
}

/// How long a frame of a step renders at most, in milliseconds.
pub(crate) fn pace_ms(step: &Step) -> u64 {
    step.work.settings.get(PACE).and_then(|pace| pace.parse().ok()).unwrap_or(1_000)
}

struct Draw<'a> {
    chance: &'a mut Chance,
    plan: &'a Plan,
}

impl Draw<'_> {
    /// Whether a job or step has what the farm may have.
    fn rolls(&mut self, ingredient: Ingredient) -> bool {
        self.chance.permille(self.plan.strength(ingredient))
    }

    fn number(&mut self, low: u64, high: u64) -> u32 {
        u32::try_from(self.chance.between(low, high)).unwrap_or(1)
    }

    fn step(&mut self, index: u64, earlier: &[Step]) -> Step {
        let short = self.rolls(Ingredient::ShortFrames);
        let last = self.chance.between(1, if short { 40 } else { 12 });
        let pace = if short { self.chance.between(5, 120) } else { self.plan.render_ms };
        let mut step = plain_step(index, i64::try_from(last).unwrap_or(1), pace);
        if self.chance.permille(250) {
            step.profile = Profile::of([Need::Tag("choice".to_owned())]);
        }
        if self.rolls(Ingredient::SilentFrames) {
            step.work.package = "command".to_owned();
            step.work.command = vec!["true".to_owned()];
        }
        if self.rolls(Ingredient::Chunks) {
            step.chunk = self.number(2, 5);
        }
        if self.rolls(Ingredient::Orders) {
            let nth = self.number(2, 4);
            step.order = [FrameOrder::FirstLastMiddle, FrameOrder::EveryNth(nth)][self.chance.index(2)];
        }
        if self.rolls(Ingredient::WideFrames) {
            step.slots = [SlotNeed::Count(2), SlotNeed::Count(3), SlotNeed::Whole][self.chance.index(3)];
        }
        if self.rolls(Ingredient::Reserves) {
            let memory_gib = self.chance.between(0, 4);
            let gpus = [0, 0, 1, 1, 2][self.chance.index(5)];
            step.reserve = Amounts { memory_bytes: memory_gib << 30, gpus };
        }
        if self.rolls(Ingredient::Preferences) {
            let wanted = [Need::Tag("choice".to_owned()), Need::Pool("nobody's".to_owned())];
            let need = wanted[self.chance.index(2)].clone();
            step.profile.prefer.push(Preference { need, weight: self.number(1, 3) });
        }
        for limit in LIMITS {
            if self.rolls(Ingredient::Limits) {
                step.limits.insert(limit.to_owned(), self.number(1, u64::from(LIMIT_WANTED_MAX)));
            }
        }
        if self.rolls(Ingredient::TimeLimits) {
            step.times = self.times(pace);
        }
        for other in earlier {
            if self.rolls(Ingredient::Dependencies) {
                let by = [DependencyKind::Step, DependencyKind::Frame][self.chance.index(2)];
                step.depends_on.push(Dependency { step: other.name.clone(), by, files: false });
            }
        }
        step
    }

    /// Mostly limits that a frame of this pace keeps, sometimes ones that it cannot.
    fn times(&mut self, pace_ms: u64) -> TimeLimits {
        let kept = self.chance.permille(800);
        let max_ms = if kept { pace_ms * 2 + 2_000 } else { pace_ms / 2 + 100 };
        let max = self.chance.permille(600).then_some(max_ms);
        let min = self.chance.permille(300).then(|| self.chance.between(2, 60).min(max_ms));
        let stall = self.chance.permille(400).then(|| self.chance.between(3_000, 20_000));
        TimeLimits { max_ms: max, min_ms: min, stall_ms: stall.map(|stall| stall.min(max_ms)) }
    }
}
