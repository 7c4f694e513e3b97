//! What to say of a word that is not known.

pub(crate) use model::nearest;

/// A hint for a word that is none of `known`: the nearest one, or the whole list where it is short.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(candidate) => format!("did you mean {candidate}?"),
        None => format!("known are {}", known.join(", ")),
    }
}
