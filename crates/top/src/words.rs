//! Amounts and times as people read them.

use model::Time;

/// So many of something.
pub(crate) fn plural(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// How long, in two words at most.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h {:02}", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// How long ago.
pub(crate) fn ago(then: Time, now: Time) -> String {
    format!("{} ago", duration(now.since_ms(then)))
}

/// How long until then.
pub(crate) fn until(then: Time, now: Time) -> String {
    match then.since_ms(now) {
        0 => "any moment".to_owned(),
        ms => format!("in {}", duration(ms)),
    }
}

/// Bytes in the unit in which they are easiest to read.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..0x400 => format!("{bytes} B"),
        0x400..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{}.{} GiB", bytes >> 30, (bytes >> 20) % 1024 * 10 / 1024),
    }
}
