//! Lengths of time on the command line: `90s`, `10m`, `2h`, `30d`, `1w`.

const UNITS: [(char, u64); 5] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];
/// Nobody means longer than this, and moments in milliseconds stay sound.
const YEARS_MAX: u64 = 100;

/// The seconds that `text` says.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let unclear = || format!("{text:?} is no length of time: write for example 90s, 10m, 2h, 30d or 1w");
    let unit = text.chars().last().ok_or_else(unclear)?;
    let (_, each) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(unclear)?;
    let digits = &text[..text.len() - unit.len_utf8()];
    let amount = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let amount: u64 = amount.and_then(|digits| digits.parse().ok()).ok_or_else(unclear)?;
    let seconds = amount.checked_mul(*each).filter(|seconds| *seconds <= YEARS_MAX * 365 * 86_400);
    seconds.ok_or_else(|| format!("{text:?} is longer than {YEARS_MAX} years"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        let cases =
            [("90s", 90), ("10m", 600), ("2h", 7_200), ("30d", 2_592_000), ("1w", 604_800), ("0s", 0)];
        for (text, wanted) in cases {
            assert_eq!(seconds(text), Ok(wanted), "{text}");
        }
        for text in ["", "10", "m", "-1m", "1.5h", "10 m", "99999999999999999999d", "200000d", "ä", "1ä"] {
            assert!(seconds(text).is_err(), "{text:?}");
        }
    }
}
