//! "Did you mean": the known word nearest to one that is not known.

/// Below this likeness a word is no typing error of another.
const ALIKE: f64 = 0.72;

/// The word of `known` that `word` was probably meant to be.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, &candidate.replace('-', "_")), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

/// A hint for a word that is none of `known`: the nearest one, or the whole list where it is short.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(candidate) => format!("did you mean {candidate}?"),
        None => format!("known are {}", known.join(", ")),
    }
}
