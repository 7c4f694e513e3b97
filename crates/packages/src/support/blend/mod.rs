//! Reads what a `.blend` names without Blender: libraries, images, movie clips, fonts, sounds, cache files
//! and volumes, in it and in the `.blend` files that it links.
//!
//! The file says itself how its blocks are laid out (`layout`), so that all versions can be read that keep to
//! that, compressed or not. What a newer Blender calls otherwise is not found, and costs nothing else.

mod blocks;
mod layout;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::blender::{BlenderAnswer, BlenderFile, Series};
use super::plain;
use blocks::{Block, Contents};
use layout::Layout;

/// Libraries that link each other end somewhere.
const LIBRARIES_MAX: usize = 1000;

/// What `scene` and its libraries name.
pub(crate) fn answer(scene: &Path) -> BlenderAnswer {
    let mut answer = BlenderAnswer::default();
    let mut read = BTreeSet::new();
    let mut waiting: Vec<(PathBuf, bool)> = vec![(scene.to_owned(), true)];
    while let Some((blend, first)) = waiting.pop() {
        if read.len() >= LIBRARIES_MAX || !read.insert(plain(&blend)) {
            continue;
        }
        match names(&blend) {
            Ok(named) => {
                for mut file in named {
                    if file.kind == "library" && !file.packed && Path::new(&file.path).is_file() {
                        waiting.push((PathBuf::from(&file.path), false));
                    }
                    if !first {
                        file.within = blend.display().to_string();
                    }
                    answer.files.push(file);
                }
            }
            Err(why) => answer.problems.push(format!("{} cannot be read: {why}", blend.display())),
        }
    }
    answer
}

/// What one file names.
fn names(blend: &Path) -> Result<Vec<BlenderFile>, String> {
    let contents = blocks::open(blend)?;
    let folder = blend.parent().unwrap_or(Path::new(""));
    from_contents(&contents, folder)
}

fn from_contents(contents: &Contents, folder: &Path) -> Result<Vec<BlenderFile>, String> {
    let layout = Layout::read(contents).ok_or("it does not say how it is laid out")?;
    Ok(contents.blocks.iter().filter_map(|block| named(contents, &layout, block, folder)).collect())
}

/// What a block names, where it names a file.
fn named(contents: &Contents, layout: &Layout, block: &Block, folder: &Path) -> Option<BlenderFile> {
    let of = layout.structure(block.structure)?;
    let kind = match of.name.as_str() {
        "Library" => "library",
        "Image" => "image",
        "MovieClip" => "movie clip",
        "VFont" => "font",
        "bSound" => "sound",
        "CacheFile" => "cache file",
        "Volume" => "volume",
        _ => return None,
    };
    let field = |name: &str| layout.field(of, name, &block.bytes);
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    };
    let number = |name: &str| field(name).map_or(0, |bytes| contents.number(bytes));
    let written = text(field("filepath").or_else(|| field("name"))?);
    if written.is_empty() || written == "<builtin>" {
        return None;
    }
    // The first two letters of an ID's name are its kind.
    let name = layout.field_within(of, "id", "name", &block.bytes).map(text);
    let name = name.and_then(|name| name.get(2..).map(str::to_owned)).unwrap_or_default();
    let series = match (kind, number("source")) {
        // Made by Blender, or shown by it.
        ("image", 4 | 5) => return None,
        ("image", 2) | ("movie clip", 1) => Series::Sequence,
        ("image", 6) => Series::Tiles,
        ("cache file" | "volume", _) if number("is_sequence") != 0 => Series::Sequence,
        _ => Series::One,
    };
    let set = |name: &str| field(name).is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0));
    let packed = set("packedfile") || set("packedfiles");
    let path = match written.strip_prefix("//") {
        Some(rest) => plain(&folder.join(rest.replace('\\', "/"))).display().to_string(),
        None => written.clone(),
    };
    let kind = kind.to_owned();
    Some(BlenderFile { kind, name, path, written, packed, series, ..BlenderFile::default() })
}

#[cfg(test)]
mod tests;
