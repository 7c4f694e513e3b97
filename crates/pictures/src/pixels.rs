//! All pixels of a picture at hand, as they are stored: what pictures are put together from.

use std::fs::File;
use std::path::Path;

use ::exr::meta::MetaData;
use ::exr::meta::header::{ImageAttributes, LayerAttributes};
use model::Size;

use crate::exr::{self, RowOf, Sink};
use crate::source::Source;
use crate::{Kind, PictureError, Sample, Window, plain};

/// Most bytes of pixels that are held of a picture.
const BYTES_MAX: u64 = 16 << 30;

/// A picture with its pixels.
#[derive(Clone, Debug)]
pub(crate) struct Pixels {
    pub(crate) size: Size,
    pub(crate) parts: Vec<PixelPart>,
    /// What else an EXR says of itself.
    pub(crate) about: Option<ImageAttributes>,
}

/// A part of it.
#[derive(Clone, Debug)]
pub(crate) struct PixelPart {
    /// Where its pixels lie in the picture.
    pub(crate) window: Window,
    pub(crate) planes: Vec<Plane>,
    pub(crate) about: Option<LayerAttributes>,
}

/// The values of a channel, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    pub(crate) name: String,
    pub(crate) sample: Sample,
    pub(crate) bytes: Vec<u8>,
}

impl PixelPart {
    /// Its channels, to be compared with those of another.
    pub(crate) fn layout(&self) -> Vec<(&str, Sample)> {
        self.planes.iter().map(|plane| (plane.name.as_str(), plane.sample)).collect()
    }

    /// How people are told of its channels.
    pub(crate) fn layout_text(&self) -> String {
        let channels = self.planes.iter().map(|plane| format!("{} ({})", plane.name, plane.sample));
        channels.collect::<Vec<_>>().join(", ")
    }
}

/// Reads the picture at `path`, of the kind that its name ends in.
pub(crate) fn read(path: &Path, kind: Kind) -> Result<Pixels, PictureError> {
    match kind {
        Kind::Exr => {
            let file = File::open(path).map_err(PictureError::Unreadable)?;
            let about = MetaData::read_from_file(path, false).ok();
            read_exr(&Source::of(&file).map_err(PictureError::Unreadable)?, about)
        }
        Kind::Video => Err(PictureError::unsupported("films have no pixels of their own")),
        _ => read_plain(path, kind),
    }
}

fn read_plain(path: &Path, kind: Kind) -> Result<Pixels, PictureError> {
    let picture = plain::decode(&plain::read(path)?, kind)?;
    let size = Size { width: picture.width(), height: picture.height() };
    let (names, sample) = plain::layout(picture.color());
    let stored = picture.as_bytes();
    let planes = names.iter().enumerate().map(|(channel, name)| Plane {
        name: (*name).to_owned(),
        sample,
        bytes: stored
            .chunks_exact(sample.bytes())
            .skip(channel)
            .step_by(names.len())
            .flatten()
            .copied()
            .collect(),
    });
    let window = Window { left: 0, top: 0, size };
    let part = PixelPart { window, planes: planes.collect(), about: None };
    Ok(Pixels { size, parts: vec![part], about: None })
}

fn read_exr(source: &Source<'_>, about: Option<MetaData>) -> Result<Pixels, PictureError> {
    let head = exr::head::read(source)?;
    let mut parts = Vec::new();
    let mut total = 0;
    for (number, part) in head.parts.iter().enumerate() {
        if part.deep || part.channels.iter().any(|channel| !channel.is_everywhere()) {
            return Err(PictureError::unsupported("deep pixels, or channels without a value for each pixel"));
        }
        let count = u64::from(part.data.size.width) * u64::from(part.data.size.height);
        let bytes = part.channels.iter().map(|channel| count * channel.sample.bytes() as u64);
        total += bytes.sum::<u64>();
        // A chunk of rows packs well, but no better than this.
        if total > BYTES_MAX || total / 2000 > source.length() {
            return Err(PictureError::large(format!("its pixels come to {total} bytes")));
        }
        let place = |from: i32, origin: i32| from.saturating_sub(origin);
        parts.push(PixelPart {
            window: Window {
                left: place(part.data.left, part.display.left),
                top: place(part.data.top, part.display.top),
                size: part.data.size,
            },
            planes: part
                .channels
                .iter()
                .map(|channel| Plane {
                    name: channel.name.clone(),
                    sample: channel.sample,
                    bytes: vec![0; count as usize * channel.sample.bytes()],
                })
                .collect(),
            about: about
                .as_ref()
                .and_then(|about| about.headers.get(number))
                .map(|header| header.own_attributes.clone()),
        });
    }
    let (mut sinks, lacks) = exr::decode(source, &head, vec![Planes { parts }])?;
    match (sinks.pop(), lacks) {
        (Some(Planes { parts }), None) => Ok(Pixels {
            size: head.parts[0].display.size,
            parts,
            about: about.and_then(|about| about.headers.first().map(|head| head.shared_attributes.clone())),
        }),
        (_, lacks) => Err(PictureError::unsupported(lacks.unwrap_or_default())),
    }
}

struct Planes {
    parts: Vec<PixelPart>,
}

impl Sink for Planes {
    fn row(&mut self, at: RowOf, bytes: &[u8]) -> Result<(), PictureError> {
        let part = &mut self.parts[at.part];
        let from = at.y as usize * part.window.size.width as usize + at.x as usize;
        let from = from * at.sample.bytes();
        part.planes[at.channel].bytes[from..from + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}
