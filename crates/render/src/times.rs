//! How long attempts may take, and what is said of those that take longer or not long enough.

use model::{FailureClass, LeaseId, Outcome, Time, Usage};

use crate::{Attempt, Effect, Phase, Record, Render};

impl Render {
    /// The earliest moment at which an attempt has taken longer than it may.
    pub(crate) fn time_deadline(&self) -> Option<Time> {
        self.all().filter_map(|attempt| self.time_limit(attempt)).map(|(at, _)| at).min()
    }

    pub(crate) fn times_exceeded(&self, now: Time) -> impl Iterator<Item = Record> {
        self.all().filter_map(move |attempt| {
            let (at, why) = self.time_limit(attempt)?;
            (at <= now).then_some(Record::TimeExceeded { lease: attempt.grant.lease, why })
        })
    }

    /// When a running attempt is to be ended, and what is to be said then.
    fn time_limit(&self, attempt: &Attempt) -> Option<(Time, String)> {
        let (lease, times) = (attempt.grant.lease, attempt.grant.times);
        let passing = &self.passing;
        let ending = passing.exceeded.contains_key(&lease) || passing.giving_back.contains_key(&lease);
        if times.is_none() || ending || self.phase_of(attempt) != Phase::Running {
            return None;
        }
        let started = attempt.started_at.unwrap_or(attempt.taken_at);
        let longest = times.max_ms.map(|max| {
            let why = format!("it ran longer than the {} allowed", in_words(max));
            (started.plus_ms(max), why)
        });
        // After a restart the process is not counted as standing still before somebody watches it.
        let moved = passing.moved_at.get(&lease);
        let still = moved.zip(times.stall_ms).map(|(moved, stall)| {
            let why = format!("no progress for {}", in_words(stall));
            (moved.plus_ms(stall), why)
        });
        longest.into_iter().chain(still).min_by_key(|(at, _)| *at)
    }

    pub(crate) fn process_watched(&mut self, lease: LeaseId, at: Time) {
        self.passing.moved_at.insert(lease, at);
    }

    pub(crate) fn time_exceeded(&mut self, lease: LeaseId, why: &str, effects: &mut Vec<Effect>) {
        self.passing.exceeded.insert(lease, why.to_owned());
        effects.push(Effect::Kill { lease });
    }

    /// What is reported of an attempt that came to `outcome`, its times considered.
    pub(crate) fn judged(&self, attempt: &Attempt, outcome: Outcome, usage: Usage) -> Outcome {
        let failed = |message| Outcome::Failed { class: FailureClass::Frame, message };
        if let Some(why) = self.passing.exceeded.get(&attempt.grant.lease) {
            return failed(why.clone());
        }
        // Of a process whose end nobody saw it is not known how long it took.
        let wall = usage.exit_code.map(|_| usage.wall_ms);
        match (wall, attempt.grant.times.min_ms) {
            (Some(wall), Some(min)) if wall < min && matches!(outcome, Outcome::Done { .. }) => {
                let (wall, min) = (in_words(wall), in_words(min));
                failed(format!("it ended after {wall}; less than the {min} that a frame takes at least"))
            }
            _ => outcome,
        }
    }
}

/// Milliseconds as people say them: `40 ms`, `0.2 s`, `60 s`, `5 min`, `2 h`.
fn in_words(ms: u64) -> String {
    const MINUTE: u64 = 60_000;
    const HOUR: u64 = 60 * MINUTE;
    match ms {
        0..100 => format!("{ms} ms"),
        _ if ms.is_multiple_of(HOUR) => format!("{} h", ms / HOUR),
        _ if ms.is_multiple_of(MINUTE) && ms > MINUTE => format!("{} min", ms / MINUTE),
        _ if ms.is_multiple_of(1000) || ms >= 100_000 => format!("{} s", ms / 1000),
        _ => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let said = [
            (40, "40 ms"),
            (240, "0.2 s"),
            (5_000, "5 s"),
            (60_000, "60 s"),
            (90_000, "90 s"),
            (300_000, "5 min"),
            (7_200_000, "2 h"),
            (100_500, "100 s"),
        ];
        for (ms, words) in said {
            assert_eq!(in_words(ms), words, "{ms}");
        }
    }
}
