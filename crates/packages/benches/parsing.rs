//! How fast logs are read, in MB a second on one thread, against splitting the same bytes into lines.
//!
//! `cargo bench -p framefarm-packages` prints a JSON object for each log: the value, and as floor what
//! finding the line ends alone takes.

use std::hint::black_box;
use std::time::Instant;

use packages::{Library, LogReader};

const BYTES: usize = 64 << 20;

/// Its name, the package that prints it, and its lines by their number.
type Log<'a> = (&'static str, &'static str, &'a dyn Fn(usize) -> String);

fn main() {
    let library = Library::embedded();
    let blender = |at: usize| {
        format!(
            "Fra:1 Mem:{}.12M (Peak 512.00M) | Time:00:{:02}.{:02} | Mem:11.02M, Peak:11.02M | Scene, ViewLayer | \
             Sample {}/4096\n",
            200 + at % 300,
            at / 100 % 60,
            at % 100,
            at % 4096
        )
    };
    let talk = |at: usize| {
        format!("00:00:{:02} 1042MB | loading object {at} of the scene, 1234 vertices\n", at % 60)
    };
    let mixed = |at: usize| if at.is_multiple_of(20) { blender(at) } else { talk(at) };
    // No line is like those before it.
    let turns = |at: usize| blender(at).replacen("Scene", &"Scene of the show"[..1 + at % 17], 1);
    let logs: [Log<'_>; 5] = [
        ("parse mixed blender", "blender", &mixed),
        ("parse progress blender", "blender", &blender),
        ("parse changing blender", "blender", &turns),
        ("parse talk arnold", "arnold", &talk),
        ("parse talk command", "command", &talk),
    ];
    for (name, package, line) in logs {
        let Some(definition) = library.get(package) else { continue };
        let mut text = String::new();
        (0..)
            .map(line)
            .take_while(|line| {
                text.push_str(line);
                text.len() < BYTES
            })
            .for_each(drop);
        let floor = rate(text.len(), || {
            let mut lines = 0;
            text.as_bytes()
                .split(|byte| *byte == b'\n')
                .for_each(|line| lines += usize::from(!line.is_empty()));
            lines
        });
        let value = rate(text.len(), || {
            let mut reader = LogReader::new(definition, &[1]);
            text.as_bytes().chunks(1 << 20).map(|piece| reader.feed(piece).len()).sum()
        });
        println!(
            "{{\"name\": \"{name}\", \"value\": {value:.0}, \"unit\": \"MB/s\", \"floor\": {floor:.0}, \"ratio\": {:.3}}}",
            value / floor
        );
    }
}

/// The best of three runs, in MB a second.
fn rate(bytes: usize, mut work: impl FnMut() -> usize) -> f64 {
    let seconds = (0..3).map(|_| {
        let begun = Instant::now();
        black_box(work());
        begun.elapsed().as_secs_f64()
    });
    #[allow(clippy::cast_precision_loss)]
    let megabytes = bytes as f64 / 1e6;
    megabytes / seconds.fold(f64::MAX, f64::min)
}
