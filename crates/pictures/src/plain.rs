//! Pictures that are decoded in one piece: all but EXR and films.

use std::fs::File;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::{ColorType, DynamicImage, ImageError, ImageReader, Limits};
use model::Size;

use crate::look::finish;
use crate::seen::{Beauty, Seen, roles};
use crate::tone::Tone;
use crate::values::floats;
use crate::{Channel, Kind, Look, Part, Picture, PictureError, Sample, Window, whole};

/// Most bytes of a file, and most memory that decoding it may take: 16k x 16k pixels of four floats.
const MEMORY_MAX: u64 = 4 << 30;

/// Reads the file at `path`.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, PictureError> {
    let mut file = File::open(path).map_err(PictureError::Unreadable)?;
    let length = file.metadata().map_err(PictureError::Unreadable)?.len();
    if length > MEMORY_MAX {
        return Err(PictureError::large(format!("it has {length} bytes")));
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.by_ref().take(MEMORY_MAX).read_to_end(&mut bytes).map_err(PictureError::Unreadable)?;
    Ok(bytes)
}

pub(crate) fn look(path: &Path, kind: Kind, wanted: &Look) -> Result<Picture, PictureError> {
    look_at(&read(path)?, kind, wanted)
}

/// Decodes `bytes` as a picture of `kind`, and checks that nothing is missing behind what a decoder reads.
pub(crate) fn decode(bytes: &[u8], kind: Kind) -> Result<DynamicImage, PictureError> {
    let not = || PictureError::NotA { wanted: kind.name() };
    let format = kind.format().ok_or_else(not)?;
    if !kind.begins(&bytes[..bytes.len().min(16)]) {
        return Err(not());
    }
    whole::check(kind, bytes)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    // Decoders mean to refuse what is broken; where one forgets, that must not end a render server.
    match catch_unwind(AssertUnwindSafe(|| reader.decode())) {
        Ok(decoded) => decoded.map_err(|error| fault(kind, error)),
        Err(_) => Err(PictureError::broken("it cannot be decoded")),
    }
}

pub(crate) fn look_at(bytes: &[u8], kind: Kind, wanted: &Look) -> Result<Picture, PictureError> {
    let picture = match decode(bytes, kind) {
        // Of these there are more sorts than anybody decodes; that all its parts are there is known by now.
        Err(PictureError::Unsupported { what }) if kind == Kind::Tiff => {
            return Ok(undecoded(bytes, what));
        }
        decoded => decoded?,
    };
    let size = Size { width: picture.width(), height: picture.height() };
    let (names, sample) = layout(picture.color());
    let beauty = roles(names).map(|roles| Beauty { part: 0, roles });
    let seen = Seen::new([names.len()].into_iter(), beauty, size, wanted.thumbnail);
    let mut seen = seen.lossless(wanted.lossless);
    let stored = picture.as_bytes();
    let row_bytes = size.width as usize * names.len() * sample.bytes();
    let (mut row, mut one) = (Vec::new(), Vec::with_capacity(size.width as usize));
    if row_bytes > 0 {
        for (y, bytes) in stored.chunks_exact(row_bytes).enumerate() {
            floats(sample, bytes, &mut row);
            for channel in 0..names.len() {
                one.clear();
                one.extend(row.iter().skip(channel).step_by(names.len()));
                seen.row(0, channel, 0, y as i64, &one);
            }
            seen.end_row();
        }
    }
    let channels = names.iter().zip(&seen.tallies[0]).map(|(name, tally)| Channel {
        name: (*name).to_owned(),
        sample,
        tally: Some(*tally),
    });
    let part = Part {
        name: None,
        storage: "scanline",
        compression: None,
        window: Window { left: 0, top: 0, size },
        channels: channels.collect(),
    };
    let linear = kind.is_linear() || sample == Sample::Float;
    finish(kind, size, vec![part], seen, None, Tone::of(linear, wanted.exposure))
}

fn undecoded(bytes: &[u8], why: String) -> Picture {
    Picture {
        kind: Kind::Tiff,
        size: whole::tiff_size(bytes),
        parts: Vec::new(),
        beauty: None,
        not_numbers: 0,
        blank: None,
        alpha_empty: false,
        depth: crate::Depth::Structure(why),
        thumbnail: None,
        frames: None,
    }
}

/// Names of the channels of a decoded picture, and what their values are.
pub(crate) fn layout(color: ColorType) -> (&'static [&'static str], Sample) {
    let names: &[&str] = match color.channel_count() {
        1 => &["Y"],
        2 => &["Y", "A"],
        3 => &["R", "G", "B"],
        _ => &["R", "G", "B", "A"],
    };
    let sample = match color {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => Sample::U8,
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => Sample::U16,
        _ => Sample::Float,
    };
    (names, sample)
}

fn fault(kind: Kind, error: ImageError) -> PictureError {
    if is_early_end(&error) {
        return PictureError::cut("the file ends before its last pixel");
    }
    match error {
        ImageError::Limits(error) => PictureError::large(error.to_string()),
        ImageError::Unsupported(error) if kind == Kind::Tiff => PictureError::unsupported(error.to_string()),
        error => {
            PictureError::Broken { what: "it cannot be decoded".to_owned(), source: Some(Box::new(error)) }
        }
    }
}

fn is_early_end(error: &ImageError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|error| error.kind() == std::io::ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = error.source();
    }
    matches!(error, ImageError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof)
}
