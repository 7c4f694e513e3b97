//! Amounts as people write them, `16 GiB`, `2.4 GHz`, `8`, and back.

use std::fmt;

use super::{Field, Need, Requirement};

/// What an amount counts, and so which units it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    Mhz,
    Things,
}

impl Field {
    pub(super) const fn unit(self) -> Unit {
        match self {
            Self::ProcessorMhz => Unit::Mhz,
            field if field.is_bytes() => Unit::Bytes,
            _ => Unit::Things,
        }
    }

    /// An amount of this field as people write it, exactly: `16.5 GiB`, `2400 MHz`, `8`.
    #[must_use]
    pub fn written(self, amount: u64) -> String {
        self.unit().written(amount)
    }
}

impl Unit {
    /// `16 GiB`, `16G`, `2.4 GHz`, `8`: in the unit itself, rounded up.
    pub(super) fn read(self, text: &str) -> Option<u64> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = (&text[..end], text[end..].trim().to_ascii_lowercase());
        let unit: u64 = match (self, unit.as_str()) {
            (Self::Bytes, "k" | "kib") => 1 << 10,
            (Self::Bytes, "m" | "mib") => 1 << 20,
            (Self::Bytes, "g" | "gib") => 1 << 30,
            (Self::Bytes, "t" | "tib") => 1 << 40,
            (Self::Bytes, "kb") => 1_000,
            (Self::Bytes, "mb") => 1_000_000,
            (Self::Bytes, "gb") => 1_000_000_000,
            (Self::Bytes, "tb") => 1_000_000_000_000,
            (Self::Bytes, "b" | "byte" | "bytes") | (Self::Mhz, "" | "mhz") | (Self::Things, "") => 1,
            (Self::Mhz, "ghz") => 1_000,
            _ => return None,
        };
        decimal(number, unit)
    }

    /// Exactly: in the largest unit that leaves no more than one digit behind the point.
    pub(super) fn written(self, amount: u64) -> String {
        const UNITS: [(&str, u32); 4] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
        match self {
            Self::Things => return amount.to_string(),
            Self::Mhz => return format!("{amount} MHz"),
            Self::Bytes => {}
        }
        for (unit, shift) in UNITS {
            let tenths = u128::from(amount) * 10;
            if amount >> shift > 0 && tenths.trailing_zeros() >= shift {
                let tenths = tenths >> shift;
                return match tenths % 10 {
                    0 => format!("{} {unit}", tenths / 10),
                    tenth => format!("{}.{tenth} {unit}", tenths / 10),
                };
            }
        }
        format!("{amount} bytes")
    }

    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::Bytes => "16 GiB",
            Self::Mhz => "2.4 GHz",
            Self::Things => "4",
        }
    }
}

/// `number` times `unit`, exactly and rounded up: a fraction is read digit by digit, never as a float.
#[must_use]
pub fn decimal(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let digits = whole.parse::<u128>().ok()?.checked_mul(scale)?.checked_add(fraction.parse().ok()?)?;
    let amount = digits.checked_mul(u128::from(unit))?.div_ceil(scale);
    u64::try_from(amount).ok()
}

impl crate::Amounts {
    /// What can be reserved, by its name or a shorter one.
    #[must_use]
    pub fn called(name: &str) -> Option<&'static str> {
        match name.to_ascii_lowercase().as_str() {
            "memory" | "ram" | "mem" => Some("memory"),
            "gpus" | "gpu" => Some("gpus"),
            _ => None,
        }
    }

    /// Sets what `called` names to what people wrote, `8 GiB` or `2`; false where that is no amount of it.
    pub fn set(&mut self, name: &str, text: &str) -> bool {
        let text = text.trim();
        match name {
            "memory" if text == "0" => self.memory_bytes = 0,
            "memory" => match Unit::Bytes.read(text) {
                Some(bytes) => self.memory_bytes = bytes,
                None => return false,
            },
            "gpus" => match text.parse() {
                Ok(gpus) => self.gpus = gpus,
                Err(_) => return false,
            },
            _ => return false,
        }
        true
    }

    /// What a host must have in all to ever give so much.
    #[must_use]
    pub fn needs(&self) -> Vec<Need> {
        let memory = Need::Field(Field::Memory, Requirement::AtLeast(self.memory_bytes));
        let gpus = Need::Gpu { model: None, memory_bytes: 0, count: self.gpus };
        let wanted = [(self.memory_bytes > 0, memory), (self.gpus > 0, gpus)];
        wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, need)| need).collect()
    }
}

impl fmt::Display for crate::Amounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory =
            (self.memory_bytes > 0).then(|| format!("memory={}", Unit::Bytes.written(self.memory_bytes)));
        let gpus = (self.gpus > 0).then(|| format!("gpus={}", self.gpus));
        f.pad(&memory.into_iter().chain(gpus).collect::<Vec<_>>().join(", "))
    }
}
