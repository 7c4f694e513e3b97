//! Figures on stdout, one JSON object a line.

use std::time::Duration;

/// Prints a figure; with a floor that was taken in the same run, and the ratio of the value to it.
pub(crate) fn figure(name: &str, value: f64, unit: &str, floor: Option<f64>) {
    let ratio = floor.filter(|floor| *floor > 0.0).map(|floor| rounded(value / floor));
    let line = serde_json::json!({
        "name": name,
        "value": rounded(value),
        "unit": unit,
        "floor": floor.map(rounded),
        "ratio": ratio,
    });
    println!("{line}");
}

/// Four digits are more than a noisy machine can tell.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let scale = 10f64.powf(3.0 - value.abs().log10().floor());
    (value * scale).round() / scale
}

/// How often something happened in a second.
pub(crate) fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-9)
}

/// The value below which `permille` thousandths of `times` are, in milliseconds; 0 where there are none.
pub(crate) fn percentile(times: &mut [Duration], permille: usize) -> f64 {
    times.sort_unstable();
    let at = (times.len() * permille / 1000).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits() {
        let cases = [(0.0, 0.0), (123_456.0, 123_500.0), (0.001_234_56, 0.001_235), (9.999_96, 10.0)];
        for (value, wanted) in cases {
            assert!((rounded(value) - wanted).abs() < 1e-9, "{value} is {}", rounded(value));
        }
    }

    #[test]
    fn percentiles_are_found_in_any_order() {
        let mut times: Vec<_> = (1..=1000).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&mut times, 500), 501.0);
        assert_eq!(percentile(&mut times, 990), 991.0);
        assert_eq!(percentile(&mut [], 500), 0.0);
    }
}
