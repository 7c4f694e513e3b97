//! The blocks of a `.blend` file, of which only those are kept that may name files.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// More than this is not unpacked.
const BYTES_MAX: u64 = 16 << 30;
/// A block that names a file is small.
const BLOCK_MAX: u64 = 4 << 20;
/// The layout of all structures is about 200 KiB.
const LAYOUT_MAX: u64 = 64 << 20;
/// So many blocks that name files are kept.
const BLOCKS_MAX: usize = 200_000;
/// Codes of blocks that may name files.
const KEPT: [&[u8; 4]; 7] = [b"LI\0\0", b"IM\0\0", b"MC\0\0", b"VF\0\0", b"SO\0\0", b"CF\0\0", b"VO\0\0"];

/// What of a `.blend` may name files.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) big_endian: bool,
    /// Bytes of a pointer.
    pub(crate) pointer: usize,
    pub(crate) blocks: Vec<Block>,
    /// The block that says how all others are laid out.
    pub(crate) layout: Vec<u8>,
}

/// A block of a structure.
#[derive(Debug)]
pub(crate) struct Block {
    /// Its structure, by its place in the layout.
    pub(crate) structure: usize,
    pub(crate) bytes: Vec<u8>,
}

/// Reads `blend`, which may be compressed.
pub(crate) fn open(blend: &Path) -> Result<Contents, String> {
    let told = |why: std::io::Error| why.to_string();
    if !blend.is_file() {
        return Err("it is no file".to_owned());
    }
    let open = || File::open(blend).map_err(told);
    let mut begin = [0; 4];
    open()?.read_exact(&mut begin).map_err(told)?;
    match begin {
        [0x28, 0xb5, 0x2f, 0xfd] => read(zstd::Decoder::new(open()?).map_err(told)?),
        [0x1f, 0x8b, _, _] => read(flate2::read::MultiGzDecoder::new(open()?)),
        _ => read(BufReader::new(open()?)),
    }
}

/// Reads the blocks of `from`, unpacked.
pub(crate) fn read(from: impl Read) -> Result<Contents, String> {
    let mut from = from.take(BYTES_MAX);
    let mut contents = Contents::default();
    let large = contents.header(&mut from)?;
    loop {
        let Some(head) = contents.head(&mut from, large)? else { return Ok(contents) };
        let keep = match &head.code {
            b"ENDB" => return Ok(contents),
            b"DNA1" => head.length <= LAYOUT_MAX,
            code => KEPT.contains(&code) && head.length <= BLOCK_MAX && contents.blocks.len() < BLOCKS_MAX,
        };
        if keep {
            let mut bytes = Vec::new();
            let read =
                (&mut from).take(head.length).read_to_end(&mut bytes).map_err(|why| why.to_string())?;
            if read as u64 != head.length {
                return Err("it is cut off".to_owned());
            }
            if &head.code == b"DNA1" {
                contents.layout = bytes;
            } else {
                contents.blocks.push(Block { structure: head.structure, bytes });
            }
        } else {
            let mut rest = (&mut from).take(head.length);
            let skipped = std::io::copy(&mut rest, &mut std::io::sink()).map_err(|why| why.to_string())?;
            if skipped != head.length {
                return Err("it is cut off, or larger than can be looked through".to_owned());
            }
        }
    }
}

struct Head {
    code: [u8; 4],
    structure: usize,
    length: u64,
}

impl Contents {
    /// The header of the file, and whether its blocks have the larger heads of Blender 5.
    fn header(&mut self, from: &mut impl Read) -> Result<bool, String> {
        let foreign = |_| "it is no .blend file".to_owned();
        let mut header = [0; 12];
        from.read_exact(&mut header).map_err(foreign)?;
        let (name, rest) = header.split_at(7);
        if name != b"BLENDER" {
            return Err("it is no .blend file".to_owned());
        }
        match rest[0] {
            b'_' => self.pointer = 4,
            b'-' => self.pointer = 8,
            // Since 5.0 the header says how long it is: `17-01v0500`.
            b'0'..=b'9' => {
                let length = usize::from(rest[0] - b'0') * 10 + usize::from(rest[1].saturating_sub(b'0'));
                if &rest[2..5] != b"-01" || length < header.len() {
                    return Err("it is of a newer kind than is known here".to_owned());
                }
                let mut more = vec![0; length - header.len()];
                from.read_exact(&mut more).map_err(foreign)?;
                self.pointer = 8;
                return Ok(true);
            }
            _ => return Err("it is of a kind that is not known here".to_owned()),
        }
        self.big_endian = rest[1] == b'V';
        Ok(false)
    }

    /// The head of the next block; nothing at the end of the file.
    fn head(&self, from: &mut impl Read, large: bool) -> Result<Option<Head>, String> {
        let size = if large { 32 } else { 16 + self.pointer };
        let mut head = vec![0; size];
        match from.read_exact(&mut head) {
            Ok(()) => {}
            Err(why) if why.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(why) => return Err(why.to_string()),
        }
        let code = [head[0], head[1], head[2], head[3]];
        let (structure, length) = if large {
            (self.number(&head[4..8]), self.number(&head[16..24]))
        } else {
            (self.number(&head[8 + self.pointer..12 + self.pointer]), self.number(&head[4..8]))
        };
        let number =
            |number: i64| usize::try_from(number).map_err(|_| "a block of it has no size".to_owned());
        Ok(Some(Head {
            code,
            structure: number(structure).unwrap_or(usize::MAX),
            length: number(length)? as u64,
        }))
    }

    /// A number of as many bytes as there are.
    pub(crate) fn number(&self, bytes: &[u8]) -> i64 {
        let mut wide = [0; 8];
        let length = bytes.len().min(8);
        if self.big_endian {
            wide[8 - length..].copy_from_slice(&bytes[..length]);
            let negative = length < 8 && bytes.first().is_some_and(|byte| byte & 0x80 != 0);
            let number = i64::from_be_bytes(wide);
            if negative { number - (1 << (8 * length)) } else { number }
        } else {
            wide[..length].copy_from_slice(&bytes[..length]);
            let negative = length < 8 && bytes.get(length.wrapping_sub(1)).is_some_and(|b| b & 0x80 != 0);
            let number = i64::from_le_bytes(wide);
            if negative { number - (1 << (8 * length)) } else { number }
        }
    }
}
