//! How a step is to be given out, from the words people use: order, slots, and how long an attempt may take.

use model::{Amounts, Fault, Faults, FrameOrder, SlotNeed, TimeLimits, decimal};

use super::draft::Said;
use super::step_draft::StepDraft;

/// In which order the frames start.
pub(super) fn order(step: &StepDraft, faults: &mut Faults) -> FrameOrder {
    let Some(said) = &step.order else { return FrameOrder::Plain };
    let text = said.value.trim().to_ascii_lowercase();
    match text.as_str() {
        "plain" => FrameOrder::Plain,
        "first-last-middle" => FrameOrder::FirstLastMiddle,
        _ => every_nth(&text).unwrap_or_else(|| {
            let what = format!("{:?} is no order of frames", said.value);
            let hint = "write plain, first-last-middle or every 10th";
            faults.push(Fault::new(&said.place, what).hint(hint));
            FrameOrder::Plain
        }),
    }
}

/// `every 10th`; every first one is all of them as they come.
fn every_nth(text: &str) -> Option<FrameOrder> {
    let rest = text.strip_prefix("every")?.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, ending) = rest.split_at(end);
    if !["", "st", "nd", "rd", "th"].contains(&ending.trim_end()) {
        return None;
    }
    match number.parse().ok()? {
        0 => None,
        1 => Some(FrameOrder::Plain),
        n => Some(FrameOrder::EveryNth(n)),
    }
}

/// How many slots of one host a frame holds.
pub(super) fn slots(step: &StepDraft, faults: &mut Faults) -> SlotNeed {
    let Some(said) = &step.slots else { return SlotNeed::default() };
    let text = said.value.trim();
    match text.parse() {
        _ if text.eq_ignore_ascii_case("all") => SlotNeed::Whole,
        Ok(count) if count > 0 => SlotNeed::Count(count),
        _ => {
            let what = format!("{text:?} is no number of slots");
            faults.push(Fault::new(&said.place, what).hint("write for example 4, or all for a whole host"));
            SlotNeed::default()
        }
    }
}

/// What a running frame holds of its host, besides slots.
pub(super) fn reserve(step: &StepDraft, faults: &mut Faults) -> Amounts {
    let mut amounts = Amounts::default();
    for (name, said) in &step.reserve {
        if !amounts.set(name, &said.value) {
            let what = format!("{:?} is no amount of {name}", said.value);
            let hint =
                format!("write for example {}", if *name == "memory" { "memory=8GiB" } else { "gpus=1" });
            faults.push(Fault::new(&said.place, what).hint(hint));
        }
    }
    amounts
}

/// How long an attempt may take.
pub(super) fn times(step: &StepDraft, faults: &mut Faults) -> TimeLimits {
    let mut of = |said: Option<&Said<String>>| time(said?, faults);
    TimeLimits {
        max_ms: of(step.max_time.as_ref()),
        min_ms: of(step.min_time.as_ref()),
        stall_ms: of(step.stall_time.as_ref()),
    }
}

fn time(said: &Said<String>, faults: &mut Faults) -> Option<u64> {
    if said.value.trim().eq_ignore_ascii_case("none") {
        return None;
    }
    let ms = milliseconds(&said.value).filter(|ms| *ms > 0);
    if ms.is_none() {
        let what = format!("{:?} is no length of time", said.value);
        let hint = "write it with its unit, for example 90 s, 5 min, 1 h 30 min, or none";
        faults.push(Fault::new(&said.place, what).hint(hint));
    }
    ms
}

/// `90 s`, `1.5 h`, `1 h 30 min`.
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = (&rest[..end], rest[end..].trim_start());
        let end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let unit = match behind[..end].to_ascii_lowercase().as_str() {
            "ms" => 1,
            "s" | "sec" | "second" | "seconds" => 1_000,
            "m" | "min" | "minute" | "minutes" => 60_000,
            "h" | "hour" | "hours" => 3_600_000,
            "d" | "day" | "days" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(decimal(number, unit)?)?;
        rest = behind[end..].trim_start();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_units_people_write() {
        let table = [
            ("90 s", Some(90_000)),
            ("5min", Some(300_000)),
            ("1 h 30 min", Some(5_400_000)),
            ("0.5 h", Some(1_800_000)),
            ("250 ms", Some(250)),
            ("2 days", Some(172_800_000)),
            ("90", None),
            ("s", None),
            ("5 light years", None),
            ("-5 s", None),
            ("99999999999999999999 h", None),
        ];
        for (text, ms) in table {
            assert_eq!(milliseconds(text), ms, "{text}");
        }
    }

    #[test]
    fn orders_are_read_as_people_say_them() {
        let of = |text: &str| {
            let mut faults = Faults::default();
            let step =
                StepDraft { order: Some(Said::new("--order", text.to_owned())), ..StepDraft::default() };
            let order = order(&step, &mut faults);
            faults.0.is_empty().then_some(order)
        };
        assert_eq!(of("plain"), Some(FrameOrder::Plain));
        assert_eq!(of("First-Last-Middle"), Some(FrameOrder::FirstLastMiddle));
        assert_eq!(of("every 10th"), Some(FrameOrder::EveryNth(10)));
        assert_eq!(of("every 2nd"), Some(FrameOrder::EveryNth(2)));
        assert_eq!(of("every 3"), Some(FrameOrder::EveryNth(3)));
        assert_eq!(of("every 1st"), Some(FrameOrder::Plain));
        for wrong in ["every 0th", "every", "every tenth", "10th", "backwards", ""] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
