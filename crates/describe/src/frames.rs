//! Which frames to render, and of which animation: the frame list, first and last frame, and frame count.

use model::{Fault, Faults, FrameSet, FrameSpan};

use super::draft::Said;
use super::step_draft::StepDraft;

/// The frames of a step and the animation they are part of. Where the draft is not `sound`, what is missing
/// may only not have been understood, so nothing is said of it.
pub(super) fn understand(step: &StepDraft, sound: bool, faults: &mut Faults) -> (FrameSet, FrameSpan) {
    let bounds = bounds(step, faults);
    let listed = step.frames.as_ref().and_then(|said| match said.value.parse::<FrameSet>() {
        Ok(frames) => Some(frames),
        Err(error) => {
            faults.push(said.refused(&error));
            None
        }
    });
    let whole = || match bounds {
        (Some(first), Some(last)) if first <= last => format!("{first}-{last}").parse().ok(),
        _ => None,
    };
    let frames = listed.or_else(whole).unwrap_or_else(|| FrameSet::single(1));
    let span = FrameSpan {
        first: bounds.0.unwrap_or_else(|| frames.lowest()),
        last: bounds.1.unwrap_or_else(|| frames.highest()),
    };
    let lonely = step.first_frame.as_ref().or(step.last_frame.as_ref());
    if step.frames.is_none()
        && sound
        && bounds.0.is_some() != bounds.1.is_some()
        && let Some(lonely) = lonely
    {
        let what = "an animation has a first and a last frame, here is only one of them";
        faults.push(Fault::new(&lonely.place, what).hint("say both, or first_frame and frame_count"));
        return (FrameSet::single(1), FrameSpan { first: 1, last: 1 });
    }
    (frames, span)
}

/// First and last frame of the animation, as far as they are said.
fn bounds(step: &StepDraft, faults: &mut Faults) -> (Option<i64>, Option<i64>) {
    let value = |said: &Option<Said<i64>>| said.as_ref().map(|said| said.value);
    let (first, last) = (value(&step.first_frame), value(&step.last_frame));
    let Some(said) = &step.frame_count else { return (first, last) };
    let count = said.value;
    if count < 1 {
        let what = format!("a job of {count} frames has nothing to render");
        faults.push(Fault::new(&said.place, what).hint("1 is the least"));
        return (first, last);
    }
    match (first, last) {
        (Some(first), Some(last)) if last.checked_sub(first) != Some(count - 1) => {
            let what = format!("frames {first} to {last} are not {count} frames");
            faults.push(Fault::new(&said.place, what).hint("leave out one of the three"));
            (Some(first), Some(last))
        }
        (None, Some(last)) => (last.checked_sub(count - 1), Some(last)),
        (first, _) => {
            let first = first.unwrap_or(1);
            (Some(first), first.checked_add(count - 1))
        }
    }
}
