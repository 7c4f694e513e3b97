//! The times of the day at which a desktop renders, as people write them: `19:00-07:00,sat,sun`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{DateTime, Time, Weekday};

/// Times at which a host may render; any of them will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours(Vec<Span>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    /// On every day, the end excluded; over midnight where it ends before it begins.
    Daily(Time, Time),
    /// A whole day.
    Day(Weekday),
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Hours {
    /// Whether they hold `at`, a local time.
    #[must_use]
    pub fn contain(&self, at: DateTime) -> bool {
        let (day, time) = (at.date().weekday(), at.time());
        self.0.iter().any(|span| match *span {
            Span::Daily(from, to) if from < to => (from..to).contains(&time),
            Span::Daily(from, to) => from <= time || time < to,
            Span::Day(only) => only == day,
        })
    }
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(|part| span(part.trim())).collect::<Result<_, _>>().map(Self)
    }
}

fn span(text: &str) -> Result<Span, String> {
    let lower = text.to_lowercase();
    if let Some((_, day)) = DAYS.iter().find(|(name, _)| *name == lower) {
        return Ok(Span::Day(*day));
    }
    let fault = || {
        format!("{text:?} is neither a time like 19:00-07:00 nor a day: mon, tue, wed, thu, fri, sat, sun")
    };
    let (from, to) = text.split_once('-').ok_or_else(fault)?;
    let (from, to) = (time(from).ok_or_else(fault)?, time(to).ok_or_else(fault)?);
    if from == to {
        return Err(format!("{text:?} ends when it begins; leave --hours out for the whole day"));
    }
    Ok(Span::Daily(from, to))
}

/// `7:00`, `19:30`; `24:00` is the midnight that ends a day.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str| (text.len() <= 2).then(|| text.parse::<i8>().ok()).flatten();
    match (number(hour)?, number(minute)?) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, span) in self.0.iter().enumerate() {
            let between = if index == 0 { "" } else { ", " };
            match span {
                Span::Daily(from, to) => {
                    write!(f, "{between}{} to {}", from.strftime("%H:%M"), to.strftime("%H:%M"))?;
                }
                Span::Day(day) => {
                    let name = DAYS.iter().find(|(_, known)| known == day).map_or("", |(name, _)| name);
                    write!(f, "{between}{name}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn nights_and_days_off_hold_what_people_mean() {
        let hours: Hours = "19:00-7:00, Sat,sun".parse().unwrap();
        assert_eq!(hours.to_string(), "19:00 to 07:00, sat, sun");
        // The 20th of November 2026 is a Friday.
        let cases = [
            (date(2026, 11, 20).at(18, 59, 59, 0), false),
            (date(2026, 11, 20).at(19, 0, 0, 0), true),
            (date(2026, 11, 20).at(6, 59, 59, 0), true),
            (date(2026, 11, 20).at(7, 0, 0, 0), false),
            (date(2026, 11, 21).at(12, 0, 0, 0), true),
            (date(2026, 11, 22).at(12, 0, 0, 0), true),
            (date(2026, 11, 23).at(12, 0, 0, 0), false),
        ];
        for (at, holds) in cases {
            assert_eq!(hours.contain(at), holds, "{at}");
        }
        let noon: Hours = "12:00-13:30,20:00-24:00".parse().unwrap();
        let cases = [(12, 0, true), (13, 29, true), (13, 30, false), (23, 59, true), (0, 0, false)];
        for (hour, minute, holds) in cases {
            assert_eq!(noon.contain(date(2026, 11, 20).at(hour, minute, 0, 0)), holds, "{hour}:{minute}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for text in
            ["", "night", "19-7", "25:00-07:00", "19:00-19:00", "19:00-07:00,", "19:60-20:00", "019:00-7:00"]
        {
            assert!(text.parse::<Hours>().is_err(), "{text:?}");
        }
    }
}
