//! The files that Wavefront `.obj` and `.mtl` files name: material libraries and maps.

use super::walk::Names;

/// Statements of a `.mtl` that name a picture, besides those that begin with `map_`.
const MAPS: [&str; 7] = ["bump", "disp", "decal", "refl", "norm", "map", "displacement"];

/// What `text` names, of either kind.
pub(crate) fn names(text: &str) -> Names {
    let mut names = Names::default();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        let Some((word, rest)) = text.split_once(char::is_whitespace) else { continue };
        let word = word.to_ascii_lowercase();
        if word == "mtllib" {
            // Several may stand there, and a name may hold blanks: each that ends as such a file does.
            for name in split(rest, ".mtl") {
                names.add(line, name);
            }
        } else if word.starts_with("map_") || MAPS.contains(&word.as_str()) {
            let name = without_options(rest);
            if !name.is_empty() {
                names.add(line, name);
            }
        }
    }
    names
}

/// The names in `text` that end in `ending`; all of it where none does.
fn split<'a>(text: &'a str, ending: &str) -> Vec<&'a str> {
    let mut names = Vec::new();
    let (mut rest, mut from) = (text.trim(), 0);
    while let Some(at) = rest.as_bytes()[from..]
        .windows(ending.len())
        .position(|part| part.eq_ignore_ascii_case(ending.as_bytes()))
    {
        let end = from + at + ending.len();
        let ends = rest[end..].chars().next().is_none_or(char::is_whitespace);
        if ends {
            names.push(rest[..end].trim());
            rest = &rest[end..];
            from = 0;
        } else {
            from = end;
        }
    }
    if !rest.trim().is_empty() {
        names.push(rest.trim());
    }
    names
}

/// `text` behind its options, such as `-bm 0.5 -o 1 1 0`.
fn without_options(text: &str) -> &str {
    let mut rest = text.trim();
    while rest.starts_with('-') {
        let (option, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let most = match option {
            "-o" | "-s" | "-t" => 3,
            "-mm" => 2,
            "-blendu" | "-blendv" | "-boost" | "-texres" | "-clamp" | "-bm" | "-imfchan" | "-type"
            | "-colorspace" | "-cc" => 1,
            // A name that begins with a dash.
            _ => return rest,
        };
        rest = after.trim_start();
        for taken in 0..most {
            let (value, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            // Of three numbers the last may be left out.
            if taken > 0 && value.parse::<f64>().is_err() {
                break;
            }
            rest = after.trim_start();
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_and_maps_are_named_with_blanks_and_options() {
        let text = "# mtllib no.mtl\nmtllib a.mtl my mats.MTL b\nv 1 2 3\nnewmtl x\n map_Kd -o 1 1 -bm 2 a b.png\n\
                    bump -bm 0.5 -mm 0 1 n.png\nmap_Ks -x.png\nrefl -type sphere r.hdr\nKd 1 1 1\nmap_Ka\nmap_d -s 1";
        let told: Vec<_> = names(text).names.into_iter().map(|name| (name.line, name.text)).collect();
        let wanted = [
            (2, "a.mtl"),
            (2, "my mats.MTL"),
            (2, "b"),
            (5, "a b.png"),
            (6, "n.png"),
            (7, "-x.png"),
            (8, "r.hdr"),
        ];
        assert_eq!(told, wanted.map(|(line, name)| (line, name.to_owned())));
    }
}
