//! What is wanted of a host, from the words people use to the requirements of a resource profile.

use model::{Field, Requirement, VersionPattern};

/// What was written for a field: one text, or a list of texts any of which will do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wish {
    Text(String),
    Words(Vec<String>),
}

/// A wish that says nothing a host could be measured by.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{what}")]
pub(crate) struct WishError {
    pub(crate) what: String,
    pub(crate) hint: String,
}

fn wrong(what: impl Into<String>, hint: impl Into<String>) -> WishError {
    WishError { what: what.into(), hint: hint.into() }
}

/// The requirement that `wish` puts on `field`; `None` for "don't care".
pub(crate) fn requirement(field: Field, wish: &Wish) -> Result<Option<Requirement>, WishError> {
    let words: Vec<&str> = match wish {
        Wish::Text(text) if field.is_amount() || is_any(text) => vec![text.trim()],
        Wish::Text(text) => text.split('|').map(str::trim).collect(),
        Wish::Words(words) => words.iter().map(|word| word.trim()).collect(),
    };
    if words.iter().any(|word| is_any(word)) {
        return Ok(None);
    }
    match words.as_slice() {
        [] => Err(wrong(
            format!("the list for {field} is empty, so no host would do"),
            "name at least one value, or write \"any\"",
        )),
        [one] if field.is_amount() => amount_bound(field, one).map(Some),
        _ if field.is_amount() => {
            Err(wrong(format!("{field} takes one bound, here is a list"), "write for example \">= 4\""))
        }
        [one] if field == Field::OsVersion && negated(one).is_none() => {
            one.parse().map(|pattern| Some(Requirement::Version(pattern))).map_err(version_error)
        }
        words => texts(field, words).map(Some),
    }
}

/// The pattern for the version of a rendering package; "any" is a version like any other word for don't-care.
pub(crate) fn version(text: &str) -> Result<VersionPattern, WishError> {
    let text = if is_any(text) { "x" } else { text };
    text.parse().map_err(version_error)
}

fn version_error(error: model::VersionPatternError) -> WishError {
    let text = error.to_string();
    match text.split_once("; ") {
        Some((what, hint)) => wrong(what, hint),
        None => wrong(text, "write for example 3.7"),
    }
}

fn is_any(word: &str) -> bool {
    let word = word.trim();
    word.is_empty() || word == "*" || word.eq_ignore_ascii_case("any")
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

fn texts(field: Field, words: &[&str]) -> Result<Requirement, WishError> {
    let refused: Vec<String> = words.iter().filter_map(|word| negated(word)).map(str::to_owned).collect();
    if let Some(word) = words.iter().find(|word| word.starts_with(['<', '>', '='])) {
        let hint = match field {
            Field::OsVersion => "a range stands alone: write \">=6.5,<7\"",
            _ => "write the text itself, \"not TEXT\", or a list of texts",
        };
        return Err(wrong(format!("{field} is compared as text, so {word:?} has no meaning"), hint));
    }
    if refused.is_empty() {
        Ok(Requirement::OneOf(words.iter().map(|word| (*word).to_owned()).collect()))
    } else if refused.len() == words.len() {
        Ok(Requirement::NoneOf(refused))
    } else {
        Err(wrong(
            format!("{field} mixes values that are wanted with values that are not"),
            "name the wanted ones alone: the others are out by that",
        ))
    }
}

fn amount_bound(field: Field, text: &str) -> Result<Requirement, WishError> {
    let example = if field.is_bytes() { ">= 16 GiB" } else { ">= 4" };
    let hint = || format!("write for example {field} = \"{example}\" for at least, \"<=\" for at most");
    let (sign, amount_text) = match text.find(|c| !matches!(c, '<' | '>' | '=')) {
        Some(at) => (&text[..at], text[at..].trim()),
        None => (text, ""),
    };
    let amount = amount(field, amount_text).ok_or_else(|| {
        let unit = if field.is_bytes() { " with its unit" } else { "" };
        wrong(format!("{text:?} is no bound for {field}: an amount{unit} is wanted"), hint())
    })?;
    match sign {
        // A bare amount is what the job cannot do without.
        "" | ">=" => Ok(Requirement::AtLeast(amount)),
        ">" => Ok(Requirement::AtLeast(amount.saturating_add(1))),
        "<=" => Ok(Requirement::AtMost(amount)),
        "<" if amount > 0 => Ok(Requirement::AtMost(amount - 1)),
        "=" | "==" => Err(wrong(format!("{field} cannot be asked for exactly"), hint())),
        _ => Err(wrong(format!("{text:?} is no bound for {field}"), hint())),
    }
}

/// `16 GiB`, `16G`, `2.4 GHz`, `8`: in the field's own unit, rounded up.
fn amount(field: Field, text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..end], text[end..].trim().to_ascii_lowercase());
    let unit: u64 = if field.is_bytes() {
        match unit.as_str() {
            "k" | "kib" => 1 << 10,
            "m" | "mib" => 1 << 20,
            "g" | "gib" => 1 << 30,
            "t" | "tib" => 1 << 40,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "tb" => 1_000_000_000_000,
            "b" | "byte" | "bytes" => 1,
            _ => return None,
        }
    } else {
        match (field, unit.as_str()) {
            (_, "") | (Field::ProcessorMhz, "mhz") => 1,
            (Field::ProcessorMhz, "ghz") => 1_000,
            _ => return None,
        }
    };
    decimal(number, unit)
}

/// `number` times `unit`, exactly: a fraction is read digit by digit, never as a float.
pub(super) fn decimal(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let digits = whole.parse::<u128>().ok()?.checked_mul(scale)? + fraction.parse::<u128>().ok()?;
    let amount = digits.checked_mul(u128::from(unit))?.div_ceil(scale);
    u64::try_from(amount).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(field: Field, text: &str) -> Result<Option<Requirement>, WishError> {
        requirement(field, &Wish::Text(text.to_owned()))
    }

    #[test]
    fn amounts_are_read_in_the_units_people_write() {
        let gib = 1 << 30;
        for (field, text, wanted) in [
            (Field::Memory, ">= 16 GiB", Requirement::AtLeast(16 * gib)),
            (Field::Memory, "16G", Requirement::AtLeast(16 * gib)),
            (Field::Memory, "<=1.5gib", Requirement::AtMost(3 * gib / 2)),
            (Field::Swap, "> 1 GB", Requirement::AtLeast(1_000_000_001)),
            (Field::Scratch, "512M", Requirement::AtLeast(512 << 20)),
            (Field::Processors, ">=4", Requirement::AtLeast(4)),
            (Field::Processors, "< 8", Requirement::AtMost(7)),
            (Field::ProcessorMhz, ">= 2.4 GHz", Requirement::AtLeast(2400)),
            (Field::ProcessorMhz, "2400", Requirement::AtLeast(2400)),
        ] {
            assert_eq!(of(field, text), Ok(Some(wanted)), "{field} {text}");
        }
        for (field, text) in [
            (Field::Memory, "16"),
            (Field::Memory, "much"),
            (Field::Memory, "-1 GiB"),
            (Field::Memory, "1.2.3 GiB"),
            (Field::Memory, "99999999999999999999 TiB"),
            (Field::Processors, "= 4"),
            (Field::Processors, "4 GiB"),
            (Field::Processors, "<0"),
            (Field::Processors, ">=4,<=8"),
        ] {
            assert!(of(field, text).is_err(), "{field} {text}");
        }
    }

    #[test]
    fn texts_are_wanted_or_refused_but_not_both() {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let words = |texts: &[&str]| Wish::Words(list(texts));
        assert_eq!(of(Field::OsFamily, "linux"), Ok(Some(Requirement::OneOf(list(&["linux"])))));
        assert_eq!(of(Field::Host, "a | b"), Ok(Some(Requirement::OneOf(list(&["a", "b"])))));
        assert_eq!(of(Field::OsType, "not debian"), Ok(Some(Requirement::NoneOf(list(&["debian"])))));
        assert_eq!(of(Field::OsType, "notable"), Ok(Some(Requirement::OneOf(list(&["notable"])))));
        let refused = requirement(Field::Host, &words(&["not a", "!b"]));
        assert_eq!(refused, Ok(Some(Requirement::NoneOf(list(&["a", "b"])))));
        assert!(requirement(Field::Host, &words(&["a", "not b"])).is_err());
        assert!(requirement(Field::Host, &words(&[])).is_err());
        assert!(of(Field::OsFamily, ">= linux").is_err());
    }

    #[test]
    fn any_star_and_nothing_are_not_cared_about() {
        for field in Field::ALL {
            for text in ["any", "*", "", " Any "] {
                assert_eq!(of(field, text), Ok(None), "{field} {text:?}");
            }
        }
    }

    #[test]
    fn the_release_of_the_system_is_a_version() {
        let pattern = |text: &str| Requirement::Version(text.parse().unwrap());
        assert_eq!(of(Field::OsVersion, "6.x"), Ok(Some(pattern("6.x"))));
        assert_eq!(of(Field::OsVersion, ">=6.5,<7"), Ok(Some(pattern(">=6.5,<7"))));
        assert_eq!(of(Field::OsVersion, "not 11"), Ok(Some(Requirement::NoneOf(vec!["11".to_owned()]))));
        assert!(of(Field::OsVersion, "six").is_err());
    }
}
