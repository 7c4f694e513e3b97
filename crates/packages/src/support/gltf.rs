//! The files that a glTF scene names: buffers and images by URI, percent-encoded.

use serde_json::Value;

use super::walk::Names;

/// Of a `.glb`, whose first chunk is the scene.
const MAGIC: &[u8] = b"glTF";
const JSON_CHUNK: &[u8] = b"JSON";

/// What the scene in `bytes` names.
pub(crate) fn names(bytes: &[u8]) -> Names {
    let mut names = Names::default();
    let json = if bytes.starts_with(MAGIC) { chunk(bytes) } else { Some(bytes) };
    let scene: Value = match json.map(serde_json::from_slice) {
        Some(Ok(scene)) => scene,
        Some(Err(why)) => {
            let line = u32::try_from(why.line()).unwrap_or_default();
            names.unclear.push((line, format!("cannot be read as glTF: {why}")));
            return names;
        }
        None => {
            names.unclear.push((0, "is a .glb without a scene in it".to_owned()));
            return names;
        }
    };
    for list in ["buffers", "images"] {
        let items = scene.get(list).and_then(Value::as_array).into_iter().flatten();
        for uri in items.filter_map(|item| item.get("uri")?.as_str()) {
            if is_file(uri) {
                match decoded(uri) {
                    Some(name) => names.add(0, name),
                    None => names.unclear.push((0, format!("names {uri:?}, which is no file name"))),
                }
            }
        }
    }
    names
}

/// The first chunk of a `.glb`.
fn chunk(bytes: &[u8]) -> Option<&[u8]> {
    let length = u32::from_le_bytes(bytes.get(12..16)?.try_into().ok()?);
    if bytes.get(16..20)? != JSON_CHUNK {
        return None;
    }
    bytes.get(20..20_usize.checked_add(usize::try_from(length).ok()?)?)
}

/// Not data in the file itself, nor something on the network.
fn is_file(uri: &str) -> bool {
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme);
    // A single letter is a drive.
    scheme.is_none_or(|scheme| scheme.len() < 2 || !scheme.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// `uri` with its `%20` and the like as what they stand for.
fn decoded(uri: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |b: u8| char::from(b).to_digit(16);
            let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().filter(|name| !name.contains('\0') && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &[u8]) -> (Vec<String>, usize) {
        let names = names(bytes);
        (names.names.into_iter().map(|name| name.text).collect(), names.unclear.len())
    }

    #[test]
    fn buffers_and_images_are_named_by_uri() {
        let json = r#"{"buffers":[{"uri":"a%20b.bin"},{"byteLength":1},{"uri":"data:;base64,AA"}],
            "images":[{"uri":"tex/%C3%BC.png"},{"uri":"https://x/y.png"},{"uri":"%zz"},{"bufferView":0}]}"#;
        assert_eq!(told(json.as_bytes()), (vec!["a b.bin".to_owned(), "tex/ü.png".to_owned()], 1));
        let length = u32::try_from(json.len()).unwrap().to_le_bytes();
        let glb = [b"glTF\x02\0\0\0\0\0\0\0".as_slice(), &length, b"JSON", json.as_bytes()].concat();
        assert_eq!(told(&glb).0.len(), 2);
        assert_eq!(told(&glb[..30]), (vec![], 1));
        assert_eq!(told(b"{\"buffers\": 7, \"images\": [7]}"), (vec![], 0));
        assert_eq!(told(b"nonsense"), (vec![], 1));
    }
}
