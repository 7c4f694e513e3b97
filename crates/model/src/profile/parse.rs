//! The one grammar of needs and preferences, for descriptions, flags and the API.
//!
//! `os=linux, memory>=16G, memory<=64G, blender=4.x, gpu>=1, tag=a|b, not tag=slow, any(pool=fx, gpu>=2)`:
//! needs with commas between them, all of which must be met. What starts with a sign goes on with the bound
//! before it. A name that is none of a field's is that of a rendering package.

use super::subject::Subject;
use super::value::{self, Wish, Wrong};
use super::{Need, Preference, Profile};
use crate::{Fault, Faults};

/// Needs deeper in each other than this were not written by anybody.
pub(crate) const DEPTH_MAX: usize = 8;

/// What was said of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// What a later word on the same replaces; `None` where it adds to what was said.
    pub subject: Option<String>,
    /// What it asks for; nothing for "don't care".
    pub needs: Vec<Need>,
}

impl Clause {
    /// What an entry of a table asks for: the subject called `name`, and what is wanted of it.
    ///
    /// # Errors
    /// Where it says nothing that a host could be measured by.
    pub fn entry(place: &str, name: &str, wish: &Wish) -> Result<Self, Fault> {
        let read = || {
            let subject = Subject::called(name)?;
            Ok(Self { subject: subject.key(), needs: value::needs(&subject, name, wish)? })
        };
        read().map_err(|wrong: Wrong| Fault::new(place, wrong.what).hint(wrong.hint))
    }

    /// What a text asks for, as far as it is understood; the rest is among `faults`.
    pub fn read(place: &str, text: &str, faults: &mut Faults) -> Vec<Self> {
        let mut clauses = Vec::new();
        for piece in pieces(text) {
            match clause(piece, 0) {
                Ok(clause) => clauses.push(clause),
                Err(wrong) => faults.push(Fault::new(place, wrong.what).hint(wrong.hint)),
            }
        }
        clauses
    }

    /// One need of those that texts ask for: any one of them, all of them, or, of each, not that.
    ///
    /// # Errors
    /// Every text that asks for nothing.
    pub fn group(place: &str, word: &str, texts: &[String]) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut needs = Vec::new();
        for text in texts {
            let clauses = Self::read(place, text, &mut faults);
            match whole(Self::gather(clauses)) {
                Some(need) => needs.push(need),
                None if faults.0.is_empty() => {
                    let fault = Fault::new(place, format!("{text:?} in {word} asks for nothing"));
                    faults.push(fault.hint(format!("write for example {word} = [\"tag=slow\"]")));
                }
                None => {}
            }
        }
        let needs = match word {
            "any" if !needs.is_empty() => vec![Need::Any(needs)],
            "not" => needs.into_iter().map(|need| Need::Not(Box::new(need))).collect(),
            _ => needs,
        };
        faults.or(Self { subject: None, needs })
    }

    /// The needs of clauses that must all be met. What was said of GPUs one by one is said of the same GPUs.
    #[must_use]
    pub fn gather(clauses: impl IntoIterator<Item = Self>) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        let mut gpus: Option<usize> = None;
        for clause in clauses {
            let loose = clause.subject.as_deref().is_some_and(|subject| subject.starts_with("gpu"));
            for need in clause.needs {
                let loose = loose && matches!(need, Need::Gpu { .. });
                let before = gpus.filter(|_| loose).and_then(|at| needs.get_mut(at));
                if before.is_some_and(|before| joined(before, &need)) {
                    continue;
                }
                if loose && gpus.is_none() {
                    gpus = Some(needs.len());
                }
                needs.push(need);
            }
        }
        needs
    }
}

/// Adds to a need of GPUs what another asks of them; false where that is none, or another model.
fn joined(before: &mut Need, more: &Need) -> bool {
    let (
        Need::Gpu { model, memory_bytes, count },
        Need::Gpu { model: other, memory_bytes: bytes, count: number },
    ) = (before, more)
    else {
        return false;
    };
    if model.is_some() && other.is_some() && model != other {
        return false;
    }
    *model = model.take().or_else(|| other.clone());
    *memory_bytes = (*memory_bytes).max(*bytes);
    *count = (*count).max(*number);
    true
}

/// Several needs as one.
fn whole(mut needs: Vec<Need>) -> Option<Need> {
    if needs.len() > 1 { Some(Need::All(needs)) } else { needs.pop() }
}

/// The preferences of a text: needs with commas between them, each with its weight behind a colon, or 1.
pub fn preferences(place: &str, text: &str, faults: &mut Faults) -> Vec<Preference> {
    let mut all = Vec::new();
    for piece in pieces(text) {
        let (piece, weight) = weighted(piece);
        match clause(piece, 0) {
            Ok(clause) => all.extend(prefer_clause(clause, weight)),
            Err(wrong) => faults.push(Fault::new(place, wrong.what).hint(wrong.hint)),
        }
    }
    all
}

/// The preference for what a clause asks for; none for "don't care".
#[must_use]
pub fn prefer_clause(clause: Clause, weight: u32) -> Option<Preference> {
    whole(Clause::gather([clause])).map(|need| Preference { need, weight })
}

/// `memory>=64G:2` as need and weight.
#[must_use]
pub fn weighted(text: &str) -> (&str, u32) {
    let parts = text.rsplit_once(':');
    let digits = |weight: &str| !weight.is_empty() && weight.bytes().all(|byte| byte.is_ascii_digit());
    match parts.map(|(need, weight)| (need, weight.trim())).filter(|(_, weight)| digits(weight)) {
        Some((need, weight)) => (need.trim(), weight.parse().unwrap_or(u32::MAX)),
        None => (text, 1),
    }
}

impl std::str::FromStr for Profile {
    type Err = Faults;

    /// Needs, and behind a semicolon `prefer` and the preferences.
    fn from_str(text: &str) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let (needs, prefer) = match split(text, ';').as_slice() {
            [needs] => (*needs, ""),
            [needs, prefer] if prefer.trim().starts_with("prefer ") => {
                (*needs, &prefer.trim()["prefer ".len()..])
            }
            _ => {
                let fault = Fault::new("needs", format!("{text:?} has a semicolon that says nothing"));
                return Err(Faults(vec![fault.hint("write commas between needs")]));
            }
        };
        let needs = Clause::gather(Clause::read("needs", needs, &mut faults));
        let prefer = preferences("prefer", prefer, &mut faults);
        faults.or(Self { needs, prefer })
    }
}

/// The parts between commas; none of a blank text.
fn pieces(text: &str) -> Vec<&str> {
    if text.trim().is_empty() { Vec::new() } else { split(text, ',') }
}

/// The parts between marks that stand outside quotes and brackets, except before a sign.
fn split(text: &str, mark: char) -> Vec<&str> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    let mut before = mark;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if matches!(before, '=' | '<' | '>' | '|' | ',' | '(') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, c) if c == mark && depth == 0 => {
                let goes_on = text[at + 1..].trim_start().starts_with(['<', '>', '=']);
                if !goes_on {
                    parts.push(text[from..at].trim());
                    from = at + 1;
                }
            }
            _ => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    parts.push(text[from..].trim());
    parts
}

fn clause(text: &str, depth: usize) -> Result<Clause, Wrong> {
    if depth > DEPTH_MAX {
        return Err(Wrong::new(
            format!("needs stand more than {DEPTH_MAX} deep in each other"),
            "say it in fewer brackets",
        ));
    }
    let rest = text.strip_prefix('!').or_else(|| text.strip_prefix("not").filter(|rest| begins_anew(rest)));
    if let Some(rest) = rest {
        let needs = Clause::gather([clause(rest.trim(), depth + 1)?]);
        let need = whole(needs).ok_or_else(|| nothing(rest))?;
        return Ok(Clause { subject: None, needs: vec![Need::Not(Box::new(need))] });
    }
    for word in ["any", "all"] {
        let inner = text.strip_prefix(word).map(str::trim_start).and_then(|rest| rest.strip_prefix('('));
        if let Some(inner) = inner {
            return group(text, word, inner, depth);
        }
    }
    term(text)
}

/// Whether what stands behind "not" is no part of the word.
fn begins_anew(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_whitespace() || c == '(')
}

fn group(text: &str, word: &str, inner: &str, depth: usize) -> Result<Clause, Wrong> {
    let inner = inner.strip_suffix(')').ok_or_else(|| {
        Wrong::new(
            format!("{text:?} does not end with a bracket"),
            format!("write {word}(os=linux, tag=fast)"),
        )
    })?;
    let clauses =
        pieces(inner).into_iter().map(|piece| clause(piece, depth + 1).map(|clause| (piece, clause)));
    let clauses: Vec<(&str, Clause)> = clauses.collect::<Result<_, _>>()?;
    if let Some((piece, _)) = clauses.iter().find(|(_, clause)| clause.needs.is_empty()) {
        return Err(nothing(piece));
    }
    if clauses.is_empty() {
        return Err(nothing(text));
    }
    let clauses = clauses.into_iter().map(|(_, clause)| clause);
    let needs = if word == "any" {
        vec![Need::Any(clauses.filter_map(|clause| whole(Clause::gather([clause]))).collect())]
    } else {
        whole(Clause::gather(clauses)).into_iter().collect()
    };
    Ok(Clause { subject: None, needs })
}

fn nothing(text: &str) -> Wrong {
    Wrong::new(format!("{text:?} asks for nothing"), "write for example tag=fast, or leave it out")
}

/// A name and what is wanted of it, or a name alone.
fn term(text: &str) -> Result<Clause, Wrong> {
    let Some(sign) = text.find(['<', '>', '=', '!']) else {
        if text.is_empty() || !super::subject::is_package_name(text) {
            let what = format!("{text:?} is no need");
            return Err(Wrong::new(what, "write for example memory>=16GiB, os=linux or blender=4.x"));
        }
        let subject = Subject::called(text)?;
        return Ok(Clause { subject: subject.key(), needs: vec![value::alone(&subject, text)?] });
    };
    let (name, wanted) = (text[..sign].trim(), text[sign..].trim());
    let subject = Subject::called(name)?;
    let needs = value::needs(&subject, name, &Wish::Text(wanted.to_owned()))?;
    Ok(Clause { subject: subject.key(), needs })
}
