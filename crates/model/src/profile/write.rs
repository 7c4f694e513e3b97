//! Profiles as people write them; `parse` reads them back.

use std::fmt::{self, Display};

use super::amount::Unit;
use super::subject::{WordOf, hides_package};
use super::value::is_any;
use super::{Need, Preference, Profile, Requirement};

impl Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        conjunction(f, &self.needs)?;
        let before = ["", "; prefer "][usize::from(!self.prefer.is_empty())];
        f.write_str(before)?;
        each(f, &self.prefer)
    }
}

impl Display for Preference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        alone(f, &self.need)?;
        if self.weight == 1 { Ok(()) } else { write!(f, ":{}", self.weight) }
    }
}

impl Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        alone(f, self)
    }
}

/// Needs that must all be met, with commas between them.
fn conjunction(f: &mut fmt::Formatter<'_>, needs: &[Need]) -> fmt::Result {
    // What is said of GPUs one by one is said of the same GPUs, so a second sort stands in brackets.
    let gpus = needs.iter().filter(|need| matches!(need, Need::Gpu { .. })).count();
    for (i, need) in needs.iter().enumerate() {
        f.write_str(if i == 0 { "" } else { ", " })?;
        match need {
            Need::Gpu { .. } if gpus == 1 => f.write_str(&parts(need).join(", "))?,
            Need::Gpu { .. } => write!(f, "all({})", parts(need).join(", "))?,
            need => alone(f, need)?,
        }
    }
    Ok(())
}

fn each(f: &mut fmt::Formatter<'_>, all: &[impl Display]) -> fmt::Result {
    for (i, one) in all.iter().enumerate() {
        write!(f, "{}{one}", if i == 0 { "" } else { ", " })?;
    }
    Ok(())
}

/// A need that stands where only one may.
fn alone(f: &mut fmt::Formatter<'_>, need: &Need) -> fmt::Result {
    match need {
        Need::Field(field, requirement) => match requirement {
            Requirement::OneOf(texts) => write!(f, "{field}={}", quoted(texts)),
            Requirement::NoneOf(texts) => write!(f, "{field}!={}", quoted(texts)),
            Requirement::AtLeast(bound) => write!(f, "{field}>={}", field.written(*bound)),
            Requirement::AtMost(bound) => write!(f, "{field}<={}", field.written(*bound)),
            Requirement::Version(version) => write!(f, "{field}{}", signed(&version.to_string())),
        },
        Need::Package(package) => {
            let before = if hides_package(&package.name) { "package." } else { "" };
            write!(f, "{before}{}", package.name)?;
            let version = package.version.to_string();
            if version == "x" { Ok(()) } else { f.write_str(&signed(&version)) }
        }
        Need::Tag(word) => write!(f, "{}={}", WordOf::Tag.name(), one(word)),
        Need::Pool(word) => write!(f, "{}={}", WordOf::Pool.name(), one(word)),
        Need::Licence(word) => write!(f, "{}={}", WordOf::Licence.name(), one(word)),
        Need::Share(word) => write!(f, "{}={}", WordOf::Share.name(), one(word)),
        Need::Gpu { .. } => match parts(need).as_slice() {
            [part] => f.write_str(part),
            parts => write!(f, "all({})", parts.join(", ")),
        },
        Need::Any(needs) => {
            f.write_str("any(")?;
            each(f, needs)?;
            f.write_str(")")
        }
        Need::All(needs) => {
            f.write_str("all(")?;
            conjunction(f, needs)?;
            f.write_str(")")
        }
        Need::Not(need) => write!(f, "not {need}"),
    }
}

/// What a need says of GPUs, part by part.
fn parts(need: &Need) -> Vec<String> {
    let Need::Gpu { model, memory_bytes, count } = need else { return Vec::new() };
    let more = model.is_some() || *memory_bytes > 0;
    let number = (*count > 1 || !more).then(|| format!("gpu>={count}"));
    let memory = (*memory_bytes > 0).then(|| format!("gpu_memory>={}", Unit::Bytes.written(*memory_bytes)));
    let model = model.as_ref().map(|model| format!("gpu_model={}", one(model)));
    number.into_iter().chain(memory).chain(model).collect()
}

fn quoted(texts: &[String]) -> String {
    texts.iter().map(|text| one(text)).collect::<Vec<_>>().join("|")
}

/// A version behind its sign.
fn signed(version: &str) -> String {
    if version.starts_with(['<', '>']) { version.to_owned() } else { format!("={version}") }
}

/// A text, in quotes where it would read otherwise without.
fn one(text: &str) -> String {
    let mark = |c: char| ",;:|()<>=!\"'".contains(c);
    let plain = !is_any(text) && text.trim() == text && !text.contains(mark) && !text.starts_with("not ");
    match (plain, text.contains('"')) {
        (true, _) => text.to_owned(),
        (false, false) => format!("\"{text}\""),
        (false, true) => format!("'{text}'"),
    }
}
