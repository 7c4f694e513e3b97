//! The opening tags of an XML file with their lines and attributes. What is no tag is passed over: a scene
//! that is broken is the package's to refuse.

use std::collections::BTreeMap;

/// An opening tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) line: u32,
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// The tags of `text`, in order.
pub(crate) fn tags(text: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(at) = rest.find('<') {
        line += lines(&rest[..at]);
        rest = &rest[at..];
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">"), ("</", ">")]
            .into_iter()
            .find(|(open, _)| rest.starts_with(open));
        let end = match skipped {
            Some((_, close)) => rest.find(close).map_or(rest.len(), |at| at + close.len()),
            None => {
                let (tag, length) = tag(&rest[1..], line);
                tags.extend(tag);
                length + 1
            }
        };
        line += lines(&rest[..end]);
        rest = &rest[end..];
    }
    tags
}

fn lines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// The tag that `text` begins with, behind its `<`, and how long it is.
fn tag(text: &str, line: u32) -> (Option<Tag>, usize) {
    let is_name = |c: char| !c.is_whitespace() && !matches!(c, '<' | '>' | '/' | '=' | '"' | '\'');
    let name_end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let name = text[..name_end].to_owned();
    let mut attributes = BTreeMap::new();
    let mut at = name_end;
    loop {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { break };
        match c {
            '>' => {
                at += 1;
                break;
            }
            '<' => break,
            c if is_name(c) => {
                let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                let key = &rest[..end];
                let after = rest[end..].trim_start();
                let value = after.strip_prefix('=').map(str::trim_start);
                let quoted = value.and_then(|value| {
                    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
                    let inside = &value[1..];
                    Some((inside, inside.find(quote)?))
                });
                match quoted {
                    Some((inside, length)) => {
                        attributes.insert(key.to_owned(), plain_text(&inside[..length]));
                        at = text.len() - inside.len() + length + 1;
                    }
                    None => at += end,
                }
            }
            c => at += c.len_utf8(),
        }
    }
    ((!name.is_empty()).then_some(Tag { line, name, attributes }), at)
}

/// `text` without its entities.
fn plain_text(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let entity = after.split_once(';').and_then(|(name, rest)| Some((entity(name)?, rest)));
        match entity {
            Some((c, after)) => {
                plain.push(c);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_among_what_is_none() {
        let text =
            "<?a <b?><!DOCTYPE c>\n<d e='1 > 2' f = \"&#x41;&#66;&x;&\"\n g><!-- <h> --></d><i/>< <j k=l>";
        let found: Vec<_> = tags(text)
            .into_iter()
            .map(|tag| (tag.line, tag.name, tag.attributes.into_iter().collect::<Vec<_>>()))
            .collect();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let wanted = [
            (2, "d".to_owned(), vec![pair("e", "1 > 2"), pair("f", "AB&x;&")]),
            (3, "i".to_owned(), vec![]),
            (3, "j".to_owned(), vec![]),
        ];
        assert_eq!(found, wanted);
    }
}
