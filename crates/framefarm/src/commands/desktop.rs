//! Flags of a render server on somebody's desktop: when it may render.

use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;
use server::{DeskPolicy, Hours};

const DESKTOP: &str = "Desktop";

/// When a desktop renders.
#[derive(Args, Debug)]
pub(crate) struct Desktop {
    /// Render only while nobody works at this machine, and make room at once when somebody does
    ///
    /// Keys, mice and terminals tell whether somebody is there. What was being rendered is given back and
    /// rendered elsewhere; that does not count as a try.
    #[arg(long, env = "FRAMEFARM_DESKTOP", hide_env_values = true, help_heading = DESKTOP)]
    #[arg(value_parser = FalseyValueParser::new())]
    desktop: bool,
    /// Nobody has touched the machine for so long: 90s, 10m, 1h
    #[arg(long, value_name = "TIME", env = "FRAMEFARM_IDLE_AFTER", hide_env_values = true)]
    #[arg(default_value = "10m", value_parser = duration, help_heading = DESKTOP)]
    idle_after: Duration,
    /// Other programs use no more than this of all processors; 100% is all they like
    #[arg(long, value_name = "PERCENT", env = "FRAMEFARM_BUSY_CPU", hide_env_values = true)]
    #[arg(default_value = "30%", value_parser = permille, help_heading = DESKTOP)]
    busy_cpu: u16,
    /// Other programs leave at least so much memory: 512MiB, 4GiB
    #[arg(long, value_name = "SIZE", env = "FRAMEFARM_FREE_MEMORY", hide_env_values = true)]
    #[arg(default_value = "1GiB", value_parser = bytes, help_heading = DESKTOP)]
    free_memory: u64,
    /// Only at these times of the day, where this machine is: 19:00-07:00,sat,sun
    #[arg(long, value_name = "HOURS", env = "FRAMEFARM_HOURS", hide_env_values = true)]
    #[arg(value_parser = hours, help_heading = DESKTOP)]
    hours: Option<Hours>,
}

impl Desktop {
    /// When to render, where this is a desktop.
    pub(crate) fn policy(self) -> Option<DeskPolicy> {
        let Self { idle_after, busy_cpu: busy_permille, free_memory, hours, .. } = self;
        self.desktop.then_some(DeskPolicy { idle_after, busy_permille, free_memory, hours })
    }
}

/// `90s`, `10m`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let fault = || format!("{text:?} is no time; write for example 90s, 10m or 1h");
    let split = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(fault)?;
    let (number, unit) = text.split_at(split);
    let seconds = match unit.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        _ => return Err(fault()),
    };
    let number: u64 = number.parse().map_err(|_| fault())?;
    number.checked_mul(seconds).filter(|seconds| *seconds > 0).map(Duration::from_secs).ok_or_else(fault)
}

/// `30%` as thousandths.
fn permille(text: &str) -> Result<u16, String> {
    let percent: Option<u16> = text.strip_suffix('%').unwrap_or(text).trim().parse().ok();
    let percent = percent.filter(|percent| (1..=100).contains(percent));
    percent.map(|percent| percent * 10).ok_or_else(|| format!("{text:?} is no share from 1% to 100%"))
}

/// `512MiB`, `4GiB`.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let fault = || format!("{text:?} is no size; write for example 512MiB or 4GiB");
    let split = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" if number == "0" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        "t" | "tib" => 40,
        _ => return Err(fault()),
    };
    let number: u64 = number.parse().map_err(|_| fault())?;
    number.checked_mul(1 << shift).ok_or_else(fault)
}

fn hours(text: &str) -> Result<Hours, String> {
    text.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        let seconds = |text| duration(text).ok().map(|time| time.as_secs());
        let times = [("90s", Some(90)), ("10m", Some(600)), ("10 min", Some(600)), ("2h", Some(7_200))];
        for (text, read) in times.into_iter().chain([("10", None), ("0m", None), ("m", None), ("1d", None)]) {
            assert_eq!(seconds(text), read, "{text}");
        }
        for (text, read) in [("30%", Some(300)), ("5", Some(50)), ("0%", None), ("101%", None), ("x", None)] {
            assert_eq!(permille(text).ok(), read, "{text}");
        }
        let sizes =
            [("4GiB", Some(4 << 30)), ("512 m", Some(512 << 20)), ("0", Some(0)), ("7", None), ("G", None)];
        for (text, read) in sizes {
            assert_eq!(bytes(text).ok(), read, "{text}");
        }
    }
}
