//! Many seeds, on several threads: what fails, how fast it went, and how to look at a failure.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use sim::{Ingredients, Options, Oracle, Planted, Verdict, judge, shrink};

use crate::say_broken;

/// So many failures of one promise are told in full; the rest is counted.
const TOLD_MAX: u64 = 5;
/// A planted bug is looked for in so many.
const BUG_SEEDS: u64 = 100;
/// After so many seeds it says how far it is.
const TOLD_EVERY: u64 = 10_000;

/// Runs `seeds` seeds from `from`; whether all keep their promises.
pub(crate) fn run(from: u64, seeds: u64, jobs: Option<usize>, off: Ingredients) -> bool {
    let threads = jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get)).max(1);
    let next = AtomicU64::new(from);
    let until = from.saturating_add(seeds);
    let failed: Mutex<BTreeMap<Oracle, (u64, Options)>> = Mutex::default();
    let (steps, virtual_ms) = (AtomicU64::new(0), AtomicU64::new(0));
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= until {
                        return;
                    }
                    let options = Options { seed, off, planted: None };
                    let verdict = judge(&options, None);
                    steps.fetch_add(verdict.summary.steps, Ordering::Relaxed);
                    virtual_ms.fetch_add(verdict.summary.virtual_ms, Ordering::Relaxed);
                    note(&failed, &options, &verdict);
                    let done = seed - from + 1;
                    if done.is_multiple_of(TOLD_EVERY) {
                        eprintln!("{done} seeds in {:.0} s", began.elapsed().as_secs_f64());
                    }
                }
            });
        }
    });
    let took = began.elapsed().as_secs_f64().max(0.001);
    let (steps, hours) = (steps.into_inner(), virtual_ms.into_inner() / 3_600_000);
    println!(
        "{seeds} seeds in {took:.1} s on {threads} threads: {:.0} seeds/s, {} steps, {hours} farm-hours",
        to_f64(seeds) / took,
        steps
    );
    let failed = failed.into_inner().unwrap_or_default();
    for (oracle, (count, first)) in &failed {
        println!("{count} seeds break {oracle:?}");
        say_smaller(first, &judge(first, None));
    }
    failed.is_empty()
}

#[allow(clippy::cast_precision_loss, reason = "it is for people")]
const fn to_f64(count: u64) -> f64 {
    count as f64
}

fn note(failed: &Mutex<BTreeMap<Oracle, (u64, Options)>>, options: &Options, verdict: &Verdict) {
    let Some(broken) = &verdict.broken else { return };
    if let Ok(mut failed) = failed.lock() {
        let (count, _) = failed.entry(broken.oracle).or_insert((0, *options));
        *count += 1;
        if *count <= TOLD_MAX {
            say_broken(options, verdict);
        }
    }
}

/// Says what the failure needs at least, and how to look at it.
pub(crate) fn say_smaller(options: &Options, verdict: &Verdict) {
    let Some(broken) = &verdict.broken else { return };
    let (least, needs) = shrink(options, broken.oracle);
    println!("it needs no more than: {needs}");
    let off =
        if least.off == Ingredients::default() { String::new() } else { format!(" --off {}", least.off) };
    let seed = least.seed;
    println!("look at it with: framefarm-sim --seed {seed}{off} --trace /tmp/{seed}.trace");
    println!("then with:       framefarm-sim --replay /tmp/{seed}.trace --step");
}

/// Plants each bug and says after how many seeds it is found, and by which promises; whether all are found.
pub(crate) fn bugs() -> bool {
    let mut all = true;
    for bug in Planted::ALL {
        let mut by: BTreeMap<Oracle, (u64, u64)> = BTreeMap::new();
        for seed in 1..=BUG_SEEDS {
            let options = Options { seed, planted: Some(*bug), ..Options::default() };
            if let Some(broken) = judge(&options, None).broken {
                by.entry(broken.oracle).or_insert((seed, 0)).1 += 1;
            }
        }
        let words = by.iter().map(|(by, (first, times))| format!("{by:?} {times} (first {first})"));
        println!("{bug:?}: {}", words.collect::<Vec<_>>().join(", "));
        all &= !by.is_empty();
    }
    all
}
