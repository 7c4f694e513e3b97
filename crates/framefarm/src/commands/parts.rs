//! Steps that make parts of pictures, as people want to see them: one line for all parts of a step.

use model::{StepView, WhyView};

use crate::output::plural;

/// Name of the whole step, and what its parts are: `("render", "tile")`.
type PartName<'a> = (&'a str, &'a str);

/// The step whose pictures `name` makes parts of, and what a part is: `render` and `tile` for
/// `render.tile07`. None for steps that make whole pictures.
pub(super) fn part_of(name: &str) -> Option<PartName<'_>> {
    let (whole, part) = name.rsplit_once('.')?;
    let kind = part.trim_end_matches(|c: char| c.is_ascii_digit());
    (matches!(kind, "tile" | "part") && kind.len() < part.len()).then_some((whole, kind))
}

/// `render, 16 tiles`.
fn folded_name(whole: &str, kind: &str, count: usize) -> String {
    format!("{whole}, {}", plural(count, kind))
}

/// The steps with all parts of one as one: it has as many frames as they have together.
pub(super) fn fold_steps(steps: &[StepView]) -> Vec<StepView> {
    let mut folded: Vec<(Option<PartName<'_>>, usize, StepView)> = Vec::new();
    for step in steps {
        let part = part_of(&step.name);
        match folded.last_mut() {
            Some((last, count, sum)) if part.is_some() && *last == part => {
                *count += 1;
                sum.frames_total += step.frames_total;
                sum.frames_done += step.frames_done;
                sum.frames_failed += step.frames_failed;
                sum.frames_running += step.frames_running;
                sum.frames_waiting += step.frames_waiting;
                sum.frames_warned += step.frames_warned;
                sum.waiting_because = sum.waiting_because.take().or_else(|| step.waiting_because.clone());
            }
            _ => folded.push((part, 1, step.clone())),
        }
    }
    let named = |(part, count, step): (Option<PartName<'_>>, usize, StepView)| {
        // What puts the parts together waits for each of them.
        let mut depends_on = step.depends_on.clone();
        depends_on.retain(|other| part_of(&other.step).is_none());
        let own = depends_on.len() < step.depends_on.len();
        let parts = step.depends_on.iter().find(|other| part_of(&other.step).is_some());
        depends_on.extend(parts.cloned().map(|mut other| {
            other.step = format!("{}s", part_of(&other.step).map_or("part", |(_, kind)| kind));
            other
        }));
        let depends_on = if own { depends_on } else { step.depends_on.clone() };
        match part {
            Some((whole, kind)) => StepView { name: folded_name(whole, kind, count), depends_on, ..step },
            None => StepView { depends_on, ..step },
        }
    };
    folded.into_iter().map(named).collect()
}

/// Reasons with those of all parts of a step as one, where they are the same.
pub(super) fn fold_whys(whys: &[WhyView]) -> Vec<(String, u32, String)> {
    let mut folded: Vec<(Option<PartName<'_>>, usize, &WhyView, u32)> = Vec::new();
    for why in whys {
        let part = part_of(&why.step);
        match folded.last_mut() {
            Some((last, count, first, waiting))
                if part.is_some() && *last == part && first.sentence == why.sentence =>
            {
                *count += 1;
                *waiting += why.frames_waiting;
            }
            _ => folded.push((part, 1, why, why.frames_waiting)),
        }
    }
    let line = |(part, count, why, waiting): (Option<PartName<'_>>, usize, &WhyView, u32)| {
        let name = match part {
            Some((whole, kind)) if count > 1 => folded_name(whole, kind, count),
            _ => why.step.clone(),
        };
        (name, waiting, why.sentence.clone())
    };
    folded.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, done: u32, after: &[&str]) -> StepView {
        let other = |name: &&str| model::Dependency {
            step: (*name).to_owned(),
            by: model::DependencyKind::Frame,
            files: true,
        };
        StepView {
            name: name.into(),
            package: "povray".into(),
            frames: "1-3".into(),
            profile: String::new(),
            reserve: String::new(),
            depends_on: after.iter().map(other).collect(),
            frames_total: 3,
            frames_done: done,
            frames_failed: 0,
            frames_running: 1,
            frames_waiting: 3 - done - 1,
            frames_warned: 0,
            waiting_because: (done == 0).then(|| "it waits".to_owned()),
        }
    }

    #[test]
    fn parts_are_known_by_their_names() {
        assert_eq!(part_of("render.tile07"), Some(("render", "tile")));
        assert_eq!(part_of("a.b.part1"), Some(("a.b", "part")));
        for whole in ["render", "render.tile", "render.tiles1", "tile07", "render.7", "render.tile7b"] {
            assert_eq!(part_of(whole), None, "{whole}");
        }
    }

    #[test]
    fn parts_of_a_step_are_one_line_and_others_stay() {
        let steps = [
            step("sim", 2, &[]),
            step("render.tile1", 1, &["sim"]),
            step("render.tile2", 0, &["sim"]),
            step("render", 1, &["render.tile1", "render.tile2"]),
            step("other.tile1", 2, &[]),
        ];
        let folded = fold_steps(&steps);
        let names: Vec<&str> = folded.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["sim", "render, 2 tiles", "render", "other, 1 tile"]);
        let tiles = &folded[1];
        assert_eq!((tiles.frames_total, tiles.frames_done, tiles.frames_running), (6, 1, 2));
        assert_eq!(tiles.waiting_because.as_deref(), Some("it waits"));
        assert_eq!(tiles.depends_on, steps[1].depends_on);
        let after: Vec<&str> = folded[2].depends_on.iter().map(|other| other.step.as_str()).collect();
        assert_eq!(after, ["tiles"]);
    }
}
