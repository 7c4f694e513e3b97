//! The files that a USD layer names: whatever stands between `@` in text, be it a layer or a texture.
//!
//! A `.usdz` is whole in itself. A binary layer (`.usdc`) is not read; a warning says so.

use super::walk::{Name, Names};

/// A binary layer begins so, under whatever ending.
const CRATE: &[u8] = b"PXR-USDC";

/// What the layer in `bytes` names.
pub(crate) fn names(bytes: &[u8]) -> Names {
    let mut names = Names::default();
    if bytes.starts_with(CRATE) {
        let what = "is a binary USD layer, which is not read for what it names".to_owned();
        names.unclear.push((0, what));
        return names;
    }
    let text = String::from_utf8_lossy(bytes);
    let (mut rest, mut line) = (text.as_ref(), 1_u32);
    while let Some(at) = rest.find(['@', '"', '\'', '#', '\n']) {
        rest = &rest[at..];
        let (kind, open) = opening(rest);
        let after = &rest[open.len()..];
        let inside = match kind {
            Kind::Line => {
                line = line.saturating_add(1);
                rest = after;
                continue;
            }
            Kind::Comment => after.find('\n').unwrap_or(after.len()),
            Kind::Text | Kind::Asset => end(after, open),
        };
        if kind == Kind::Asset {
            add(&after[..inside.min(after.len())], line, &mut names);
        }
        let ended = if kind == Kind::Comment { inside } else { inside + open.len() }.min(after.len());
        let ended = (ended..=after.len()).find(|at| after.is_char_boundary(*at)).unwrap_or(after.len());
        let skipped = after[..ended].bytes().filter(|byte| *byte == b'\n').count();
        line = line.saturating_add(u32::try_from(skipped).unwrap_or(u32::MAX));
        rest = &after[ended..];
    }
    names
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Line,
    Comment,
    Text,
    Asset,
}

/// What `rest` opens, and with which marks.
fn opening(rest: &str) -> (Kind, &'static str) {
    let marks = [
        ("\n", Kind::Line),
        ("#", Kind::Comment),
        ("@@@", Kind::Asset),
        ("@", Kind::Asset),
        ("\"\"\"", Kind::Text),
        ("'''", Kind::Text),
        ("\"", Kind::Text),
    ];
    let found = marks.into_iter().find(|(mark, _)| rest.starts_with(mark));
    found.map_or((Kind::Text, "'"), |(mark, kind)| (kind, mark))
}

/// Where what `open` has opened closes in `after`. What has one mark ends with its line at the latest.
fn end(after: &str, open: &str) -> usize {
    let mut from = 0;
    let line = if open.len() == 1 { after.find('\n').unwrap_or(after.len()) } else { after.len() };
    while let Some(at) = after[from..line].find(open).map(|at| at + from) {
        let escapes = after[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        if open == "@" || escapes % 2 == 0 {
            return at;
        }
        from = at + 1;
    }
    line
}

fn add(asset: &str, line: u32, names: &mut Names) {
    let asset = asset.replace("\\@@@", "@@@");
    // A file inside of a package: the package is what travels.
    let file = asset.split_once('[').map_or(asset.as_str(), |(package, _)| package);
    if file.is_empty() || file.contains("://") || file.starts_with("anon:") {
        return;
    }
    if file.starts_with('`') {
        let what = format!("names a file by the expression {file}");
        names.unclear.push((line, what));
        return;
    }
    // Shaders that come with a renderer are named like files.
    let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let optional = ending.is_some_and(|e| ["mdl", "glslfx", "osl", "oso", "mtlx"].contains(&e.as_str()));
    names.names.push(Name { line, text: file.to_owned(), optional });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_at_signs_is_a_file() {
        let layer = "#usda 1.0\n( subLayers = [ @./a.usda@, @b.usd@ ] ) # @no@\n\
            def \"x@y\" (references = @c.usdz[d.usdc]@</r>) {\n asset f = @@@odd@name.png@@@\n\
            string t = \"\"\"@not\nthis@\"\"\" asset u = @t.<UDIM>.exr@ asset v = @@ asset w = @OmniPBR.mdl@\n\
            asset x = @`\"${Q}\"`@ asset y = @https://z/a.png@ }";
        let found = names(layer.as_bytes());
        let told: Vec<_> = found.names.iter().map(|name| (name.line, name.text.as_str())).collect();
        let wanted = [
            (2, "./a.usda"),
            (2, "b.usd"),
            (3, "c.usdz"),
            (4, "odd@name.png"),
            (6, "t.<UDIM>.exr"),
            (6, "OmniPBR.mdl"),
        ];
        assert_eq!(told, wanted);
        assert_eq!(found.unclear.len(), 1);
        assert!(found.names[5].optional && !found.names[4].optional);
        assert_eq!(names(b"PXR-USDC\0\0").unclear.len(), 1);
    }
}
