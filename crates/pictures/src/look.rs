//! Looking at a picture: the one way in for whoever wants to know whether it is whole.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use model::Size;

use crate::exr::{self, RowOf, Sink};
use crate::seen::{Beauty, Seen, roles};
use crate::source::Source;
use crate::tone::Tone;
use crate::values::floats;
use crate::{Channel, Depth, Kind, Part, Picture, PictureError, plain, video};

/// Small pictures are at most so many pixels across.
pub const THUMBNAIL_WIDTH: u32 = 320;

/// What is wanted of a look at a picture.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Threads that decode, one at least; only EXR makes use of more.
    pub threads: usize,
    /// How many pixels a small picture may be across, where one is wanted.
    pub thumbnail: Option<u32>,
    /// How many stops brighter the small picture of linear light is.
    pub exposure: f32,
    /// Whether the small picture is a PNG and not a JPEG. Those of films are JPEGs all the same.
    pub lossless: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { threads: 1, thumbnail: Some(THUMBNAIL_WIDTH), exposure: 0.0, lossless: false }
    }
}

/// Looks at the file at `path`, which should be of `kind`, to its last pixel.
///
/// # Errors
/// Where it is not a whole picture of that kind.
pub fn look(path: &Path, kind: Kind, wanted: &Look) -> Result<Picture, PictureError> {
    let unreadable = PictureError::Unreadable;
    match kind {
        Kind::Exr => {
            let file = File::open(path).map_err(unreadable)?;
            look_at_exr(&Source::of(&file).map_err(unreadable)?, wanted)
        }
        Kind::Video => video::look(path, wanted),
        _ => plain::look(path, kind, wanted),
    }
}

/// Looks at an open file, which should be of `kind`: nobody can put another in its place meanwhile.
///
/// # Errors
/// Where it is not a whole picture of that kind. Films have to be files with a name.
pub fn look_into(file: &File, kind: Kind, wanted: &Look) -> Result<Picture, PictureError> {
    let unreadable = PictureError::Unreadable;
    match kind {
        Kind::Exr => look_at_exr(&Source::of(file).map_err(unreadable)?, wanted),
        kind => {
            let mut bytes = Vec::new();
            let mut file = file;
            file.read_to_end(&mut bytes).map_err(unreadable)?;
            look_at(&bytes, kind, wanted)
        }
    }
}

/// Looks at `bytes`, the content of a file of `kind`.
///
/// # Errors
/// Where they are not a whole picture of that kind. Films have to be files.
pub fn look_at(bytes: &[u8], kind: Kind, wanted: &Look) -> Result<Picture, PictureError> {
    match kind {
        Kind::Exr => look_at_exr(&Source::Bytes(bytes), wanted),
        Kind::Video => Err(PictureError::unsupported("a film that is not a file")),
        _ => plain::look_at(bytes, kind, wanted),
    }
}

/// Looks at an EXR.
fn look_at_exr(source: &Source<'_>, wanted: &Look) -> Result<Picture, PictureError> {
    let head = exr::head::read(source)?;
    let size = head.parts[0].display.size;
    let beauty = beauty(&head);
    let channels = || head.parts.iter().map(|part| part.channels.len());
    let sinks = (0..wanted.threads.max(1))
        .map(|_| Eye {
            head: &head,
            seen: Seen::new(channels(), beauty.clone(), size, wanted.thumbnail).lossless(wanted.lossless),
            row: Vec::new(),
        })
        .collect();
    let (eyes, lacks) = exr::decode(source, &head, sinks)?;
    let mut all = eyes.into_iter().map(|eye| eye.seen);
    let mut seen = all.next().ok_or_else(|| PictureError::broken("nobody looked at it"))?;
    all.for_each(|more| seen.add(more));
    let parts = head.parts.iter().zip(&seen.tallies).map(|(part, tallies)| Part {
        name: part.name.clone(),
        storage: part.storage(),
        compression: Some(part.compression_name()),
        window: part.data,
        channels: part
            .channels
            .iter()
            .zip(tallies)
            .map(|(channel, tally)| Channel {
                name: channel.name.clone(),
                sample: channel.sample,
                tally: (tally.values > 0).then_some(*tally),
            })
            .collect(),
    });
    let parts = parts.collect();
    finish(Kind::Exr, size, parts, seen, lacks, Tone::of(true, wanted.exposure))
}

/// What comes of what was seen.
pub(crate) fn finish(
    kind: Kind,
    size: Size,
    parts: Vec<Part>,
    mut seen: Seen,
    lacks: Option<String>,
    tone: Tone,
) -> Result<Picture, PictureError> {
    let shrink = seen.shrink.take();
    let shown = seen.beauty.as_ref().is_some_and(|beauty| {
        let channels = beauty.roles.iter().zip(&seen.tallies[beauty.part]);
        channels.into_iter().any(|(role, tally)| role.is_some() && tally.values > 0)
    });
    let thumbnail = shrink.filter(|_| shown).map(|shrink| shrink.finish(tone)).transpose()?;
    let single = u64::from(size.width) * u64::from(size.height) == 1;
    Ok(Picture {
        kind,
        size: Some(size),
        parts,
        beauty: seen.beauty.as_ref().map(|beauty| beauty.part),
        not_numbers: seen.not_numbers,
        blank: seen.blank().filter(|_| !single),
        alpha_empty: seen.alpha_empty(),
        depth: lacks.map_or(Depth::Whole, Depth::Structure),
        thumbnail,
        frames: None,
    })
}

/// The part and channels that are the picture people mean: the first part that has red, green and blue.
fn beauty(head: &exr::head::Head) -> Option<Beauty> {
    let flat = head.parts.iter().enumerate().filter(|(_, part)| !part.deep);
    let found = flat.filter_map(|(number, part)| {
        let names: Vec<&str> = part.channels.iter().map(|channel| channel.name.as_str()).collect();
        Some(Beauty { part: number, roles: roles(&names)? })
    });
    // Three colours before one.
    let colours = |beauty: &Beauty| beauty.roles.iter().flatten().count();
    found.min_by_key(|beauty| if colours(beauty) >= 3 { 0 } else { 1 })
}

/// One thread's eye on an EXR.
struct Eye<'a> {
    head: &'a exr::head::Head,
    seen: Seen,
    row: Vec<f32>,
}

impl Sink for Eye<'_> {
    fn row(&mut self, at: RowOf, bytes: &[u8]) -> Result<(), PictureError> {
        floats(at.sample, bytes, &mut self.row);
        if !at.full {
            self.seen.tally(at.part, at.channel, &self.row);
            return Ok(());
        }
        let part = &self.head.parts[at.part];
        let x = i64::from(part.data.left) + i64::from(at.x) - i64::from(part.display.left);
        let y = i64::from(part.data.top) + i64::from(at.y) - i64::from(part.display.top);
        self.seen.row(at.part, at.channel, x, y, &self.row);
        Ok(())
    }

    fn end_row(&mut self) {
        self.seen.end_row();
    }
}
