//! How long it takes to look at a 4K frame of halfs, small picture included: `scripts/bench verify`. One JSON
//! object a figure; the floors are reading and hashing the file, and the crate `exr` decoding it alone.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails has nothing to say")]

use std::io::Cursor;
use std::path::Path;
use std::time::Instant;

use exr::prelude::*;
use pictures::{Kind, Look, look};

const SIZE: (usize, usize) = (3840, 2160);
const TIMES: usize = 15;
/// How much each value is off, as in a rendering that was not given all the samples it would like.
const NOISES: [(&str, f32); 3] = [("clean", 0.0), ("fine", 0.02), ("noisy", 0.2)];

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frame.exr");
    for (name, noise) in NOISES {
        std::fs::write(&path, frame(noise)).unwrap();
        let bytes = path.metadata().unwrap().len();
        println!(
            "{{\"name\": \"verify_4k_{name}_bytes\", \"value\": {bytes}, \"unit\": \"B\", \"floor\": null, \"ratio\": null}}"
        );
        let hashed = median(|| hash(&path));
        let decoded = median(|| decode(&path));
        for threads in [1, 2] {
            let wanted = Look { threads, ..Look::default() };
            let looked = median(|| assert!(look(&path, Kind::Exr, &wanted).unwrap().thumbnail.is_some()));
            figure(&format!("{name}_{threads}_threads"), looked, decoded);
        }
        figure(&format!("{name}_read_and_hash"), hashed, decoded);
    }
}

/// A frame like one of a path tracer: shades, and some noise on them.
fn frame(noise: f32) -> Vec<u8> {
    let pixel = |Vec2(x, y): Vec2<usize>| {
        let value = |channel: usize| {
            let shade = (x as f32 * 0.003 + channel as f32).sin() * (y as f32 * 0.004).cos() + 1.0;
            f16::from_f32(shade * 0.5 * (1.0 + noise * (random(x, y, channel) - 0.5)))
        };
        (value(0), value(1), value(2), f16::ONE)
    };
    let encoding = Encoding {
        compression: Compression::ZIP16,
        blocks: Blocks::ScanLines,
        line_order: LineOrder::Increasing,
    };
    let layer = Layer::new(SIZE, LayerAttributes::named("main"), encoding, SpecificChannels::rgba(pixel));
    let mut bytes = Cursor::new(Vec::new());
    Image::from_layer(layer).write().to_buffered(&mut bytes).unwrap();
    bytes.into_inner()
}

fn random(x: usize, y: usize, channel: usize) -> f32 {
    let mut seed = (x as u64) << 32 ^ (y as u64) << 8 ^ channel as u64 ^ 0x9e37_79b9_7f4a_7c15;
    for _ in 0..3 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
    }
    (seed >> 40) as f32 / 16_777_216.0
}

fn hash(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    std::hint::black_box(blake3::hash(&bytes));
}

fn decode(path: &Path) {
    let picture = read_first_rgba_layer_from_file(
        path,
        |size, _| vec![[f16::ZERO; 4]; size.area()],
        |pixels, at, (r, g, b, a): (f16, f16, f16, f16)| pixels[at.y() * SIZE.0 + at.x()] = [r, g, b, a],
    );
    std::hint::black_box(picture.unwrap());
}

fn median(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..TIMES)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[TIMES / 2]
}

fn figure(name: &str, value: f64, floor: f64) {
    println!(
        "{{\"name\": \"verify_4k_{name}\", \"value\": {value:.4}, \"unit\": \"s\", \"floor\": {floor:.4}, \"ratio\": {:.3}}}",
        value / floor
    );
}
