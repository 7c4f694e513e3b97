//! "Did you mean": the known word nearest to one that is not known.

/// The word of `known` that `word` was probably meant to be: at most a third of its letters are wrong,
/// missing, too many or swapped with a neighbour.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = plain(word);
    let most = (wanted.len() / 3).max(1);
    let near = known.into_iter().map(|candidate| (slips(&wanted, &plain(candidate)), candidate));
    near.filter(|(slips, _)| *slips <= most).min_by_key(|(slips, _)| *slips).map(|(_, candidate)| candidate)
}

/// How many slips of the finger lie between two words.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    slips(&plain(one), &plain(other))
}

fn plain(word: &str) -> Vec<char> {
    word.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// Letters to put in, take out or change, or neighbours to swap, to make one word of the other.
fn slips(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_and_words_far_off_are_not_meant() {
        for (one, other, slips) in
            [("memroy", "memory", 1), ("", "abc", 3), ("os-family", "OS_family", 0), ("frmaes", "frames", 1)]
        {
            assert_eq!((distance(one, other), distance(other, one)), (slips, slips), "{one} {other}");
        }
        assert_eq!(nearest("memroy", ["swap", "memory"]), Some("memory"));
        assert_eq!(nearest("colour", ["swap", "memory"]), None);
        assert_eq!(nearest("", ["swap"]), None);
    }
}
