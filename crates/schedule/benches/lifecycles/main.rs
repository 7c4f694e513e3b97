//! How fast the schedule role decides, and how much memory it takes, without sockets or disk. Prints a JSON
//! object for each figure: `cargo bench -p framefarm-schedule`.
//!
//! Hosts are played by a queue: what was leased first ends first. Events come in batches as a server takes
//! them, with one pass for each batch.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

mod memory;
mod player;

use std::time::{Duration, Instant};

use model::{Clause, Faults, FrameSpan, JobDescription, Need, Step, Work};
use player::Player;

/// A small farm and a large one are run in turns, so that what else the machine does weighs on both alike.
const ROUNDS: usize = 3;
const SMALL_PER_ROUND: usize = 100;

fn main() {
    // One of the names below, to run that alone.
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let benches: [(&str, fn()); 5] = [
        ("long", || lifecycles("long", 60_000)),
        ("short", || lifecycles("short", 1)),
        ("fill", fill),
        ("submit", submit),
        ("stuck", stuck),
    ];
    for (name, bench) in benches {
        if only.as_deref().is_none_or(|only| only == name) {
            bench();
        }
    }
}

/// Frames leased, started, reported and finished in a second.
fn lifecycles(kind: &str, wall_ms: u64) {
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let rounds = (0..SMALL_PER_ROUND).map(|_| run(1_000, 10, wall_ms));
        small.push(1_000.0 * SMALL_PER_ROUND as f64 / rounds.sum::<Duration>().as_secs_f64());
        large.push(1_000_000.0 / run(1_000_000, 10_000, wall_ms).as_secs_f64());
    }
    let (small, large) = (median(&mut small), median(&mut large));
    let ratio = large / small;
    print!("{{\"bench\":\"lifecycles\",\"frames\":{kind:?},\"small_per_s\":{small:.0},");
    println!("\"large_per_s\":{large:.0},\"ratio\":{ratio:.2}}}");
}

fn run(frames: u32, hosts: u32, wall_ms: u64) -> Duration {
    let slots: Vec<u16> = (0..hosts).map(|_| 16).collect();
    let mut player = Player::new(&slots, wall_ms);
    player.submit(job(frames));
    // What a farm does all day: the first fill is a figure of its own.
    player.pass();
    let start = Instant::now();
    let mut done = 0;
    while done < frames {
        done += player.batch();
    }
    start.elapsed()
}

/// A farm without work gets enough for all its slots.
fn fill() {
    let sizes = [(246, 128), (303, 32), (1_004, 16)];
    let slots: Vec<u16> =
        sizes.iter().flat_map(|(hosts, slots)| std::iter::repeat_n(*slots, *hosts)).collect();
    let total: u32 = slots.iter().map(|slots| u32::from(*slots)).sum();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let mut player = Player::new(&slots, 60_000);
        player.submit(job(total + 1_000));
        let start = Instant::now();
        player.pass();
        times.push(start.elapsed().as_secs_f64());
        assert_eq!(player.running(), total as usize, "every slot has work");
    }
    println!("{{\"bench\":\"fill\",\"slots\":{total},\"seconds\":{:.4}}}", median(&mut times));
}

/// Many jobs wait that no host matches, of one profile and of as many as there are, and others go on.
fn stuck() {
    for (jobs, profiles) in [(0, 1), (10_000, 1), (10_000, 10_000)] {
        let mut player = Player::new(&[16; 10], 60_000);
        for place in 0..jobs {
            let need = format!("tag=none-{}", place % profiles);
            let mut waiting = job(100);
            waiting.steps[0].profile.needs = needs(&need);
            player.submit(waiting);
        }
        player.submit(job(200_000));
        player.pass();
        assert_eq!(player.running(), 160, "what matches is not held up");
        let (start, mut batches, mut done) = (Instant::now(), 0, 0);
        while done < 32_000 {
            done += player.batch();
            batches += 1;
        }
        let batch_us = start.elapsed().as_secs_f64() * 1e6 / f64::from(batches);
        let busy = start.elapsed().as_secs_f64();
        // One slot falls free after the other, as on a quiet farm.
        let start = Instant::now();
        let ended: u32 = (0..100).map(|_| player.few(1)).sum();
        assert_eq!(ended, 100);
        let one_us = start.elapsed().as_secs_f64() * 1e6 / 100.0;
        print!(
            "{{\"bench\":\"stuck\",\"jobs\":{jobs},\"profiles\":{profiles},\"lifecycles_per_s\":{:.0},",
            32_000.0 / busy
        );
        println!("\"batch_us\":{batch_us:.0},\"one_us\":{one_us:.0}}}");
    }
}

/// A million frames are taken, wait, and are done.
fn submit() {
    let frames = 1_000_000;
    let mut player = Player::new(&[16; 1_000], 1);
    let description = job(frames);
    let (before, start) = (memory::held(), Instant::now());
    player.submit(description);
    let seconds = start.elapsed().as_secs_f64();
    let queued = (memory::held() - before) as f64 / f64::from(frames);
    player.pass();
    let mut done = 0;
    while done < frames {
        done += player.batch();
    }
    let finished = (memory::held() - before) as f64 / f64::from(frames);
    print!("{{\"bench\":\"submit\",\"frames\":{frames},\"seconds\":{seconds:.4},");
    println!("\"bytes_per_queued_frame\":{queued:.1},\"bytes_per_done_frame\":{finished:.1}}}");
}

fn needs(text: &str) -> Vec<Need> {
    let mut faults = Faults::default();
    let needs = Clause::gather(Clause::read("need", text, &mut faults));
    assert!(faults.0.is_empty(), "{faults}");
    needs
}

fn job(frames: u32) -> JobDescription {
    let frames: model::FrameSet = format!("1-{frames}").parse().unwrap();
    let animation = FrameSpan { first: frames.lowest(), last: frames.highest() };
    let command = vec!["/bin/true".to_owned()];
    let work = Work { package: "command".to_owned(), command, ..Work::default() };
    JobDescription::new("frames", "ada", vec![Step::new("render", frames, animation, work)])
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
