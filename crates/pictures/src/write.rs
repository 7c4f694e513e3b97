//! Writing pictures that were put together: every value as it was stored.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::result::Result;

use exr::prelude::*;
use image::codecs::jpeg::JpegEncoder;
use image::{ColorType, DynamicImage, ImageEncoder, ImageFormat};

use crate::pixels::{PixelPart, Pixels, Plane};
use crate::{Kind, PictureError, Sample};

/// Writes `pixels` to `path` as a file of `kind`. It stands there when it is whole and not before.
pub(crate) fn write(pixels: &Pixels, kind: Kind, quality: u8, path: &Path) -> Result<(), PictureError> {
    let bytes = match kind {
        Kind::Exr => exr_bytes(pixels)?,
        _ => plain_bytes(pixels, kind, quality)?,
    };
    let part = path.with_added_extension("part");
    fs::write(&part, bytes).and_then(|()| fs::rename(&part, path)).map_err(PictureError::Unreadable)
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PictureError {
    PictureError::Broken { what: "it cannot be written".to_owned(), source: Some(error.into()) }
}

fn exr_bytes(pixels: &Pixels) -> Result<Vec<u8>, PictureError> {
    let encoding = Encoding {
        compression: Compression::ZIP16,
        blocks: Blocks::ScanLines,
        line_order: LineOrder::Increasing,
    };
    let layers: Layers<AnyChannels<FlatSamples>> = pixels
        .parts
        .iter()
        .map(|part| {
            let mut about = part.about.clone().unwrap_or_default();
            about.layer_position = Vec2(part.window.left, part.window.top);
            let size = (part.window.size.width as usize, part.window.size.height as usize);
            Layer::new(size, about, encoding, AnyChannels::sort(part.planes.iter().map(channel).collect()))
        })
        .collect();
    let window = IntegerBounds {
        position: Vec2(0, 0),
        size: Vec2(pixels.size.width as usize, pixels.size.height as usize),
    };
    let about = match pixels.about.clone() {
        Some(about) => ImageAttributes { display_window: window, ..about },
        None => ImageAttributes::new(window),
    };
    let mut bytes = Cursor::new(Vec::new());
    let image = Image::from_layers(about, layers);
    image.write().non_parallel().to_buffered(&mut bytes).map_err(failed)?;
    Ok(bytes.into_inner())
}

fn channel(plane: &Plane) -> AnyChannel<FlatSamples> {
    let words = || plane.bytes.as_chunks::<4>().0.iter();
    let samples = match plane.sample {
        Sample::Half => {
            let halfs = plane.bytes.as_chunks::<2>().0.iter();
            FlatSamples::F16(halfs.map(|half| f16::from_bits(u16::from_le_bytes(*half))).collect())
        }
        Sample::U32 => FlatSamples::U32(words().map(|word| u32::from_le_bytes(*word)).collect()),
        _ => FlatSamples::F32(words().map(|word| f32::from_le_bytes(*word)).collect()),
    };
    AnyChannel::new(Text::new_or_none(&plane.name).unwrap_or_default(), samples)
}

fn plain_bytes(pixels: &Pixels, kind: Kind, quality: u8) -> Result<Vec<u8>, PictureError> {
    let format = kind.format().ok_or_else(|| PictureError::unsupported("no such picture can be written"))?;
    let [part] = pixels.parts.as_slice() else {
        return Err(PictureError::unsupported("it has several parts, which only OpenEXR can hold"));
    };
    let mut part = part.clone();
    if format == ImageFormat::Jpeg {
        // It has no place for transparency.
        part.planes.retain(|plane| plane.name != "A");
    }
    let (bytes, color) = interleaved(&part)?;
    let (width, height) = (pixels.size.width, pixels.size.height);
    let mut file = Cursor::new(Vec::new());
    match format {
        ImageFormat::Jpeg => JpegEncoder::new_with_quality(&mut file, quality)
            .write_image(&bytes, width, height, color.into())
            .map_err(failed)?,
        ImageFormat::Hdr => {
            let buffer = image::Rgb32FImage::from_raw(width, height, floats_of(&bytes));
            let picture = buffer.map(DynamicImage::ImageRgb32F).filter(|_| color == ColorType::Rgb32F);
            let picture = picture.ok_or_else(|| PictureError::unsupported("it has not three colours"))?;
            picture.write_to(&mut file, format).map_err(failed)?;
        }
        _ => image::write_buffer_with_format(&mut file, &bytes, width, height, color, format)
            .map_err(failed)?,
    }
    Ok(file.into_inner())
}

fn floats_of(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect()
}

/// The planes of a part pixel by pixel.
fn interleaved(part: &PixelPart) -> Result<(Vec<u8>, ColorType), PictureError> {
    let sample = part.planes.first().map_or(Sample::U8, |plane| plane.sample);
    let color = match (part.planes.len(), sample) {
        (1, Sample::U8) => ColorType::L8,
        (2, Sample::U8) => ColorType::La8,
        (3, Sample::U8) => ColorType::Rgb8,
        (4, Sample::U8) => ColorType::Rgba8,
        (1, Sample::U16) => ColorType::L16,
        (2, Sample::U16) => ColorType::La16,
        (3, Sample::U16) => ColorType::Rgb16,
        (4, Sample::U16) => ColorType::Rgba16,
        (3, Sample::Float) => ColorType::Rgb32F,
        (4, Sample::Float) => ColorType::Rgba32F,
        _ => {
            let what = format!("its channels {} have no place in such a file", part.layout_text());
            return Err(PictureError::unsupported(what));
        }
    };
    let width = sample.bytes();
    let mut bytes = Vec::with_capacity(part.planes.iter().map(|plane| plane.bytes.len()).sum());
    let count = part.planes.first().map_or(0, |plane| plane.bytes.len() / width);
    for pixel in 0..count {
        for plane in &part.planes {
            bytes.extend_from_slice(&plane.bytes[pixel * width..(pixel + 1) * width]);
        }
    }
    Ok((bytes, color))
}
