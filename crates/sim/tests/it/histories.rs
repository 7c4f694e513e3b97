//! Histories: each keeps its promises, and each is the same whenever it is run.

use std::time::{SystemTime, UNIX_EPOCH};

use sim::{Options, Sink, judge};

/// The seeds that every test run goes over.
const FIXED: u64 = 300;

/// What a seed breaks, in words.
fn broken(seed: u64) -> Option<String> {
    let broken = judge(&Options { seed, ..Options::default() }, None).broken?;
    Some(format!("seed {seed} breaks {:?}: {}", broken.oracle, broken.how))
}

#[test]
fn farms_keep_their_promises() {
    let threads: Vec<_> = (0..2)
        .map(|half| {
            let seeds = (1..=FIXED).filter(move |seed| seed % 2 == half);
            std::thread::spawn(move || seeds.filter_map(broken).collect::<Vec<_>>())
        })
        .collect();
    let broken: Vec<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert!(broken.is_empty(), "{}\nlook at one with framefarm-sim --seed N", broken.join("\n"));
}

#[test]
fn a_farm_that_nobody_has_seen_keeps_its_promises() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = u64::from(since.subsec_nanos()) << 32 ^ since.as_secs();
    assert_eq!(broken(seed), None, "look at it with framefarm-sim --seed {seed}");
}

#[test]
fn the_same_seed_is_the_same_history() {
    for seed in [3, 4, 5] {
        let told = || {
            let nobody: Sink = Box::new(|_| {});
            judge(&Options { seed, ..Options::default() }, Some(nobody))
        };
        let (one, other) = (told(), told());
        assert!(one.summary.steps > 100, "there is a history of seed {seed}");
        assert_eq!(one, other, "seed {seed} has one history");
    }
    let other = judge(&Options { seed: 6, ..Options::default() }, Some(Box::new(|_| {})));
    let one = judge(&Options { seed: 5, ..Options::default() }, Some(Box::new(|_| {})));
    assert_ne!(one.digest, other.digest, "other seeds have other histories");
}
