//! What a scene says of its own frames and size, for whoever submits it without saying so.

use std::fs;
use std::io;
use std::path::Path;

use model::{FrameSpan, Size};

use super::ini::{Entry, entries};
use crate::definition::{Definition, Finder};

/// What a scene says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SceneDefaults {
    /// The whole animation.
    pub animation: Option<FrameSpan>,
    /// The part of it that is to be rendered, where it says so.
    pub part: Option<FrameSpan>,
    /// Size of the picture.
    pub size: Option<Size>,
}

/// What `scene` says of itself; a POV-Ray `.ini` does, a `.pov` has no place for it.
///
/// # Errors
/// Where it cannot be read.
pub fn defaults_from_scene(definition: &Definition, scene: &Path) -> io::Result<SceneDefaults> {
    let is_ini = scene.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("ini"));
    if definition.support.finder != Some(Finder::Povray) || !is_ini {
        return Ok(SceneDefaults::default());
    }
    let entries = entries(&String::from_utf8_lossy(&fs::read(scene)?));
    let span = |first, last| span(number(&entries, first), number(&entries, last));
    let pixels = |key| number(&entries, key).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    let size = pixels("width").zip(pixels("height")).map(|(width, height)| Size { width, height });
    let animation = span("initial_frame", "final_frame");
    let part = animation.and_then(|whole| {
        let first = number(&entries, "subset_start_frame").unwrap_or(whole.first);
        let last = number(&entries, "subset_end_frame").unwrap_or(whole.last);
        let part = FrameSpan { first, last };
        (part != whole && whole.first <= first && first <= last && last <= whole.last).then_some(part)
    });
    Ok(SceneDefaults { animation, part, size })
}

/// The last whole number given for `key`, which is the one that holds.
fn number(entries: &[Entry], key: &str) -> Option<i64> {
    entries.iter().rev().filter(|entry| entry.key == key).find_map(|entry| entry.value.parse().ok())
}

/// POV-Ray begins with frame 1 where only the last one is given.
fn span(first: Option<i64>, last: Option<i64>) -> Option<FrameSpan> {
    let (first, last) = (first.unwrap_or(1), last?);
    (first <= last).then_some(FrameSpan { first, last })
}
