//! What is wanted of a subject, from the words that people use to needs.

use super::amount::Unit;
use super::subject::{Subject, WordOf};
use super::{Field, Need, PackageNeed, Requirement};
use crate::VersionPattern;

/// What was written for a subject: one text, or a list of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// `>= 16 GiB`, `linux`, `debian|ubuntu`, `not slow`.
    Text(String),
    /// Any one of which will do; of tags and the like in the plural, all of which.
    Words(Vec<String>),
}

/// Something written that says nothing a host could be measured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) what: String,
    pub(super) hint: String,
}

impl Wrong {
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

/// One of several texts.
struct Word {
    text: String,
    refused: bool,
    quoted: bool,
}

impl Word {
    fn is_any(&self) -> bool {
        !self.quoted && is_any(&self.text)
    }
}

/// The needs that `wish` makes of `subject`, which was called `name`; none for "don't care".
pub(super) fn needs(subject: &Subject, name: &str, wish: &Wish) -> Result<Vec<Need>, Wrong> {
    match subject {
        Subject::Field(field) if field.is_amount() => {
            let bounds = bounds(field.unit(), name, wish)?;
            let low = bounds.0.map(|low| Need::Field(*field, Requirement::AtLeast(low)));
            let high = bounds.1.map(|high| Need::Field(*field, Requirement::AtMost(high)));
            Ok(low.into_iter().chain(high).collect())
        }
        Subject::Field(field) => texts(*field, name, wish),
        Subject::GpuCount => gpu_count(name, wish),
        Subject::GpuMemory => match bounds(Unit::Bytes, name, wish)? {
            (_, Some(_)) => Err(Wrong::new(
                format!("of GPUs with at most so much memory nothing can be asked in {name}"),
                "write for example gpu_memory>=8GiB, or not gpu_memory>=8GiB",
            )),
            (Some(0) | None, None) => Ok(Vec::new()),
            (Some(memory_bytes), None) => Ok(vec![Need::Gpu { model: None, memory_bytes, count: 1 }]),
        },
        Subject::GpuModel => alternatives(name, wish, false, |model| Need::Gpu {
            model: Some(model),
            memory_bytes: 0,
            count: 1,
        }),
        Subject::Word { of, all } => {
            let all = *all && matches!(wish, Wish::Words(_));
            alternatives(name, wish, all, |text| match of {
                WordOf::Tag => Need::Tag(text),
                WordOf::Pool => Need::Pool(text),
                WordOf::Licence => Need::Licence(text),
                WordOf::Share => Need::Share(text),
            })
        }
        Subject::Package(package) => {
            let need = |version| Need::Package(PackageNeed { name: package.clone(), version });
            let wrong = |wrong| if package == name { no_field(name, wrong) } else { wrong };
            versions(name, wish, need).map_err(wrong)
        }
        Subject::Packages => packages(name, wish),
    }
}

/// A name that may have been meant for a field, since what is wanted of it is no version.
fn no_field(name: &str, wrong: Wrong) -> Wrong {
    let what =
        format!("hosts have no field {name:?}, and as the version of a rendering package {}", wrong.what);
    let fields: Vec<&str> = Field::ALL.into_iter().map(Field::name).collect();
    let hint =
        format!("known are {}, gpus, gpu_model, gpu_memory, tag, pool, licence, share", fields.join(", "));
    Wrong::new(what, hint)
}

/// `name` alone, without anything wanted of it.
pub(super) fn alone(subject: &Subject, name: &str) -> Result<Need, Wrong> {
    match subject {
        Subject::GpuCount => Ok(Need::Gpu { model: None, memory_bytes: 0, count: 1 }),
        Subject::Package(package) => {
            let version = VersionPattern::any();
            Ok(Need::Package(PackageNeed { name: package.clone(), version }))
        }
        Subject::Field(field) if field.is_amount() => {
            let hint = format!("write for example {name}>={}", field.unit().example());
            Err(Wrong::new(format!("{name} alone says nothing"), hint))
        }
        _ => Err(Wrong::new(format!("{name} alone says nothing"), format!("write {name}=WORD"))),
    }
}

pub(super) fn is_any(word: &str) -> bool {
    let word = word.trim();
    word.is_empty() || word == "*" || word.eq_ignore_ascii_case("any")
}

/// The pattern for a version; "any" is one like any other word for don't-care.
fn version(text: &str) -> Result<VersionPattern, Wrong> {
    let text = if is_any(text) { "x" } else { text };
    text.parse().map_err(|error: crate::VersionPatternError| {
        let text = error.to_string();
        match text.split_once("; ") {
            Some((what, hint)) => Wrong::new(what, hint),
            None => Wrong::new(text, "write for example 3.7"),
        }
    })
}

/// What follows "not".
fn negated(word: &str) -> Option<&str> {
    let rest = word.strip_prefix('!').or_else(|| {
        word.get(..3)
            .filter(|head| head.eq_ignore_ascii_case("not"))
            .map(|head| &word[head.len()..])
            .filter(|rest| rest.starts_with(char::is_whitespace))
    })?;
    Some(rest.trim())
}

/// The text between quotes, where it stands between some.
fn unquoted(text: &str) -> Option<&str> {
    ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
}

fn word(text: &str, refused: bool) -> Word {
    let (text, refused) = match negated(text) {
        Some(rest) => (rest, true),
        None => (text, refused),
    };
    match unquoted(text) {
        Some(inner) => Word { text: inner.to_owned(), refused, quoted: true },
        None => Word { text: text.to_owned(), refused, quoted: false },
    }
}

/// Each of the texts, with what stands before them taken away.
fn words(wish: &Wish) -> Vec<Word> {
    match wish {
        Wish::Words(words) => words.iter().map(|text| word(text.trim(), false)).collect(),
        Wish::Text(text) => {
            let text = text.trim();
            let (text, refused) = match text.strip_prefix("!=") {
                Some(rest) => (rest, true),
                None => (text.strip_prefix('=').unwrap_or(text), false),
            };
            outside_quotes(text, '|').into_iter().map(|part| word(part.trim(), refused)).collect()
        }
    }
}

/// The parts of a text between marks that stand outside quotes.
fn outside_quotes(text: &str, mark: char) -> Vec<&str> {
    let (mut parts, mut from, mut quote) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == mark => {
                parts.push(&text[from..at]);
                from = at + c.len_utf8();
            }
            None if matches!(c, '"' | '\'') && text[from..at].trim().is_empty() => quote = Some(c),
            None => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// The words that are wanted or refused, `None` where one of them says that it does not matter.
fn decided(name: &str, wish: &Wish) -> Result<Option<(Vec<Word>, bool)>, Wrong> {
    let words = words(wish);
    if words.is_empty() {
        let what = format!("the list for {name} is empty, so no host would do");
        return Err(Wrong::new(what, "name at least one value, or write \"any\""));
    }
    not_nothing(name, &words)?;
    if words.iter().any(Word::is_any) {
        return Ok(None);
    }
    let refused = words.iter().filter(|word| word.refused).count();
    if refused > 0 && refused < words.len() {
        return Err(Wrong::new(
            format!("{name} mixes values that are wanted with values that are not"),
            "name the wanted ones alone: the others are out by that",
        ));
    }
    Ok(Some((words, refused > 0)))
}

/// Refusing whatever there is would leave no host.
fn not_nothing(name: &str, words: &[Word]) -> Result<(), Wrong> {
    if words.iter().any(|word| word.refused && word.is_any()) {
        let what = format!("{name} refuses whatever there is, so no host would do");
        return Err(Wrong::new(what, format!("write what is not wanted: {name}!=WORD")));
    }
    Ok(())
}

fn texts(field: Field, name: &str, wish: &Wish) -> Result<Vec<Need>, Wrong> {
    let Some((words, refused)) = decided(name, wish)? else { return Ok(Vec::new()) };
    if field.is_version() && !refused {
        return versions(name, wish, |version| Need::Field(field, Requirement::Version(version)));
    }
    no_signs(name, &words)?;
    let texts = words.into_iter().map(|word| word.text).collect();
    let requirement = if refused { Requirement::NoneOf(texts) } else { Requirement::OneOf(texts) };
    Ok(vec![Need::Field(field, requirement)])
}

fn no_signs(name: &str, words: &[Word]) -> Result<(), Wrong> {
    match words.iter().find(|word| !word.quoted && word.text.starts_with(['<', '>', '='])) {
        Some(Word { text, .. }) => Err(Wrong::new(
            format!("{name} is compared as text, so {text:?} has no meaning"),
            "write the text itself, \"not TEXT\", or a list of texts",
        )),
        None => Ok(()),
    }
}

/// One of the words, or all of them; where they are refused, none.
fn alternatives(
    name: &str,
    wish: &Wish,
    all: bool,
    need: impl Fn(String) -> Need,
) -> Result<Vec<Need>, Wrong> {
    let Some((words, refused)) = decided(name, wish)? else { return Ok(Vec::new()) };
    no_signs(name, &words)?;
    let needs = words.into_iter().map(|word| need(word.text));
    Ok(if refused {
        needs.map(|need| Need::Not(Box::new(need))).collect()
    } else if all {
        needs.collect()
    } else {
        one_of(needs.collect())
    })
}

fn one_of(mut needs: Vec<Need>) -> Vec<Need> {
    if needs.len() > 1 { vec![Need::Any(needs)] } else { needs.pop().into_iter().collect() }
}

fn versions(name: &str, wish: &Wish, need: impl Fn(VersionPattern) -> Need) -> Result<Vec<Need>, Wrong> {
    let words = words(wish);
    if words.is_empty() {
        let what = format!("the list of versions for {name} is empty, so no host would do");
        return Err(Wrong::new(what, "name at least one version, or write \"any\""));
    }
    not_nothing(name, &words)?;
    let mut wanted = Vec::new();
    for word in &words {
        let need = need(version(&word.text)?);
        wanted.push(if word.refused { Need::Not(Box::new(need)) } else { need });
    }
    // `!=3|4` is neither of them.
    Ok(if words.iter().all(|word| word.refused) { wanted } else { one_of(wanted) })
}

/// `povray`, `povray 3.7`, or a list of such, all of which must be there.
fn packages(name: &str, wish: &Wish) -> Result<Vec<Need>, Wrong> {
    let mut needs = Vec::new();
    for Word { text, refused, .. } in words(wish) {
        let (package, pattern) = text.split_once(char::is_whitespace).unwrap_or((&text, "x"));
        if !super::subject::is_package_name(package) {
            let what = format!("{package:?} is not the name of a rendering package");
            return Err(Wrong::new(what, format!("write for example {name}=povray, or povray=3.7")));
        }
        let version = version(pattern.trim())?;
        let need = Need::Package(PackageNeed { name: package.to_owned(), version });
        needs.push(if refused { Need::Not(Box::new(need)) } else { need });
    }
    let all = matches!(wish, Wish::Words(_)) || needs.iter().all(|need| matches!(need, Need::Not(_)));
    Ok(if all { needs } else { one_of(needs) })
}

fn gpu_count(name: &str, wish: &Wish) -> Result<Vec<Need>, Wrong> {
    let gpu = |count| Need::Gpu { model: None, memory_bytes: 0, count };
    if matches!(wish, Wish::Text(text) if matches!(text.trim_start_matches(['=', ' ']), "none" | "no" | "0"))
    {
        return Ok(vec![Need::Not(Box::new(gpu(1)))]);
    }
    let (low, high) = bounds(Unit::Things, name, wish)?;
    let count = |amount: u64| {
        u16::try_from(amount).map_err(|_| Wrong::new(format!("no host has {amount} GPUs"), "ask for fewer"))
    };
    let mut needs = Vec::new();
    if let Some(low) = low.filter(|low| *low > 0) {
        needs.push(gpu(count(low)?));
    }
    if let Some(high) = high {
        needs.push(Need::Not(Box::new(gpu(count(high.saturating_add(1))?))));
    }
    Ok(needs)
}

/// The least and the most that is wanted.
type Bounds = (Option<u64>, Option<u64>);

fn bounds(unit: Unit, name: &str, wish: &Wish) -> Result<Bounds, Wrong> {
    let text = match wish {
        Wish::Text(text) => text.trim(),
        Wish::Words(words) if words.len() == 1 => words[0].trim(),
        Wish::Words(_) => {
            let hint = format!("write for example \">= {0}\" or \"{0}..\"", unit.example());
            return Err(Wrong::new(format!("{name} takes bounds, here is a list"), hint));
        }
    };
    if is_any(text) || text.strip_prefix('=').is_some_and(is_any) {
        return Ok((None, None));
    }
    let (mut low, mut high) = (None::<u64>, None::<u64>);
    for part in text.split(',') {
        let (more, less) = bound(unit, name, part.trim())?;
        low = low.max(more);
        high = match (high, less) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    if let (Some(least), Some(most)) = (low, high)
        && least > most
    {
        let (least, most) = (unit.written(least), unit.written(most));
        let what = format!("no host has {name} of {least} or more and of {most} or less");
        return Err(Wrong::new(what, format!("write the smaller bound first: {most}..{least}")));
    }
    Ok((low, high))
}

fn bound(unit: Unit, name: &str, text: &str) -> Result<Bounds, Wrong> {
    let hint = || format!("write for example {name} >= {0} for at least, <= for at most", unit.example());
    let amount = |amount: &str| {
        unit.read(amount.trim()).ok_or_else(|| {
            let with = if unit == Unit::Bytes { " with its unit" } else { "" };
            Wrong::new(format!("{text:?} is no bound for {name}: an amount{with} is wanted"), hint())
        })
    };
    if let Some((least, most)) = text.trim_start_matches('=').split_once("..") {
        let end = |text: &str| if text.trim().is_empty() { Ok(None) } else { amount(text).map(Some) };
        return Ok((end(least)?, end(most)?));
    }
    let end = text.find(|c| !matches!(c, '<' | '>' | '=' | '!')).unwrap_or(text.len());
    let (sign, amount) = (&text[..end], amount(&text[end..])?);
    match sign {
        // A bare amount is what the job cannot do without.
        "" | ">=" => Ok((Some(amount), None)),
        ">" => Ok((Some(amount.saturating_add(1)), None)),
        "<=" => Ok((None, Some(amount))),
        "<" if amount > 0 => Ok((None, Some(amount - 1))),
        "=" | "==" | "!=" => Err(Wrong::new(format!("{name} cannot be asked for exactly"), hint())),
        _ => Err(Wrong::new(format!("{text:?} is no bound for {name}"), hint())),
    }
}
