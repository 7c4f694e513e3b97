//! Kinds of picture files: by the ending of their name, and by how they begin.

use image::ImageFormat;

/// A kind of file that is decoded here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// OpenEXR.
    Exr,
    /// Portable network graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// TIFF and BigTIFF.
    Tiff,
    /// Radiance.
    Hdr,
    /// Truevision TGA.
    Tga,
    /// Windows bitmap.
    Bmp,
    /// Portable any map: PBM, PGM, PPM, PAM.
    Pnm,
    /// A film, of whatever container.
    Video,
}

/// Endings of films.
const VIDEO: [&str; 12] =
    ["mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "mxf", "ogv", "wmv", "qt"];

impl Kind {
    /// The kind of files whose names end in `ending`, where it is one that is decoded here.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        let ending = ending.to_ascii_lowercase();
        Some(match ending.as_str() {
            "exr" | "sxr" | "mxr" => Self::Exr,
            "png" => Self::Png,
            "jpg" | "jpeg" | "jpe" | "jfif" => Self::Jpeg,
            "tif" | "tiff" => Self::Tiff,
            "hdr" | "rgbe" => Self::Hdr,
            "tga" => Self::Tga,
            "bmp" | "dib" => Self::Bmp,
            "ppm" | "pgm" | "pbm" | "pnm" | "pam" => Self::Pnm,
            ending if VIDEO.contains(&ending) => Self::Video,
            _ => return None,
        })
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exr => "OpenEXR",
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Tiff => "TIFF",
            Self::Hdr => "Radiance HDR",
            Self::Tga => "TGA",
            Self::Bmp => "BMP",
            Self::Pnm => "PNM",
            Self::Video => "video",
        }
    }

    /// How such files begin; nothing where they have no mark of their own.
    const fn marks(self) -> &'static [&'static [u8]] {
        match self {
            Self::Exr => &[b"\x76\x2f\x31\x01"],
            Self::Png => &[b"\x89PNG\r\n\x1a\n"],
            Self::Jpeg => &[b"\xff\xd8\xff"],
            Self::Tiff => &[b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"],
            Self::Hdr => &[b"#?RADIANCE", b"#?RGBE"],
            Self::Bmp => &[b"BM"],
            Self::Pnm => &[b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"P7"],
            Self::Tga | Self::Video => &[],
        }
    }

    /// Whether a file that begins with `start` may be of this kind. One that is cut within its mark is cut,
    /// not something else.
    pub(crate) fn begins(self, start: &[u8]) -> bool {
        let marks = self.marks();
        marks.is_empty() || marks.iter().any(|mark| start.starts_with(mark) || mark.starts_with(start))
    }

    /// The decoder's name for it, where it decodes it.
    pub(crate) const fn format(self) -> Option<ImageFormat> {
        Some(match self {
            Self::Png => ImageFormat::Png,
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Tiff => ImageFormat::Tiff,
            Self::Hdr => ImageFormat::Hdr,
            Self::Tga => ImageFormat::Tga,
            Self::Bmp => ImageFormat::Bmp,
            Self::Pnm => ImageFormat::Pnm,
            Self::Exr | Self::Video => return None,
        })
    }

    /// Whether its values are linear light rather than what a screen shows.
    pub(crate) const fn is_linear(self) -> bool {
        matches!(self, Self::Exr | Self::Hdr)
    }
}
