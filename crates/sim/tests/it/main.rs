//! Many simulated farms, and one that nobody has seen before.

use std::io::{self, Write};
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use sim::World;

/// The seeds that every test run goes over.
const FIXED: u64 = 200;

#[test]
fn two_hundred_farms_keep_their_promises() {
    let halves = [1..=FIXED / 2, FIXED / 2 + 1..=FIXED].map(|seeds| {
        std::thread::spawn(move || {
            let runs = seeds.clone().filter(|seed| !holds(*seed)).collect::<Vec<u64>>();
            assert!(
                runs.is_empty(),
                "seeds {runs:?} fail; look at one with framefarm-sim --seed N --log FILE"
            );
        })
    });
    for half in halves {
        assert!(half.join().is_ok(), "see above");
    }
}

#[test]
fn a_farm_that_nobody_has_seen_keeps_its_promises() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = u64::from(since.subsec_nanos()) << 32 ^ since.as_secs();
    println!("seed {seed}");
    assert!(holds(seed), "seed {seed} fails; look at it with framefarm-sim --seed {seed} --log FILE");
}

#[test]
fn the_same_seed_is_the_same_history() {
    for seed in [3, 4] {
        let (one, other) = (history(seed), history(seed));
        assert!(one.len() > 10_000, "there is a history");
        assert!(one == other, "seed {seed} has one history");
    }
}

fn holds(seed: u64) -> bool {
    catch_unwind(|| World::new(seed, None).run()).is_ok()
}

fn history(seed: u64) -> Vec<u8> {
    let lines = Lines::default();
    World::new(seed, Some(Box::new(lines.clone()))).run();
    let lines = lines.0.lock().map(|lines| lines.clone());
    lines.unwrap_or_default()
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Ok(mut lines) = self.0.lock() {
            lines.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
