//! The files that the text of a POV-Ray scene names.

use std::collections::BTreeMap;

use super::lexer::{Kind, Token, tokens};

/// Values that string identifiers were given, by name, in every file read so far.
pub(crate) type Strings = BTreeMap<String, Vec<String>>;

/// A file that a scene names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) line: u32,
    pub(crate) kind: FileKind,
    pub(crate) name: Name,
    /// Stands in a branch or macro, so that the file may not be needed.
    pub(crate) conditional: bool,
}

/// What a file is to the scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Scene text of its own.
    Include,
    /// A picture, where the scene says of which kind: `png`.
    Picture(Option<&'static str>),
    Font,
    Density,
    /// A text file that the scene reads.
    Data,
    /// A file that the scene only asks for.
    Wondered,
    /// A file that the scene writes.
    Written,
}

/// A file name as far as it can be known without running the scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// One of these.
    Known(Vec<String>),
    /// Put together by the scene.
    Computed,
}

const PICTURES: [&str; 13] =
    ["bmp", "exr", "gif", "hdr", "iff", "jpeg", "pgm", "png", "pot", "ppm", "sys", "tga", "tiff"];
const MAPS: [&str; 5] = ["image_map", "bump_map", "material_map", "image_pattern", "height_field"];

/// The files that `text` names, in order, handed to `found` one by one with what is known of strings by
/// then, so that an include file can be read where it is included.
pub(crate) fn read(text: &str, strings: &mut Strings, found: &mut impl FnMut(Reference, &mut Strings)) {
    let tokens = tokens(text);
    let mut open: Vec<bool> = Vec::new();
    for at in 0..tokens.len() {
        let rest = &tokens[at + 1..];
        let reference = match &tokens[at].kind {
            Kind::Directive(word) => match word.as_str() {
                "if" | "ifdef" | "switch" | "macro" => {
                    open.push(true);
                    None
                }
                // `#ifndef` guards an include file or sets what is not set: its inside is the usual case.
                "ifndef" | "while" | "for" => {
                    open.push(false);
                    None
                }
                "end" => {
                    open.pop();
                    None
                }
                "declare" | "local" => {
                    declare(rest, strings);
                    None
                }
                "include" => Some((FileKind::Include, name(rest, strings).0)),
                "fopen" => fopen(rest, strings),
                _ => None,
            },
            Kind::Word(word) => named_by(word, rest, strings),
            _ => None,
        };
        if let Some((kind, Some(name))) = reference {
            let conditional = open.contains(&true);
            found(Reference { line: tokens[at].line, kind, name, conditional }, strings);
        }
    }
}

/// What the keyword `word` names with the tokens behind it.
fn named_by(word: &str, rest: &[Token], strings: &Strings) -> Option<(FileKind, Option<Name>)> {
    if let Some(kind) = PICTURES.iter().find(|kind| **kind == word) {
        return Some((FileKind::Picture(Some(kind)), name(rest, strings).0));
    }
    if MAPS.contains(&word) {
        let (brace, rest) = rest.split_first()?;
        let named = match rest.first().map(|token| &token.kind) {
            Some(Kind::Text(_)) => true,
            Some(Kind::Word(word)) => word == "concat" || strings.contains_key(word),
            _ => false,
        };
        return (brace.is_symbol('{') && named).then(|| (FileKind::Picture(None), name(rest, strings).0));
    }
    match word {
        "ttf" => Some((FileKind::Font, name(rest, strings).0)),
        "df3" => Some((FileKind::Density, name(rest, strings).0)),
        "load_file" => Some((FileKind::Data, name(rest, strings).0)),
        "file_exists" => Some((FileKind::Wondered, name(rest.get(1..)?, strings).0)),
        _ => None,
    }
}

/// `#fopen HANDLE "name" read|write|append`.
fn fopen(rest: &[Token], strings: &Strings) -> Option<(FileKind, Option<Name>)> {
    let rest = rest.get(1..)?;
    let (name, length) = name(rest, strings);
    let mode = rest.get(length).map(|token| &token.kind);
    let reads = mode == Some(&Kind::Word("read".to_owned()));
    Some((if reads { FileKind::Data } else { FileKind::Written }, name))
}

/// `#declare NAME = "text"`: one more value for NAME.
fn declare(rest: &[Token], strings: &mut Strings) {
    let [Token { kind: Kind::Word(identifier), .. }, equals, value @ ..] = rest else { return };
    let stringy = value.first().is_some_and(|token| match &token.kind {
        Kind::Text(_) => true,
        Kind::Word(word) => word == "concat" || strings.contains_key(word),
        _ => false,
    });
    if equals.is_symbol('=')
        && stringy
        && let (Some(Name::Known(values)), _) = name(value, strings)
    {
        let known = strings.entry(identifier.clone()).or_default();
        for value in values {
            if !known.contains(&value) && known.len() < 64 {
                known.push(value);
            }
        }
    }
}

/// The string that `rest` begins with, where it does, and how many tokens it takes.
fn name(rest: &[Token], strings: &Strings) -> (Option<Name>, usize) {
    match rest.first().map(|token| &token.kind) {
        Some(Kind::Text(text)) => (Some(Name::Known(vec![text.clone()])), 1),
        Some(Kind::Word(word)) if rest.get(1).is_some_and(|token| token.is_symbol('(')) => {
            let length = parenthesis(&rest[1..]) + 1;
            let inside = rest.get(2..length.saturating_sub(1)).unwrap_or_default();
            let whole = if word == "concat" { concat(inside, strings) } else { None };
            (Some(whole.map_or(Name::Computed, Name::Known)), length)
        }
        Some(Kind::Word(word)) => match strings.get(word) {
            Some(values) => (Some(Name::Known(values.clone())), 1),
            None => (Some(Name::Computed), 1),
        },
        _ => (None, 0),
    }
}

/// The strings that the parts between the parentheses of a `concat` come to, where all are known.
fn concat(mut inside: &[Token], strings: &Strings) -> Option<Vec<String>> {
    let mut texts = vec![String::new()];
    while !inside.is_empty() {
        let (Some(Name::Known(parts)), length) = name(inside, strings) else { return None };
        texts = texts.iter().flat_map(|text| parts.iter().map(move |part| format!("{text}{part}"))).collect();
        inside = &inside[length..];
        match inside.split_first() {
            Some((comma, rest)) if comma.is_symbol(',') => inside = rest,
            Some(_) => return None,
            None => {}
        }
    }
    (texts.len() <= 64).then_some(texts)
}

/// How many tokens the parenthesis takes that `rest` begins with.
fn parenthesis(rest: &[Token]) -> usize {
    let mut depth = 0;
    for (at, token) in rest.iter().enumerate() {
        depth += i32::from(token.is_symbol('(')) - i32::from(token.is_symbol(')'));
        if depth == 0 {
            return at + 1;
        }
    }
    rest.len()
}
