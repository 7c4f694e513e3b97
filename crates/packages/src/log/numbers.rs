//! Numbers and times as logs write them.

/// The number that `text` is.
pub(super) fn number(text: &[u8]) -> Option<f64> {
    if (1..=9).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
        return Some(f64::from(text.iter().fold(0, |sum: u32, digit| sum * 10 + u32::from(digit - b'0'))));
    }
    // A comma is what some languages write for the point.
    let text = std::str::from_utf8(text).ok()?.trim();
    let number: f64 = match text.parse() {
        Ok(number) => number,
        Err(_) => text.replacen(',', ".", 1).parse().ok()?,
    };
    number.is_finite().then_some(number)
}

/// The whole number that `text` is.
pub(super) fn whole(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// Seconds: `90`, `90s`, `1.5m`, `1h 2m 3s`, `01:02:03`, `250ms`.
pub(super) fn seconds(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    if text.contains(':') {
        return text.split(':').try_fold(0.0, |sum, part| Some(sum * 60.0 + number(part.as_bytes())?));
    }
    let mut sum = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let amount = number(&rest.as_bytes()[..end])?;
        rest = rest[end..].trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        sum += amount
            * match &rest[..end] {
                "ms" => 0.001,
                "" | "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
                "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
                "h" | "hr" | "hour" | "hours" => 3600.0,
                "d" | "day" | "days" => 86400.0,
                _ => return None,
            };
        rest = rest[end..].trim_start_matches([' ', ',']);
    }
    (!text.is_empty()).then_some(sum)
}

/// Thousandths of `share`. Cut, not rounded: 99.99 % is not done.
pub(super) fn thousandths(share: f64) -> u16 {
    // Within 0 to 1000 the cast is exact.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let thousandths = (share.clamp(0.0, 1.0) * 1000.0 + 1e-6) as u16;
    thousandths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_in_many_shapes() {
        for (text, wanted) in [
            ("90", Some(90.0)),
            ("90s", Some(90.0)),
            ("1.5m", Some(90.0)),
            ("1h 2m 3s", Some(3723.0)),
            ("01:02:03", Some(3723.0)),
            ("02:03.5", Some(123.5)),
            ("250ms", Some(0.25)),
            ("2 hours, 1 minute", Some(7260.0)),
            ("", None),
            ("soon", None),
            ("3 parsecs", None),
        ] {
            assert_eq!(seconds(text.as_bytes()), wanted, "{text}");
        }
        assert_eq!(number(b"41,5"), Some(41.5));
        assert_eq!(number(b"nan"), None);
    }
}
