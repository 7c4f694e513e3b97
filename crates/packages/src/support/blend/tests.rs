//! `.blend` files that are made here, block by block, and what becomes of damaged ones.

use std::io::Write;

use proptest::prelude::*;

use super::*;

/// Structures of the layout: their type, and their fields by type and name.
const STRUCTURES: [(&str, &[(&str, &str)]); 4] = [
    ("ID", &[("void", "*next"), ("char", "name[66]")]),
    (
        "Image",
        &[
            ("ID", "id"),
            ("char", "name[64]"),
            ("void", "(*call)()"),
            ("short", "source"),
            ("void", "*packedfile"),
        ],
    ),
    ("Library", &[("ID", "id"), ("char", "name[64]"), ("void", "*packedfile")]),
    ("Object", &[("ID", "id"), ("float", "mat[4][4]")]),
];

/// Writes numbers as a file of some kind has them.
struct Writer {
    big: bool,
    pointer: usize,
    large: bool,
    out: Vec<u8>,
}

impl Writer {
    fn number(&self, number: u64, bytes: usize) -> Vec<u8> {
        if self.big {
            number.to_be_bytes()[8 - bytes..].to_vec()
        } else {
            number.to_le_bytes()[..bytes].to_vec()
        }
    }

    fn head(&mut self) {
        let header: &[u8] = match (self.large, self.big, self.pointer) {
            (true, _, _) => b"BLENDER17-01v0500",
            (_, true, 4) => b"BLENDER_V245",
            (_, false, 4) => b"BLENDER_v245",
            (_, true, _) => b"BLENDER-V304",
            _ => b"BLENDER-v304",
        };
        self.out.extend_from_slice(header);
    }

    fn block(&mut self, code: &[u8; 4], structure: u64, bytes: &[u8]) {
        let (structure, length) = (self.number(structure, 4), bytes.len() as u64);
        let head = if self.large {
            [code.to_vec(), structure, vec![7; 8], self.number(length, 8), self.number(1, 8)]
        } else {
            [code.to_vec(), self.number(length, 4), vec![7; self.pointer], structure, self.number(1, 4)]
        };
        self.out.extend(head.concat());
        self.out.extend_from_slice(bytes);
    }

    fn id(&self, name: &str) -> Vec<u8> {
        [vec![0; self.pointer], text(name, 66)].concat()
    }

    fn image(&mut self, name: &str, path: &str, source: u64, packed: bool) {
        let tail =
            [vec![1; self.pointer], self.number(source, 2), vec![u8::from(packed); self.pointer]].concat();
        let bytes = [self.id(&format!("IM{name}")), text(path, 64), tail].concat();
        self.block(b"IM\0\0", 1, &bytes);
    }

    fn library(&mut self, path: &str) {
        let bytes = [self.id("LIlib"), text(path, 64), vec![0; self.pointer]].concat();
        self.block(b"LI\0\0", 2, &bytes);
    }

    fn layout(&mut self) {
        let sizes = [("void", 0), ("char", 1), ("short", 2), ("float", 4)];
        let mut types: Vec<(String, u64)> = sizes.map(|(name, size)| (name.to_owned(), size)).to_vec();
        let id = 66 + self.pointer as u64;
        types.extend(STRUCTURES.map(|(name, _)| (name.to_owned(), if name == "ID" { id } else { 0 })));
        let names: Vec<&str> =
            STRUCTURES.iter().flat_map(|(_, fields)| fields.iter().map(|(_, name)| *name)).collect();
        let mut out = b"SDNANAME".to_vec();
        let list = |names: &mut dyn Iterator<Item = &str>, count: usize, writer: &Self| {
            let mut bytes = writer.number(count as u64, 4);
            names.for_each(|name| bytes.extend([name.as_bytes(), b"\0"].concat()));
            bytes
        };
        out.extend(list(&mut names.iter().copied(), names.len(), self));
        let pad = |out: &mut Vec<u8>| out.resize(out.len().next_multiple_of(4), 0);
        pad(&mut out);
        out.extend(b"TYPE");
        out.extend(list(&mut types.iter().map(|(name, _)| name.as_str()), types.len(), self));
        pad(&mut out);
        out.extend(b"TLEN");
        types.iter().for_each(|(_, size)| out.extend(self.number(*size, 2)));
        pad(&mut out);
        out.extend(b"STRC");
        out.extend(self.number(STRUCTURES.len() as u64, 4));
        let type_of = |wanted: &str| types.iter().position(|(name, _)| name == wanted).unwrap() as u64;
        let name_of = |wanted: &str| names.iter().position(|name| *name == wanted).unwrap() as u64;
        for (name, fields) in STRUCTURES {
            out.extend([self.number(type_of(name), 2), self.number(fields.len() as u64, 2)].concat());
            for (kind, name) in fields {
                out.extend([self.number(type_of(kind), 2), self.number(name_of(name), 2)].concat());
            }
        }
        self.block(b"DNA1", 0, &out);
        self.block(b"ENDB", 0, b"");
    }
}

fn text(text: &str, length: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(length, 0);
    bytes
}

fn scene(big: bool, pointer: usize, large: bool) -> Vec<u8> {
    let mut writer = Writer { big, pointer, large, out: Vec::new() };
    writer.head();
    writer.block(b"REND", 0, b"not looked at");
    writer.image("wood", "//tex\\wood.png", 1, false);
    writer.image("sky", "/sky/s_001.exr", 2, false);
    writer.image("made", "", 4, false);
    writer.image("shown", "Viewer", 5, false);
    writer.image("inside", "//in.png", 1, true);
    writer.library("//../lib/chair.blend");
    writer.block(b"OB\0\0", 3, &[0; 200]);
    writer.layout();
    writer.out
}

fn named(bytes: &[u8]) -> Result<Vec<(String, String, String, bool)>, String> {
    let files = from_contents(&blocks::read(bytes)?, Path::new("/film/shot"))?;
    Ok(files.into_iter().map(|file| (file.kind, file.name, file.path, file.packed)).collect())
}

#[test]
fn images_and_libraries_are_named_in_files_of_every_kind() {
    let line = |kind: &str, name: &str, path: &str, packed| {
        (kind.to_owned(), name.to_owned(), path.to_owned(), packed)
    };
    let wanted = [
        line("image", "wood", "/film/shot/tex/wood.png", false),
        line("image", "sky", "/sky/s_001.exr", false),
        line("image", "inside", "/film/shot/in.png", true),
        line("library", "lib", "/film/lib/chair.blend", false),
    ];
    for (big, pointer, large) in
        [(false, 8, false), (false, 8, true), (true, 8, false), (true, 4, false), (false, 4, false)]
    {
        assert_eq!(named(&scene(big, pointer, large)).unwrap(), wanted, "{big} {pointer} {large}");
    }
}

#[test]
fn libraries_are_read_in_turn_and_what_is_compressed_is_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let (shot, lib) = (folder.path().join("shot"), folder.path().join("lib"));
    std::fs::create_dir_all(&shot).unwrap();
    std::fs::create_dir_all(&lib).unwrap();
    let whole = scene(false, 8, false);
    std::fs::write(shot.join("a.blend"), zstd::encode_all(whole.as_slice(), 1).unwrap()).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&whole).unwrap();
    std::fs::write(lib.join("chair.blend"), gzip.finish().unwrap()).unwrap();
    let answer = answer(&shot.join("a.blend"));
    assert_eq!(answer.problems, [""; 0]);
    assert_eq!(answer.files.len(), 8, "the library links itself and is read once");
    let inside: Vec<&str> = answer.files.iter().map(|file| file.within.as_str()).collect();
    assert_eq!(inside.iter().filter(|within| within.ends_with("lib/chair.blend")).count(), 4);
    std::fs::write(lib.join("chair.blend"), "BLENDER17-02v0600 and more").unwrap();
    let answer = super::answer(&shot.join("a.blend"));
    assert!(answer.problems[0].ends_with("it is of a newer kind than is known here"), "{answer:?}");
}

proptest! {
    #[test]
    fn damaged_files_are_refused_or_read_and_never_break_it(
        at in 0..4000_usize, byte: u8, cut in 0..4000_usize, big: bool, large: bool,
    ) {
        let mut bytes = scene(big && !large, 8, large);
        let length = bytes.len();
        bytes[at % length] = byte;
        let _whatever = named(&bytes);
        bytes.truncate(cut % length);
        let _whatever = named(&bytes);
    }

    #[test]
    fn no_layout_breaks_it(layout in prop::collection::vec(any::<u8>(), 0..200)) {
        let contents = Contents { pointer: 8, layout: [b"SDNANAME".as_slice(), &layout].concat(), ..Contents::default() };
        let _whatever = Layout::read(&contents).is_some();
    }
}
