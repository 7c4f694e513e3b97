//! Amounts as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::Time;

/// `1 frame`, `2 frames`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// `512 B`, `3.4 MiB`.
pub(crate) fn bytes(amount: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if amount < 1024 {
        return format!("{amount} B");
    }
    let mut tenths = amount.saturating_mul(10) / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    if tenths >= 1000 {
        format!("{} {}", tenths / 10, UNITS[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

/// `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match seconds {
        0..10 => format!("{}.{} s", seconds, ms % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min {:02} s", seconds % 60),
        3600..86_400 => format!("{hours} h {:02} min", minutes % 60),
        _ => format!("{} d {} h", hours / 24, hours % 24),
    }
}

/// How long before `now` something was.
pub(crate) fn ago(then: Time, now: Time) -> String {
    match now.since_ms(then) {
        0..5_000 => "just now".to_owned(),
        ms => format!("{} ago", duration(ms)),
    }
}

/// Thousandths as percent.
pub(crate) fn percent(permille: u32) -> String {
    format!("{}%", permille.min(1000) / 10)
}

/// Date and time of day where the user is.
pub(crate) fn clock(time: Time) -> String {
    let stamp = i64::try_from(time.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let zoned = stamp.unwrap_or(Timestamp::MAX).to_zoned(TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_well() {
        let sizes =
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (102_400, "100 KiB")];
        for (amount, text) in sizes {
            assert_eq!(bytes(amount), text);
        }
        assert_eq!(bytes(16 << 30), "16.0 GiB");
        assert_eq!(bytes(u64::MAX), "1638 PiB");
        let times = [
            (0, "0.0 s"),
            (1_490, "1.4 s"),
            (59_999, "59 s"),
            (65_000, "1 min 05 s"),
            (3_600_000, "1 h 00 min"),
            (90_000_000, "1 d 1 h"),
        ];
        for (ms, text) in times {
            assert_eq!(duration(ms), text);
        }
        assert_eq!(ago(Time(5), Time(3)), "just now");
        assert_eq!(percent(999), "99%");
    }
}
