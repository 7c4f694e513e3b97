//! When a desktop renders: readings come in, what keeps it from rendering goes out. No clock and no file, so
//! that it can be tried in tables.

use std::time::Duration;

use jiff::civil::DateTime;

use super::hours::Hours;

/// What others do with the processors or the memory has to last so long before the host gives way to it.
const BUSY_FOR: Duration = Duration::from_secs(10);
/// And they must have done without for so long before it renders again.
const QUIET_FOR: Duration = Duration::from_secs(60);

/// When a desktop renders: while nobody is at it, others leave it its processors and memory, and it is the
/// time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskPolicy {
    /// Nobody has touched the machine for so long.
    pub idle_after: Duration,
    /// Others use no more than so much of all processors, in thousandths.
    pub busy_permille: u16,
    /// At least so many bytes of memory are free, or used by frames.
    pub free_memory: u64,
    /// At these times of the day; at all where absent.
    pub hours: Option<Hours>,
}

/// What was seen of the machine. What cannot be seen keeps nobody from rendering, but for whether somebody
/// works there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// Since when it is seen, by a clock that is never set.
    pub(super) now: Duration,
    /// Since the last sign of a person; nothing where no sign could be seen.
    pub(super) idle: Option<Duration>,
    /// What others use of all processors, in thousandths.
    pub(super) others_permille: Option<u16>,
    /// Memory that is free or used by frames, in bytes.
    pub(super) free_memory: Option<u64>,
    /// The local time.
    pub(super) at: DateTime,
}

/// What keeps the machine from rendering, as `render::Event::Desk` has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) owner: Option<String>,
    pub(super) hours: Option<String>,
}

/// A policy at work.
#[derive(Debug)]
pub(super) struct Judge {
    policy: DeskPolicy,
    busy: Lasting,
    short: Lasting,
}

impl Judge {
    pub(super) fn new(policy: DeskPolicy) -> Self {
        Self { policy, busy: Lasting::default(), short: Lasting::default() }
    }

    pub(super) fn judges(&mut self, reading: &Reading) -> Verdict {
        let policy = &self.policy;
        // Nobody waits longer for processors than for the owner to be away.
        let quiet_for = QUIET_FOR.min(policy.idle_after);
        let limit = policy.busy_permille;
        let busy = self.busy.sees(reading.now, quiet_for, reading.others_permille.map(|used| used > limit));
        // Once given way, a quarter more has to be free, or it would come and go at the limit.
        let needed = if self.short.holds {
            policy.free_memory.saturating_add(policy.free_memory / 4)
        } else {
            policy.free_memory
        };
        let short = self.short.sees(reading.now, quiet_for, reading.free_memory.map(|free| free < needed));
        let owner = match reading.idle {
            None => Some("it cannot be seen whether somebody works at it"),
            Some(idle) if idle < policy.idle_after => Some("its owner is here"),
            Some(_) if busy => Some("other programs use its processors"),
            Some(_) if short => Some("other programs need its memory"),
            Some(_) => None,
        };
        let hours = policy.hours.as_ref().filter(|hours| !hours.contain(reading.at));
        Verdict { owner: owner.map(str::to_owned), hours: hours.map(|hours| format!("only from {hours}")) }
    }
}

/// Something that holds once it was seen for a while, and until it was not seen for a while.
#[derive(Debug, Default)]
struct Lasting {
    holds: bool,
    /// Since when the contrary is seen.
    otherwise_since: Option<Duration>,
}

impl Lasting {
    fn sees(&mut self, now: Duration, quiet_for: Duration, seen: Option<bool>) -> bool {
        match seen {
            Some(seen) if seen != self.holds => {
                let since = *self.otherwise_since.get_or_insert(now);
                let lasts = if self.holds { quiet_for } else { BUSY_FOR };
                if now.saturating_sub(since) >= lasts {
                    self.holds = seen;
                    self.otherwise_since = None;
                }
            }
            Some(_) => self.otherwise_since = None,
            None => {}
        }
        self.holds
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const GIB: u64 = 1 << 30;

    fn policy() -> DeskPolicy {
        DeskPolicy {
            idle_after: Duration::from_secs(600),
            busy_permille: 300,
            free_memory: 4 * GIB,
            hours: Some("19:00-07:00".parse().unwrap()),
        }
    }

    /// At night, with nobody there and nothing going on.
    fn quiet(now: u64) -> Reading {
        Reading {
            now: Duration::from_secs(now),
            idle: Some(Duration::from_secs(3_600)),
            others_permille: Some(10),
            free_memory: Some(8 * GIB),
            at: date(2026, 11, 20).at(23, 0, 0, 0),
        }
    }

    fn owner(verdict: &Verdict) -> &str {
        verdict.owner.as_deref().unwrap_or("")
    }

    #[test]
    fn it_renders_while_nobody_is_there_and_gives_way_at_once() {
        let mut judge = Judge::new(policy());
        let idle = |now, seconds| Reading { idle: Some(Duration::from_secs(seconds)), ..quiet(now) };
        let steps = [
            (idle(0, 5), "its owner is here"),
            (idle(594, 599), "its owner is here"),
            (idle(595, 600), ""),
            (idle(700, 705), ""),
            (idle(702, 0), "its owner is here"),
            (idle(704, 2), "its owner is here"),
            (Reading { idle: None, ..quiet(706) }, "it cannot be seen whether somebody works at it"),
            (idle(2_000, 1_296), ""),
        ];
        for (reading, why) in steps {
            assert_eq!(owner(&judge.judges(&reading)), why, "{reading:?}");
        }
    }

    #[test]
    fn what_others_do_counts_once_it_lasts_and_does_not_make_it_flap() {
        let mut judge = Judge::new(policy());
        let used = |now, permille| Reading { others_permille: Some(permille), ..quiet(now) };
        let busy = "other programs use its processors";
        let steps = [
            (used(0, 900), ""),
            (used(8, 900), ""),
            (used(9, 100), ""),
            (used(10, 301), ""),
            (used(20, 301), busy),
            (used(30, 300), busy),
            (used(80, 300), busy),
            (used(85, 301), busy),
            (used(86, 0), busy),
            (used(145, 0), busy),
            (used(146, 0), ""),
            (Reading { others_permille: None, ..quiet(147) }, ""),
        ];
        for (reading, why) in steps {
            assert_eq!(owner(&judge.judges(&reading)), why, "{reading:?}");
        }
    }

    #[test]
    fn memory_has_to_be_free_with_some_to_spare_before_it_comes_back() {
        let mut judge = Judge::new(policy());
        let free = |now, gib| Reading { free_memory: Some(gib * GIB), ..quiet(now) };
        let short = "other programs need its memory";
        let steps = [
            (free(0, 4), ""),
            (free(10, 3), ""),
            (free(20, 3), short),
            (free(30, 4), short),
            (free(100, 4), short),
            (free(101, 5), short),
            (free(161, 5), ""),
            (free(170, 4), ""),
        ];
        for (reading, why) in steps {
            assert_eq!(owner(&judge.judges(&reading)), why, "{reading:?}");
        }
    }

    #[test]
    fn the_time_of_the_day_counts_by_itself() {
        let mut judge = Judge::new(policy());
        let noon = Reading { at: date(2026, 11, 20).at(12, 0, 0, 0), ..quiet(0) };
        let verdict = judge.judges(&noon);
        assert_eq!(verdict, Verdict { owner: None, hours: Some("only from 19:00 to 07:00".into()) });
        assert_eq!(judge.judges(&quiet(10)), Verdict::default());
        let mut judge = Judge::new(DeskPolicy { hours: None, ..policy() });
        assert_eq!(judge.judges(&noon), Verdict::default());
    }
}
