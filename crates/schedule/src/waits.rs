//! How long things are waited for, all in one place, in milliseconds.

use model::Time;

use crate::Ending;

/// Before a frame is tried again, by how many tries have failed and counted.
const RETRY_MS: [u64; 5] = [0, 2_000, 5_000, 10_000, 30_000];
/// Before a frame is tried again that found no licence, by how often in a row.
const LICENCE_MS: [u64; 4] = [30_000, 60_000, 120_000, 300_000];
/// How long a step is put off one of whose frames found no licence, by how many did since one was done.
const STEP_LICENCE_MS: [u64; 5] = [5_000, 10_000, 20_000, 40_000, 60_000];
/// How long a host is set aside for a job, by how often it is.
const ASIDE_MS: [u64; 4] = [600_000, 1_200_000, 2_400_000, 3_600_000];
/// How long a host is set aside altogether, by how often it is.
const ASIDE_ALTOGETHER_MS: [u64; 5] = [300_000, 600_000, 1_200_000, 2_400_000, 3_600_000];
/// How long a job waits, with no frame running, for what will not come by itself, before people are told.
pub(crate) const STUCK_MS: u64 = 600_000;
/// How often jobs that do not move are looked at.
pub(crate) const LOOK_MS: u64 = 60_000;
/// Before outputs are published again, by how many tries have failed.
const PUBLISH_MS: [u64; 5] = [1_000, 2_000, 5_000, 10_000, 30_000];
/// Before a mail is tried again, by how many tries have failed; it is given up when the list ends, after
/// about a day.
const MAIL_MS: [u64; 8] = [10_000, 60_000, 300_000, 900_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000];
/// Before sums are written again.
const SEAL_MS: u64 = 30_000;
/// How long a host that refused is left alone, by how often it did so in a row.
const SKIP_MS: [u64; 6] = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
/// How old a list may be that leaves frames waiting beside free slots, and how long an answer may take.
pub(crate) const LIST_MS: u64 = 2_000;
/// What starts later than this after it was leased did not start at once.
pub(crate) const START_MS: u64 = 1_000;
/// What is expected to begin sooner than this is not asked back: asking takes about as long. Nor is it looked
/// for more often.
pub(crate) const WITHDRAW_MS: u64 = 50;
/// Refusals in a row after which a host does not count as one that could take a frame from another.
pub(crate) const REFUSALS_MANY: u32 = 3;

/// When a frame may be tried again whose try ended so, for the `times`th time, at least the first: of those
/// that count in all, of missing licences in a row. What is nobody's fault costs no time.
pub(crate) fn again_at(now: Time, ending: Ending, times: u32) -> Time {
    now.plus_ms(match ending {
        Ending::Frame | Ending::Fatal | Ending::Host | Ending::Memory => step(&RETRY_MS, times),
        Ending::Licence => step(&LICENCE_MS, times),
        Ending::Refused | Ending::HostLost | Ending::GivenBack | Ending::Killed => 0,
    })
}

/// Until when a step is put off after `times` missing licences in a row, at least one.
pub(crate) fn licence_until(now: Time, times: u32) -> Time {
    now.plus_ms(step(&STEP_LICENCE_MS, times))
}

/// Until when a host is set aside for a job that was so `times` times before.
pub(crate) fn aside_until(now: Time, times: u32) -> Time {
    now.plus_ms(step(&ASIDE_MS, times.saturating_add(1)))
}

/// Until when a host is set aside altogether that was so `times` times before.
pub(crate) fn aside_altogether_until(now: Time, times: u32) -> Time {
    now.plus_ms(step(&ASIDE_ALTOGETHER_MS, times.saturating_add(1)))
}

/// When to publish again after `tries` tries, at least one.
pub(crate) fn publish_at(now: Time, tries: u32) -> Time {
    now.plus_ms(step(&PUBLISH_MS, tries))
}

/// When to send a mail again after `tries` tries, at least one; never after the last.
pub(crate) fn mail_at(now: Time, tries: u32) -> Option<Time> {
    MAIL_MS.get(before(tries)).map(|ms| now.plus_ms(*ms))
}

/// When to write sums again.
pub(crate) const fn seal_at(now: Time) -> Time {
    now.plus_ms(SEAL_MS)
}

/// Until when to leave a host alone that refused `refusals` times in a row, at least once.
pub(crate) fn skip_until(now: Time, refusals: u32) -> Time {
    now.plus_ms(step(&SKIP_MS, refusals))
}

fn step(waits: &[u64], times: u32) -> u64 {
    waits.get(before(times)).or(waits.last()).copied().unwrap_or(0)
}

fn before(times: u32) -> usize {
    usize::try_from(times.saturating_sub(1)).unwrap_or(usize::MAX)
}
